"""An answer that is handed over while it comes: to a reader, or to callbacks."""

import asyncio
import inspect
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from webqq.httpstream.errors import HTTPStreamError, ReadbackError
from webqq.httpstream.response import Response, StreamedResponse

if TYPE_CHECKING:
    from webqq.httpstream.parser import ResponseParser
    from webqq.httpstream.transfer import Transfer

__all__ = ["Delivery", "delivery_of"]


class Delivery(Protocol):
    """One answer on its way to whoever takes it in pieces."""

    @property
    def response(self) -> Response:
        """As far as it is there."""

    is_given_over: bool
    """Whether the response itself is in the caller's hands already."""

    def begin(self) -> None:
        """The head is there."""

    def take(self, parser: "ResponseParser") -> None:
        """Hand on what has come of the body."""

    def end(self, parser: "ResponseParser", then: Callable[[], None]) -> None:
        """The answer is whole; call ``then`` once all of it was taken."""

    def fail(self, error: HTTPStreamError) -> None:
        """There will be no more."""


def delivery_of(exchange: "Transfer", parser: "ResponseParser", url: str) -> Delivery:
    """What the options of ``exchange`` ask for."""
    assert parser.head is not None
    if exchange.options.stream:
        return _ToReader(exchange, StreamedResponse(parser.head, url, exchange))
    return _ToCallbacks(exchange, Response(parser.head, b"", url))


class _ToReader:
    """A response whose body is awaited."""

    def __init__(self, exchange: "Transfer", response: StreamedResponse) -> None:
        self._exchange = exchange
        self.response = response
        self.is_given_over = False

    def begin(self) -> None:
        on_head = self._exchange.options.on_head
        if on_head is not None:
            _call(on_head, self.response)
        self.is_given_over = True
        self._exchange.give_over(self.response)

    def take(self, parser: "ResponseParser") -> None:
        data = parser.take()
        if data:
            self.response.feed(data)

    def end(self, parser: "ResponseParser", then: Callable[[], None]) -> None:
        then()
        self.response.end(trailers=parser.trailers)

    def fail(self, error: HTTPStreamError) -> None:
        self.response.end(error)


class _ToCallbacks:
    """Pieces go to ``on_data`` one after the other; where it is awaited, the next one waits for it."""

    is_given_over = False

    def __init__(self, exchange: "Transfer", response: Response) -> None:
        self._exchange = exchange
        self.response = response
        self._pieces: deque[bytes] = deque()
        self._task: asyncio.Future[Any] | None = None
        self._then: Callable[[], None] | None = None

    def begin(self) -> None:
        if self._exchange.options.on_head is not None:
            _call(self._exchange.options.on_head, self.response)

    def take(self, parser: "ResponseParser") -> None:
        if self._exchange.options.on_data is None:
            return
        data = parser.take()
        if data:
            self._pieces.append(data)
            self._hand_on()

    def end(self, parser: "ResponseParser", then: Callable[[], None]) -> None:
        head = parser.head
        assert head is not None
        # What on_data took is not there any more, and on_head's response had nothing yet.
        # Taken: a kept connection holds no body.
        self.response = Response(head, parser.take(), self.response.url, parser.trailers)
        self._then = then
        self._hand_on()

    def fail(self, error: HTTPStreamError) -> None:
        self._pieces.clear()
        if self._task is not None:
            self._task.cancel()

    def _hand_on(self) -> None:
        on_data = self._exchange.options.on_data
        while self._pieces and self._task is None and on_data is not None:
            result = _call(on_data, self._pieces.popleft())
            if self._exchange.state.is_final:
                # It has ended the exchange itself.
                if inspect.iscoroutine(result):
                    result.close()
                return
            if inspect.isawaitable(result):
                self._exchange.pause()
                self._task = asyncio.ensure_future(result)
                self._task.add_done_callback(self._taken)
        if self._then is not None and self._task is None and not self._pieces:
            self._then()

    def _taken(self, task: "asyncio.Future[Any]") -> None:
        self._task = None
        # Asked for in any case: an error that nobody takes is logged.
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if self._exchange.state.is_final:
            return
        try:
            if error is not None:
                raise _callback_failed(error)
            self._hand_on()
        except HTTPStreamError as failure:
            self._exchange.fail(failure)
            return
        if self._task is None and self._then is None:
            self._exchange.resume()


def _call(callback: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return callback(argument)
    except Exception as error:
        raise _callback_failed(error) from error


def _callback_failed(error: BaseException) -> ReadbackError:
    wrapped = ReadbackError(f"a callback for the answer's pieces failed: {error!r}")
    wrapped.__cause__ = error
    return wrapped
