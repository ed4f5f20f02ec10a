"""Events that wait for their reader."""

import asyncio

import pytest

from tests.client.service import friend_message
from webqq.client.inbox import Delivery
from webqq.client.unread import Unread

ONE, TWO, THREE = (Delivery(friend_message(text, number)) for number, text in enumerate("一二三"))


async def turns() -> None:
    """Let everything happen that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_reader_gets_all_in_order():
    async def main() -> None:
        unread = Unread(10)
        reading = asyncio.ensure_future(unread.wait_ready())
        await turns()
        assert not reading.done()
        await unread.put([ONE, TWO])
        await unread.put([THREE])
        await reading
        assert [unread.take() for _ in range(3)] == [ONE, TWO, THREE]
        assert len(unread) == 0

    asyncio.run(main())


def test_who_puts_waits_for_room():
    async def main() -> None:
        unread = Unread(2)
        putting = asyncio.ensure_future(unread.put([ONE, TWO, THREE]))
        await turns()
        unread.take()
        await turns()
        assert not putting.done()
        unread.take()
        await putting

    asyncio.run(main())


def test_who_is_cancelled_has_added_all():
    async def main() -> None:
        unread = Unread(1)
        putting = asyncio.ensure_future(unread.put([ONE, TWO]))
        await turns()
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
        assert [unread.take(), unread.take()] == [ONE, TWO]

    asyncio.run(main())


def test_nothing_makes_nobody_ready():
    async def main() -> None:
        unread = Unread(1)
        await unread.put([])
        reading = asyncio.ensure_future(unread.wait_ready())
        await turns()
        assert not reading.done()
        reading.cancel()

    asyncio.run(main())
