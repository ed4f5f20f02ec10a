import asyncio
import logging
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LogWatch
from tests.gateway.helpers import BOT, GROUP, LONER, PERSON, THIRD, Clock, services, until
from tests.gateway.test_presence import come
from webqq.gateway import mailbox, post
from webqq.gateway.delivery import GapNotice
from webqq.gateway.errors import ChangeRefused, StoreError
from webqq.gateway.mailbox import Letter
from webqq.gateway.notes import Told
from webqq.gateway.post import REPEAT_SECONDS, Outcome
from webqq.gateway.services import Services
from webqq.protocol.calls.messages import NO_BATCH
from webqq.protocol.content import Content, Face, Font
from webqq.protocol.ids import MessageId, QQNumber

HELLO = Content(("你好 <b> & \"'", Face(14), "😀"), Font("微软雅黑", 12, "ff0000", (1, 0, 0)))
FIRST, SECOND = MessageId(43690001), MessageId(43690002)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def waiting(parts: Services, account: QQNumber) -> tuple[Letter, ...]:
    return parts.post.mailboxes[account].head(100, 10**6)


def rows(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "gateway.sqlite")) as db:
        (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # names of this file only
        return int(count)


def test_letter_to_a_friend_is_in_the_mailbox_and_on_disk(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            bot = await come(parts, BOT)
            assert await parts.post.to_friend(bot, PERSON, FIRST, HELLO) is Outcome.DELIVERED
            (letter,) = waiting(parts, PERSON)
            assert (letter.sender, letter.group, letter.content, letter.at) == (BOT, None, HELLO, 1_700_000_000)
        async with services(tmp_path, clock) as parts:
            assert waiting(parts, PERSON) == (letter,)

    run(main())


def test_letter_to_a_group_is_one_for_all_members_but_the_sender(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            group = parts.directory.community.groups[GROUP]
            await parts.post.to_group(bot, group, FIRST, HELLO, echo=False)
            await parts.post.to_group(bot, group, SECOND, HELLO, echo=True)
            assert waiting(parts, PERSON) == waiting(parts, THIRD)
            assert [letter.seq for letter in waiting(parts, PERSON)] == [1, 2]
            assert [letter.seq for letter in waiting(parts, BOT)] == [2]
            assert waiting(parts, LONER) == ()
        assert rows(tmp_path, "letter") == 2

    run(main())


def test_letters_arrive_in_the_order_they_were_sent(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot, group = await come(parts, BOT), parts.directory.community.groups[GROUP]
            sends = []
            for number in range(50):
                text, msg_id = Content((str(number),)), MessageId(number)
                if number % 2:
                    sends.append(parts.post.to_friend(bot, PERSON, msg_id, text))
                else:
                    sends.append(parts.post.to_group(bot, group, msg_id, text, echo=False))
            await asyncio.gather(*sends)
            assert [letter.content.text for letter in waiting(parts, PERSON)] == [str(number) for number in range(50)]

    run(main())


# Repeats.


def test_repeat_is_answered_like_the_first_and_delivered_once(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            bot = await come(parts, BOT)
            sends = [parts.post.to_friend(bot, PERSON, FIRST, HELLO) for _ in range(2)]
            assert await asyncio.gather(*sends) == [Outcome.DELIVERED] * 2
            clock.now += REPEAT_SECONDS - 1
            await parts.post.to_friend(bot, PERSON, FIRST, HELLO)
            assert len(waiting(parts, PERSON)) == 1

    run(main())


def test_same_words_again_of_a_client_that_gives_all_its_messages_one_number(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            for text in ("pong", "other", "pong", "pong"):
                await parts.post.to_friend(bot, PERSON, FIRST, Content((text,)))
            assert len(waiting(parts, PERSON)) == 4

    run(main())


def test_repeat_after_a_restart_is_known(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            bot = await come(parts, BOT)
            await parts.post.to_friend(bot, PERSON, FIRST, HELLO)
        async with services(tmp_path, clock) as parts:
            again = parts.sessions.live(BOT)
            assert again is not None
            await parts.post.to_friend(again, PERSON, FIRST, HELLO)
            assert len(waiting(parts, PERSON)) == 1

    run(main())


def test_same_number_with_another_text_recipient_session_or_time_is_another_message(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            bot, group = await come(parts, BOT), parts.directory.community.groups[GROUP]
            await parts.post.to_friend(bot, PERSON, FIRST, HELLO)
            await parts.post.to_friend(bot, PERSON, FIRST, Content(("other",)))
            await parts.post.to_group(bot, group, FIRST, HELLO, echo=False)
            await parts.post.to_friend(await come(parts, BOT), PERSON, FIRST, HELLO)
            clock.now += REPEAT_SECONDS + 1
            await parts.post.to_friend(bot, PERSON, FIRST, HELLO)
            assert len(waiting(parts, PERSON)) == 5
            parts.post.sweep()
        assert rows(tmp_path, "sent") == 1

    run(main())


def test_session_that_sends_one_number_always_is_heard_each_time(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            texts = ["one", "two", "two", "one", "two"]
            for text in texts:
                await parts.post.to_friend(bot, PERSON, FIRST, Content((text,)))
            assert [letter.content.text for letter in waiting(parts, PERSON)] == texts

    run(main())


# Removal.


def test_letter_leaves_the_disk_with_its_last_recipient(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            bot, group = await come(parts, BOT), parts.directory.community.groups[GROUP]
            await parts.post.to_group(bot, group, FIRST, HELLO, echo=False)
            (letter,) = waiting(parts, PERSON)
            parts.post.mailboxes[PERSON].remove_through(letter.id)
        assert (rows(tmp_path, "mail"), rows(tmp_path, "letter")) == (1, 1)
        async with services(tmp_path, clock) as parts:
            assert waiting(parts, PERSON) == ()
            parts.post.mailboxes[THIRD].remove_through(letter.id)
        assert (rows(tmp_path, "mail"), rows(tmp_path, "letter")) == (0, 0)
        async with services(tmp_path, clock) as parts:
            await parts.post.to_friend(await come(parts, BOT), PERSON, FIRST, HELLO)
            assert waiting(parts, PERSON)[0].id > letter.id

    run(main())


# Bounds.


def test_full_mailbox_refuses_a_friends_letter_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            sends = [parts.post.to_friend(bot, PERSON, MessageId(number), HELLO) for number in range(4)]
            outcomes = await asyncio.gather(*sends)
            assert outcomes == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.FULL, Outcome.FULL]
            parts.post.mailboxes[PERSON].remove_through(waiting(parts, PERSON)[0].id)
            assert await parts.post.to_friend(bot, PERSON, MessageId(9), HELLO) is Outcome.DELIVERED

    monkeypatch.setattr(mailbox, "MAILBOX_LETTERS", 2)
    with caplog.at_level(logging.WARNING):
        run(main())
    assert [record.getMessage() for record in caplog.records] == [
        f"the mailbox of {PERSON} is full; new messages for it are not kept"
    ]


def test_groups_letter_passes_by_a_full_mailbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: LogWatch
) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot, group = await come(parts, BOT), parts.directory.community.groups[GROUP]
            await parts.post.to_friend(bot, PERSON, FIRST, Content(("promised",)))
            await parts.post.to_group(bot, group, SECOND, HELLO, echo=False)
            assert [letter.content.text for letter in waiting(parts, PERSON)] == ["promised"]
            assert [letter.content for letter in waiting(parts, THIRD)] == [HELLO]

    expect_log("webqq.gateway", "mailbox of 300400500 is full")
    monkeypatch.setattr(mailbox, "MAILBOX_LETTERS", 1)
    run(main())


def test_letter_that_could_not_be_written_is_not_there_and_keeps_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            with monkeypatch.context() as patch:
                patch.setattr(post, "_write", refuse)
                with pytest.raises(StoreError, match="disk is full"):
                    await parts.post.to_friend(bot, PERSON, FIRST, HELLO)
            assert waiting(parts, PERSON) == ()
            assert await parts.post.to_friend(bot, PERSON, FIRST, HELLO) is Outcome.DELIVERED

    monkeypatch.setattr(mailbox, "MAILBOX_LETTERS", 1)
    run(main())


def test_sender_who_does_not_wait_any_more_has_sent_all_the_same(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            sending = asyncio.ensure_future(parts.post.to_friend(bot, PERSON, FIRST, HELLO))
            await asyncio.sleep(0)
            sending.cancel()
            await until(lambda: waiting(parts, PERSON))

    run(main())


# What is missing, and what comes along.


def test_who_missed_letters_is_told_how_many_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: Any
) -> None:
    expect_log("webqq.gateway.post", f"the mailbox of {PERSON} is full")
    expect_log("webqq.gateway.post", f"the mailbox of {THIRD} is full")
    monkeypatch.setattr(mailbox, "MAILBOX_LETTERS", 1)

    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot, group = await come(parts, BOT), parts.directory.community.groups[GROUP]
            for number in range(3):
                await parts.post.to_group(bot, group, MessageId(number), HELLO, echo=False)
            assert parts.post.mailboxes[PERSON].missed == 2
        async with services(tmp_path, Clock()) as parts:
            assert parts.post.mailboxes[PERSON].missed == 2
            person = await come(parts, PERSON)
            turn = person.receiver.begin(NO_BATCH)
            batch = await turn.wait(0)
            assert batch is not None
            assert GapNotice(2) in batch.notices
            turn.broken()
            assert person.receiver.has_news
            turn = person.receiver.begin(NO_BATCH)
            again = await turn.wait(0)
            assert again is not None
            turn.finished()
            person.receiver.begin(str(again.number))
            assert parts.post.mailboxes[PERSON].missed == 0
        async with services(tmp_path, Clock()) as parts:
            assert parts.post.mailboxes[PERSON].missed == 0
            assert parts.post.mailboxes[THIRD].missed == 2

    run(main())


def test_letters_that_wait_too_long_are_swept_from_the_disk(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            bot = await come(parts, BOT)
            await parts.post.to_friend(bot, PERSON, FIRST, HELLO)
            clock.now += mailbox.MAILBOX_SECONDS + 2
            parts.post.sweep()
            assert (waiting(parts, PERSON), parts.post.mailboxes[PERSON].missed) == ((), 1)
        assert (rows(tmp_path, "letter"), rows(tmp_path, "mail"), rows(tmp_path, "gap")) == (0, 0, 1)

    run(main())


def test_change_and_letter_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    def fail(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO ban (grp, account) VALUES (1, 1)")
        raise ChangeRefused("no")

    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            with pytest.raises(ChangeRefused):
                await parts.post.to_friend(bot, PERSON, FIRST, HELLO, change=fail)
            with pytest.raises(ChangeRefused):
                await parts.post.tell(BOT, [PERSON], Told(text="x"), fail)
            assert waiting(parts, PERSON) == ()
            await parts.post.tell(BOT, [PERSON, QQNumber(5)], Told(text="x"))
            await parts.post.tell(BOT, [PERSON], Told(text="x"))
            assert [letter.note for letter in waiting(parts, PERSON)] == [Told(text="x")] * 2
        assert rows(tmp_path, "ban") == 0
        async with services(tmp_path, Clock()) as parts:
            assert [letter.note for letter in waiting(parts, PERSON)] == [Told(text="x")] * 2

    run(main())


def test_change_is_taken_over_before_anybody_hears_of_it_and_all_hear_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            heard: list[object] = []

            def taken_over(result: str) -> None:
                heard.append((result, waiting(parts, PERSON), waiting(parts, BOT)))

            first, second = Told(text="1"), Told(text="2")
            tidings = [([PERSON, BOT], first), ([PERSON], second)]
            assert await parts.post.tell_all(BOT, tidings, lambda db: "done", taken_over) == "done"
            assert heard == [("done", (), ())]
            assert [letter.note for letter in waiting(parts, PERSON)] == [first, second]
            assert [letter.note for letter in waiting(parts, BOT)] == [first]

    run(main())


def test_who_has_no_room_for_what_happened_is_passed_by_and_hears_that_something_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: LogWatch
) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            for text in "1", "2", "3":
                await parts.post.tell(BOT, [PERSON, BOT] if text == "3" else [PERSON], Told(text=text))
            assert [letter.note for letter in waiting(parts, PERSON)] == [Told(text="1"), Told(text="2")]
            assert [letter.note for letter in waiting(parts, BOT)] == [Told(text="3")]
            assert parts.post.mailboxes[PERSON].missed == 1
            # What could not be written leaves no room taken.
            with pytest.raises(ChangeRefused):
                await parts.post.tell(BOT, [BOT], Told(text="4"), refuse)
            assert parts.post.mailboxes[BOT]._reserved_letters == 0

    def refuse(db: sqlite3.Connection) -> None:
        raise ChangeRefused("no")

    monkeypatch.setattr(mailbox, "MAILBOX_LETTERS", 2)
    expect_log("webqq.gateway.post", "full")
    run(main())


def test_letter_to_five_hundred_members_is_one_job_and_one_row(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            bot = await come(parts, BOT)
            crowd = tuple(QQNumber(1_000_000 + each) for each in range(500))
            parts.post.admit(crowd, ())
            jobs: list[object] = []
            write = parts.store.write
            parts.store.write = lambda job: jobs.append(job) or write(job)  # type: ignore[method-assign,assignment]  # counts them
            group = replace(parts.directory.community.groups[GROUP], members=(BOT, *crowd))
            assert await parts.post.to_group(bot, group, FIRST, HELLO, echo=False) is Outcome.DELIVERED
            assert len(jobs) == 1
            letters = {id(waiting(parts, each)[0]) for each in crowd}
            assert len(letters) == 1
        assert (rows(tmp_path, "letter"), rows(tmp_path, "mail")) == (1, 500)

    run(main())
