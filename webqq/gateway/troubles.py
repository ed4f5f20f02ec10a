"""What goes wrong between the gateway and a client: a line in the log with an event for programs, and a count.

It is nobody's fault that needs mending, so it is told at INFO; a number that rises is for the operator to see. A call
that is answered with a code has its line and its count like any other (:mod:`.accesslog`, :mod:`.metrics`).
"""

import logging
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from webqq.gateway.metrics import Metrics

__all__ = ["Trouble", "note_trouble"]

_log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """The kinds, by the names of their events."""

    POLL_LEFT = "poll_left"
    """A connection closed while its poll was held."""
    ANSWER_BROKEN = "answer_broken"
    """A connection broke before its answer was written; events of a poll come again."""
    CLIENT_SLOW = "client_slow"
    """A client took its answer in slowly."""
    CLIENT_STALLED = "client_stalled"
    """A client did not take its answer in at all, and was cut off."""
    REQUEST_REFUSED = "request_refused"
    """A request was turned away before it was looked at as a call: another site's page, a wrong host, no room."""


_TEXTS: Mapping[Trouble, str] = MappingProxyType(
    {
        Trouble.POLL_LEFT: "%s of %s from %s closed its connection while it was held",
        Trouble.ANSWER_BROKEN: "%s of %s from %s: the connection broke before the answer was written",
        Trouble.CLIENT_SLOW: "%s of %s from %s: the client was slow to take its answer in",
        Trouble.CLIENT_STALLED: "%s of %s from %s: the client took nothing in and was cut off",
        Trouble.REQUEST_REFUSED: "%s of %s from %s was turned away",
    }
)


def note_trouble(
    metrics: Metrics, trouble: Trouble, *, call: str, account: int | None, address: str, **more: float | str
) -> None:
    """Log and count it.

    :param call: its name. :param account: whose session it was, as far as it is known.
    :param address: of the client. :param more: further fields of the event.
    """
    metrics.count_trouble(trouble.value)
    fields = {"event": trouble.value, "call": call, "account": account, "address": address, **more}
    _log.info(_TEXTS[trouble], call, account or "-", address, extra={"fields": fields})
