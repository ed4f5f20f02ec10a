import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, GROUP, LONER, PERSON, THIRD, small_community
from webqq.gateway import (
    discusses,
    friendnotes,
    history,
    members,
    portraits,
    profiles,
    recents,
    registry,
    requests,
    schema,
)
from webqq.gateway.community import Community, Group
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.history import Said
from webqq.gateway.media import Reader, let_read
from webqq.gateway.portraits import Whose
from webqq.gateway.profiles import Details
from webqq.gateway.recents import RecentKind
from webqq.gateway.requests import RequestKind
from webqq.gateway.vault import Secret
from webqq.protocol.content import parse_sent
from webqq.protocol.ids import GroupNumber, MessageId, QQNumber

NEW = QQNumber(800900100)
OTHER_GROUP = GroupNumber(900200)
SECRETS = {number: Secret(f"argon2 of {number}", b"key") for number in small_community().accounts}


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        schema.upgrade(opened)
        registry.put_community(opened, small_community(), SECRETS, None)
        yield opened


def sign_in(db: sqlite3.Connection, account: QQNumber) -> None:
    db.execute(
        "INSERT INTO login (account, state, landing, alias_key, expires) VALUES (?, 'confirmed', '', x'', 9e9)",
        (account,),
    )


def signed_in(db: sqlite3.Connection) -> list[int]:
    return [account for (account,) in db.execute("SELECT account FROM login ORDER BY account")]


def send(db: sqlite3.Connection, *to: QQNumber) -> None:
    letter = db.execute("INSERT INTO letter (sender, seq, at, content) VALUES (1, 0, 0, '')").lastrowid
    db.executemany("INSERT INTO mail (account, letter) VALUES (?, ?)", [(account, letter) for account in to])


# The whole.


def test_new_file_has_no_community(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        schema.upgrade(opened)
        assert not registry.has_community(opened)
        assert registry.revision_of(opened) == 0
        assert registry.seed_of(opened) is None
        assert registry.read_community(opened) == Community({}, {})


def test_community_is_read_back_without_passwords(db: sqlite3.Connection) -> None:
    found = registry.read_community(db)
    assert registry.has_community(db)
    assert list(found.accounts) == list(small_community().accounts)
    assert found.groups == small_community().groups
    assert (found.accounts[BOT].friends, found.accounts[PERSON].friends) == ((PERSON,), (BOT,))
    assert {account.password for account in found.accounts.values()} == {""}
    assert registry.read_secrets(db) == SECRETS


def test_who_is_not_in_the_next_community_leaves_and_is_signed_out(db: sqlite3.Connection) -> None:
    sign_in(db, BOT)
    sign_in(db, LONER)
    full = small_community()
    registry.put_community(db, Community({BOT: full.accounts[BOT], PERSON: full.accounts[PERSON]}, {}), {}, None)
    assert list(registry.read_community(db).accounts) == [BOT, PERSON]
    assert set(registry.read_secrets(db)) == {BOT, PERSON}
    assert signed_in(db) == [BOT]


def test_who_has_another_password_in_the_next_community_is_signed_out(db: sqlite3.Connection) -> None:
    sign_in(db, BOT)
    sign_in(db, PERSON)
    registry.put_community(db, small_community(), {**SECRETS, BOT: Secret("other", b"key")}, None)
    assert signed_in(db) == [PERSON]


def test_community_that_a_file_tells_is_changed_there_alone_until_it_is_claimed(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    registry.expect_own(db)
    registry.put_community(db, small_community(), {}, tmp_path / "community.toml")
    with pytest.raises(ChangeRefused, match=r"told by .*community\.toml, at each start: change it there"):
        registry.expect_own(db)
    registry.claim(db)
    registry.expect_own(db)


def test_digest_of_the_first_file_is_noted(db: sqlite3.Connection) -> None:
    registry.note_seed(db, b"digest")
    assert registry.seed_of(db) == b"digest"


# Changes.


def change_all(db: sqlite3.Connection) -> Iterator[Callable[[], None]]:
    """Every change there is, each possible after those before it."""
    yield lambda: registry.add_account(db, NEW, "new", Secret("a", b"k"), signature="s", friends=[BOT])
    yield lambda: registry.rename_account(db, NEW, "newer")
    yield lambda: registry.set_secret(db, NEW, Secret("b", b"l"))
    yield lambda: registry.befriend(db, NEW, PERSON)
    yield lambda: registry.unfriend(db, PERSON, NEW)
    yield lambda: registry.add_group(db, Group(OTHER_GROUP, "other", NEW, (BOT,), "notice"))
    yield lambda: registry.rename_group(db, OTHER_GROUP, "another")
    yield lambda: registry.join_group(db, OTHER_GROUP, PERSON)
    yield lambda: registry.set_owner(db, OTHER_GROUP, PERSON)
    yield lambda: registry.leave_group(db, OTHER_GROUP, NEW)


def test_changes_are_read_back_and_each_raises_the_revision(db: sqlite3.Connection) -> None:
    for change in change_all(db):
        before = registry.revision_of(db)
        change()
        assert registry.revision_of(db) > before
    found = registry.read_community(db)
    account = found.accounts[NEW]
    assert (account.nick, account.signature, account.friends) == ("newer", "s", (BOT,))
    assert registry.read_secrets(db)[NEW] == Secret("b", b"l")
    assert found.groups[OTHER_GROUP] == Group(OTHER_GROUP, "another", PERSON, (BOT, PERSON), "notice")
    for last in (lambda: registry.remove_group(db, OTHER_GROUP), lambda: registry.remove_account(db, NEW)):
        before = registry.revision_of(db)
        last()
        assert registry.revision_of(db) > before
    assert registry.read_community(db).groups == small_community().groups
    assert NEW not in registry.read_community(db).accounts


def test_other_password_signs_out(db: sqlite3.Connection) -> None:
    sign_in(db, BOT)
    sign_in(db, PERSON)
    registry.set_secret(db, BOT, Secret("x", b"y"))
    assert signed_in(db) == [PERSON]


def test_removed_account_leaves_nothing_for_who_gets_its_number_but_the_row(db: sqlite3.Connection) -> None:
    sign_in(db, THIRD)
    send(db, THIRD)
    send(db, THIRD, BOT)
    row = db.execute("SELECT id FROM account WHERE number = ?", (THIRD,)).fetchone()
    registry.remove_account(db, THIRD)
    assert THIRD not in registry.read_secrets(db)
    assert db.execute("SELECT argon2, sealed_key FROM account WHERE number = ?", (THIRD,)).fetchone() == ("", b"")
    assert (signed_in(db), db.execute("SELECT account FROM mail").fetchall()) == ([], [(BOT,)])
    assert db.execute("SELECT count(*) FROM letter").fetchone() == (1,)
    registry.add_account(db, THIRD, "another", Secret("a", b"k"))
    found = registry.read_community(db)
    assert (found.accounts[THIRD].friends, found.groups_of(THIRD)) == ((), ())
    assert db.execute("SELECT id FROM account WHERE number = ?", (THIRD,)).fetchone() == row


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda db: registry.add_account(db, BOT, "x", SECRETS[BOT]), "there is an account 100200300 already"),
        (lambda db: registry.add_account(db, QQNumber(5), "x", SECRETS[BOT]), "5 is no number for it"),
        (lambda db: registry.add_account(db, NEW, " ", SECRETS[BOT]), "the nick is empty"),
        (lambda db: registry.add_account(db, NEW, "x", SECRETS[BOT], friends=[QQNumber(7)]), "there is no account 7"),
        (lambda db: registry.set_secret(db, NEW, SECRETS[BOT]), "there is no account 800900100"),
        (lambda db: registry.rename_account(db, NEW, "x"), "there is no account"),
        (lambda db: registry.rename_account(db, BOT, ""), "the nick is empty"),
        (lambda db: registry.remove_account(db, PERSON), "owns the group 900100"),
        (lambda db: registry.remove_account(db, NEW), "there is no account"),
        (lambda db: registry.befriend(db, BOT, BOT), "a friend of itself"),
        (lambda db: registry.befriend(db, BOT, NEW), "there is no account"),
        (lambda db: registry.unfriend(db, BOT, THIRD), "are no friends"),
        (lambda db: registry.add_group(db, Group(GROUP, "x", BOT, (BOT,))), "there is a group 900100 already"),
        (lambda db: registry.add_group(db, Group(OTHER_GROUP, "", BOT, (BOT,))), "the name is empty"),
        (lambda db: registry.add_group(db, Group(OTHER_GROUP, "x", BOT, (NEW,))), "there is no account"),
        (lambda db: registry.rename_group(db, OTHER_GROUP, "x"), "there is no group 900200"),
        (lambda db: registry.remove_group(db, OTHER_GROUP), "there is no group"),
        (lambda db: registry.join_group(db, GROUP, BOT), "is a member of the group 900100 already"),
        (lambda db: registry.join_group(db, GROUP, NEW), "there is no account"),
        (lambda db: registry.leave_group(db, GROUP, LONER), "is not a member"),
        (lambda db: registry.leave_group(db, GROUP, PERSON), "owns the group"),
        (lambda db: registry.set_owner(db, GROUP, LONER), "is not a member"),
    ],
)
def test_change_that_does_not_fit_is_refused(
    db: sqlite3.Connection, change: Callable[[sqlite3.Connection], None], reason: str
) -> None:
    with pytest.raises(ChangeRefused, match=reason):
        change(db)


def test_nothing_is_noted_of_who_is_removed() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        secret = Secret("x", b"x")
        for number in (BOT, PERSON):
            registry.add_account(db, number, "nick", secret)
        registry.befriend(db, BOT, PERSON)
        registry.add_group(db, Group(GROUP, "g", PERSON, (PERSON, BOT)))
        friendnotes.mark_friend(db, PERSON, BOT, "x")
        members.set_card(db, GROUP, BOT, card="x")
        requests.ask(db, RequestKind.FRIEND, BOT, PERSON, 0)
        recents.note(db, PERSON, RecentKind.FRIEND, BOT, 0)
        row = discusses.create(db, BOT, "", [PERSON])
        registry.remove_account(db, BOT)
        for table in ("friend_note", "member", "request", "recent"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table  # noqa: S608  # names from the list above
        found = discusses.read(db, row, PERSON)
        assert found is not None
        assert found.members == (PERSON,)


def test_leaving_a_group_takes_rights_and_card_along() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        for number in (BOT, PERSON):
            registry.add_account(db, number, "nick", Secret("x", b"x"))
        registry.add_group(db, Group(GROUP, "g", PERSON, (PERSON, BOT)))
        members.set_admin(db, GROUP, BOT, is_admin=True)
        friendnotes.mark_group(db, BOT, GROUP, "x")
        registry.leave_group(db, GROUP, BOT)
        registry.join_group(db, GROUP, BOT)
        assert members.read_admins(db, GROUP) == frozenset()
        assert friendnotes.read_groups(db, BOT) == {}


def test_signature_is_changed() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        registry.add_account(db, BOT, "nick", Secret("x", b"x"))
        revision = registry.revision_of(db)
        registry.set_signature(db, BOT, "新")
        assert registry.read_community(db).accounts[BOT].signature == "新"
        assert registry.revision_of(db) == revision + 1
        with pytest.raises(ChangeRefused, match="no account"):
            registry.set_signature(db, PERSON, "x")


def told_of(db: sqlite3.Connection, number: int) -> set[str]:
    """The tables with a row that has this number."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608  # own words only
    return {name for name, found in rows.items() if any(number in row for row in found)}


def test_whoever_gets_the_number_of_what_was_removed_finds_nothing_of_it(db: sqlite3.Connection) -> None:
    for owner, name in ((THIRD, "/own"), (BOT, "/sent")):
        row = (name, owner, "", "", 0, 10**6)
        db.execute("INSERT INTO media (name, owner, title, media_type, size, at) VALUES (?, ?, ?, ?, ?, ?)", row)
        for kind, reader in ((Reader.ACCOUNT, THIRD), (Reader.GROUP, GROUP)):
            let_read(db, name, kind, reader)
    requests.ask(db, RequestKind.GROUP, LONER, GROUP, 1)
    requests.ask(db, RequestKind.FRIEND, THIRD, BOT, 1)
    recents.note(db, BOT, RecentKind.GROUP, GROUP, 1)
    recents.note(db, THIRD, RecentKind.GROUP, GROUP, 1)
    members.set_admin(db, GROUP, THIRD, is_admin=True)
    members.ban(db, GROUP, LONER)
    friendnotes.mark_group(db, THIRD, GROUP, "x")
    discusses.create(db, THIRD, "x", [BOT])
    said = Said(1, THIRD, MessageId(1), 0, 1, parse_sent("[]"))
    history.keep(db, history.parties(THIRD, (BOT,), GROUP), said, "[]")
    profiles.write(db, THIRD, Details(city="x"))
    for whose, number in ((Whose.PERSON, THIRD), (Whose.GROUP, GROUP)):
        portraits.put(db, whose, number, b"GIF89a")
    registry.remove_account(db, THIRD)
    assert told_of(db, THIRD) == {"account"}
    # A group has its history for its members, whoever of them is gone.
    assert db.execute("SELECT sender FROM said").fetchall() == [(0,)]
    registry.remove_group(db, GROUP)
    assert told_of(db, GROUP) == {"grp"}
    assert told_of(db, THIRD) == {"account"}
