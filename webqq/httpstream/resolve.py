"""Host names to addresses, without blocking the loop's thread.

``getaddrinfo`` blocks, so it runs on a few threads of our own: the event loop's default executor may be full of
somebody else's work, and a lookup that hangs there looks like a network fault. The threads are daemons, so that a
hanging lookup never keeps the program from ending; they start with the first name that needs them.

What is known of a name outlives its time: a program that talks to the same hosts for weeks shall not fall silent
because the name server does while the old address still works (RFC 8767).
"""

import asyncio
import ipaddress
import logging
import queue
import random
import socket
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from tornado.ioloop import IOLoop

from webqq.httpstream.race import Address

if TYPE_CHECKING:
    from tornado.netutil import Resolver

__all__ = ["PATIENCE", "STALE_TTL", "Address", "Lookup", "NameResolver", "Names", "TornadoNames", "numeric_address"]


logger = logging.getLogger("webqq.httpstream")

PATIENCE = 1.8
"""Seconds that a lookup may take before an answer that has run out is given instead (RFC 8767 section 5)."""

STALE_TTL = 30.0
"""Seconds for which such an answer then counts, so that a name server in trouble is not asked each time (ibid.)."""

Lookup: TypeAlias = list[Address] | OSError
"""What a lookup gives: at least one address, best first, or why there is none."""


Question: TypeAlias = tuple[IOLoop, str]
Questions: TypeAlias = "queue.SimpleQueue[Question | None]"


class Names(Protocol):
    """Anything that finds addresses."""

    def lookup(self, ioloop: IOLoop, host: str, port: int, done: Callable[[Lookup], None]) -> Lookup | None:
        """What is known at once; else None, and ``done`` gets it in a later turn of ``ioloop``."""

    def forget(self, host: str) -> None:
        """The addresses known of ``host`` are of no use: ask again the next time."""

    def close(self) -> None:
        """Let go of threads and tasks."""


def numeric_address(host: str, port: int) -> Address | None:
    """The address that ``host`` spells out (RFC 3986 section 3.2.2), or None where it is a name."""
    address = _spelt_out(host)
    if address is None:
        return None
    text, zone = address
    if ":" not in text:
        return Address(socket.AF_INET, (text, port))
    try:
        return Address(socket.AF_INET6, (text, port, 0, _zone_index(zone)))
    except OSError:
        # No such interface on this machine: the lookup of the whole will say so.
        return None


@lru_cache(maxsize=1024)
def _spelt_out(host: str) -> tuple[str, str | None] | None:
    """The address and its zone: what never changes, so that it is worked out once."""
    try:
        address = ipaddress.ip_address(host.replace("%25", "%"))
    except ValueError:
        return None
    return str(address), getattr(address, "scope_id", None)


def _is_numeric(address: Address) -> bool:
    """Whether ``connect`` need not look anything up; of what is no address at all it says so itself."""
    if address.family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address.sockaddr[0] if isinstance(address.sockaddr, tuple) and address.sockaddr else None
    return not isinstance(host, str) or _spelt_out(host) is not None


def _zone_index(zone: str | None) -> int:
    if not zone:
        return 0
    return int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)


class _Known(NamedTuple):
    """What was found out about a host. ``until`` then it counts, ``stale_until`` then it is better than nothing."""

    lookup: Lookup
    until: float
    stale_until: float


class _Cache:
    """What is known of at most ``size`` hosts, by the time that is handed in; its addresses have no port.

    Loops on several threads may share one.
    """

    def __init__(self, size: int, ttl: float, negative_ttl: float, stale: float) -> None:
        self._size = size
        self._ttl = ttl
        self._negative_ttl = negative_ttl
        self._stale = stale
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = threading.Lock()

    def fresh(self, host: str, now: float) -> Lookup | None:
        """The answer that counts."""
        known = self._known.get(host)
        return known.lookup if known is not None and now < known.until else None

    def stale(self, host: str, now: float) -> list[Address] | None:
        """Addresses that counted once, or count now, and are not too old to try."""
        known = self._known.get(host)
        return known.lookup if known and isinstance(known.lookup, list) and now < known.stale_until else None

    def keep(self, host: str, answer: Lookup, now: float, chance: float) -> None:
        """Keep ``answer``; up to a tenth less than its time, by ``chance``, lest all names run out together."""
        if isinstance(answer, list):
            until = now + self._ttl * (1 - 0.1 * chance)
            self._put(host, _Known(answer, until, until + self._stale))
        else:
            # Its traceback holds the thread's frames.
            self._put(host, _Known(answer.with_traceback(None), now + self._negative_ttl, now))

    def prolong(self, host: str, until: float) -> None:
        """What is known of ``host`` counts until then."""
        with self._lock:
            if host in self._known:
                self._known[host] = self._known[host]._replace(until=until)

    def _put(self, host: str, known: _Known) -> None:
        with self._lock:
            self._known[host] = known
            self._known.move_to_end(host)
            if len(self._known) > self._size:
                self._known.popitem(last=False)


class _Asked:
    """A lookup under way: who waits for it, and the timer of their patience."""

    __slots__ = ("timer", "waiting")

    def __init__(self) -> None:
        self.waiting: list[tuple[int, Callable[[Lookup], None]]] = []
        self.timer: object = None


class NameResolver:
    """``getaddrinfo`` on ``threads`` threads of its own, one lookup under way for each name and loop.

    - ``ttl``: seconds for which an answer is used again, for every port; 0 asks each time.
    - ``negative_ttl``: seconds for which a name that could not be found is not asked for again.
    - ``stale``: seconds after its ``ttl`` for which an answer is still given when the name server fails or takes
      longer than :data:`PATIENCE`, but not when it says that there is no such name; 0 turns that off.
    - ``cache_size``: names kept at most.
    - ``getaddrinfo``, ``clock``, ``chance``: stand-ins for those of the system.
    """

    def __init__(
        self,
        threads: int = 4,
        ttl: float = 60.0,
        cache_size: int = 1000,
        getaddrinfo: Callable[..., list[Any]] = socket.getaddrinfo,
        *,
        negative_ttl: float = 3.0,
        stale: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._wanted_threads = threads
        self._getaddrinfo = getaddrinfo
        self._clock = clock
        self._chance = chance
        self._threads: list[threading.Thread] = []
        self._questions: Questions = queue.SimpleQueue()
        self._asking: dict[Question, _Asked] = {}
        self._cache = _Cache(cache_size, ttl, negative_ttl, stale)

    def lookup(self, ioloop: IOLoop, host: str, port: int, done: Callable[[Lookup], None]) -> Lookup | None:
        """The addresses of ``host`` from the cache; else None, and ``done`` gets them on the thread of ``ioloop``."""
        now = self._clock()
        known = self._cache.fresh(host, now)
        if known is not None:
            return _with_port(known, port)
        question = (ioloop, host)
        asked = self._asking.get(question)
        if asked is None:
            asked = self._ask(question)
        if asked.timer is None and self._cache.stale(host, now) is not None:
            asked.timer = ioloop.call_later(PATIENCE, self._run_out_of_patience, question)
        asked.waiting.append((port, done))
        return None

    def forget(self, host: str) -> None:
        """Ask for ``host`` again the next time: nobody was there, or its failure is thought to be over.

        Its addresses are still given while the name server fails: that says nothing against them.
        """
        self._cache.prolong(host, self._clock())

    def __del__(self) -> None:
        # Where close() was forgotten; a queue can be put to from here.
        for _ in getattr(self, "_threads", ()):
            self._questions.put(None)

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
        for question in list(self._asking):
            self._end(question)

    def _ask(self, question: Question) -> _Asked:
        asked = self._asking[question] = _Asked()
        if len(self._threads) < min(self._wanted_threads, len(self._asking)):
            work = partial(_work, self._questions, self._getaddrinfo, weakref.ref(self))
            thread = threading.Thread(target=work, name="webqq-resolver", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._questions.put(question)
        return asked

    def _hand_over(self, question: Question, answer: Lookup) -> None:
        """On a thread of the resolver's own."""
        try:
            question[0].add_callback(self._answer, question, answer)
        except RuntimeError:
            # The loop was closed while the lookup was under way: nobody is left to hear of it.
            self._asking.pop(question, None)

    def _answer(self, question: Question, answer: Lookup) -> None:
        host, now = question[1], self._clock()
        stale = self._cache.stale(host, now)
        if stale is not None and isinstance(answer, OSError) and not _is_firm(answer):
            logger.info("the old addresses of %s are used, for its lookup failed: %s", host, answer)
            self._cache.prolong(host, now + STALE_TTL)
            answer = stale
        else:
            self._cache.keep(host, answer, now, self._chance())
        asked = self._end(question)
        if asked is not None:
            _tell(question[0], asked, answer)

    def _run_out_of_patience(self, question: Question) -> None:
        """The lookup goes on: its answer, should one come, replaces the old one."""
        host, now = question[1], self._clock()
        stale, asked = self._cache.stale(host, now), self._asking[question]
        asked.timer = None
        if stale is not None:
            logger.info("the old addresses of %s are used, for its lookup takes long", host)
            self._cache.prolong(host, now + STALE_TTL)
            _tell(question[0], asked, stale)

    def _end(self, question: Question) -> _Asked | None:
        asked = self._asking.pop(question, None)
        if asked is not None and asked.timer is not None:
            question[0].remove_timeout(asked.timer)
        return asked


# What a thread does. It knows the resolver weakly: one that nobody has any more ends its threads.


def _work(questions: Questions, getaddrinfo: Callable[..., list[Any]], resolver: "weakref.ref[NameResolver]") -> None:
    while (question := questions.get()) is not None:
        _serve(question, getaddrinfo, resolver)
        # Its loop may lead to the resolver.
        del question


def _serve(question: Question, getaddrinfo: Callable[..., list[Any]], resolver: "weakref.ref[NameResolver]") -> None:
    answer = _resolve(question[1], getaddrinfo)
    names = resolver()
    if names is not None:
        names._hand_over(question, answer)


def _resolve(host: str, getaddrinfo: Callable[..., list[Any]]) -> Lookup:
    try:
        found = getaddrinfo(host, 0, 0, socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError as error:
        return _failure(f"{host!r} is not a host name: {error}", error)
    except Exception as error:
        # Whatever it is, the thread must live on and who asked must hear of it.
        return _failure(f"the lookup of {host!r} failed: {error!r}", error)
    addresses = list(dict.fromkeys(Address(family, sockaddr) for family, _, _, _, sockaddr in found))
    return addresses or _no_address(host)


# What getaddrinfo says of a name that is known to have no address; the rest is trouble on the way to an answer.
_FIRM = {
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "EAI_FAMILY")
    if hasattr(socket, name)
}


def _is_firm(error: OSError) -> bool:
    return isinstance(error, socket.gaierror) and error.errno in _FIRM


def _no_address(host: str) -> OSError:
    return socket.gaierror(socket.EAI_NONAME, f"{host!r} has no address")


def _with_port(answer: Lookup, port: int) -> Lookup:
    if isinstance(answer, OSError):
        return answer
    return [Address(family, (sockaddr[0], port, *sockaddr[2:])) for family, sockaddr in answer]


def _tell(ioloop: IOLoop, asked: _Asked, answer: Lookup) -> None:
    waiting, asked.waiting = asked.waiting, []
    for port, done in waiting:
        # Each in a turn of its own: one that raises must not keep the answer from the others.
        ioloop.add_callback(done, _with_port(answer, port))


def _failure(message: str, cause: Exception) -> OSError:
    error = OSError(message)
    error.__cause__ = cause
    return error


class TornadoNames:
    """Any Tornado ``Resolver``: its ``resolve`` is awaited on the running loop."""

    def __init__(self, resolver: "Resolver") -> None:
        self._resolver = resolver
        self._tasks: set[asyncio.Future[Lookup]] = set()

    def lookup(self, ioloop: IOLoop, host: str, port: int, done: Callable[[Lookup], None]) -> Lookup | None:
        """Ask the resolver and give its answer to ``done`` in a later turn of the loop."""
        # add_callback: a lookup may be wanted before the loop runs, and a coroutine needs it running.
        ioloop.add_callback(self._start, host, port, done)
        return None

    def forget(self, host: str) -> None:
        """Nothing: what is kept, and for how long, is the resolver's business."""

    def close(self) -> None:
        """Drop the lookups under way; the resolver itself belongs to who made it."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
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
        names = [address.sockaddr[0] for address in addresses if not _is_numeric(address)]
        if names:
            # connect() would look it up itself, and hold up the loop meanwhile.
            return OSError(f"the resolver gave names in place of addresses: {names}")
        return addresses or OSError(f"{host!r} has no address")

    def _finish(self, done: Callable[[Lookup], None], task: "asyncio.Future[Lookup]") -> None:
        if task not in self._tasks:
            # Closed meanwhile.
            return
        self._tasks.discard(task)
        done(OSError("the lookup was cancelled") if task.cancelled() else task.result())
