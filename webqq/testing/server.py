"""A real TCP and TLS server that does what a script says, faults included."""

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from types import TracebackType
from typing import TypeAlias

from webqq.testing.received import ReceivedRequest
from webqq.testing.scripts import Script, Scripts
from webqq.testing.steps import Answer, Close, Simple, Step, plan
from webqq.testing.talk import ScriptedConnection

__all__ = ["ScriptedServer"]

BACKLOG = 1024
"""Connections that may wait to be accepted: tests open hundreds at once."""
PATIENCE = 10.0
"""Seconds that a ``wait_for`` waits by default: far more than anything here takes, far less than a CI job's limit."""

Certificate: TypeAlias = tuple[str | PathLike[str], str | PathLike[str]]


class ScriptedServer:
    """A server on a free port of 127.0.0.1, in a thread of its own, for as long as the ``with`` statement lasts.

    ::

        with ScriptedServer() as server:
            server.on("/poll", Answer(200, b"first").slow(0.05), repeat=True)
            server.on("/cut", Answer(200, b"0123456789"), Reset(after=30))
            ... # use server.url("/poll")
            assert server.requests[0].headers["Host"]

    - ``tls``: an ``ssl.SSLContext`` for servers, or the paths of a certificate and its key; None, the default, speaks
      plain TCP.
    - ``receive_buffer``: bytes that the system may keep for a connection nobody reads (see :class:`Freeze`), to find
      writes that stall; None leaves it to the system. It is rounded up to what the system allows.

    Whatever goes wrong in a script fails the test: the ``with`` statement raises it at its end, if nothing else was
    raised; else it becomes a note on that. ``requests`` and ``connections`` list all that came, in order.

    The ``wait_for`` methods block the calling thread. Where the client runs in that thread, ask for them with
    ``await asyncio.to_thread(server.wait_for_requests, 1)``.
    """

    def __init__(self, *, tls: ssl.SSLContext | Certificate | None = None, receive_buffer: int | None = None) -> None:
        self.tls = _context(tls) if isinstance(tls, tuple) else tls
        self._receive_buffer = receive_buffer
        self._changed = threading.Condition()
        self._requests: list[ReceivedRequest] = []
        self._connections: list[ScriptedConnection] = []
        self._open: set[ScriptedConnection] = set()
        self._watched: dict[ScriptedConnection, int] = {}
        self._scripts = Scripts()
        self._released: set[str] = set()
        self._failures: list[Exception] = []
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        state = "stopped" if self._thread is None else f"port {self.port}"
        return f"<ScriptedServer {state} connections={len(self._connections)} requests={len(self._requests)}>"

    # What the test says.

    def on(self, path: str, *steps: Step, repeat: bool = False, early: bool = False) -> None:
        """What to do, in order, when ``path`` is asked for; the query does not count, a ``CONNECT`` asks for host:port.

        Scripts for one path are used in the order in which they were given, the last one again and again if it has
        ``repeat``; a request that finds none left is answered with 500 and fails the test. A path without any script
        is answered with 404. ``early``: begin when the head is there, before the body.

        Raises ``ValueError`` and ``TypeError`` for steps that make no sense.
        """
        script = Script(steps, repeat, early)
        with self._changed:
            self._scripts.add(path, script)

    def on_connection(self, *steps: Step, repeat: bool = False) -> None:
        """What to do with the next connection before a byte of it is understood, before TLS as well.

        Used in order as with :meth:`on`; where none is left, a connection is an ordinary one.
        """
        script = Script(steps, repeat)
        with self._changed:
            self._scripts.add_opening(script)

    def release(self, name: str = "") -> None:
        """End each :class:`Freeze` of this name, present and future."""
        with self._changed:
            self._released.add(name)
        self.nudge()

    # What the test sees.

    @property
    def port(self) -> int:
        """The number of the port. It stays after the end, when nobody listens there any more."""
        return self._port

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The URL of ``path`` here; ``host`` as the certificate has it."""
        return f"{'http' if self.tls is None else 'https'}://{host}:{self._port}{path}"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests whose scripts have begun."""
        with self._changed:
            return self._requests.copy()

    @property
    def connections(self) -> list[ScriptedConnection]:
        """All connections that were accepted, closed ones too."""
        with self._changed:
            return self._connections.copy()

    @property
    def unused(self) -> list[str]:
        """The paths of scripts that no request has used, once for each."""
        with self._changed:
            return self._scripts.unused

    def wait_for_requests(self, count: int, timeout: float = PATIENCE) -> list[ReceivedRequest]:
        """Wait until so many requests have come in all; gives them. Raises ``TimeoutError`` after ``timeout`` s."""
        self._wait_for(lambda: len(self._requests) >= count, f"{count} requests", timeout)
        return self.requests

    def wait_for_connections(self, count: int, timeout: float = PATIENCE) -> list[ScriptedConnection]:
        """Wait until so many connections were accepted in all; as :meth:`wait_for_requests`."""
        self._wait_for(lambda: len(self._connections) >= count, f"{count} connections", timeout)
        return self.connections

    def wait_for_frozen(self, count: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until so many connections stand at a :class:`Freeze`; as :meth:`wait_for_requests`."""
        frozen = self._connections
        self._wait_for(lambda: sum(one.is_frozen for one in frozen) >= count, f"{count} frozen", timeout)

    def wait_for_closed(self, count: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until so many connections have ended, by either side; as :meth:`wait_for_requests`."""
        self._wait_for(lambda: len(self._connections) - len(self._open) >= count, f"{count} closed", timeout)

    def _wait_for(self, is_true: Callable[[], bool], what: str, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: is_true() or self._failures, timeout):
                raise TimeoutError(f"waited {timeout:g} s for {what}; there is {self!r}")
            if not is_true():
                raise self._failures[0]

    # Its life.

    def __enter__(self) -> "ScriptedServer":
        self._listener = socket.socket()
        if self._receive_buffer is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(BACKLOG)
        self._listener.setblocking(False)
        self._port: int = self._listener.getsockname()[1]
        self._waker, self._waked = socket.socketpair()
        self._waker.setblocking(False)
        self._waked.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, name=f"scripted-server-{self._port}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._thread is not None
        self._is_stopping = True
        self.nudge()
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            self._failures.append(RuntimeError("the server's thread does not end: does a function of a script block?"))
        self._waker.close()
        self._thread = None
        self._report(error)

    def _report(self, error: BaseException | None) -> None:
        failures = [failure for failure in self._failures if failure is not error]
        for failure in failures[1:] if error is None else failures:
            (error or failures[0]).add_note(f"The scripted server failed, too: {failure!r}")
        if error is None and failures:
            raise failures[0]

    # What its connections ask.

    def opening(self) -> list[Simple]:
        with self._changed:
            return self._scripts.opening()

    def is_early(self, request: ReceivedRequest) -> bool:
        with self._changed:
            return self._scripts.is_early(request.path)

    def answer(self, request: ReceivedRequest) -> list[Simple]:
        try:
            with self._changed:
                script = self._scripts.take(request.path)
            # Without the lock: a function among the steps may look at what the server has.
            return plan(script.steps, request)
        except Exception as error:
            self.failed(error, f"answering {request.method} {request.path}")
            return plan([Answer(500, f"{error}\n"), Close()], request)

    def note(self, request: ReceivedRequest, index: int | None = None) -> int:
        with self._changed:
            if index is None:
                self._requests.append(request)
            else:
                self._requests[index] = request
            self._changed.notify_all()
            return len(self._requests) - 1 if index is None else index

    def is_released(self, name: str) -> bool:
        with self._changed:
            return name in self._released

    def nudge(self) -> None:
        # Full: then it is awake already. Closed: then nobody is left to wake.
        with suppress(OSError):
            self._waker.send(b"x")

    def changed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def let_go(self, connection: ScriptedConnection) -> None:
        self._watch(connection, 0)
        with self._changed:
            self._open.discard(connection)

    def failed(self, error: Exception, doing: str) -> None:
        error.add_note(f"The scripted server failed: {doing}")
        with self._changed:
            self._failures.append(error)
            self._changed.notify_all()

    # Its thread.

    def _run(self) -> None:
        with self._selector, self._listener, self._waked:
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
            self._selector.register(self._waked, selectors.EVENT_READ, self._wake_all)
            try:
                while not self._is_stopping:
                    self._turn()
            except Exception as error:
                self.failed(error, "serving")
            for connection in list(self._open):
                connection.close()

    def _turn(self) -> None:
        for key, events in self._selector.select(self._timeout()):
            if isinstance(key.data, ScriptedConnection):
                key.data.handle(readable=bool(events & selectors.EVENT_READ))
                self._settle(key.data)
            else:
                key.data()
        now = time.monotonic()
        for connection in [one for one in self._open if one.wakes_at is not None and one.wakes_at <= now]:
            self._go_on(connection)

    def _timeout(self) -> float | None:
        due = min((one.wakes_at for one in self._open if one.wakes_at is not None), default=None)
        return None if due is None else max(0.0, due - time.monotonic())

    def _wake_all(self) -> None:
        with suppress(BlockingIOError):
            while self._waked.recv(BACKLOG):
                pass
        for connection in list(self._open):
            self._go_on(connection)

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                # Pieces go out as they are written.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = ScriptedConnection(self, sock, len(self._connections))
                with self._changed:
                    self._connections.append(connection)
                    self._open.add(connection)
                    self._changed.notify_all()
                self._go_on(connection)

    def _go_on(self, connection: ScriptedConnection) -> None:
        connection.go_on()
        self._settle(connection)

    def _settle(self, connection: ScriptedConnection) -> None:
        """Listen for what ``connection`` wants now."""
        if not connection.is_closed:
            reading = selectors.EVENT_READ if connection.wants_read else 0
            self._watch(connection, reading | (selectors.EVENT_WRITE if connection.wire.wants_write else 0))

    def _watch(self, connection: ScriptedConnection, events: int) -> None:
        before = self._watched.pop(connection, 0)
        if events:
            self._watched[connection] = events
        if not before and events:
            self._selector.register(connection.wire.sock, events, connection)
        elif before and not events:
            self._selector.unregister(connection.wire.sock)
        elif before != events:
            self._selector.modify(connection.wire.sock, events, connection)


def _context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_alpn_protocols(["http/1.1"])
    return context
