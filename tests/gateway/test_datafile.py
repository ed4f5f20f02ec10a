import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, CHEAP, GROUP, PASSWORDS, PERSON, Clock, small_community
from webqq.gateway import datafile, schema
from webqq.gateway.datafile import lock_folder, unlock_folder, visit
from webqq.gateway.directory import open_directory
from webqq.gateway.errors import MigrationFailed, NewerSchema, StoreError
from webqq.gateway.services import load_services
from webqq.gateway.store import Store
from webqq.gateway.vault import Vault

SCHEMA_1 = (Path(__file__).parent / "data" / "schema-1.sql").read_text("utf-8")


def old_data(folder: Path) -> Path:
    """A data file of schema 1, with something in its log yet."""
    path = folder / "gateway.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA journal_mode = WAL;" + SCHEMA_1)
    return path


def dump(path: Path) -> tuple[int, list[str]]:
    """Version and content of a file."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0], list(db.iterdump())


def open_and_close(folder: Path) -> None:
    asyncio.run(Store(folder).close())


# Migration.


def test_data_of_schema_1_goes_on_with_its_session_and_its_letter(tmp_path: Path) -> None:
    old_data(tmp_path)

    async def main() -> None:
        store = Store(tmp_path)
        vault = Vault(bytes(32), CHEAP)
        directory = await open_directory(store, vault, small_community())
        services = load_services(store, vault, directory, hold=60, clock=Clock())
        store.start()
        assert directory.account_rows[BOT] == 1
        assert vault.is_of(directory.secrets[BOT], BOT, PASSWORDS[BOT])
        session = services.sessions.live(PERSON)
        assert session is not None
        assert session.id == 4712
        batch = await session.receiver.begin("").wait(0)
        assert batch is not None
        assert [letter.content.text for letter in batch.letters] == ["before"]
        await store.close()

    asyncio.run(main())


def test_file_is_copied_whole_before_it_is_changed(tmp_path: Path) -> None:
    path = old_data(tmp_path)
    before = dump(path)
    open_and_close(tmp_path)
    copy = tmp_path / "gateway.sqlite.schema-1"
    assert dump(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert dump(path)[0] == schema.VERSION
    assert not list(tmp_path.glob("*.new"))


def test_copy_of_an_earlier_change_is_not_written_over(tmp_path: Path) -> None:
    old_data(tmp_path)
    (tmp_path / "gateway.sqlite.schema-1").write_bytes(b"kept")
    open_and_close(tmp_path)
    assert (tmp_path / "gateway.sqlite.schema-1").read_bytes() == b"kept"
    assert dump(tmp_path / "gateway.sqlite.schema-1.2")[0] == 1


def test_new_and_present_files_are_not_copied(tmp_path: Path) -> None:
    open_and_close(tmp_path)
    open_and_close(tmp_path)
    assert not list(tmp_path.glob("gateway.sqlite.schema*"))


def test_migration_that_fails_leaves_the_file_as_it_was_and_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_data(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        # The step makes a table of that name.
        db.execute("CREATE TABLE membership (of_somebody_else)")
    before = dump(path)
    with pytest.raises(MigrationFailed, match=r"gateway\.sqlite could not be brought from schema 1 to .* as it was"):
        Store(tmp_path)
    assert dump(path) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["gateway.lock", "gateway.sqlite"]


def test_file_that_cannot_be_copied_is_not_changed(tmp_path: Path) -> None:
    path = old_data(tmp_path)
    before = dump(path)
    (tmp_path / "gateway.sqlite.schema-1.new").mkdir()
    with pytest.raises(MigrationFailed, match="was not upgraded, since it cannot be copied"):
        Store(tmp_path)
    assert dump(path) == before


def test_newer_file_is_left_as_it_is_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(NewerSchema):
        Store(tmp_path)
    assert path.read_bytes() == before


# Visits.


def groups(folder: Path) -> list[int]:
    with visit(folder) as db:
        return [number for (number,) in db.execute("SELECT number FROM grp")]


def add(folder: Path, number: int) -> None:
    with visit(folder) as db:
        db.execute("INSERT INTO grp (number) VALUES (?)", (number,))


def test_visit_writes_beside_a_store_at_work(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path)
        store.start()
        await store.write(lambda db: db.execute("INSERT INTO grp (number) VALUES (1)").rowcount)
        await asyncio.to_thread(add, tmp_path, 2)
        await store.write(lambda db: db.execute("INSERT INTO grp (number) VALUES (3)").rowcount)
        await store.close()

    asyncio.run(main())
    assert groups(tmp_path) == [1, 2, 3]


def test_visit_that_fails_changes_nothing(tmp_path: Path) -> None:
    add(tmp_path, 1)

    def fail() -> None:
        with visit(tmp_path) as db:
            db.execute("INSERT INTO grp (number) VALUES (2)")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with pytest.raises(StoreError, match="refused the change: UNIQUE"):
        add(tmp_path, 1)
    assert groups(tmp_path) == [1]


def test_visit_does_not_keep_a_gateway_from_starting(tmp_path: Path) -> None:
    with visit(tmp_path):
        unlock_folder(lock_folder(tmp_path))


def test_visit_upgrades_where_no_gateway_runs(tmp_path: Path) -> None:
    old_data(tmp_path)
    assert groups(tmp_path) == [GROUP]
    assert (tmp_path / "gateway.sqlite.schema-1").exists()


def test_visit_beside_a_gateway_of_another_version_is_refused(tmp_path: Path) -> None:
    path = old_data(tmp_path)
    lock = lock_folder(tmp_path)
    with pytest.raises(StoreError, match="of another version than this command"):
        groups(tmp_path)
    unlock_folder(lock)
    assert dump(path)[0] == 1


def test_visit_waits_no_longer_than_told_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datafile, "BUSY_SECONDS", 0.0)
    with visit(tmp_path), pytest.raises(StoreError, match="database is locked"):
        groups(tmp_path)


def test_visit_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no data folder"):
        groups(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
