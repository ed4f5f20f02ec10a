"""Chains that must not end: a poll that goes on for weeks, through lost connections and servers that restart.

::

    RUNNING <--> WAITING        a failure, and the back-off after it
       |            |
       v            v
     DONE        STOPPED        the chain said so; stop() did, or the stream was closed
"""

import asyncio
import inspect
import logging
import random
from collections.abc import Awaitable, Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack
from urllib.request import Request

from webqq.httpstream.errors import HTTPStreamError, InvalidRequest, ReadbackError, StreamClosed
from webqq.httpstream.retry import Backoff

if TYPE_CHECKING:
    from webqq.httpstream.exchange import Exchange
    from webqq.httpstream.options import RequestOptions
    from webqq.httpstream.stream import HTTPStream

__all__ = ["TRANSITIONS", "IllegalInput", "Input", "RequestSource", "Supervisor", "SupervisorState", "Unsuccessful"]

logger = logging.getLogger("webqq.httpstream")

RequestSource: TypeAlias = Request | Callable[[], Request]
"""A request, or what makes a new one for each attempt."""
Readback: TypeAlias = Callable[[Any], Any]
Step: TypeAlias = tuple[RequestSource, Readback | None]

BACKOFF = Backoff(first=1.0, factor=2.0, max_delay=60.0, jitter=0.5)
"""What a server may be expected to bear for ever: an attempt a minute, half a minute by chance."""


class Unsuccessful(HTTPStreamError):
    """A ``response`` came, and ``is_success`` said that it is none."""

    is_transient = True

    def __init__(self, message: str, response: Any) -> None:
        super().__init__(message)
        self.response = response


class SupervisorState(Enum):
    """Where a supervised chain stands."""

    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return self in (SupervisorState.DONE, SupervisorState.STOPPED)


class Input(Enum):
    """What moves a supervised chain on."""

    FAIL = "fail"
    RESUME = "resume"
    FINISH = "finish"
    STOP = "stop"


TRANSITIONS: dict[tuple[SupervisorState, Input], SupervisorState] = {
    # An exchange of the chain is alive, or the readback of one runs.
    (SupervisorState.RUNNING, Input.FAIL): SupervisorState.WAITING,
    (SupervisorState.RUNNING, Input.FINISH): SupervisorState.DONE,
    (SupervisorState.RUNNING, Input.STOP): SupervisorState.STOPPED,
    # A timer runs.
    (SupervisorState.WAITING, Input.RESUME): SupervisorState.RUNNING,
    (SupervisorState.WAITING, Input.STOP): SupervisorState.STOPPED,
}


class IllegalInput(AssertionError):
    """A supervisor tried what :data:`TRANSITIONS` does not have: a fault in the engine."""


class Supervisor:
    """Runs the chain that begins with ``request`` and ``readback`` for as long as the readbacks carry it on.

    The chain is one of :meth:`HTTPStream.add_request`, coroutine functions included, and ``options`` are those of
    ``add_request``; they hold for each exchange. Wherever a request stands, a callable that makes one may stand too:
    it is called for each attempt, with the cookies and tokens of that time.

    Whatever goes wrong, a readback that raises included, the chain is resumed after a back-off: with the request that
    failed, or from the beginning. A request whose readback raised is sent again as well, so each request of the chain
    must bear being sent twice. The chain is over when a readback returns None: it is not begun again.

    - ``backoff``: seconds to wait after a failure, by the number of failures in a row; 1 to 60 by default, doubled
      each time, half of it by chance. An exchange whose readback returned ends the row.
    - ``restart``: resume from the beginning; False, the default, with the request that failed. For chains whose later
      requests depend on what the first ones brought, and may have run out.
    - ``is_success(response)``: False makes the response a failure, :class:`Unsuccessful`, that the readback does not
      see. None, the default: any response, whatever its status, is for the readback.
    - ``on_error(error, delay)`` is told each failure, an :class:`HTTPStreamError`, and the seconds until the chain is
      resumed. None, the default, logs a warning instead.
    - ``watchdog``: seconds; ``on_silence(seconds)`` is called when no exchange has succeeded for so long, once until
      the next success. It may call :meth:`stop`. Without ``on_silence`` a warning is logged. None, the default, turns
      the watchdog off. Choose more than a poll is held and the readback's own delays together.
    - ``chance``: a random number in [0, 1), for the back-off.

    ``failures`` counts those since the last success.

    Closing the stream stops the supervisor, and so does cancelling an exchange of its chain. Raises what
    ``add_request`` raises for the first request.
    """

    def __init__(
        self,
        stream: "HTTPStream",
        request: RequestSource,
        readback: Readback,
        /,
        *,
        backoff: Backoff = BACKOFF,
        restart: bool = False,
        is_success: Callable[[Any], object] | None = None,
        on_error: Callable[[HTTPStreamError, float], object] | None = None,
        watchdog: float | None = None,
        on_silence: Callable[[float], object] | None = None,
        chance: Callable[[], float] = random.random,
        **options: "Unpack[RequestOptions]",
    ) -> None:
        if watchdog is not None and not watchdog > 0:
            raise ValueError(f"watchdog must be more than 0 seconds, not {watchdog!r}")
        self.state = SupervisorState.RUNNING
        self._stream = stream
        self._first: Step = (request, readback)
        self._backoff = backoff
        self._restart = restart
        self._is_success = is_success
        self._on_error = on_error
        self._watchdog = watchdog
        self._on_silence = on_silence
        self._chance = chance
        self._options = options
        # The step that is tried, and the one its readback asked for, until that is known to have been sent.
        self._step: Step = self._first
        self._next: Step | None = None
        self._failures = 0
        self._retry_timer: object = None
        self._watchdog_timer: object = None
        self._last_success = stream.clock.now()
        self._exchange: Exchange
        self._send()
        self._watch()

    def __repr__(self) -> str:
        row = f" failures={self.failures}" if self.failures else ""
        return f"<Supervisor {self.state.name}{row}>"

    @property
    def failures(self) -> int:
        return self._failures if self._next is None else 0

    def stop(self) -> bool:
        """End the chain, wherever it stands; nothing of it runs any more. False where it had ended before."""
        if self.state.is_final:
            return False
        self._end(Input.STOP, "stop()")
        self._exchange.cancel()
        return True

    cancel = stop

    # The way of an exchange.

    def _send(self) -> None:
        request = _request_of(self._step[0])
        if self.state.is_final:
            # What made the request called stop().
            return
        readback = partial(self._answered, self._step)
        self._exchange = self._stream.add_request(request, readback, self._failed, **self._options)
        if self.state.is_final:
            # A hook of the stream did.
            self._exchange.cancel()
            return
        self._exchange.on_cancel(partial(self._cancelled, self._exchange))

    def _cancelled(self, first: "Exchange") -> None:
        """Somebody has cancelled an exchange of the chain that began with ``first``."""
        # After a failure nothing of it was alive, and the next attempt is another chain.
        if self.state is SupervisorState.RUNNING and first is self._exchange:
            self._end(Input.STOP, "its exchange was cancelled")

    def _answered(self, step: Step, response: Any) -> Any:
        """The readback of every exchange: that of ``step``, with its result noted."""
        self._advance()
        if self._is_success is not None and not self._is_success(response):
            raise Unsuccessful(f"the response is no success: {response!r}", response)
        _, readback = step
        # None: the request was the last, and its answer is of no interest. Is_success may have called stop().
        result = None if readback is None or self.state.is_final else readback(response)
        if not inspect.isawaitable(result):
            return self._note(result)
        task = asyncio.ensure_future(self._await(result))
        task.add_done_callback(partial(self._awaited, result))
        return task

    async def _await(self, result: Awaitable[Any]) -> Any:
        try:
            return self._note(await result)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and not task.cancelling():
                # Nobody cancelled the readback: something that it awaited was.
                raise ReadbackError("the readback failed: what it awaited was cancelled") from None
            raise

    def _awaited(self, result: Awaitable[Any], task: "asyncio.Future[Any]") -> None:
        if inspect.iscoroutine(result):
            # A task that is cancelled before it began has not begun what it was to await either.
            result.close()
        if task.cancelled() and not self.state.is_final:
            self._end(Input.STOP, "the stream was closed, or the readback's task cancelled")

    def _note(self, result: Any) -> Any:
        """What the readback of the running exchange returned, for the stream, with the readback in it wrapped."""
        if self.state.is_final:
            return None
        if result is None:
            self._failures = 0
            self._end(Input.FINISH, "the readback returned None")
            return None
        if not isinstance(result, tuple) or not 2 <= len(result) <= 3:
            # The stream says what is wrong with it.
            return result
        source, readback, *delay = result
        request = _request_of(source)
        if self.state.is_final:
            return None
        self._next = (source, readback)
        self._succeeded()
        return (request, partial(self._answered, self._next), *delay)

    def _advance(self) -> None:
        """The exchange that :attr:`_next` asked for was sent: the one before it is behind us."""
        if self._next is not None:
            self._step, self._next, self._failures = self._next, None, 0

    # Failures.

    def _failed(self, error: HTTPStreamError) -> None:
        if self.state.is_final:
            # A readback that raised after stop(): nothing is tried again, but nothing is hidden either.
            self._log("has ended", error)
            return
        if isinstance(error, StreamClosed):
            self._end(Input.STOP, "the stream is closed")
            return
        if not isinstance(error, InvalidRequest | ReadbackError):
            self._advance()
        # Else what the readback returned could not be sent, and the readback is to blame, not its successor.
        self._next = None
        if self._restart:
            self._step = self._first
        self._failures += 1
        delay = self._backoff.delay(self._failures, self._chance())
        self._move(Input.FAIL, str(error))
        self._retry_timer = self._stream.ioloop.call_later(delay, self._resume)
        if self._on_error is not None:
            self._tell(self._on_error, error, delay)
        else:
            self._log(f"goes on in {delay:.1f} s", error)

    def _resume(self) -> None:
        self._retry_timer = None
        self._move(Input.RESUME, "the back-off is over")
        try:
            self._send()
        except HTTPStreamError as error:
            self._failed(error)
        except Exception as error:
            wrapped = InvalidRequest(f"the request could not be made: {error!r}")
            wrapped.__cause__ = error
            self._failed(wrapped)

    # The watchdog. Its timer is not moved with each success, but looks at the last one when it rings.

    def _succeeded(self) -> None:
        self._last_success = self._stream.clock.now()
        if self._watchdog_timer is None:
            self._watch()

    def _watch(self) -> None:
        if self._watchdog is not None:
            self._watchdog_timer = self._stream.clock.call_at(self._last_success + self._watchdog, self._look)

    def _look(self) -> None:
        assert self._watchdog is not None
        self._watchdog_timer = None
        silence = self._stream.clock.now() - self._last_success
        if silence < self._watchdog:
            self._watch()
        elif self._on_silence is not None:
            self._tell(self._on_silence, silence)
        else:
            logger.warning("%s: no success for %.1f s", repr(self), silence)

    # The ends.

    def _end(self, what: Input, why: str) -> None:
        self._move(what, why)
        if self._retry_timer is not None:
            self._stream.ioloop.remove_timeout(self._retry_timer)
        if self._watchdog_timer is not None:
            self._stream.clock.cancel(self._watchdog_timer)
        self._retry_timer = self._watchdog_timer = None

    def _tell(self, callback: Callable[..., object], *args: object) -> None:
        try:
            callback(*args)
        except Exception:
            logger.exception("a callback of %s raised", repr(self))

    def _log(self, what: str, error: HTTPStreamError) -> None:
        cause = error if isinstance(error, ReadbackError) else None
        logger.warning("%s %s: %s", repr(self), what, error, exc_info=cause)

    def _move(self, what: Input, why: str) -> None:
        state = TRANSITIONS.get((self.state, what))
        if state is None:
            raise IllegalInput(f"{self!r} takes no {what.value} ({why})")
        logger.debug("supervisor: %s -> %s (%s)", self.state.name, state.name, why)
        self.state = state


def _request_of(source: RequestSource) -> Request:
    return source() if callable(source) else source
