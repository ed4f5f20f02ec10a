"""The requests of one exchange that goes on: redirects followed, credentials asked for, retries.

Most exchanges have one leg and never need this.
"""

from typing import TYPE_CHECKING, NamedTuple
from urllib.request import Request

from webqq.httpstream.errors import HTTPStreamError
from webqq.httpstream.follow import Redirects, can_rewind
from webqq.httpstream.hooks import Event
from webqq.httpstream.options import Options
from webqq.httpstream.origin import origin_of
from webqq.httpstream.wirelog import redact_url

if TYPE_CHECKING:
    from webqq.httpstream.auth import Credentials
    from webqq.httpstream.response import Response

__all__ = ["Again", "Legs"]


class Again(NamedTuple):
    """Send ``request`` next, in ``delay`` seconds."""

    request: Request
    event: Event
    detail: str
    delay: float = 0.0
    expect: bool = True
    """Whether it may ask for leave to send its body."""


class Legs:
    """What an exchange has been through. Time of day and chance are arguments."""

    __slots__ = ("_credentials", "_expects", "_options", "_redirects", "attempt", "history")

    def __init__(self, options: Options) -> None:
        self._options = options
        self._redirects = Redirects(
            options.redirects, sensitive=options.sensitive, allow_downgrade=options.allow_downgrade
        )
        self._credentials: Credentials | None = None
        self._expects = options.expect
        self.attempt = 1
        self.history: tuple[Response, ...] = ()
        """The redirects that were followed; who follows them adds to it."""

    def credentials_for(self, request: Request) -> "Credentials | None":
        """What is said to the origin of ``request``; nothing where a redirect has led away from whom it is for."""
        if self._options.auth is None or self._redirects.has_left:
            return None
        if self._credentials is None:
            self._credentials = self._options.auth.for_origin(origin_of(request))
        return self._credentials

    def after_response(self, request: Request, response: "Response", chance: float, now: float) -> Again | None:
        """What ``response`` leads to; None: it is the caller's. Raises :class:`RedirectError`."""
        status = response.status
        credentials = self.credentials_for(request) if status == 401 else None
        if credentials is not None and can_rewind(request) and credentials.challenge(status, response.headers):
            return Again(request, Event.RETRIED, "credentials are asked for")
        if status == 417 and self._expects and request.data is not None and can_rewind(request):
            # RFC 9110 10.1.1: somebody on the way does not know Expect; no more is meant.
            self._expects = False
            return Again(request, Event.RETRIED, "the server gives no leave beforehand", expect=False)
        following = None
        if 300 <= status < 400:
            location = response.headers.get("Location")
            following = self._redirects.follow(request, status, location, head_bytes=response.head_size)
        if following is not None:
            self.attempt = 1
            return Again(following, Event.REDIRECTED, redact_url(following.full_url))
        retry = self._options.retry
        if retry is None:
            return None
        delay = retry.delay_after_response(request, status, response.headers, self.attempt, chance, now)
        if delay is None:
            return None
        self.attempt += 1
        return Again(request, Event.RETRIED, f"status {status}", delay)

    def after_error(self, request: Request, error: HTTPStreamError, chance: float) -> Again | None:
        """Whether ``request`` goes out again after ``error``."""
        retry = self._options.retry
        delay = None if retry is None else retry.delay_after_error(request, error, self.attempt, chance)
        if delay is None:
            return None
        self.attempt += 1
        return Again(request, Event.RETRIED, str(error), delay)
