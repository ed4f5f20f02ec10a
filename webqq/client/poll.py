"""poll2 without end, as a readback chain on the engine.

Each answer's readback takes the events in and returns the next poll, which acknowledges them. What an answer's code
asks for is done before that poll goes out (WebQQ protocol, poll return codes and reactions).
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from types import MappingProxyType
from typing import Protocol, TypeAlias
from urllib.request import Request

from webqq.client.calling import BadStatus, Caller, describe, read_reply
from webqq.client.errors import SessionLost, StorageError, Unreachable
from webqq.httpstream import Exchange, HTTPStreamError, ReadbackError, Response, StreamClosed, TotalTimeout
from webqq.protocol.calls import NO_BATCH, POLL2, Reply
from webqq.protocol.errors import MalformedMessage, WebQQError
from webqq.protocol.events import Event
from webqq.protocol.retcodes import IDLE_HTTP_STATUSES, Reaction, poll_reaction

__all__ = ["POLL_TIMEOUT", "Poll", "PollService"]

logger = logging.getLogger("webqq.client")

POLL_TIMEOUT = 120.0
"""Seconds for one poll: the server answers after 60, the real one took up to 120 (WebQQ protocol, poll2 timing)."""

FAILURE_PAUSE = 10.0
"""Seconds after an answer that says nothing good, as the service's own page waited."""

EMPTY_PAUSE = 1.0
"""Seconds before the next poll when an empty answer came sooner than that: two clients of one session would
otherwise displace each other's polls as fast as the machine goes."""

FAILURES_TO_RELINK = 5
"""Answers without a rule, one after the other, that count as a lost link; sources say 3 to 8."""

LOGINS_IN_A_ROW = 3
"""Logins without one good poll between them; a fourth would be no better."""

ERROR_PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds after the first, second, ... poll in a row that got no answer. The first is asked again at once, as a
kept connection that the server closed is no outage."""

_Next: TypeAlias = tuple[Request, Callable[[Response], object]] | tuple[Request, Callable[[Response], object], float]


class PollService(Protocol):
    """What a poll needs of its client."""

    @property
    def mark(self) -> str:
        """What tells the login in force from every other one."""

    def poll_request(self, key: str) -> Request:
        """The request of a poll that acknowledges the batch ``key``, with the session's tokens of now."""

    async def take_in(self, events: Sequence[Event]) -> bool:
        """Keep the events; False where the session ended with them. Raises :class:`StorageError`."""

    async def register(self) -> None:
        """Register the session at the service again."""

    async def is_alive(self) -> bool:
        """Ask whether the session is still good."""

    async def relink(self) -> bool:
        """Renew the link; False where only a login helps."""

    async def log_in(self) -> None:
        """Log in anew."""

    def take_ptwebqq(self, value: str | None) -> None:
        """Take over a new ptwebqq."""

    def end(self, error: WebQQError) -> None:
        """There will be no more polls, because of ``error``."""


class Poll:
    """The chain of one client's polls, exactly one under way at a time.

    ``is_handling`` tells whether an answer is being taken in: to stop then would break that off.
    """

    def __init__(self, caller: Caller, service: PollService) -> None:
        self._caller = caller
        self._stream = caller.stream
        self._service = service
        self._exchange: Exchange | None = None
        self._key = NO_BATCH
        self._mark = ""
        self._asked_at = 0.0
        self._in_a_row = Counter[Reaction]()
        self.is_handling = False
        self._errors = 0

    def start(self) -> None:
        """Begin to poll."""
        self._ask()

    @property
    def is_running(self) -> bool:
        """Whether it polls."""
        return self._exchange is not None

    def stop(self) -> None:
        """Stop polling. An answer that is on its way is not acknowledged, and comes again."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.cancel()

    def _ask(self, delay: float = 0.0) -> None:
        request = self._next_request(delay)
        self._exchange = self._stream.add_delay_request(
            request, self._on_response, delay, self._on_error, **self._caller.options(POLL_TIMEOUT)
        )

    def _next_request(self, delay: float) -> Request:
        self._asked_at = self._stream.ioloop.time() + delay
        if self._service.mark != self._mark:
            # Batches are numbered by session: a number of another one acknowledges nothing.
            self._key, self._mark = NO_BATCH, self._service.mark
        return self._service.poll_request(self._key)

    async def _on_response(self, response: Response) -> _Next | None:
        self.is_handling = True
        try:
            return await self._next_after(response)
        finally:
            self.is_handling = False

    async def _next_after(self, response: Response) -> _Next | None:
        self._errors = 0
        try:
            delay = await self._react_safely(response)
        except WebQQError as error:
            self._service.end(error)
            return None
        if delay is None:
            return None
        request = self._next_request(delay)
        return (request, self._on_response, delay) if delay else (request, self._on_response)

    async def _react_safely(self, response: Response) -> float | None:
        """As :meth:`_react`; what the service does not answer on the way is a failure like one of the poll."""
        try:
            return await self._react(response)
        except (Unreachable, MalformedMessage) as error:
            return await self._pause(str(error))

    async def _react(self, response: Response) -> float | None:
        """Do what the answer asks for; return the seconds until the next poll, None for no other."""
        try:
            reply = read_reply(POLL2, response)
        except BadStatus as error:
            if error.status not in IDLE_HTTP_STATUSES:
                raise
            return self._again()
        reaction = poll_reaction(reply.retcode)
        if reaction is not Reaction.DONE:
            logger.info("poll2 answered %d: %s", reply.retcode, reaction.name)
        return await _REACTIONS.get(reaction, Poll._on_pause)(self, reply)

    async def _on_done(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        self._in_a_row.clear()
        if not reply.result:
            return self._again()
        try:
            goes_on = await self._service.take_in(reply.result)
        except StorageError as error:
            # Not acknowledged: the gateway keeps the batch and hands it out again.
            return await self._pause(str(error))
        # Without a number the batch needs no acknowledgement, and the last one's is not lost.
        self._key = reply.key or self._key
        return 0.0 if goes_on else None

    async def _on_again(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        self._in_a_row.clear()
        return self._again()

    def _again(self) -> float:
        took = self._stream.ioloop.time() - self._asked_at
        return EMPTY_PAUSE if took < EMPTY_PAUSE else 0.0

    async def _on_ptwebqq(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        self._service.take_ptwebqq(reply.p)
        return 0.0 if self._count(Reaction.STORE_PTWEBQQ) == 1 else EMPTY_PAUSE

    async def _on_register(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        if self._count(Reaction.REGISTER) > 1:
            return await self._log_in()
        await self._service.register()
        return 0.0

    async def _on_test(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        if await self._service.is_alive():
            return await self._pause(f"poll2 answered {reply.retcode}, and the session is good")
        return await self._log_in()

    async def _on_relink(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        return await self._relink()

    async def _on_login(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        return await self._log_in()

    async def _on_pause(self, reply: Reply[tuple[Event, ...]]) -> float | None:
        return await self._pause(f"poll2 answered {reply.retcode}")

    async def _pause(self, why: str) -> float | None:
        if self._count(Reaction.PAUSE) >= FAILURES_TO_RELINK:
            logger.warning("%s, %d times in a row: the link counts as lost", why, FAILURES_TO_RELINK)
            del self._in_a_row[Reaction.PAUSE]
            return await self._relink()
        logger.info("%s; polling again in %.0f s", why, FAILURE_PAUSE)
        return FAILURE_PAUSE

    async def _relink(self) -> float | None:
        if self._count(Reaction.RELINK) > 1 or not await self._service.relink():
            return await self._log_in()
        return 0.0

    async def _log_in(self) -> float | None:
        if self._count(Reaction.LOGIN) > LOGINS_IN_A_ROW:
            raise SessionLost(f"the session was lost after each of {LOGINS_IN_A_ROW} logins in a row")
        await self._service.log_in()
        return 0.0

    def _count(self, reaction: Reaction) -> int:
        self._in_a_row[reaction] += 1
        return self._in_a_row[reaction]

    def _on_error(self, error: HTTPStreamError) -> None:
        if self._exchange is None or isinstance(error, StreamClosed):
            return
        if isinstance(error, TotalTimeout) and error.phase == "READING":
            self._ask()
            return
        delay = ERROR_PAUSES[min(self._errors, len(ERROR_PAUSES) - 1)]
        self._errors += 1
        if isinstance(error, ReadbackError):
            logger.error("poll2 could not be handled", exc_info=error)
            delay = FAILURE_PAUSE
        elif delay:
            # An outage may last for hours: it is a warning when it begins.
            level = logging.WARNING if self._errors == 2 else logging.INFO
            logger.log(level, "poll2: %s; again in %.0f s", describe(error), delay)
        self._ask(delay)


_REACTIONS = MappingProxyType[Reaction, Callable[[Poll, Reply[tuple[Event, ...]]], Awaitable[float | None]]](
    {
        Reaction.DONE: Poll._on_done,
        Reaction.AGAIN: Poll._on_again,
        Reaction.STORE_PTWEBQQ: Poll._on_ptwebqq,
        Reaction.REGISTER: Poll._on_register,
        Reaction.TEST: Poll._on_test,
        Reaction.RELINK: Poll._on_relink,
        Reaction.LOGIN: Poll._on_login,
    }
)
