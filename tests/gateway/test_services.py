import asyncio
from pathlib import Path

from tests.gateway.helpers import BOT, PERSON, Clock, services
from tests.gateway.test_post import FIRST, HELLO
from tests.gateway.test_presence import come


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
