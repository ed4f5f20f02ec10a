"""Fakes for programs that embed the engine, and for its own tests: no network, no waiting.

- :class:`FakeIOLoop`: a Tornado ``IOLoop`` whose clock moves only when nothing else is left to do, or when told.
- :class:`FakeSocket`: a socket whose every answer is scripted: short writes, pieces, end, reset, would-block.
- :class:`FakeNetwork`: hosts that answer with what a test prepared, behind an ordinary ``HTTPStream``.
"""

from webqq.testing.loop import FakeIOLoop, Stuck
from webqq.testing.network import FakeHTTPSock, FakeNetwork, ReceivedRequest
from webqq.testing.sockets import EOF, WOULD_BLOCK, FakeSocket

__all__ = [
    "EOF",
    "WOULD_BLOCK",
    "FakeHTTPSock",
    "FakeIOLoop",
    "FakeNetwork",
    "FakeSocket",
    "ReceivedRequest",
    "Stuck",
]
