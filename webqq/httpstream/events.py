"""Server-sent events from an URL, for as long as one wants them (WHATWG HTML, "Server-sent events").

What a browser's ``EventSource`` does: it connects again whenever the stream ends or breaks, and tells the server the
id of the last event, so that it can go on from there.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from copy import copy
from email.message import Message
from enum import Enum
from math import inf
from types import TracebackType
from typing import Any, Protocol
from urllib.request import Request

from webqq.httpstream.errors import BadResponse, HTTPStreamError
from webqq.httpstream.retry import Backoff
from webqq.httpstream.sse import EVENT_LIMIT, EventParser, ServerSentEvent
from webqq.httpstream.timeouts import Timeouts

__all__ = ["EventSource", "NotAnEventStream", "SourceState"]

logger = logging.getLogger("webqq.httpstream")

LEAST_DELAY = 0.1
"""Seconds between two connections even where the server asks for none: it may close each at once."""

MOST_RETRY = 3600.0
"""Seconds that a server can ask to be left alone; one that asks for more is asked again after these."""

JITTER = 0.25
"""By which part a delay may be longer, by chance: who was cut off together does not come back together."""


class NotAnEventStream(BadResponse):
    """The answer is no event stream; asking again would change nothing. ``status``, ``content_type``: what it is."""

    def __init__(self, status: int, content_type: str) -> None:
        super().__init__(f"expected 200 and text/event-stream, not {status} and {content_type or 'no type'}")
        self.status = status
        self.content_type = content_type


class SourceState(Enum):
    """What an :class:`EventSource` is doing."""

    WAITING = "until it is time to connect"
    CONNECTING = "for the head of the answer"
    OPEN = "for events"
    CLOSED = "for nothing"


class StreamedAnswer(Protocol):
    """What is needed of a response whose body is still coming."""

    status: int

    @property
    def headers(self) -> Message: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def close(self) -> None: ...


class Fetcher(Protocol):
    """What is needed of an ``HTTPStream``."""

    @property
    def fetch(self) -> Callable[..., Awaitable[Any]]: ...


class EventSource:
    """The events at ``request``::

        async with EventSource(stream, Request(url)) as source:
            async for event in source:
                print(event.type, event.data)

    The iteration ends with :meth:`close`, or when the server answers 204. It raises what no new attempt would mend:
    :class:`NotAnEventStream`, and of :class:`~webqq.httpstream.HTTPStreamError` what is not transient; the source is
    closed then. One task at a time may iterate; another may close. A task that is cancelled in between may go on.

    - ``last_event_id``: to go on from, where one was kept from an earlier run: ``id`` of the last event that was seen.
    - ``retry``: seconds before the next connection, until the server says otherwise. After attempts that brought
      nothing they double, up to ``max_delay``; chance adds up to a quarter.
    - ``limit``: bytes of one line, and of the data of one event; more is
      :class:`~webqq.httpstream.ResponseTooLarge`.
    - ``options``: those of ``HTTPStream.fetch``. Without a ``timeout`` an open stream may be silent for ever; a
      server that sends a comment now and then is better given ``Timeouts(between_bytes=..., total=None)``.

    ``last_event_id``, ``connections`` (that were opened) and ``received`` (events) can be looked at any time.
    """

    def __init__(
        self,
        stream: Fetcher,
        request: Request,
        *,
        last_event_id: str = "",
        retry: float = 3.0,
        max_delay: float = 60.0,
        limit: int = EVENT_LIMIT,
        chance: Callable[[], float] = random.random,
        **options: Any,
    ) -> None:
        if not 0 <= retry < inf:
            raise ValueError(f"retry must be 0 seconds or more, not {retry!r}")
        self.last_event_id = last_event_id
        self.connections = 0
        self.received = 0
        self._stream = stream
        self._request = request
        self._retry = retry
        self._max_delay = max_delay
        self._limit = limit
        self._chance = chance
        self._options: dict[str, Any] = {
            "timeout": Timeouts(between_bytes=None, total=None),
            "max_body": None,
            **options,
        }
        self._state = SourceState.WAITING
        self._delay = 0.0
        self._fruitless = 0
        self._events: deque[ServerSentEvent] = deque()
        self._parser = EventParser()
        self._response: StreamedAnswer | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._pending: asyncio.Future[Any] | None = None
        self._is_iterated = False

    def __repr__(self) -> str:
        # Not the whole URL: its query may hold a token.
        counts = f"{self.connections} connections, {self.received} events"
        return f"<EventSource {self._request.host} {self._state.name}, {counts}>"

    @property
    def state(self) -> SourceState:
        return self._state

    def close(self) -> None:
        """End the iteration and give up the connection. Closing twice does nothing more."""
        self._state = SourceState.CLOSED
        self._events.clear()
        self._drop()
        if self._pending is not None:
            self._pending.cancel()

    async def __aenter__(self) -> "EventSource":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> "EventSource":
        return self

    async def __anext__(self) -> ServerSentEvent:
        if self._is_iterated:
            raise RuntimeError("another task waits for the events of this source")
        self._is_iterated = True
        try:
            while not self._events:
                if self._state is SourceState.CLOSED:
                    raise StopAsyncIteration
                await self._step()
        finally:
            self._is_iterated = False
        self.received += 1
        event = self._events.popleft()
        self.last_event_id = event.id
        return event

    async def _step(self) -> None:
        """One thing that must be waited for. After each of them the source may have been closed."""
        try:
            if self._chunks is not None:
                await self._read(self._chunks)
            elif self._delay:
                self._state = SourceState.WAITING
                await self._unless_closed(asyncio.sleep(self._delay))
                self._delay = 0.0
            else:
                await self._connect()
        except HTTPStreamError as error:
            if self._state is SourceState.CLOSED:
                return
            if not error.is_transient:
                self.close()
                raise
            self._reconnect(type(error).__name__)

    async def _unless_closed(self, awaitable: Awaitable[Any]) -> Any:
        """What ``awaitable`` gives; None where :meth:`close` ended the wait."""
        self._pending = asyncio.ensure_future(awaitable)
        try:
            return await self._pending
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._state is not SourceState.CLOSED or (task is not None and task.cancelling()):
                raise
            return None
        finally:
            self._pending = None

    async def _connect(self) -> None:
        self._state = SourceState.CONNECTING
        self._fruitless += 1
        fetched = self._stream.fetch(self._next_request(), stream=True, **self._options)
        response: StreamedAnswer | None = await self._unless_closed(fetched)
        if response is not None:
            self._open(response)

    def _open(self, response: StreamedAnswer) -> None:
        if self._state is SourceState.CLOSED or response.status == 204:
            response.close()
            self.close()
            return
        self._check(response)
        self.connections += 1
        self._response, self._chunks = response, aiter(response)
        self._parser = EventParser(self.last_event_id, limit=self._limit)
        self._state = SourceState.OPEN

    def _next_request(self) -> Request:
        request = copy(self._request)
        request.headers = {"Accept": "text/event-stream", "Cache-control": "no-store", **self._request.headers}
        # A header holds octets: those of UTF-8, each as the character that goes out as it.
        octets = self.last_event_id.encode().decode("latin-1")
        if octets and all(char >= " " and char != "\x7f" for char in octets):
            request.add_header("Last-Event-ID", octets)
        return request

    def _check(self, response: StreamedAnswer) -> None:
        content_type = response.headers.get("Content-Type", "")
        if response.status != 200 or content_type.partition(";")[0].strip().lower() != "text/event-stream":
            response.close()
            raise NotAnEventStream(response.status, content_type)

    async def _read(self, chunks: AsyncIterator[bytes]) -> None:
        chunk = await anext(chunks, None)
        if self._state is SourceState.CLOSED:
            return
        if chunk is None:
            self._reconnect("its end")
            return
        self._fruitless = 0
        self._events.extend(self._parser.feed(chunk))
        if not self._events:
            self.last_event_id = self._parser.last_event_id
        if self._parser.retry is not None:
            self._retry = min(self._parser.retry, MOST_RETRY)

    def _reconnect(self, reason: str) -> None:
        self._drop()
        backoff = Backoff(max(self._retry, LEAST_DELAY), max_delay=max(self._max_delay, self._retry, LEAST_DELAY))
        # The server's own word is the least, so chance goes on top.
        self._delay = backoff.delay(max(self._fruitless, 1), 0.0) * (1 + JITTER * self._chance())
        self._state = SourceState.WAITING
        logger.debug("events of %s: again in %.1f s after %s", self._request.host, self._delay, reason)

    def _drop(self) -> None:
        response, self._response, self._chunks = self._response, None, None
        if response is not None:
            response.close()
