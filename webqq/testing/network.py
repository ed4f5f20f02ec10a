"""Hosts that answer as a test says, behind an ordinary ``HTTPStream``."""

import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tornado.ioloop import IOLoop

from webqq.httpstream import HTTPSock, HTTPStream
from webqq.httpstream.origin import Origin
from webqq.httpstream.resolve import Address, Lookup
from webqq.httpstream.route import Route
from webqq.httpstream.tls import TLSOptions
from webqq.testing.loop import FakeIOLoop
from webqq.testing.received import ReceivedRequest, RequestReader
from webqq.testing.sockets import FakeSocket, Incoming
from webqq.testing.steps import Fields, head_of

__all__ = ["FakeHTTPSock", "FakeNetwork"]

FIRST_FD = 1_000_000
"""Numbers of virtual sockets begin above any that the operating system gives out."""


Body: TypeAlias = bytes | str | Callable[[ReceivedRequest], bytes | str]
"""A body, or a function of the request that gives it."""
Items: TypeAlias = tuple[Incoming, ...]


@dataclass(slots=True)
class _Answer:
    items: Callable[[ReceivedRequest], Items]
    delay: float
    is_repeated: bool
    every: float = 0.0
    uses: int = 0


@dataclass(slots=True)
class _Peer:
    """The server's end of one socket."""

    sock: FakeSocket
    reader: RequestReader
    read: int = 0
    waiting: deque[ReceivedRequest] = field(default_factory=deque)


class FakeHTTPSock(HTTPSock):
    """An :class:`~webqq.httpstream.HTTPSock` whose sockets are virtual; only the steps that touch sockets differ."""

    def __init__(self, network: "FakeNetwork") -> None:
        super().__init__()
        self._network = network

    def lookup(self, ioloop: IOLoop, origin: Origin, done: Callable[[Lookup], None]) -> Lookup | None:
        return self._network.addresses(origin)

    def connect(self, address: Address, source_address: tuple[str, int] | None = None) -> Any:
        return self._network.connect(address)

    def start_tls(self, sock: Any, host: str, options: TLSOptions | None = None, route: Route | None = None) -> Any:
        return sock

    def keep_session(self, route: Route, sock: Any) -> None:
        """There is none."""


class FakeNetwork:
    """All the hosts there are, for streams on one :class:`FakeIOLoop`.

    ::

        with FakeIOLoop() as loop:
            network = FakeNetwork(loop)
            network.answer("http://example.com/hello", b"hi")
            response = loop.run(network.stream().fetch(Request("http://example.com/hello")))

    A host exists once it has an answer. Answers to one URL (method and query do not count) are given in the order
    in which they were prepared, the last one again and again if it was prepared with ``repeat``; a request without
    an answer waits until :meth:`answer` brings one. ``requests`` lists all that was received, ``sockets`` all
    sockets, both in order.
    """

    def __init__(self, ioloop: FakeIOLoop) -> None:
        self.ioloop = ioloop
        self.http_sock = FakeHTTPSock(self)
        self.requests: list[ReceivedRequest] = []
        self.sockets: list[FakeSocket] = []
        self._origins: dict[Address, Origin] = {}
        self._answers: dict[str, deque[_Answer]] = {}
        self._peers: list[_Peer] = []
        self._prepared: dict[str, deque[dict[str, Any]]] = {}

    def stream(self, **options: Any) -> HTTPStream:
        """An ``HTTPStream`` on this network; ``options`` as there."""
        return HTTPStream(self.ioloop, self.http_sock, **options)

    def answer(
        self,
        url: str,
        body: Body = b"",
        *,
        status: int = 200,
        headers: Fields = (),
        delay: float = 0,
        repeat: bool = False,
    ) -> None:
        """Prepare an answer to ``url``, given ``delay`` seconds after the request. ``body`` may be a function of it."""
        fields = list(headers.items() if isinstance(headers, Mapping) else headers)

        def items(request: ReceivedRequest) -> Items:
            made = body(request) if callable(body) else body
            content = made.encode() if isinstance(made, str) else made
            return (head_of(status, [("Content-Length", str(len(content))), *fields]) + content,)

        self.answer_with(url, items, delay=delay, repeat=repeat)

    def answer_raw(self, url: str, *items: Incoming, delay: float = 0, repeat: bool = False) -> None:
        """Prepare ``items`` for the socket, one for each ``recv``: pieces, ``EOF``, exceptions."""
        self.answer_with(url, lambda request: items, delay=delay, repeat=repeat)

    def answer_with(
        self, url: str, items: Callable[[ReceivedRequest], Items], *, delay: float = 0, repeat: bool = False
    ) -> None:
        """As :meth:`answer_raw`, with the items that the function ``items`` makes of the request."""
        self._prepare(url, _Answer(items, delay, repeat))

    def answer_sse(
        self, url: str, *events: str | Mapping[str, str], every: float = 0, delay: float = 0, repeat: bool = False
    ) -> None:
        """Prepare a stream of server-sent events, ``every`` seconds one, the first after ``delay``; then it ends.

        An event is its data, or its fields: ``{"event": "message", "id": "7", "data": "two\\nlines"}``.
        """
        head = head_of(200, [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")])
        chunks = [_chunk(_event(event)) for event in events]
        items = (head + chunks[0], *chunks[1:], b"0\r\n\r\n") if chunks else (head + b"0\r\n\r\n",)
        self._prepare(url, _Answer(lambda request: items, delay, repeat, every))

    @property
    def unanswered(self) -> list[ReceivedRequest]:
        """The requests that still wait for an answer."""
        return [request for peer in self._peers if not peer.sock.is_closed for request in peer.waiting]

    @property
    def unused(self) -> list[str]:
        """The URLs of answers that no request has got, once for each."""
        return [url for url, answers in self._answers.items() for answer in answers if not answer.uses]

    def __repr__(self) -> str:
        waiting = ", ".join(f"{request.method} {request.url}" for request in self.unanswered) or "nothing"
        prepared = ", ".join(self.unused) or "nothing"
        return f"<FakeNetwork requests={len(self.requests)} unanswered: {waiting}; unused: {prepared}>"

    def prepare_socket(self, url: str, **options: Any) -> None:
        """Give the next socket to the host of ``url`` these options of :class:`FakeSocket`."""
        self._prepared.setdefault(_host(url), deque()).append(options)

    # What FakeHTTPSock asks.

    def addresses(self, origin: Origin) -> Lookup:
        """One made-up address for a host that has an answer or a prepared socket; none for any other."""
        hosts = {_host(url) for url in self._answers} | self._prepared.keys()
        if _host_of(origin) not in hosts:
            return OSError(f"no answer was prepared for {_host_of(origin)}")
        address = Address(socket.AF_INET, (origin.host, origin.port))
        self._origins[address] = origin
        return [address]

    def connect(self, address: Address) -> FakeSocket:
        """A socket to the host behind ``address``."""
        origin = self._origins[address]
        prepared = self._prepared.get(_host_of(origin))
        options = prepared.popleft() if prepared else {}
        sock = FakeSocket(FIRST_FD + len(self.sockets), **options)
        self.sockets.append(sock)
        self.ioloop.add_socket(sock.fileno(), sock)
        peer = _Peer(sock, RequestReader(origin.scheme))
        self._peers.append(peer)
        sock.on_send = lambda sock: self._receive(peer)
        return sock

    def _prepare(self, url: str, answer: _Answer) -> None:
        self._answers.setdefault(_bare(url), deque()).append(answer)
        for peer in self._peers:
            self._serve(peer)

    def _receive(self, peer: _Peer) -> None:
        data = bytes(peer.sock.sent[peer.read :])
        peer.read += len(data)
        peer.reader.feed(data)
        while len(peer.reader):
            request = peer.reader.take()
            self.requests.append(request)
            peer.waiting.append(request)
        self._serve(peer)

    def _serve(self, peer: _Peer) -> None:
        while peer.waiting and not peer.sock.is_closed:
            answers = self._answers.get(_bare(peer.waiting[0].url))
            if not answers:
                return
            answer = answers[0]
            answer.uses += 1
            if not (answer.is_repeated and len(answers) == 1):
                answers.popleft()
            self._deliver(peer, answer, peer.waiting.popleft())

    def _deliver(self, peer: _Peer, answer: _Answer, request: ReceivedRequest) -> None:
        items = answer.items(request)
        if answer.every:
            for number, item in enumerate(items):
                self.ioloop.call_later(answer.delay + number * answer.every, peer.sock.deliver, item)
        elif answer.delay:
            self.ioloop.call_later(answer.delay, peer.sock.deliver, *items)
        else:
            peer.sock.deliver(*items)


def _event(event: str | Mapping[str, str]) -> bytes:
    fields = {"data": event} if isinstance(event, str) else event
    lines = [f"{name}: {line}\n" for name, value in fields.items() for line in value.split("\n")]
    return "".join([*lines, "\n"]).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path or '/'}"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _host_of(origin: Origin) -> str:
    return f"{origin.scheme}://{origin.host}:{origin.port}"
