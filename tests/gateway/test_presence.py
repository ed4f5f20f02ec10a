import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tests.gateway.helpers import BOT, PERSON, THIRD, Clock, services
from tests.gateway.test_sessions import sign_in
from webqq.gateway.delivery import StatusNotice
from webqq.gateway.presence import PRESENT_SECONDS
from webqq.gateway.services import Services
from webqq.gateway.sessions import Session
from webqq.protocol.ids import QQNumber
from webqq.protocol.status import ClientType, Status

OFFLINE = (Status.OFFLINE, ClientType.DESKTOP)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


async def come(parts: Services, account: QQNumber, status: Status = Status.ONLINE) -> Session:
    session = await parts.sessions.begin(await sign_in(parts.sessions, account), status)
    parts.sessions.touch(session)
    parts.presence.refresh(account)
    return session


async def heard(session: Session) -> list[tuple[QQNumber, Status]]:
    """The notices that a poll of the session gets now."""
    turn = session.receiver.begin("")
    batch = await turn.wait(0)
    turn.finished()
    return [(each.number, each.status) for each in batch.notices if isinstance(each, StatusNotice)] if batch else []


def test_account_is_online_from_its_login_to_its_logout(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            assert parts.presence.of(BOT) == OFFLINE
            session = await come(parts, BOT, Status.BUSY)
            assert parts.presence.of(BOT) == (Status.BUSY, ClientType.WEB)
            await parts.sessions.end(session.login)
            assert parts.presence.of(BOT) == OFFLINE

    run(main())


def test_friends_are_told_once_and_others_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            person, third = await come(parts, PERSON), await come(parts, THIRD)
            bot = await come(parts, BOT)
            parts.presence.refresh(BOT)
            assert await heard(person) == [(BOT, Status.ONLINE)]
            assert await heard(person) == await heard(third) == []
            await parts.sessions.end(bot.login)
            parts.presence.refresh(BOT)
            assert await heard(person) == [(BOT, Status.OFFLINE)]

    run(main())


def test_who_hides_is_offline(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            person, bot = await come(parts, PERSON), await come(parts, BOT)
            await heard(person)
            parts.sessions.change_status(bot, Status.HIDDEN)
            parts.presence.refresh(BOT)
            assert parts.presence.of(BOT) == OFFLINE
            assert await heard(person) == [(BOT, Status.OFFLINE)]

    run(main())


def test_login_elsewhere_is_no_change(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            person = await come(parts, PERSON)
            await come(parts, BOT)
            await heard(person)
            await come(parts, BOT)
            assert await heard(person) == []

    run(main())


def test_who_goes_without_a_word_is_missed_after_a_while(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            person, bot = await come(parts, PERSON), await come(parts, BOT)
            await heard(person)
            clock.now += PRESENT_SECONDS - 1
            parts.sweep()
            assert parts.presence.of(BOT)[0] is Status.ONLINE
            clock.now += 1
            parts.sweep()
            assert await heard(person) == [(BOT, Status.OFFLINE)]
            parts.sessions.touch(bot)
            parts.presence.refresh(BOT)
            assert await heard(person) == [(BOT, Status.ONLINE)]

    run(main())


def test_who_goes_without_a_word_is_missed_when_the_clock_was_set_back(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            await come(parts, BOT)
            clock.now -= 86_400
            parts.sweep()
            assert parts.presence.of(BOT)[0] is Status.OFFLINE

    run(main())


def test_who_waits_in_a_poll_is_there_however_long(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            bot = await come(parts, BOT)
            turn = bot.receiver.begin("")
            clock.now += 10 * PRESENT_SECONDS
            assert parts.presence.of(BOT)[0] is Status.ONLINE
            turn.drop()
            assert parts.presence.of(BOT)[0] is Status.OFFLINE

    run(main())
