import asyncio
from collections.abc import Awaitable
from functools import partial
from pathlib import Path

from tests.gateway.helpers import BOT, GROUP, LONER, PERSON, THIRD, Clock, services
from tests.gateway.test_post import FIRST, HELLO
from tests.gateway.test_presence import come
from webqq.gateway import registry
from webqq.protocol.ids import QQNumber


def test_receiver_of_a_loaded_session_reads_what_was_kept_and_hears_of_what_comes(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            await come(parts, PERSON)
            await parts.post.to_friend(await come(parts, BOT), PERSON, FIRST, HELLO)
        async with services(tmp_path, clock) as parts:
            person, bot = parts.sessions.live(PERSON), parts.sessions.live(BOT)
            assert person is not None
            assert bot is not None
            batch = await person.receiver.begin("").wait(0)
            assert batch is not None
            assert [letter.content for letter in batch.letters] == [HELLO]
            turn = person.receiver.begin(str(batch.number))
            waiting = asyncio.ensure_future(turn.wait(3600))
            await asyncio.sleep(0)
            await parts.post.to_friend(bot, PERSON, FIRST, HELLO.__class__(("more",)))
            later = await waiting
            assert later is not None
            assert [letter.content.text for letter in later.letters] == ["more"]

    asyncio.run(main())


def test_sweep_ends_logins_and_misses_people(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            await come(parts, BOT)
            clock.now += 10 * 86400
            parts.sweep()
            assert parts.sessions.live(BOT) is None
            assert parts.presence.of(BOT)[0] == "offline"

    asyncio.run(main())


def test_change_by_a_call_is_known_as_if_all_was_read_whatever_came_between(tmp_path: Path) -> None:
    """A change that is queued behind another, or behind a command's, does not undo what that changed."""

    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:

            def signed(account: QQNumber) -> Awaitable[None]:
                job = partial(registry.set_signature, number=account, signature=f"of {account}")
                return parts.change(account, job, accounts=[account])

            befriend = partial(registry.befriend, number=THIRD, friend=BOT)
            leave = partial(registry.leave_group, number=GROUP, account=THIRD)
            # A command's, which nobody has followed yet.
            await parts.store.write(partial(registry.rename_account, number=LONER, nick="renamed"))
            await signed(LONER)
            await asyncio.gather(
                signed(BOT),
                parts.change(THIRD, befriend, accounts=[THIRD, BOT]),
                parts.change(THIRD, leave, groups=[GROUP]),
                signed(PERSON),
            )
            await signed(THIRD)
            assert parts.directory.community == await parts.store.write(registry.read_community)
            assert parts.directory.revision == await parts.store.write(registry.revision_of)
            assert not await parts.follow()
            assert parts.directory.community.accounts[LONER].nick == "renamed"
            assert parts.directory.community.accounts[BOT].friends == (PERSON, THIRD)

    asyncio.run(main())
