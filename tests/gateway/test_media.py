import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, GROUP, LONER, PERSON, THIRD, Clock, services
from webqq.gateway import discusses, media
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.media import MEDIA_SECONDS, Reader, find_by_row, forget_person, let_read, may_read, note_taken
from webqq.gateway.services import Services
from webqq.protocol.ids import QQNumber


def on_disk(folder: Path) -> int:
    return len(list((folder / "media").iterdir()))


async def who_reads(parts: Services, name: str) -> set[QQNumber]:
    return {each for each in (BOT, PERSON, THIRD, LONER) if await parts.media.find(name, each) is not None}


def test_file_is_read_by_its_owner_and_its_readers_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            kept = await parts.media.keep(BOT, "/a", "猫.png", "image/png", b"123", ((Reader.ACCOUNT, PERSON),))
            assert kept is not None
            assert await parts.media.read(kept) == b"123"
            assert (kept.title, kept.size) == ("猫.png", 3)
            assert await who_reads(parts, "/a") == {BOT, PERSON}
            await parts.media.keep(LONER, "/b", "", "image/png", b"", ((Reader.GROUP, GROUP),))
            assert await who_reads(parts, "/b") == {BOT, PERSON, THIRD, LONER}
            row = await parts.store.write(lambda db: discusses.create(db, BOT, "", [THIRD]))
            await parts.media.keep(LONER, "/c", "", "image/png", b"", ((Reader.DISCUSS, row),))
            assert await who_reads(parts, "/c") == {BOT, THIRD, LONER}
            await parts.store.write(lambda db: discusses.leave(db, row, THIRD))
            assert await who_reads(parts, "/c") == {BOT, LONER}

    asyncio.run(main())


def test_no_name_is_a_path(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            for name in ("../../evil", "/etc/passwd", "\0", "x" * 5000, "\ud800"[:0] + "词"):
                kept = await parts.media.keep(BOT, name, name, "image/png", b"x")
                assert kept is not None
            assert on_disk(tmp_path) == 5
            assert not (tmp_path.parent / "evil").exists()
            assert all((path.stat().st_mode & 0o777) == 0o600 for path in (tmp_path / "media").iterdir())

    asyncio.run(main())


def test_quotas_refuse_and_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MEDIA_PER_ACCOUNT", 10)
    monkeypatch.setattr(media, "MEDIA_BYTES", 15)
    monkeypatch.setattr(media, "MEDIA_FILES", 2)

    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            assert await parts.media.keep(BOT, "/1", "", "", b"x" * 11) is None
            assert await parts.media.keep(BOT, "/2", "", "", b"x" * 10) is not None
            assert await parts.media.keep(BOT, "/3", "", "", b"x") is None
            assert await parts.media.keep(PERSON, "/4", "", "", b"x" * 6) is None
            assert await parts.media.keep(PERSON, "/5", "", "", b"") is not None
            assert await parts.media.keep(PERSON, "/6", "", "", b"") is not None
            assert await parts.media.keep(PERSON, "/7", "", "", b"") is None
            assert on_disk(tmp_path) == 3

    asyncio.run(main())


def test_old_files_go_and_orphans_at_the_start(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            await parts.media.keep(BOT, "/old", "", "", b"x", ((Reader.ACCOUNT, PERSON),))
            clock.now += MEDIA_SECONDS + 1
            await parts.media.keep(BOT, "/new", "", "", b"x")
            assert await parts.media.find("/old", BOT) is None
            await parts.media.sweep()
            assert on_disk(tmp_path) == 1
            assert await parts.store.write(count_readers) == 0
        (tmp_path / "media" / "orphan").write_bytes(b"x")
        async with services(tmp_path, clock) as parts:
            assert on_disk(tmp_path) == 1
            assert await parts.media.find("/new", BOT) is not None

    asyncio.run(main())


def test_forgotten_file_is_gone(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            kept = await parts.media.keep(BOT, "/a", "", "", b"x")
            assert kept is not None
            await parts.media.forget(kept)
            assert (await parts.media.find("/a", BOT), on_disk(tmp_path)) == (None, 0)

    asyncio.run(main())


def test_rights_are_looked_up_and_given_in_jobs(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            kept = await parts.media.keep(BOT, "/a", "", "", b"x")
            assert kept is not None

            def job(db: sqlite3.Connection) -> list[object]:
                before = may_read(db, "/a", PERSON), find_by_row(db, kept.id, PERSON)
                let_read(db, "/a", Reader.ACCOUNT, PERSON)
                let_read(db, "/missing", Reader.ACCOUNT, PERSON)
                note_taken(db, kept.id, PERSON)
                with pytest.raises(ChangeRefused, match="before"):
                    note_taken(db, kept.id, PERSON)
                return [*before, may_read(db, "/a", PERSON), find_by_row(db, kept.id, PERSON)]

            assert await parts.store.write(job) == [False, None, True, kept]

    asyncio.run(main())


@pytest.mark.parametrize("is_there", [False, True])
def test_file_whose_row_was_written_before_a_crash_gets_its_name_at_the_next_start(
    tmp_path: Path, is_there: bool
) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            kept = await parts.media.keep(BOT, "/a", "", "", b"x")
            assert kept is not None
        (path,) = (tmp_path / "media").iterdir()
        draft = path.with_name(f"{path.name}.{'0' * 16}")
        draft.write_bytes(b"x")
        path.with_name("ff.00").write_bytes(b"of no row")
        if not is_there:
            path.unlink()
        async with services(tmp_path, Clock()) as parts:
            assert list((tmp_path / "media").iterdir()) == [path]
            assert await parts.media.read(kept) == b"x"

    asyncio.run(main())


def test_number_that_is_given_on_brings_no_files_along(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            for owner, name, reader in ((BOT, "/own", PERSON), (PERSON, "/got", BOT)):
                kept = await parts.media.keep(owner, name, "", "", b"x", ((Reader.ACCOUNT, reader),))
                assert kept is not None
            await parts.store.write(lambda db: forget_person(db, BOT))
            assert await parts.media.find("/own", BOT) is None
            assert await parts.media.find("/own", PERSON) is None
            assert await parts.media.find("/got", BOT) is None
            assert await parts.media.find("/got", PERSON) is not None
            await parts.media.sweep()
            assert on_disk(tmp_path) == 1

    asyncio.run(main())


def count_readers(db: sqlite3.Connection) -> int:
    (count,) = db.execute("SELECT count(*) FROM media_reader").fetchone()
    return int(count)
