"""Host names to addresses, on threads whose every step the test holds in its hand."""

import asyncio
import gc
import socket
import threading
from collections.abc import Callable
from typing import Any

import mock
import pytest
from tornado.ioloop import IOLoop
from tornado.netutil import Resolver

from webqq.httpstream.resolve import (
    PATIENCE,
    STALE_TTL,
    Address,
    Lookup,
    NameResolver,
    TornadoNames,
    numeric_address,
)
from webqq.testing import FakeIOLoop

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))]
ADDRESSES = [Address(socket.AF_INET, ("192.0.2.1", 80))]
OTHERS = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 80, 0, 0))]
OTHER_ADDRESSES = [Address(socket.AF_INET6, ("2001:db8::1", 80, 0, 0))]
NO_SUCH_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
TROUBLE = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


class Clock:
    """Shows what the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(test: Callable[[], Any]) -> Any:
    async def guarded() -> Any:
        return await asyncio.wait_for(test(), 30)

    return asyncio.run(guarded())


async def look_up(names: Any, host: str) -> Lookup:
    answer: asyncio.Future[Lookup] = asyncio.get_running_loop().create_future()
    known: Lookup | None = names.lookup(IOLoop.current(), host, 80, answer.set_result)
    return await answer if known is None else known


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", Address(socket.AF_INET, ("192.0.2.1", 80))),
        ("::1", Address(socket.AF_INET6, ("::1", 80, 0, 0))),
        ("example.com", None),
        ("192.0.2", None),
        ("0x7f.1", None),
        ("", None),
    ],
)
def test_address_that_is_spelt_out_needs_no_lookup(host: str, address: Address | None) -> None:
    assert numeric_address(host, 80) == address


def test_scope_of_a_link_local_address_is_taken_along() -> None:
    name = socket.if_indextoname(1)
    assert numeric_address(f"fe80::1%25{name}", 80) == Address(socket.AF_INET6, (f"fe80::1%{name}", 80, 0, 1))


def test_answer_comes_on_the_loops_thread_and_not_before_lookup_returns() -> None:
    async def test() -> None:
        getaddrinfo = mock.Mock(return_value=FOUND)
        names = NameResolver(getaddrinfo=getaddrinfo)
        threads: list[threading.Thread] = []
        done = asyncio.Event()

        def answered(answer: Lookup) -> None:
            threads.append(threading.current_thread())
            assert answer == ADDRESSES
            done.set()

        assert names.lookup(IOLoop.current(), "a", 80, answered) is None
        assert not threads
        await done.wait()
        assert threads == [threading.current_thread()]
        getaddrinfo.assert_called_once_with("a", 0, 0, socket.SOCK_STREAM)
        names.close()

    run(test)


def test_answer_is_used_again_until_it_is_old() -> None:
    async def test() -> None:
        getaddrinfo, clock = mock.Mock(return_value=FOUND), Clock()
        names = NameResolver(ttl=60, getaddrinfo=getaddrinfo, clock=clock, chance=lambda: 0.0)
        await look_up(names, "a")
        clock.now += 59
        assert names.lookup(IOLoop.current(), "a", 80, mock.Mock()) == ADDRESSES
        clock.now += 1
        await look_up(names, "a")
        assert getaddrinfo.call_count == 2
        names.close()

    run(test)


def test_names_found_together_do_not_all_run_out_together() -> None:
    async def test() -> None:
        clock, chances = Clock(), iter([0.0, 0.5, 0.999])
        names = NameResolver(
            ttl=60, getaddrinfo=mock.Mock(return_value=FOUND), clock=clock, chance=lambda: next(chances, 0.0)
        )
        for host in "abc":
            await look_up(names, host)
        left = []
        for clock.now in (54.0, 54.1, 57.0, 59.9, 60.0):
            known = [names.lookup(IOLoop.current(), host, 80, mock.Mock()) for host in "abc"]
            left.append(len(known) - known.count(None))
        assert left == [3, 2, 1, 1, 0]
        names.close()

    run(test)


def test_no_time_to_live_asks_each_time() -> None:
    async def test() -> None:
        getaddrinfo = mock.Mock(return_value=FOUND)
        names = NameResolver(ttl=0, getaddrinfo=getaddrinfo)
        for _ in range(3):
            assert await look_up(names, "a") == ADDRESSES
        assert getaddrinfo.call_count == 3
        names.close()

    run(test)


def test_cache_is_bounded() -> None:
    async def test() -> None:
        getaddrinfo = mock.Mock(return_value=FOUND)
        names = NameResolver(cache_size=2, getaddrinfo=getaddrinfo)
        for host in ("a", "b", "c", "a"):
            await look_up(names, host)
        assert getaddrinfo.call_count == 4
        names.close()

    run(test)


def test_name_that_was_found_again_is_no_longer_the_first_to_make_room() -> None:
    async def test() -> None:
        getaddrinfo, clock = mock.Mock(return_value=FOUND), Clock()
        names = NameResolver(cache_size=2, getaddrinfo=getaddrinfo, clock=clock)
        for host in ("a", "b"):
            await look_up(names, host)
        names.forget("a")
        for host in ("a", "c", "a"):
            await look_up(names, host)
        assert [call.args[0] for call in getaddrinfo.call_args_list] == ["a", "b", "a", "c"]
        names.close()

    run(test)


def test_one_lookup_is_under_way_for_each_name() -> None:
    async def test() -> None:
        may_end = threading.Event()
        getaddrinfo = mock.Mock(side_effect=lambda *args: may_end.wait(30) and FOUND)
        names = NameResolver(ttl=0, getaddrinfo=getaddrinfo)
        lookups = [asyncio.ensure_future(look_up(names, "a")) for _ in range(10)]
        await asyncio.sleep(0)
        may_end.set()
        assert await asyncio.gather(*lookups) == [ADDRESSES] * 10
        assert getaddrinfo.call_count == 1
        names.close()

    run(test)


def test_name_that_hangs_does_not_hold_up_another() -> None:
    async def test() -> None:
        may_end = threading.Event()

        def getaddrinfo(host: str, *args: Any) -> Any:
            return (host != "slow" or may_end.wait(30)) and FOUND

        names = NameResolver(getaddrinfo=getaddrinfo)
        slow = asyncio.ensure_future(look_up(names, "slow"))
        await asyncio.sleep(0)
        assert await look_up(names, "fast") == ADDRESSES
        assert not slow.done()
        may_end.set()
        assert await slow == ADDRESSES
        names.close()

    run(test)


def test_no_more_threads_than_asked_for() -> None:
    async def test() -> None:
        running, most, lock = 0, 0, threading.Lock()
        all_in = threading.Barrier(2)

        def getaddrinfo(*args: Any) -> Any:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            all_in.wait(30)
            with lock:
                running -= 1
            return FOUND

        names = NameResolver(threads=2, ttl=0, getaddrinfo=getaddrinfo)
        await asyncio.gather(*(look_up(names, str(number)) for number in range(10)))
        assert most == 2
        names.close()

    run(test)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"side_effect": socket.gaierror(-2, "Name or service not known")}, "not known"),
        ({"side_effect": UnicodeError("label too long")}, "not a host name"),
        ({"return_value": []}, "has no address"),
    ],
)
def test_failure_is_an_oserror_and_is_kept_for_seconds(result: dict[str, Any], told: str) -> None:
    async def test() -> None:
        getaddrinfo, clock = mock.Mock(**result), Clock()
        names = NameResolver(getaddrinfo=getaddrinfo, clock=clock)
        for clock.now, asked in ((0.0, 1), (2.9, 1), (3.0, 2)):
            answer = await look_up(names, "a")
            assert isinstance(answer, OSError)
            assert told in str(answer)
            assert getaddrinfo.call_count == asked
        names.close()

    run(test)


def test_loop_that_is_gone_when_the_answer_comes_is_no_error() -> None:
    may_end, ended = threading.Event(), threading.Event()

    def getaddrinfo(*args: Any) -> Any:
        may_end.wait(30)
        ended.set()
        return FOUND

    names = NameResolver(getaddrinfo=getaddrinfo)

    async def test() -> None:
        names.lookup(IOLoop.current(), "a", 80, mock.Mock())

    run(test)
    may_end.set()
    assert ended.wait(30)
    for thread in list(names._threads):
        names.close()
        thread.join(30)


class Tornado(Resolver):
    """Gives what the test says."""

    def initialize(self, result: Any) -> None:
        self.result = result

    async def resolve(self, host: str, port: int, family: int = 0) -> Any:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def test_tornados_resolver_is_awaited() -> None:
    async def test() -> None:
        names = TornadoNames(Tornado(result=[(socket.AF_INET, ("192.0.2.1", 80))]))
        assert await look_up(names, "a") == ADDRESSES

    run(test)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (OSError("gone"), "gone"),
        (KeyError("x"), "the resolver failed"),
        ([], "has no address"),
        (
            [(socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET, ("localhost", 80))],
            "in place of addresses: ['localhost']",
        ),
        ([(socket.AF_INET6, ("a.example", 80, 0, 0))], "names in place of addresses"),
    ],
)
def test_whatever_tornados_resolver_gives_but_addresses_is_an_oserror(result: Any, told: str) -> None:
    async def test() -> None:
        answer = await look_up(TornadoNames(Tornado(result=result)), "a")
        assert isinstance(answer, OSError)
        assert told in str(answer)

    run(test)


def test_closing_drops_lookups_under_way() -> None:
    class Never(Resolver):
        async def resolve(self, host: str, port: int, family: int = 0) -> Any:
            await asyncio.Event().wait()

    async def test() -> None:
        names, done = TornadoNames(Never()), mock.Mock()
        names.lookup(IOLoop.current(), "a", 80, done)
        await asyncio.sleep(0)
        names.close()
        await asyncio.sleep(0)
        done.assert_not_called()

    run(test)


# What must not leave somebody waiting.


def test_unknown_zone_is_left_to_the_lookup() -> None:
    assert numeric_address("fe80::1%25nosuch0", 80) is None


def test_zone_may_be_a_number() -> None:
    assert numeric_address("fe80::1%251", 80) == Address(socket.AF_INET6, ("fe80::1%1", 80, 0, 1))


@pytest.mark.parametrize("error", [ValueError("embedded null character"), TypeError("x"), MemoryError(), KeyError("y")])
def test_lookup_that_fails_in_any_way_is_answered_and_ends_no_thread(error: Exception) -> None:
    async def test() -> None:
        getaddrinfo = mock.Mock(side_effect=[error] * 5 + [FOUND])
        names = NameResolver(threads=1, getaddrinfo=getaddrinfo, negative_ttl=0)
        for _ in range(5):
            answer = await look_up(names, "a")
            assert isinstance(answer, OSError)
            assert answer.__cause__ is error
        assert await look_up(names, "a") == ADDRESSES
        names.close()

    run(test)


def test_each_of_two_loops_hears_of_one_name() -> None:
    both_ask = threading.Barrier(2)

    def getaddrinfo(*args: Any) -> Any:
        both_ask.wait(30)
        return FOUND

    names = NameResolver(getaddrinfo=getaddrinfo)
    answers: list[tuple[threading.Thread, Lookup]] = []

    async def test() -> None:
        done = asyncio.Event()

        def answered(answer: Lookup) -> None:
            answers.append((threading.current_thread(), answer))
            done.set()

        names.lookup(IOLoop.current(), "a", 80, answered)
        await done.wait()

    threads = [threading.Thread(target=run, args=(test,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {thread for thread, _ in answers} == set(threads)
    assert [answer for _, answer in answers] == [ADDRESSES] * 2
    names.close()


def test_loop_that_ended_with_an_answer_on_its_way_holds_up_no_later_one() -> None:
    given = threading.Event()

    class Ended:
        """Takes callbacks, and runs none any more."""

        def add_callback(self, *args: Any) -> None:
            given.set()

    names = NameResolver(getaddrinfo=mock.Mock(return_value=FOUND))
    ended: Any = Ended()
    names.lookup(ended, "a", 80, mock.Mock(side_effect=AssertionError))
    assert given.wait(30)

    async def test() -> None:
        assert await look_up(names, "a") == ADDRESSES

    run(test)
    names.close()


def test_loop_that_was_closed_ends_no_thread() -> None:
    closed: Any = mock.Mock()
    closed.add_callback.side_effect = RuntimeError("the loop is closed")
    names = NameResolver(threads=1, getaddrinfo=mock.Mock(return_value=FOUND))
    names.lookup(closed, "a", 80, mock.Mock(side_effect=AssertionError))

    async def test() -> None:
        assert await look_up(names, "a") == ADDRESSES

    run(test)
    assert names._asking == {}
    names.close()


def test_callback_that_raises_keeps_the_answer_from_nobody(expect_log: Callable[[str, str], None]) -> None:
    expect_log("tornado.application", "Exception in callback")

    async def test() -> None:
        may_end = threading.Event()
        names = NameResolver(getaddrinfo=mock.Mock(side_effect=lambda *args: may_end.wait(30) and FOUND))
        names.lookup(IOLoop.current(), "a", 80, mock.Mock(side_effect=ZeroDivisionError))
        other = asyncio.ensure_future(look_up(names, "a"))
        await asyncio.sleep(0)
        may_end.set()
        assert await other == ADDRESSES
        names.close()

    run(test)


def test_addresses_keep_their_order_and_come_once() -> None:
    first, second = ("192.0.2.2", 80), ("2001:db8::1", 80, 0, 0)
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", first),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", second),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "name", first),
    ]

    async def test() -> None:
        names = NameResolver(getaddrinfo=mock.Mock(return_value=found))
        assert await look_up(names, "a") == [Address(socket.AF_INET, first), Address(socket.AF_INET6, second)]
        names.close()

    run(test)


def test_one_answer_serves_every_port() -> None:
    async def test() -> None:
        getaddrinfo = mock.Mock(return_value=FOUND + OTHERS)
        names = NameResolver(getaddrinfo=getaddrinfo)
        waiting: list[asyncio.Future[Lookup]] = [asyncio.get_running_loop().create_future() for _ in range(2)]
        for port, future in zip((80, 443), waiting, strict=True):
            assert names.lookup(IOLoop.current(), "a", port, future.set_result) is None
        assert await waiting[0] == ADDRESSES + OTHER_ADDRESSES
        assert await waiting[1] == [
            Address(socket.AF_INET, ("192.0.2.1", 443)),
            Address(socket.AF_INET6, ("2001:db8::1", 443, 0, 0)),
        ]
        assert names.lookup(IOLoop.current(), "a", 81, mock.Mock()) == [
            Address(socket.AF_INET, ("192.0.2.1", 81)),
            Address(socket.AF_INET6, ("2001:db8::1", 81, 0, 0)),
        ]
        assert getaddrinfo.call_count == 1
        names.close()

    run(test)


def test_scope_of_an_answer_stays_with_every_port() -> None:
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 0, 7, 3))]

    async def test() -> None:
        names = NameResolver(getaddrinfo=mock.Mock(return_value=found))
        assert await look_up(names, "a") == [Address(socket.AF_INET6, ("fe80::1", 80, 7, 3))]
        names.close()

    run(test)


def test_caller_who_changes_the_list_changes_no_later_answer() -> None:
    async def test() -> None:
        names = NameResolver(getaddrinfo=mock.Mock(return_value=FOUND))
        for _ in range(3):
            answer = await look_up(names, "a")
            assert isinstance(answer, list)
            assert answer.pop() == ADDRESSES[0]
        names.close()

    run(test)


def test_failure_that_is_kept_holds_no_frames_of_the_thread() -> None:
    def getaddrinfo(*args: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def test() -> None:
        names = NameResolver(getaddrinfo=getaddrinfo)
        answer = await look_up(names, "a")
        assert isinstance(answer, OSError)
        assert answer.__traceback__ is None
        names.close()

    run(test)


# When the name server fails.


def test_old_answer_is_given_while_the_name_server_fails(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "webqq.httpstream")

    async def test() -> None:
        clock = Clock()
        getaddrinfo = mock.Mock(side_effect=[FOUND, TROUBLE, TROUBLE, OTHERS])
        names = NameResolver(getaddrinfo=getaddrinfo, clock=clock)
        await look_up(names, "a")
        # It then counts for half a minute.
        for clock.now, asked in ((60.0, 2), (89.0, 2), (90.0, 3), (120.0, 4)):
            answer = await look_up(names, "a")
            assert answer == (OTHER_ADDRESSES if asked == 4 else ADDRESSES)
            assert getaddrinfo.call_count == asked
        names.close()

    run(test)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert all("the old addresses of a are used" in line and "Temporary failure" in line for line in told)
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_name_that_is_gone_has_no_old_answer() -> None:
    async def test() -> None:
        clock = Clock()
        names = NameResolver(getaddrinfo=mock.Mock(side_effect=[FOUND, NO_SUCH_NAME, TROUBLE]), clock=clock)
        await look_up(names, "a")
        for clock.now, error in ((60.0, NO_SUCH_NAME), (63.0, TROUBLE)):
            assert await look_up(names, "a") is error
        names.close()

    run(test)


@pytest.mark.parametrize(
    ("stale", "now", "is_given"),
    [(3600.0, 3659.9, True), (3600.0, 3660.0, False), (40.0, 99.0, True), (40.0, 100.0, False), (0.0, 60.0, False)],
)
def test_old_answer_is_no_older_than_allowed(stale: float, now: float, is_given: bool) -> None:
    async def test() -> None:
        clock = Clock()
        getaddrinfo = mock.Mock(side_effect=[FOUND, TROUBLE])
        names = NameResolver(getaddrinfo=getaddrinfo, clock=clock, stale=stale, chance=lambda: 0.0)
        await look_up(names, "a")
        clock.now = now
        assert await look_up(names, "a") == (ADDRESSES if is_given else TROUBLE)
        names.close()

    run(test)


def test_name_server_that_falls_silent_is_not_waited_for_long(loop: FakeIOLoop) -> None:
    may_end = threading.Event()
    getaddrinfo = mock.Mock(return_value=FOUND)
    names = NameResolver(getaddrinfo=getaddrinfo, clock=loop.time)
    assert loop.run(look_up(names, "a")) == ADDRESSES
    getaddrinfo.side_effect = lambda *args: may_end.wait(30) and OTHERS
    loop.advance(100)
    assert loop.run(asyncio.wait_for(look_up(names, "a"), 1000)) == ADDRESSES
    assert loop.time() == pytest.approx(100 + PATIENCE)
    # Meanwhile nobody waits, and half a minute later only as long again; one lookup is under way all the time.
    assert names.lookup(loop, "a", 80, mock.Mock()) == ADDRESSES
    loop.advance(STALE_TTL)
    assert loop.run(asyncio.wait_for(look_up(names, "a"), 1000)) == ADDRESSES
    assert loop.time() == pytest.approx(100 + 2 * PATIENCE + STALE_TTL)
    may_end.set()
    end_lookups(loop, names)
    assert names.lookup(loop, "a", 80, mock.Mock()) == OTHER_ADDRESSES
    assert getaddrinfo.call_count == 2
    names.close()


def end_lookups(loop: FakeIOLoop, names: NameResolver) -> None:
    """Let the threads give their answers; no virtual time passes."""
    while names._asking:
        loop.settle()


def test_answer_too_old_when_patience_ends_is_waited_for(loop: FakeIOLoop) -> None:
    may_end = threading.Event()
    getaddrinfo = mock.Mock(return_value=FOUND)
    names = NameResolver(getaddrinfo=getaddrinfo, clock=loop.time, stale=10, chance=lambda: 0.0)
    loop.run(look_up(names, "a"))
    getaddrinfo.side_effect = lambda *args: may_end.wait(30) and OTHERS
    loop.advance(69)
    names.lookup(loop, "a", 80, done := mock.Mock())
    loop.advance(PATIENCE)
    done.assert_not_called()
    may_end.set()
    end_lookups(loop, names)
    loop.settle()
    done.assert_called_once_with(OTHER_ADDRESSES)
    names.close()


def test_closing_leaves_no_timer(loop: FakeIOLoop) -> None:
    may_end = threading.Event()
    getaddrinfo = mock.Mock(return_value=FOUND)
    names = NameResolver(getaddrinfo=getaddrinfo, clock=loop.time)
    loop.run(look_up(names, "a"))
    getaddrinfo.side_effect = lambda *args: may_end.wait(30) and FOUND
    loop.advance(60)
    names.lookup(loop, "a", 80, done := mock.Mock())
    names.close()
    loop.advance(PATIENCE)
    done.assert_not_called()
    assert names._asking == {}
    may_end.set()


def test_forgotten_name_is_asked_for_again() -> None:
    async def test() -> None:
        getaddrinfo = mock.Mock(side_effect=[FOUND, OTHERS, NO_SUCH_NAME, FOUND])
        names = NameResolver(getaddrinfo=getaddrinfo, clock=Clock())
        for expected in (ADDRESSES, OTHER_ADDRESSES, NO_SUCH_NAME, ADDRESSES):
            assert await look_up(names, "a") == expected
            assert await look_up(names, "a") == expected
            names.forget("a")
        names.forget("never seen")
        assert getaddrinfo.call_count == 4
        names.close()

    run(test)


def test_forgotten_name_still_has_its_old_answer_while_the_name_server_fails() -> None:
    async def test() -> None:
        names = NameResolver(getaddrinfo=mock.Mock(side_effect=[FOUND, TROUBLE]), clock=Clock())
        await look_up(names, "a")
        names.forget("a")
        assert await look_up(names, "a") == ADDRESSES
        names.close()

    run(test)


def test_tornados_resolver_has_nothing_to_forget() -> None:
    async def test() -> None:
        names = TornadoNames(Tornado(result=[(socket.AF_INET, ("192.0.2.1", 80))]))
        names.forget("a")
        assert await look_up(names, "a") == ADDRESSES

    run(test)


# Threads.


def test_no_thread_before_a_name_needs_one_and_none_that_keeps_the_program() -> None:
    async def test() -> None:
        names = NameResolver(getaddrinfo=mock.Mock(return_value=FOUND))
        assert names._threads == []
        await look_up(names, "a")
        (thread,) = names._threads
        assert thread.daemon
        names.close()
        await asyncio.to_thread(thread.join, 30)
        assert not thread.is_alive()

    run(test)


def test_closing_drops_the_lookups_that_wait_for_a_thread() -> None:
    async def test() -> None:
        is_asked, may_end = threading.Event(), threading.Event()

        def getaddrinfo(host: str, *args: Any) -> Any:
            is_asked.set()
            may_end.wait(30)
            return FOUND

        asked = mock.Mock(side_effect=getaddrinfo)
        names = NameResolver(threads=1, getaddrinfo=asked)
        done = mock.Mock()
        for host in ("a", "b", "c"):
            names.lookup(IOLoop.current(), host, 80, done)
        assert await asyncio.to_thread(is_asked.wait, 30)
        (thread,) = names._threads
        names.close()
        may_end.set()
        await asyncio.to_thread(thread.join, 30)
        await asyncio.sleep(0)
        assert asked.call_count == 1
        done.assert_not_called()

    run(test)


def test_names_are_found_after_closing_even_while_an_old_lookup_hangs() -> None:
    async def test() -> None:
        is_asked, may_end = threading.Event(), threading.Event()

        def getaddrinfo(host: str, *args: Any) -> Any:
            if host == "slow":
                is_asked.set()
                may_end.wait(30)
            return FOUND

        names = NameResolver(threads=1, getaddrinfo=getaddrinfo)
        names.lookup(IOLoop.current(), "slow", 80, mock.Mock(side_effect=AssertionError))
        assert await asyncio.to_thread(is_asked.wait, 30)
        names.close()
        assert await look_up(names, "fast") == ADDRESSES
        may_end.set()
        names.close()

    run(test)


def test_threads_of_a_resolver_that_nobody_closed_end_with_it() -> None:
    async def test() -> None:
        names = NameResolver(getaddrinfo=mock.Mock(return_value=FOUND))
        await look_up(names, "a")
        (thread,) = names._threads
        del names
        await asyncio.sleep(0)
        gc.collect()
        await asyncio.to_thread(thread.join, 30)
        assert not thread.is_alive()

    run(test)


def test_answer_for_a_resolver_that_is_gone_is_nobodys() -> None:
    async def test() -> None:
        is_asked, may_end = threading.Event(), threading.Event()

        def getaddrinfo(*args: Any) -> Any:
            is_asked.set()
            may_end.wait(30)
            return FOUND

        names = NameResolver(getaddrinfo=getaddrinfo)
        names.lookup(IOLoop.current(), "a", 80, done := mock.Mock())
        (thread,) = names._threads
        assert await asyncio.to_thread(is_asked.wait, 30)
        del names
        gc.collect()
        may_end.set()
        await asyncio.to_thread(thread.join, 30)
        assert not thread.is_alive()
        done.assert_not_called()

    run(test)


# Tornado's resolvers once more.


class Immediate(Resolver):
    """Its ``resolve`` is no coroutine function: it raises before there is anything to await."""

    def resolve(self, host: str, port: int, family: int = 0) -> Any:
        raise LookupError("no such host")


@pytest.mark.parametrize("resolver", [Immediate(), Tornado(result=5), Tornado(result=[("too", "many", "things")])])
def test_resolver_that_breaks_its_contract_is_an_oserror(resolver: Resolver) -> None:
    async def test() -> None:
        answer = await look_up(TornadoNames(resolver), "a")
        assert isinstance(answer, OSError)
        assert "the resolver failed" in str(answer)
        assert answer.__cause__ is not None

    run(test)


def test_lookup_that_was_cancelled_within_the_resolver_is_an_oserror() -> None:
    class Cancelled(Resolver):
        async def resolve(self, host: str, port: int, family: int = 0) -> Any:
            raise asyncio.CancelledError

    async def test() -> None:
        answer = await look_up(TornadoNames(Cancelled()), "a")
        assert isinstance(answer, OSError)
        assert str(answer) == "the lookup was cancelled"

    run(test)
