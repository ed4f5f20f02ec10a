"""Hosts that answer as a test says, behind an ordinary ``HTTPStream``."""

import socket
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import responses
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tornado.ioloop import IOLoop

from webqq.httpstream import HTTPSock, HTTPStream
from webqq.httpstream.origin import Origin
from webqq.httpstream.resolve import Address, Lookup
from webqq.testing.loop import FakeIOLoop
from webqq.testing.sockets import FakeSocket, Incoming

__all__ = ["FakeHTTPSock", "FakeNetwork", "ReceivedRequest"]

FIRST_FD = 1_000_000
"""Numbers of virtual sockets begin above any that the operating system gives out."""


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What the fake network got: ``headers`` compares names without regard to case."""

    method: str
    url: str
    headers: Message
    body: bytes

    @property
    def query(self) -> dict[str, list[str]]:
        """The fields of the URL's query."""
        return parse_qs(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields of a form-encoded body."""
        return parse_qs(self.body.decode(), keep_blank_values=True)


@dataclass(slots=True)
class _Answer:
    items: tuple[Incoming, ...]
    delay: float
    is_repeated: bool


@dataclass(slots=True)
class _Peer:
    """The server's end of one socket."""

    sock: FakeSocket
    origin: Origin
    read: int = 0
    waiting: deque[ReceivedRequest] = field(default_factory=deque)


class FakeHTTPSock(HTTPSock):
    """An :class:`~webqq.httpstream.HTTPSock` whose sockets are virtual; only the steps that touch sockets differ."""

    def __init__(self, network: "FakeNetwork") -> None:
        super().__init__()
        self._network = network

    def lookup(self, ioloop: IOLoop, origin: Origin, done: Callable[[Lookup], None]) -> Lookup | None:
        return self._network.addresses(origin)

    def connect(self, address: Address) -> Any:
        return self._network.connect(address)

    def start_tls(self, sock: Any, origin: Origin) -> Any:
        return sock


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
        body: bytes | str = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        delay: float = 0,
        repeat: bool = False,
    ) -> None:
        """Prepare an answer to ``url``, given ``delay`` seconds after the request."""
        content = body.encode() if isinstance(body, str) else body
        fields = headers.items() if isinstance(headers, Mapping) else headers
        lines = [f"HTTP/1.1 {status} {responses.get(status, '')}", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in fields]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.answer_raw(url, head + content, delay=delay, repeat=repeat)

    def answer_raw(self, url: str, *items: Incoming, delay: float = 0, repeat: bool = False) -> None:
        """Prepare ``items`` for the socket, one for each ``recv``: pieces, ``EOF``, exceptions."""
        self._answers.setdefault(_bare(url), deque()).append(_Answer(items, delay, repeat))
        for peer in self._peers:
            self._serve(peer)

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
        peer = _Peer(sock, origin)
        self._peers.append(peer)
        sock.on_send = lambda sock: self._receive(peer)
        return sock

    def _receive(self, peer: _Peer) -> None:
        while (request := _read_request(peer)) is not None:
            self.requests.append(request)
            peer.waiting.append(request)
        self._serve(peer)

    def _serve(self, peer: _Peer) -> None:
        while peer.waiting and not peer.sock.is_closed:
            answers = self._answers.get(_bare(peer.waiting[0].url))
            if not answers:
                return
            peer.waiting.popleft()
            answer = answers[0]
            if not (answer.is_repeated and len(answers) == 1):
                answers.popleft()
            if answer.delay:
                self.ioloop.call_later(answer.delay, peer.sock.deliver, *answer.items)
            else:
                peer.sock.deliver(*answer.items)


def _read_request(peer: _Peer) -> ReceivedRequest | None:
    sent = peer.sock.sent
    end = sent.find(b"\r\n\r\n", peer.read) + 4
    if end == 3:
        return None
    first, *lines = sent[peer.read : end - 4].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = Message()
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name] = value
    length = int(headers.get("Content-Length", "0"))
    if len(sent) < end + length:
        return None
    peer.read = end + length
    url = f"{peer.origin.scheme}://{headers['Host']}{target}"
    return ReceivedRequest(method, url, headers, bytes(sent[end : end + length]))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path or '/'}"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _host_of(origin: Origin) -> str:
    return f"{origin.scheme}://{origin.host}:{origin.port}"
