import asyncio
from collections.abc import Coroutine
from itertools import product
from typing import TypeVar

import pytest

from tests.gateway.helpers import BOT, PERSON, THIRD, until
from tests.gateway.test_mailbox import letter
from webqq.gateway.delivery import (
    BATCH_LETTERS,
    MOVES,
    Batch,
    BatchInput,
    BatchState,
    GapNotice,
    KickNotice,
    Receiver,
    StatusNotice,
    Turn,
)
from webqq.gateway.mailbox import Mailbox
from webqq.protocol.calls.messages import NO_BATCH
from webqq.protocol.status import Status

T = TypeVar("T")

AWAY = StatusNotice(PERSON, Status.AWAY, 1)
OFFLINE = StatusNotice(PERSON, Status.OFFLINE, 1)


def run(main: Coroutine[object, object, T]) -> T:
    return asyncio.run(main)


class Post:
    """One session's receiver with its mailbox."""

    def __init__(self, *ids: int, handed: int = 0) -> None:
        self.gone: list[int] = []
        self.box = Mailbox(BOT, lambda owner, letters: self.gone.extend(each.id for each in letters))
        for id_ in ids:
            self.box.add(letter(id_))
        self.receiver = Receiver(self.box, handed)
        self.receiver.listen()

    async def poll(self, key: str = "", hold: float = 0) -> tuple[Turn, Batch | None]:
        turn = self.receiver.begin(key)
        return turn, await turn.wait(hold)

    async def fetch(self, key: str = "") -> list[int]:
        """Poll, and have the answer written."""
        turn, batch = await self.poll(key)
        turn.finished()
        return [each.id for each in batch.letters] if batch else []


# Waiting.


def test_what_is_there_comes_at_once() -> None:
    async def main() -> None:
        _, batch = await Post(1, 2).poll(NO_BATCH, hold=3600)
        assert batch is not None
        assert [each.id for each in batch.letters] == [1, 2]
        assert batch.number == 2

    run(main())


def test_poll_without_news_ends_after_its_time() -> None:
    async def main() -> None:
        post = Post()
        assert (await post.poll(hold=0.001))[1] is None
        assert not post.receiver.is_waiting

    run(main())


def test_letter_wakes_the_poll() -> None:
    async def main() -> None:
        post = Post()
        polling = asyncio.ensure_future(post.poll(hold=3600))
        await until(lambda: post.receiver.is_waiting)
        post.box.add(letter(7))
        _, batch = await polling
        assert batch is not None
        assert batch.number == 7

    run(main())


def test_newer_poll_ends_the_older_with_nothing() -> None:
    async def main() -> None:
        post = Post()
        older = asyncio.ensure_future(post.poll(hold=3600))
        await until(lambda: post.receiver.is_waiting)
        newer = asyncio.ensure_future(post.poll(hold=3600))
        assert (await older)[1] is None
        post.box.add(letter(1))
        assert (await newer)[1] is not None

    run(main())


def test_poll_that_was_woken_and_then_replaced_gets_nothing() -> None:
    async def main() -> None:
        post = Post()
        older = asyncio.ensure_future(post.poll(hold=3600))
        await until(lambda: post.receiver.is_waiting)
        post.box.add(letter(1))
        newer = post.receiver.begin("")
        assert (await older)[1] is None
        assert await newer.wait(0) is not None

    run(main())


def test_poll_whose_client_left_waits_no_longer() -> None:
    async def main() -> None:
        post = Post()
        turn = post.receiver.begin("")
        waiting = asyncio.ensure_future(turn.wait(3600))
        await asyncio.sleep(0)
        turn.drop()
        assert await waiting is None
        assert not post.receiver.is_waiting

    run(main())


def test_client_of_an_older_poll_that_leaves_does_not_end_the_newer() -> None:
    async def main() -> None:
        post = Post()
        older, newer = post.receiver.begin(""), post.receiver.begin("")
        older.drop()
        post.box.add(letter(1))
        assert await newer.wait(0) is not None

    run(main())


def test_stop_ends_the_poll_with_nothing() -> None:
    async def main() -> None:
        post = Post()
        polling = asyncio.ensure_future(post.poll(hold=3600))
        await until(lambda: post.receiver.is_waiting)
        post.receiver.stop()
        assert (await polling)[1] is None

    run(main())


def test_batch_is_bounded_and_the_rest_follows() -> None:
    async def main() -> None:
        post = Post(*range(1, BATCH_LETTERS + 3))
        assert await post.fetch(NO_BATCH) == list(range(1, BATCH_LETTERS + 1))
        assert await post.fetch(str(BATCH_LETTERS)) == [BATCH_LETTERS + 1, BATCH_LETTERS + 2]

    run(main())


# Evidence.


def test_letters_stay_until_there_is_evidence() -> None:
    async def main() -> None:
        post = Post(1)
        assert await post.fetch() == [1]
        assert post.receiver.state is BatchState.WRITTEN
        assert post.gone == []

    run(main())


def test_batch_on_a_broken_connection_comes_again() -> None:
    async def main() -> None:
        post = Post(1)
        turn, _ = await post.poll()
        turn.broken()
        assert post.receiver.state is BatchState.NONE
        assert await post.fetch() == [1]

    run(main())


def test_old_clients_next_poll_after_a_clean_finish_is_evidence() -> None:
    async def main() -> None:
        post = Post(1, 2)
        assert await post.fetch() == [1]
        assert await post.fetch() == [2]
        assert await post.fetch() == []
        assert post.gone == [1, 2]

    run(main())


def test_poll_before_the_answer_was_written_is_no_evidence() -> None:
    async def main() -> None:
        post = Post(1)
        turn, _ = await post.poll()
        assert await post.fetch() == [1]
        turn.broken()
        turn.finished()
        assert post.receiver.state is BatchState.WRITTEN
        assert post.gone == []

    run(main())


def test_acknowledged_batch_is_gone_even_before_its_writing_was_reported() -> None:
    async def main() -> None:
        post = Post(1)
        turn, _ = await post.poll()
        assert await post.fetch("1") == []
        turn.finished()
        assert post.gone == [1]

    run(main())


def test_from_a_client_that_acknowledges_nothing_else_counts() -> None:
    async def main() -> None:
        post = Post(1)
        await post.fetch()
        post.box.add(letter(2))
        assert await post.fetch("1") == [2]
        assert post.gone == [1]
        assert await post.fetch("1") == [2]
        assert await post.fetch("") == [2]
        assert await post.fetch("2") == []
        assert post.gone == [1, 2]

    run(main())


@pytest.mark.parametrize("key", ["0", "3", "99999999999999999999", "-1", "1.0", "１", "x"])
def test_key_that_no_batch_had_acknowledges_nothing(key: str) -> None:
    async def main() -> None:
        post = Post(1, 2)
        turn, _ = await post.poll()
        turn.broken()
        assert await post.fetch(key) == [1, 2]
        assert post.gone == []

    run(main())


def test_key_from_before_a_restart_confirms_what_it_was_meant_for() -> None:
    async def main() -> None:
        post = Post(5, 8, handed=7)
        assert await post.fetch("5") == [8]
        assert post.gone == [5]

    run(main())


def test_key_of_another_session_is_nothing_to_a_new_one() -> None:
    async def main() -> None:
        post = Post(5, handed=0)
        assert await post.fetch("5") == [5]
        assert post.gone == []

    run(main())


def test_old_client_that_signs_out_has_got_what_was_written() -> None:
    async def main() -> None:
        post = Post(1)
        await post.fetch()
        post.receiver.leave()
        assert post.gone == [1]

    run(main())


def test_client_that_acknowledges_and_signs_out_has_got_what_it_acknowledged() -> None:
    async def main() -> None:
        post = Post(1)
        await post.fetch()
        post.box.add(letter(2))
        await post.fetch("1")
        post.receiver.leave()
        assert post.gone == [1]

    run(main())


# Notices.


def test_notices_come_after_letters_and_only_the_latest_of_a_friend() -> None:
    async def main() -> None:
        post = Post(1)
        other = StatusNotice(THIRD, Status.ONLINE, 41)
        for notice in (AWAY, other, OFFLINE):
            post.receiver.notify(notice)
        _, batch = await post.poll(NO_BATCH)
        assert batch is not None
        assert batch.notices == (OFFLINE, other)
        assert batch.kick is None

    run(main())


def test_old_client_gets_one_letter_or_one_notice_at_a_time() -> None:
    async def main() -> None:
        post = Post(1, 2)
        other = StatusNotice(THIRD, Status.ONLINE, 41)
        for notice in (OFFLINE, other):
            post.receiver.notify(notice)
        post.box.missed = 3
        batches = []
        for _ in range(5):
            turn, batch = await post.poll()
            assert batch is not None
            turn.finished()
            batches.append(([each.id for each in batch.letters], batch.notices))
        notices = (GapNotice(3), OFFLINE, other)
        assert batches == [([1], ()), ([2], ()), *(([], (notice,)) for notice in notices)]
        assert (await post.poll())[1] is None

    run(main())


def test_notice_wakes_the_poll_and_needs_no_acknowledgement() -> None:
    async def main() -> None:
        post = Post()
        polling = asyncio.ensure_future(post.poll(hold=3600))
        await until(lambda: post.receiver.is_waiting)
        post.receiver.notify(AWAY)
        turn, batch = await polling
        assert batch is not None
        assert batch.number == 0
        turn.finished()
        assert (await post.poll())[1] is None

    run(main())


def test_written_notice_does_not_come_again_to_a_client_that_acknowledges() -> None:
    async def main() -> None:
        post = Post(1)
        await post.fetch()
        await post.fetch("1")
        post.receiver.notify(AWAY)
        await post.fetch("")
        assert (await post.poll(""))[1] is None

    run(main())


def test_notice_on_a_broken_connection_comes_again_unless_there_is_a_newer() -> None:
    async def main() -> None:
        post = Post()
        post.receiver.notify(AWAY)
        turn, _ = await post.poll()
        turn.broken()
        turn, batch = await post.poll()
        assert batch == Batch((), (AWAY,))
        post.receiver.notify(OFFLINE)
        turn.broken()
        assert (await post.poll())[1] == Batch((), (OFFLINE,))

    run(main())


# The end.


def test_kick_is_all_that_comes_and_leaves_the_letters() -> None:
    async def main() -> None:
        post = Post()
        polling = asyncio.ensure_future(post.poll(hold=3600))
        await until(lambda: post.receiver.is_waiting)
        post.receiver.kick()
        post.box.add(letter(1))
        turn, batch = await polling
        assert batch == Batch((), (KickNotice(),))
        assert batch.kick is not None
        turn.finished()
        assert post.gone == []

    run(main())


def test_kick_comes_again_until_it_was_written() -> None:
    async def main() -> None:
        told: list[bool] = []
        post = Post()
        post.receiver.on_told = lambda: told.append(True)
        post.receiver.kick()
        turn, _ = await post.poll()
        turn.broken()
        assert told == []
        turn, batch = await post.poll()
        assert batch is not None
        assert batch.kick is not None
        turn.finished()
        assert told == [True]

    run(main())


# The table.


@pytest.mark.parametrize(("state", "event"), list(product(BatchState, BatchInput)))
def test_every_pair_of_the_table(state: BatchState, event: BatchInput) -> None:
    receiver = Post().receiver
    receiver._state = state
    if (state, event) in MOVES:
        receiver._move(event)
        assert receiver.state is MOVES[state, event]
    else:
        with pytest.raises(RuntimeError, match=f"is {state.value} cannot be {event.value}"):
            receiver._move(event)
