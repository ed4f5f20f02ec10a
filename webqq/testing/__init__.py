"""Test doubles for programs that embed the engine, and for its own tests.

No network, no waiting:

- :class:`FakeIOLoop`: a Tornado ``IOLoop`` whose clock moves only when nothing else is left to do, or when told.
- :class:`FakeSocket`: a socket whose every answer is scripted: short writes, pieces, end, reset, would-block.
- :class:`FakeNetwork`: hosts that answer with what a test prepared, behind an ordinary ``HTTPStream``.

With real sockets of this machine:

- :class:`ScriptedServer`: a TCP and TLS server that does what a script says, faults included.
- :class:`Recorder`, :func:`replay`: keep what real servers answered, and answer the same without them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webqq.testing.loop import FakeIOLoop, Stuck
    from webqq.testing.network import FakeHTTPSock, FakeNetwork
    from webqq.testing.pieces import cut_everywhere
    from webqq.testing.received import ReceivedRequest
    from webqq.testing.record import Recorder, ReplayMismatch, replay
    from webqq.testing.scripts import ScriptError
    from webqq.testing.server import ScriptedServer
    from webqq.testing.sockets import EOF, WOULD_BLOCK, FakeSocket
    from webqq.testing.steps import (
        Answer,
        Close,
        CutHandshake,
        Freeze,
        HalfClose,
        Pause,
        ReadBody,
        Receive,
        Reset,
        Send,
        StartTLS,
        Throttle,
    )
    from webqq.testing.talk import ScriptedConnection

__all__ = [
    "EOF",
    "WOULD_BLOCK",
    "Answer",
    "Close",
    "CutHandshake",
    "FakeHTTPSock",
    "FakeIOLoop",
    "FakeNetwork",
    "FakeSocket",
    "Freeze",
    "HalfClose",
    "Pause",
    "ReadBody",
    "Receive",
    "ReceivedRequest",
    "Recorder",
    "ReplayMismatch",
    "Reset",
    "ScriptError",
    "ScriptedConnection",
    "ScriptedServer",
    "Send",
    "StartTLS",
    "Stuck",
    "Throttle",
    "cut_everywhere",
    "replay",
]

_MODULES = {
    "loop": ("FakeIOLoop", "Stuck"),
    "network": ("FakeHTTPSock", "FakeNetwork"),
    "pieces": ("cut_everywhere",),
    "received": ("ReceivedRequest",),
    "record": ("Recorder", "ReplayMismatch", "replay"),
    "scripts": ("ScriptError",),
    "server": ("ScriptedServer",),
    "sockets": ("EOF", "WOULD_BLOCK", "FakeSocket"),
    "steps": (
        *("Answer", "Close", "CutHandshake", "Freeze", "HalfClose", "Pause", "ReadBody", "Receive", "Reset", "Send"),
        *("StartTLS", "Throttle"),
    ),
    "talk": ("ScriptedConnection",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    # Lazy: pytest loads the plugin in every project where this package is installed, and few of them need Tornado.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
