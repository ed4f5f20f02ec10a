"""What the user gets for an answer: a ``http.client.HTTPResponse``, whole or while its body comes.

:class:`Response` holds its body and reads as any other response does, without ever waiting. A
:class:`StreamedResponse` is handed out after the head; its body is awaited, and the peer is held back while nobody
reads it.
"""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Mapping
from http.client import HTTPMessage, HTTPResponse
from io import UnsupportedOperation
from typing import Any, NoReturn, Protocol, TypeAlias

from webqq.httpstream.errors import ResponseTooLarge
from webqq.httpstream.parser import Head, Limits, Part, ResponseParser
from webqq.httpstream.timings import Timings
from webqq.httpstream.wirelog import redact_url

__all__ = ["Flow", "Head", "Limits", "Lines", "Part", "Response", "ResponseParser", "StreamedResponse", "Times"]

Times: TypeAlias = tuple[float, float, float, float, Mapping[str, float] | None]
"""What :class:`Timings` is made of, in its order."""

HIGH_WATER = 256 * 1024
"""Bytes of a streamed body that are held for a reader before the peer is held back: as much as one turn of the loop
may bring, so that a reader who keeps up never stops the peer."""

LONGEST_LINE = 1024 * 1024
"""Bytes of one line that :meth:`StreamedResponse.readline` holds at most: a peer that never ends its line must not
fill the memory."""


class Response(HTTPResponse):
    """A whole answer. All of ``http.client.HTTPResponse`` that reads works on it, and never blocks.

    ``status`` and ``reason`` as in the status line, ``version`` 10 or 11, ``headers`` (also ``msg``, ``info()``) a
    ``http.client.HTTPMessage``, ``trailers`` another one for the fields after a chunked body, ``url`` (also
    ``geturl()``) what was asked for.
    """

    # Slots, though the base class has a dictionary: it is made only where somebody uses it.
    __slots__ = (
        "_body",
        "_head",
        "_message",
        "_position",
        "_times",
        "_trailers",
        "_was_closed",
        "history",
        "status",
        "url",
    )

    def __init__(
        self,
        head: Head,
        body: bytes,
        url: str,
        trailers: list[tuple[str, str]] | None = None,
        times: Times | None = None,
    ) -> None:
        # Not HTTPResponse.__init__: there is no socket to read from.
        self._head = head
        self._body = body
        self._position = 0
        self._message: HTTPMessage | None = None
        self._trailers = trailers
        self._was_closed = False
        self._times = times
        self.history: tuple[Response, ...] = ()
        """The responses that led here by redirects, the first one first."""
        self.status = head.status
        self.url = url

    def __del__(self) -> None:
        # In place of io's finaliser, which closes what nobody closed: a third of what a response costs.
        pass

    def __repr__(self) -> str:
        return f"<Response [{self.status} {self.reason}] {redact_url(self.url)} {len(self._body)} bytes>"

    @property
    def code(self) -> int:
        """The same as ``status``."""
        return self.status

    @property
    def reason(self) -> str:  # type: ignore[override]  # this and the next three: plain attributes there
        return self._head.reason

    @property
    def version(self) -> int:  # type: ignore[override]  # see reason
        return self._head.version

    @property
    def chunked(self) -> bool:  # type: ignore[override]  # see reason
        return self._head.is_chunked

    @property
    def will_close(self) -> bool:  # type: ignore[override]  # see reason
        return not self._head.keeps_alive

    @property
    def timings(self) -> Timings | None:
        """Where the time went; None where nobody measured."""
        return None if self._times is None else Timings(*self._times)

    @timings.setter
    def timings(self, times: Times | None) -> None:
        # Any tuple of the same points will do: most are never looked at.
        self._times = times

    @property
    def headers(self) -> HTTPMessage:  # type: ignore[override]  # a plain attribute there; built when asked for here
        if self._message is None:
            self._message = _message(self._head.fields())
        return self._message

    @property
    def msg(self) -> HTTPMessage:  # type: ignore[override]  # as headers
        return self.headers

    @property
    def sets_cookie(self) -> bool:
        """Whether there is a ``Set-Cookie`` header; told without building ``headers``."""
        return self._head.sets_cookie

    @property
    def head_size(self) -> int:
        """Bytes of the status line and the headers."""
        return len(self._head.raw)

    @property
    def trailers(self) -> HTTPMessage:
        """The fields that came after a chunked body; never merged into ``headers``."""
        return _message(self._trailers or [])

    @property
    def length(self) -> int | None:  # type: ignore[override]  # a plain attribute there
        """How many bytes of the body have not been read yet."""
        return len(self._body) - self._position

    @property
    def fp(self) -> None:  # type: ignore[override]  # no file lies below
        return None

    def json(self) -> Any:
        """The whole body as JSON, whatever was read of it before. Raises ``ValueError`` where it is none."""
        return json.loads(self._body)

    def readable(self) -> bool:
        return True

    def isclosed(self) -> bool:
        """True once all of the body was read, as ``http.client`` has it."""
        return self._position >= len(self._body)

    @property
    def closed(self) -> bool:  # type: ignore[override]  # the stubs have an attribute, io a property
        """True after :meth:`close`. A body that was read to its end does not count as closed."""
        return self._was_closed

    def close(self) -> None:
        """Drop the rest of the body; the head stays."""
        self._position = len(self._body)
        self._was_closed = True

    def fileno(self) -> int:
        raise UnsupportedOperation("no file descriptor lies below a response")

    def read(self, amt: int | None = None) -> bytes:
        start = self._position
        if amt is None or amt < 0:
            self._position = len(self._body)
            return self._body if start == 0 else self._body[start:]
        self._position = min(start + amt, len(self._body))
        return self._body[start : self._position]

    def read1(self, n: int = -1) -> bytes:
        return self.read(n)

    def peek(self, n: int = -1) -> bytes:
        end = None if n < 0 else self._position + n
        return self._body[self._position : end]

    def readinto(self, b: Any) -> int:  # any writable buffer, as in the base class
        view = memoryview(b).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readline(self, limit: int | None = -1) -> bytes:
        end = self._body.find(b"\n", self._position) + 1 or len(self._body)
        return self.read(end - self._position if limit is None or limit < 0 else min(limit, end - self._position))


def _message(pairs: list[tuple[str, str]]) -> HTTPMessage:
    message = HTTPMessage()
    # Past HTTPMessage.__setitem__, whose policy checks cost more than the whole parse and were made already.
    message._headers = pairs  # type: ignore[attr-defined]  # the e-mail package's own storage
    return message


class Flow(Protocol):
    """Where the bytes of a streamed body come from."""

    def pause(self) -> None:
        """Bring no more for now."""

    def resume(self) -> None:
        """Go on after :meth:`pause`."""

    def abandon(self) -> None:
        """Nobody wants the rest: give the exchange up."""


class StreamedResponse(Response):
    """An answer whose body is still coming: head at once, body to be awaited.

    ::

        async with await stream.fetch(request, stream=True) as response:
            async for chunk in response:
                ...

    ``await read(n)``, ``await readline()``, ``async for`` over chunks or over :meth:`lines`, one reader at a time: a
    second one is a ``RuntimeError``. A reader that is cancelled loses no byte. What breaks the body off, a
    :class:`ConnectionLost` for example, is raised once the bytes before it were read, and again at each further
    read. While more than 256 KiB wait for a reader the peer is held back.

    What of ``http.client.HTTPResponse`` would have to block (``read1``, ``readinto``, plain iteration) raises
    ``io.UnsupportedOperation``. ``trailers`` is empty, and ``length`` None, until the body is at its end.
    """

    __slots__ = (
        "_error",
        "_flow",
        "_has_ended",
        "_held",
        "_is_paused",
        "_is_read",
        "_line",
        "_mark",
        "_pieces",
        "_searched",
        "_waiter",
    )

    def __init__(self, head: Head, url: str, flow: Flow) -> None:
        super().__init__(head, b"", url)
        self._flow = flow
        self._pieces: deque[bytes] = deque()
        # What was looked through for a line's end; goes before the pieces.
        self._line = bytearray()
        self._searched = 0
        self._held = 0
        self._mark = HIGH_WATER
        self._waiter: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self._has_ended = False
        self._is_paused = False
        self._is_read = False

    def __repr__(self) -> str:
        state = "closed" if self._was_closed else "whole" if self._has_ended else "coming"
        return (
            f"<StreamedResponse [{self.status} {self.reason}] {redact_url(self.url)} {state}, {self._held} bytes held>"
        )

    # The engine's side.

    def feed(self, data: bytes) -> None:
        """More of the body, decoded. Calls the flow's ``pause()`` where that is too much."""
        if self._was_closed or not data:
            return
        self._pieces.append(data)
        self._held += len(data)
        self._wake()
        self._check_flow()

    def end(self, error: BaseException | None = None, trailers: list[tuple[str, str]] | None = None) -> None:
        """The body is whole, or ``error`` broke it off. Only the first call counts."""
        if self._has_ended:
            return
        self._has_ended = True
        self._error = error
        self._trailers = trailers
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _check_flow(self) -> None:
        if self._has_ended:
            return
        if not self._is_paused and self._held > self._mark:
            self._is_paused = True
            self._flow.pause()
        elif self._is_paused and self._held < self._mark // 2:
            self._is_paused = False
            self._flow.resume()

    # The reader's side.

    async def read(self, amt: int | None = None) -> bytes:  # type: ignore[override]  # awaited here
        """Up to ``amt`` bytes as soon as there are any, ``b""`` at the end; without ``amt`` all that is left.

        All that is left is held in memory, however much it is. Where an error broke the body off it is raised
        instead; what came before it stays and can be read with an ``amt``.
        """
        if amt == 0:
            return b""
        with _Reading(self, HIGH_WATER if amt is not None and amt > 0 else sys.maxsize):
            if amt is None or amt < 0:
                while not self._has_ended:
                    await self._more()
                if self._error is not None and not self._was_closed:
                    raise self._error
                return self._take(self._held)
            await self._some()
            return self._take(amt)

    async def readline(self, limit: int | None = -1) -> bytes:  # type: ignore[override]  # awaited here
        r"""One line with its ``\n``, or of it the first ``limit`` bytes; ``b""`` at the end.

        The last line may lack its end, and does so where an error follows. A line of more than 1 MiB, where
        ``limit`` does not cut it, is :class:`ResponseTooLarge`.
        """
        if limit == 0:
            return b""
        most = limit if limit is not None and limit > 0 else sys.maxsize
        # Twice: else the peer would be held back before such a line is long enough to be refused.
        with _Reading(self, 2 * LONGEST_LINE):
            while True:
                end = self._line_end()
                if end or self._held >= most or (self._has_ended and self._held):
                    return self._take(min(end or self._held, most))
                if self._held > LONGEST_LINE:
                    raise ResponseTooLarge(f"a line of the body is longer than {LONGEST_LINE} bytes")
                if self._has_ended:
                    await self._some()
                    return b""
                await self._more()

    async def __anext__(self) -> bytes:
        with _Reading(self, HIGH_WATER):
            await self._some()
            chunk = self._take(len(self._line) or (len(self._pieces[0]) if self._pieces else 0))
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def __aiter__(self) -> "StreamedResponse":
        """The body in chunks as they come; where the peer cut it means nothing."""
        return self

    def lines(self, *, keepends: bool = False) -> "Lines":
        r"""The lines of the body, without the ``\n`` or ``\r\n`` that ends them unless ``keepends``.

        A last line without an end counts, but not one that an error cut short: then the error is raised.
        """
        return Lines(self, keepends)

    async def json(self) -> Any:
        """What is left of the body as JSON. Raises ``ValueError`` where it is none."""
        return json.loads(await self.read())

    def close(self) -> None:
        """Drop the rest of the body, and where more would come give the exchange up. A waiting reader gets ``b""``."""
        if self._was_closed:
            return
        self._was_closed = True
        self._pieces.clear()
        self._line.clear()
        self._held = self._searched = 0
        self._wake()
        if not self._has_ended:
            self._has_ended = True
            self._flow.abandon()

    async def __aenter__(self) -> "StreamedResponse":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def isclosed(self) -> bool:
        """True once all of the body was read."""
        return self._has_ended and not self._held

    @property
    def length(self) -> int | None:  # type: ignore[override]  # a plain attribute there
        """How many bytes have not been read yet; None while more may come."""
        return self._held if self._has_ended else None

    def readable(self) -> bool:
        """False: what wraps files would read without awaiting."""
        return False

    def _only_awaited(self, *_: object) -> NoReturn:
        raise UnsupportedOperation("a streamed response is read with 'await' and 'async for'")

    __iter__ = __next__ = read1 = peek = readinto = readinto1 = readlines = _only_awaited  # type: ignore[assignment]  # none of them returns

    async def _some(self) -> None:
        """Wait until there is a byte or the end; raise what broke the body off."""
        while not self._held and not self._has_ended:
            await self._more()
        if not self._held and self._error is not None and not self._was_closed:
            raise self._error

    async def _more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _line_end(self) -> int:
        """Where the first line ends, 0 where it does not; each byte is looked at once."""
        while True:
            end = self._line.find(b"\n", self._searched) + 1
            if end or not self._pieces:
                self._searched = max(end - 1, 0) if end else len(self._line)
                return end
            self._searched = len(self._line)
            self._line += self._pieces.popleft()

    def _take(self, amount: int) -> bytes:
        """The first ``amount`` bytes of what is held, or all."""
        parts = []
        if self._line:
            parts.append(bytes(self._line[:amount]))
            del self._line[:amount]
            self._searched = 0
        missing = amount - len(parts[0]) if parts else amount
        while missing and self._pieces:
            piece = self._pieces.popleft()
            if len(piece) > missing:
                self._pieces.appendleft(piece[missing:])
                piece = piece[:missing]
            parts.append(piece)
            missing -= len(piece)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._held -= len(data)
        self._check_flow()
        return data


class _Reading:
    """One read of a streamed response, which may let more be held than usual."""

    __slots__ = ("_response",)

    def __init__(self, response: StreamedResponse, mark: int) -> None:
        if response._is_read:
            raise RuntimeError("another task is reading this response")
        self._response = response
        response._is_read = True
        response._mark = mark
        response._check_flow()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._response._is_read = False
        self._response._mark = HIGH_WATER
        self._response._check_flow()


class Lines:
    """The lines of a streamed response, for ``async for``."""

    __slots__ = ("_keepends", "_response")

    def __init__(self, response: StreamedResponse, keepends: bool) -> None:
        self._response = response
        self._keepends = keepends

    def __aiter__(self) -> "Lines":
        return self

    async def __anext__(self) -> bytes:
        line = await self._response.readline()
        if not line:
            raise StopAsyncIteration
        if not line.endswith(b"\n"):
            if self._response._error is not None:
                raise self._response._error
            return line
        return line if self._keepends else line[: -2 if line.endswith(b"\r\n") else -1]
