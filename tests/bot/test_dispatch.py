"""Order within a key, side by side across keys, bounds."""

import asyncio
from collections.abc import Awaitable, Callable

from webqq.bot.dispatch import Dispatcher


class Work:
    """Work that goes on until a test lets it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    async def __call__(self, item: str) -> None:
        self.begun.append(item)
        await self.gates.setdefault(item, asyncio.Event()).wait()
        self.ended.append(item)

    async def let_go(self, *items: str) -> None:
        for item in items:
            self.gates.setdefault(item, asyncio.Event()).set()
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def play(script: Callable[[Work], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(10):
            await script(Work())

    asyncio.run(main())


def test_items_of_a_key_go_one_after_the_other():
    async def script(work: Work) -> None:
        dispatcher = Dispatcher(work)
        await dispatcher.put("a", "a1")
        await dispatcher.put("a", "a2")
        await settle()
        assert work.begun == ["a1"]
        await work.let_go("a1")
        assert work.begun == ["a1", "a2"]
        await work.let_go("a2")
        assert await dispatcher.drain(0) == 0

    play(script)


def test_keys_go_side_by_side():
    async def script(work: Work) -> None:
        dispatcher = Dispatcher(work)
        await dispatcher.put("a", "a1")
        await dispatcher.put("b", "b1")
        await settle()
        assert work.begun == ["a1", "b1"]
        await work.let_go("a1", "b1")
        assert await dispatcher.drain(0) == 0

    play(script)


def test_no_more_go_at_once_than_there_are_places():
    async def script(work: Work) -> None:
        dispatcher = Dispatcher(work, at_once=2)
        for key in "abc":
            await dispatcher.put(key, key)
        await settle()
        assert work.begun == ["a", "b"]
        await work.let_go("b")
        assert work.begun == ["a", "b", "c"]
        await work.let_go("a", "c")
        assert await dispatcher.drain(0) == 0

    play(script)


def test_put_waits_for_room():
    async def script(work: Work) -> None:
        dispatcher = Dispatcher(work, waiting=2)
        await dispatcher.put("a", "a1")
        await dispatcher.put("a", "a2")
        third = asyncio.ensure_future(dispatcher.put("b", "b1"))
        await settle()
        assert not third.done()
        await work.let_go("a1")
        assert third.done()
        await work.let_go("a2", "b1")
        assert work.ended == ["a1", "a2", "b1"]

    play(script)


def test_key_that_was_worked_off_begins_anew():
    async def script(work: Work) -> None:
        dispatcher = Dispatcher(work)
        for item in ("a1", "a2"):
            await dispatcher.put("a", item)
            await work.let_go(item)
        assert work.ended == ["a1", "a2"]

    play(script)


def test_drain_waits_for_all_that_ends_in_time():
    async def script(work: Work) -> None:
        dispatcher = Dispatcher(work)
        await dispatcher.put("a", "a1")
        draining = asyncio.ensure_future(dispatcher.drain(10))
        await settle()
        await work.let_go("a1")
        assert await draining == 0

    play(script)


def test_drain_stops_and_counts_what_does_not():
    async def script(work: Work) -> None:
        dispatcher = Dispatcher(work)
        for key, item in (("a", "a1"), ("a", "a2"), ("b", "b1")):
            await dispatcher.put(key, item)
        await work.let_go("b1")
        assert await dispatcher.drain(0.001) == 2
        assert work.ended == ["b1"]

    play(script)
