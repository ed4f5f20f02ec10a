"""Pictures that accounts have chosen for themselves."""

import asyncio
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, PERSON, THIRD, Clock, services
from webqq.gateway import media, portraits
from webqq.gateway.media import MEDIA_SECONDS


def test_picture_stays_longer_than_other_files_and_until_it_is_removed(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            assert await portraits.choose(parts.media, BOT, "image/png", b"one")
            await parts.media.keep(BOT, "/other", "", "image/png", b"two")
            clock.now += MEDIA_SECONDS + 1
            await parts.media.sweep()
            assert await parts.media.find("/other", BOT) is None
            found = await portraits.find(parts.media, BOT)
            assert found is not None
            assert await parts.media.read(found) == b"one"
            assert await portraits.find(parts.media, PERSON) is None
            await portraits.remove(parts.media, BOT)
            assert await portraits.find(parts.media, BOT) is None

    asyncio.run(main())


def test_picture_stays_where_there_is_no_room_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            assert await portraits.choose(parts.media, BOT, "image/png", b"one")
            monkeypatch.setattr(media, "MEDIA_PER_ACCOUNT", 5)
            assert not await portraits.choose(parts.media, BOT, "image/png", b"larger")
            found = await portraits.find(parts.media, BOT)
            assert found is not None
            assert await parts.media.read(found) == b"one"

    asyncio.run(main())


def test_another_picture_has_another_number(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            numbers = []
            for data in (b"one", b"two"):
                assert await portraits.choose(parts.media, BOT, "image/png", data)
                numbers.append(await parts.store.write(lambda db: portraits.chosen(db, [BOT, PERSON, THIRD])))
            assert [list(each) for each in numbers] == [[BOT], [BOT]]
            assert numbers[0] != numbers[1]
            assert await parts.store.write(lambda db: portraits.chosen(db, [PERSON])) == {}

    asyncio.run(main())
