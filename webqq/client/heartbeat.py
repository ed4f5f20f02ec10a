"""get_msg_tip once a minute while polling, as clients of 2013 did (WebQQ protocol, get_msg_tip)."""

from collections.abc import Callable
from urllib.request import Request

from webqq.client.calling import Caller
from webqq.client.link import stamp
from webqq.httpstream import Exchange, HTTPStreamError, Response, StreamClosed
from webqq.protocol.calls import GET_MSG_TIP, MsgTipParams

__all__ = ["HEARTBEAT", "Heartbeat"]

HEARTBEAT = 60.0
"""Seconds between two heartbeats."""

HEARTBEAT_TIMEOUT = 10.0
"""Seconds for one; nobody misses its answer."""


class Heartbeat:
    """A chain of delayed requests whose answers nobody reads."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._count = 0
        self._exchange: Exchange | None = None

    def start(self) -> None:
        """Begin; the first one goes out after :data:`HEARTBEAT` seconds."""
        self._exchange = self._caller.stream.add_delay_request(
            self._next_request(),
            self._on_response,
            HEARTBEAT,
            self._on_error,
            **self._caller.options(HEARTBEAT_TIMEOUT),
        )

    def stop(self) -> None:
        """End the chain."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.cancel()

    def _next_request(self) -> Request:
        self._count += 1
        return self._caller.request(GET_MSG_TIP, MsgTipParams(rc=str(self._count), t=stamp()))

    def _on_response(self, response: Response) -> tuple[Request, Callable[[Response], object], float]:
        return self._next_request(), self._on_response, HEARTBEAT

    def _on_error(self, error: HTTPStreamError) -> None:
        # The poll notices an outage and speaks of it.
        if self._exchange is not None and not isinstance(error, StreamClosed):
            self.start()
