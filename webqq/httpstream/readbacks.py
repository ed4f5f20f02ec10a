"""What comes of an exchange's end: its readback, and what that returns; its errorback, or the log."""

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any

from webqq.httpstream.errors import HTTPStreamError, ReadbackError, StreamClosed
from webqq.httpstream.exchange import Chain, Exchange
from webqq.httpstream.wirelog import redact_url

if TYPE_CHECKING:
    from webqq.httpstream.stream import HTTPStream

__all__ = ["Readbacks"]

logger = logging.getLogger("webqq.httpstream")


class Readbacks:
    """Runs the callbacks of ``stream``'s exchanges; ``tasks`` are the coroutine readbacks that have not ended."""

    def __init__(self, stream: "HTTPStream") -> None:
        self._stream = stream
        self.tasks: set[asyncio.Future[Any]] = set()

    def finished(self, exchange: Exchange, response: Any) -> None:
        """``exchange`` has its response: run its readback and send what that returns."""
        if exchange.future is not None and not exchange.future.done():
            exchange.future.set_result(response)
        if exchange.readback is not None:
            try:
                result = exchange.readback(response)
                if isinstance(result, tuple):
                    self._follow(exchange, result)
                elif inspect.isawaitable(result):
                    self._await(exchange, result)
                elif result is not None:
                    self._follow(exchange, result)
            except Exception as error:
                self._readback_failed(exchange, error)
        self._stream.note_end()

    def failed(self, exchange: Exchange, error: HTTPStreamError) -> None:
        """``exchange`` ended with ``error``: tell who waits for it, or the log."""
        if exchange.future is not None and not exchange.future.done():
            exchange.future.set_exception(error)
            if exchange.errorback is None:
                return
        if exchange.errorback is None:
            if not isinstance(error, StreamClosed):
                logger.error("%s", error, exc_info=error if isinstance(error, ReadbackError) else None)
            return
        try:
            exchange.errorback(error)
        except StreamClosed:
            # It tried again, as it should, after close().
            logger.debug("errorback of %r met a closed stream", exchange)
        except Exception:
            url = redact_url(exchange.request.full_url)
            logger.exception("errorback of %s %s raised", exchange.request.get_method(), url)

    def _await(self, exchange: Exchange, result: Any) -> None:
        task = exchange.task = asyncio.ensure_future(result)
        self.tasks.add(task)
        task.add_done_callback(lambda task: self._awaited(exchange, task))

    def _awaited(self, exchange: Exchange, task: "asyncio.Future[Any]") -> None:
        self.tasks.discard(task)
        exchange.task = None
        if task.cancelled():
            exchange.abandon()
            self._stream.note_end()
            return
        error = task.exception()
        try:
            if error is not None:
                raise error
            self._follow(exchange, task.result())
        except Exception as error:
            self._readback_failed(exchange, error)
        self._stream.note_end()

    def _follow(self, exchange: Exchange, result: Any) -> None:
        chain = exchange.chain
        if result is None or (chain is not None and chain.is_cancelled):
            return
        if not isinstance(result, tuple) or not 2 <= len(result) <= 3:
            raise ReadbackError(f"a readback returns None or a tuple of 2 or 3, not {result!r}")
        request, readback, *delay = result
        if readback is not None and not callable(readback):
            raise ReadbackError(f"a readback returns a request and what to call with the answer, not {readback!r}")
        following = self._stream.make_exchange(request, readback, exchange.errorback, exchange.given)
        if chain is None:
            chain = exchange.chain = Chain(following)
        chain.current, following.chain = following, chain
        if not delay:
            following.start()
        elif isinstance(delay[0], int | float) and delay[0] >= 0:
            following.schedule(delay[0])
        else:
            raise ReadbackError(f"a readback's delay is 0 seconds or more, not {delay[0]!r}")

    def _readback_failed(self, exchange: Exchange, error: Exception) -> None:
        # Of a streamed response nobody reads the rest.
        exchange.abandon()
        if not isinstance(error, HTTPStreamError):
            wrapped = ReadbackError(f"the readback failed: {error!r}")
            wrapped.__cause__ = error
            error = wrapped
        if error.url is None:
            error.method, error.url = exchange.request.get_method(), redact_url(exchange.request.full_url)
        self.failed(exchange, error)
