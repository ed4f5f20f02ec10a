"""What may come after an exchange that failed."""

from urllib.request import Request

__all__ = ["may_resend"]

# RFC 9110 9.2.2: asking twice has the effect of asking once.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


def may_resend(request: Request, *, was_written: bool) -> bool:
    """Whether ``request`` may go out again after a connection that was used before gave no byte of an answer.

    The server may have closed it before it saw the request, or after it acted on it (RFC 9112 section 9.3.1). Only
    what was not written, is idempotent, or says so by an ``Idempotency-Key`` header is safe.
    """
    return not was_written or request.get_method() in _IDEMPOTENT or request.has_header("Idempotency-key")
