"""What foreign code raises where nothing may be raised ends what it was for, and nothing beside it."""

import logging
from collections.abc import Callable

from webqq.httpstream.errors import HTTPStreamError

__all__ = ["guarded", "unexpected"]

logger = logging.getLogger("webqq.httpstream")


def guarded(
    fail: Callable[[HTTPStreamError], object],
    step: Callable[..., object],
    *args: object,
    kind: type[HTTPStreamError] = HTTPStreamError,
) -> None:
    """Call ``step(*args)``. An :class:`HTTPStreamError` goes to ``fail``, anything else as a ``kind``, and to the log.

    The exceptions are those of :class:`Exception`; what ``fail`` raises is raised.
    """
    try:
        step(*args)
    except HTTPStreamError as error:
        fail(error)
    except Exception as error:
        # Somebody's cookie jar, resolver or subclass, or a fault of ours: whoever looks for it needs the traceback.
        logger.exception("unexpected")
        fail(unexpected(error, kind))


def unexpected(error: Exception, kind: type[HTTPStreamError] = HTTPStreamError) -> HTTPStreamError:
    """What foreign code raised, as something that an exchange can end with."""
    wrapped = kind(f"unexpected: {error!r}")
    wrapped.__cause__ = error
    return wrapped
