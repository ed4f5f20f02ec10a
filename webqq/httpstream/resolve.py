"""Host names to addresses, without blocking the loop's thread.

``getaddrinfo`` blocks, so it runs on a few threads of our own: the event loop's default executor may be full of
somebody else's work, and a lookup that hangs there looks like a network fault. The threads are daemons, so that a
hanging lookup never keeps the program from ending; they start with the first name that needs them.
"""

import asyncio
import ipaddress
import queue
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias

from tornado.ioloop import IOLoop
from tornado.netutil import Resolver

__all__ = ["Address", "Lookup", "NameResolver", "Names", "TornadoNames", "numeric_address"]


class Address(NamedTuple):
    """Where a socket connects to: the address family and what ``socket.connect`` takes."""

    family: int
    sockaddr: Any


Lookup: TypeAlias = list[Address] | OSError
"""What a lookup gives: at least one address, best first, or why there is none."""


Question: TypeAlias = tuple[IOLoop, str, int]
Questions: TypeAlias = "queue.SimpleQueue[Question | None]"


class Names(Protocol):
    """Anything that finds addresses."""

    def lookup(self, ioloop: IOLoop, host: str, port: int, done: Callable[[Lookup], None]) -> Lookup | None:
        """What is known at once; else None, and ``done`` gets it in a later turn of ``ioloop``."""

    def close(self) -> None:
        """Let go of threads and tasks."""


def numeric_address(host: str, port: int) -> Address | None:
    """The address that ``host`` spells out (RFC 3986 section 3.2.2), or None where it is a name."""
    try:
        address = ipaddress.ip_address(host.replace("%25", "%"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return Address(socket.AF_INET, (str(address), port))
    try:
        return Address(socket.AF_INET6, (str(address), port, 0, _zone_index(address.scope_id)))
    except OSError:
        # No such interface on this machine: the lookup of the whole will say so.
        return None


def _zone_index(zone: str | None) -> int:
    if not zone:
        return 0
    return int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)


class NameResolver:
    """``getaddrinfo`` on ``threads`` threads of its own, one lookup under way for each name and loop.

    An answer is used again for ``ttl`` seconds, at most ``cache_size`` of them; 0 seconds asks each time.
    """

    def __init__(
        self,
        threads: int = 4,
        ttl: float = 60.0,
        cache_size: int = 1000,
        getaddrinfo: Callable[..., list[Any]] = socket.getaddrinfo,
    ) -> None:
        self._wanted_threads = threads
        self._ttl = ttl
        self._cache_size = cache_size
        self._getaddrinfo = getaddrinfo
        self._threads: list[threading.Thread] = []
        self._questions: Questions = queue.SimpleQueue()
        self._asking: dict[Question, list[Callable[[Lookup], None]]] = {}
        self._cache: OrderedDict[tuple[str, int], tuple[float, list[Address]]] = OrderedDict()

    def lookup(self, ioloop: IOLoop, host: str, port: int, done: Callable[[Lookup], None]) -> Lookup | None:
        """The addresses of ``host`` from the cache; else None, and ``done`` gets them on the thread of ``ioloop``."""
        key = (host, port)
        known = self._cache.get(key)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        question = (ioloop, host, port)
        asking = self._asking.setdefault(question, [])
        asking.append(done)
        if len(asking) == 1:
            self._start_thread()
            self._questions.put(question)
        return None

    def close(self) -> None:
        """Drop all lookups and end the threads; one that is in the middle of a lookup ends after it."""
        # A new line of questions: a thread that hangs must not take one that is asked later.
        questions, self._questions = self._questions, queue.SimpleQueue()
        with suppress(queue.Empty):
            while True:
                questions.get_nowait()
        for _ in self._threads:
            questions.put(None)
        self._threads.clear()
        self._asking.clear()

    def _start_thread(self) -> None:
        if len(self._threads) < min(self._wanted_threads, len(self._asking)):
            thread = threading.Thread(target=self._work, args=(self._questions,), name="webqq-resolver", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self, questions: Questions) -> None:
        while (question := questions.get()) is not None:
            ioloop, host, port = question
            answer = self._resolve(host, port)
            try:
                ioloop.add_callback(self._answer, question, answer)
            except RuntimeError:
                # The loop was closed while the lookup was under way: nobody is left to hear of it.
                self._asking.pop(question, None)

    def _resolve(self, host: str, port: int) -> Lookup:
        try:
            found = self._getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        except OSError as error:
            return error
        except UnicodeError as error:
            return _failure(f"{host!r} is not a host name: {error}", error)
        except Exception as error:
            # Whatever it is, the thread must live on and who asked must hear of it.
            return _failure(f"the lookup of {host!r} failed: {error!r}", error)
        addresses = list(dict.fromkeys(Address(family, sockaddr) for family, _, _, _, sockaddr in found))
        return addresses or OSError(f"{host!r} has no address")

    def _answer(self, question: Question, answer: Lookup) -> None:
        ioloop, host, port = question
        if isinstance(answer, list) and self._ttl > 0:
            self._cache[host, port] = (time.monotonic() + self._ttl, answer)
            self._cache.move_to_end((host, port))
            if len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)
        for done in self._asking.pop(question, []):
            # Each in a turn of its own: one that raises must not keep the answer from the others.
            ioloop.add_callback(done, answer)


def _failure(message: str, cause: Exception) -> OSError:
    error = OSError(message)
    error.__cause__ = cause
    return error


class TornadoNames:
    """Any Tornado ``Resolver``: its ``resolve`` is awaited on the running loop."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._tasks: set[asyncio.Future[Lookup]] = set()

    def lookup(self, ioloop: IOLoop, host: str, port: int, done: Callable[[Lookup], None]) -> Lookup | None:
        """Ask the resolver and give its answer to ``done`` in a later turn of the loop."""
        # add_callback: a lookup may be wanted before the loop runs, and a coroutine needs it running.
        ioloop.add_callback(self._start, host, port, done)
        return None

    def close(self) -> None:
        """Drop the lookups under way; the resolver itself belongs to who made it."""
        for task in list(self._tasks):
            task.cancel()

    def _start(self, host: str, port: int, done: Callable[[Lookup], None]) -> None:
        task = asyncio.ensure_future(self._resolve(host, port))
        self._tasks.add(task)
        task.add_done_callback(partial(self._finish, done))

    async def _resolve(self, host: str, port: int) -> Lookup:
        try:
            found = await self._resolver.resolve(host, port, socket.AF_UNSPEC)
            addresses = [Address(family, sockaddr) for family, sockaddr in found]
        except OSError as error:
            return error
        except Exception as error:
            return _failure(f"the resolver failed: {error!r}", error)
        return addresses or OSError(f"{host!r} has no address")

    def _finish(self, done: Callable[[Lookup], None], task: "asyncio.Future[Lookup]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            done(task.result())
