"""The community in the data file: jobs that read it and change it.

Each change is checked against what is there in the transaction that makes it, so the community is whole after each of
them, whoever else changes it at the same time. The revision rises with each; by it a running gateway notices.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from webqq.gateway import discusses, friendnotes, history, media, members, portraits, profiles, requests
from webqq.gateway.community import NUMBERS, Account, Community, Group
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.portraits import Whose
from webqq.gateway.vault import Secret
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = [
    "add_account",
    "add_group",
    "befriend",
    "claim",
    "expect_account",
    "expect_group",
    "expect_own",
    "forget_account",
    "has_community",
    "join_group",
    "leave_group",
    "note_seed",
    "put_community",
    "read_account",
    "read_all_secrets",
    "read_community",
    "read_group",
    "read_secrets",
    "remove_account",
    "remove_group",
    "rename_account",
    "rename_group",
    "revision_of",
    "seed_of",
    "set_owner",
    "set_secret",
    "set_signature",
    "unfriend",
]


# Reading.


def has_community(db: sqlite3.Connection) -> bool:
    """Tell whether the data file was ever given a community."""
    return db.execute("SELECT 1 FROM community").fetchone() is not None


def revision_of(db: sqlite3.Connection) -> int:
    """Return a number that rises with each change; 0 before the first."""
    row = db.execute("SELECT revision FROM community").fetchone()
    return int(row[0]) if row is not None else 0


def seed_of(db: sqlite3.Connection) -> bytes | None:
    """Return what :func:`note_seed` noted."""
    row = db.execute("SELECT seed FROM community").fetchone()
    return row[0] if row is not None else None


def expect_own(db: sqlite3.Connection) -> None:
    """See that the community is not told by a file, which the next start would put in place of any change.

    :raises ChangeRefused: it is; the message names the file.
    """
    row = db.execute("SELECT file FROM community").fetchone()
    if row is not None and row[0] is not None:
        raise ChangeRefused(f"this gateway's community is told by {row[0]}, at each start: change it there")


def expect_account(db: sqlite3.Connection, number: QQNumber) -> None:
    """See that there is an account of that number.

    :raises ChangeRefused: there is none.
    """
    if not _is_account(db, number):
        raise ChangeRefused(f"there is no account {number}")


def expect_group(db: sqlite3.Connection, number: GroupNumber) -> None:
    """See that there is a group of that number.

    :raises ChangeRefused: there is none.
    """
    if not _is_group(db, number):
        raise ChangeRefused(f"there is no group {number}")


def read_community(db: sqlite3.Connection) -> Community:
    """Return the accounts and groups, in the order in which they came. Passwords are not known in clear."""
    accounts = {
        QQNumber(number): Account(QQNumber(number), nick, "", (), signature)
        for number, nick, signature in db.execute(
            "SELECT number, nick, signature FROM account WHERE is_member ORDER BY id"
        )
    }
    friends = _friends(db, accounts)
    groups = {}
    members = _members(db)
    rows = db.execute("SELECT number, name, owner, notice FROM grp WHERE is_open ORDER BY id")
    for number, name, owner, notice in rows:
        groups[GroupNumber(number)] = Group(
            GroupNumber(number), name, QQNumber(owner), tuple(members.get(number, ())), notice
        )
    return Community(
        {
            number: Account(number, account.nick, "", tuple(friends[number]), account.signature)
            for number, account in accounts.items()
        },
        groups,
    )


def read_account(db: sqlite3.Connection, number: QQNumber) -> Account:
    """Return an account of the community, as :func:`read_community` does."""
    nick, signature = db.execute("SELECT nick, signature FROM account WHERE number = ?", (number,)).fetchone()
    friends = db.execute(
        "SELECT friend FROM friendship WHERE account = :number UNION SELECT account FROM friendship"
        " WHERE friend = :number ORDER BY 1",
        {"number": number},
    )
    return Account(number, nick, "", tuple(QQNumber(friend) for (friend,) in friends), signature)


def read_group(db: sqlite3.Connection, number: GroupNumber) -> Group:
    """Return a group of the community, as :func:`read_community` does."""
    row = db.execute("SELECT name, owner, notice FROM grp WHERE number = ?", (number,)).fetchone()
    members = db.execute("SELECT account FROM membership WHERE grp = ? ORDER BY id", (number,))
    return Group(number, row[0], QQNumber(row[1]), tuple(QQNumber(member) for (member,) in members), row[2])


def read_secrets(db: sqlite3.Connection) -> dict[QQNumber, Secret]:
    """Return what is kept of the passwords of the community's accounts."""
    return _secrets(db.execute("SELECT number, argon2, sealed_key FROM account WHERE is_member ORDER BY id"))


def read_all_secrets(db: sqlite3.Connection) -> dict[QQNumber, Secret]:
    """Return the same with those of accounts that left, but may come back to a file."""
    return _secrets(db.execute("SELECT number, argon2, sealed_key FROM account"))


# The whole.


def put_community(
    db: sqlite3.Connection, community: Community, secrets: Mapping[QQNumber, Secret], file: Path | None
) -> None:
    """Put a community in the place of what is there.

    Whoever is not in it leaves and keeps the own row and letters, since an account may come back to a file.

    :param secrets: of the accounts whose password may be new; the others' stay, and each must have one.
    :param file: the community file that tells it at each start; None where the data file alone does.
    """
    kept = read_all_secrets(db)
    db.execute("UPDATE account SET is_member = 0")
    db.execute("UPDATE grp SET is_open = 0")
    db.execute("DELETE FROM friendship")
    db.execute("DELETE FROM membership")
    for account in community.accounts.values():
        _put_account(db, account.number, account.nick, account.signature, secrets.get(account.number))
    for account in community.accounts.values():
        _put_friends(db, account.number, account.friends)
    for group in community.groups.values():
        _put_group(db, group)
    db.execute("DELETE FROM member WHERE (grp, account) NOT IN (SELECT grp, account FROM membership)")
    # Who left and who has another password must sign in anew, if he may.
    db.execute("DELETE FROM login WHERE account NOT IN (SELECT number FROM account WHERE is_member)")
    _end_logins(db, [number for number, secret in secrets.items() if kept.get(number) != secret])
    _touch(db)
    db.execute("UPDATE community SET file = ?", (None if file is None else str(file.absolute()),))


def claim(db: sqlite3.Connection) -> None:
    """Note that no file tells the community any more: from now on commands change it."""
    db.execute("UPDATE community SET file = NULL WHERE file IS NOT NULL")


def note_seed(db: sqlite3.Connection, digest: bytes) -> None:
    """Note the digest of the community file that was taken over once."""
    db.execute("UPDATE community SET seed = ?", (digest,))


# Accounts.


def add_account(
    db: sqlite3.Connection,
    number: QQNumber,
    nick: str,
    secret: Secret,
    *,
    signature: str = "",
    friends: Iterable[QQNumber] = (),
) -> None:
    """Add an account.

    :raises ChangeRefused: the number is taken or none, the nick is empty, or a friend is no account.
    """
    _expect_number(number)
    _expect_text("nick", nick)
    if _is_account(db, number):
        raise ChangeRefused(f"there is an account {number} already")
    _put_account(db, number, nick, signature, secret)
    for friend in friends:
        befriend(db, number, friend)
    _touch(db)


def set_secret(db: sqlite3.Connection, number: QQNumber, secret: Secret) -> None:
    """Give an account another password, and end its logins.

    :raises ChangeRefused: there is no such account.
    """
    expect_account(db, number)
    db.execute(
        "UPDATE account SET argon2 = ?, sealed_key = ? WHERE number = ?", (secret.argon2, secret.sealed_key, number)
    )
    _end_logins(db, [number])
    _touch(db)


def rename_account(db: sqlite3.Connection, number: QQNumber, nick: str) -> None:
    """Give an account another nick.

    :raises ChangeRefused: there is no such account, or the nick is empty.
    """
    _expect_text("nick", nick)
    expect_account(db, number)
    db.execute("UPDATE account SET nick = ? WHERE number = ?", (nick, number))
    _touch(db)


def set_signature(db: sqlite3.Connection, number: QQNumber, signature: str) -> None:
    """Give an account another signature.

    :raises ChangeRefused: there is no such account.
    """
    expect_account(db, number)
    db.execute("UPDATE account SET signature = ? WHERE number = ?", (signature, number))
    _touch(db)


def remove_account(db: sqlite3.Connection, number: QQNumber) -> None:
    """Remove an account with its password, its letters and all that it was part of; whoever gets the number later finds
    nothing of it.

    :raises ChangeRefused: there is no such account, or it owns a group.
    """
    expect_account(db, number)
    owned = db.execute("SELECT number FROM grp WHERE is_open AND owner = ?", (number,)).fetchone()
    if owned is not None:
        raise ChangeRefused(f"{number} owns the group {owned[0]}; give it another owner, or remove it first")
    db.execute("DELETE FROM friendship WHERE account = ? OR friend = ?", (number, number))
    for (group,) in db.execute("SELECT grp FROM membership WHERE account = ?", (number,)).fetchall():
        members.forget(db, GroupNumber(group), number)
    db.execute("DELETE FROM membership WHERE account = ?", (number,))
    forget_account(db, number)
    _end_logins(db, [number])
    _touch(db)


def forget_account(db: sqlite3.Connection, number: QQNumber) -> None:
    """Remove the password of an account that leaves for good, the letters that wait for it, and all that is noted of
    it. Nobody can fetch its pictures and files any more; their bytes go with the next sweep.
    """
    friendnotes.forget_person(db, number)
    requests.forget_person(db, number)
    media.forget_person(db, number)
    profiles.forget(db, number)
    portraits.forget(db, Whose.PERSON, number)
    for id_, _ in discusses.read_all(db, number):
        discusses.leave(db, id_, number)
    db.execute("DELETE FROM recent WHERE account = ? OR (kind = 0 AND target = ?)", (number, number))
    db.execute("DELETE FROM gap WHERE account = ?", (number,))
    db.execute("DELETE FROM ban WHERE account = ?", (number,))
    history.forget_account(db, number)
    # What was said in groups stays with the others, and is not taken for the word of who gets the number later.
    db.execute("UPDATE said SET sender = 0 WHERE sender = ?", (number,))
    db.execute("DELETE FROM mail WHERE account = ?", (number,))
    db.execute("DELETE FROM letter WHERE NOT EXISTS (SELECT 1 FROM mail WHERE mail.letter = letter.id)")
    db.execute(
        "UPDATE account SET is_member = 0, nick = '', signature = '', argon2 = '', sealed_key = x'' WHERE number = ?",
        (number,),
    )


def befriend(db: sqlite3.Connection, number: QQNumber, friend: QQNumber) -> None:
    """Make two accounts friends of each other; nothing changes where they are.

    :raises ChangeRefused: one of them is no account, or both are the same.
    """
    expect_account(db, number)
    expect_account(db, friend)
    if number == friend:
        raise ChangeRefused(f"{number} cannot be a friend of itself")
    _put_friends(db, number, [friend])
    _touch(db)


def unfriend(db: sqlite3.Connection, number: QQNumber, friend: QQNumber) -> None:
    """End a friendship.

    :raises ChangeRefused: they are no friends.
    """
    pair = (min(number, friend), max(number, friend))
    if not db.execute("DELETE FROM friendship WHERE account = ? AND friend = ?", pair).rowcount:
        raise ChangeRefused(f"{number} and {friend} are no friends")
    db.execute(
        "DELETE FROM friend_note WHERE (account = ? AND friend = ?) OR (account = ? AND friend = ?)",
        (number, friend, friend, number),
    )
    _touch(db)


# Groups.


def add_group(db: sqlite3.Connection, group: Group) -> None:
    """Add a group; the owner becomes a member.

    :raises ChangeRefused: the number is taken or none, the name is empty, or a member is no account.
    """
    _expect_number(group.number)
    _expect_text("name", group.name)
    if _is_group(db, group.number):
        raise ChangeRefused(f"there is a group {group.number} already")
    for member in (group.owner, *group.members):
        expect_account(db, member)
    _put_group(db, group)
    _touch(db)


def rename_group(db: sqlite3.Connection, number: GroupNumber, name: str) -> None:
    """Give a group another name.

    :raises ChangeRefused: there is no such group, or the name is empty.
    """
    _expect_text("name", name)
    expect_group(db, number)
    db.execute("UPDATE grp SET name = ? WHERE number = ?", (name, number))
    _touch(db)


def set_owner(db: sqlite3.Connection, number: GroupNumber, owner: QQNumber) -> None:
    """Give a group another owner.

    :raises ChangeRefused: there is no such group, or the account is not a member.
    """
    expect_group(db, number)
    if not _is_member(db, number, owner):
        raise ChangeRefused(f"{owner} is not a member of the group {number}")
    db.execute("UPDATE grp SET owner = ? WHERE number = ?", (owner, number))
    _touch(db)


def remove_group(db: sqlite3.Connection, number: GroupNumber) -> None:
    """Remove a group with its history, its pictures and the questions to it. Letters that wait for its members stay.

    :raises ChangeRefused: there is no such group.
    """
    expect_group(db, number)
    db.execute("UPDATE grp SET is_open = 0, name = '', notice = '' WHERE number = ?", (number,))
    db.execute("DELETE FROM membership WHERE grp = ?", (number,))
    history.forget_group(db, number)
    db.execute("DELETE FROM group_note WHERE grp = ?", (number,))
    db.execute("DELETE FROM recent WHERE kind = 1 AND target = ?", (number,))
    members.forget_group(db, number)
    media.forget_group(db, number)
    requests.forget_group(db, number)
    portraits.forget(db, Whose.GROUP, number)
    _touch(db)


def join_group(db: sqlite3.Connection, number: GroupNumber, account: QQNumber) -> None:
    """Put an account into a group.

    :raises ChangeRefused: one of them is not there, or it is a member already.
    """
    expect_group(db, number)
    expect_account(db, account)
    if _is_member(db, number, account):
        raise ChangeRefused(f"{account} is a member of the group {number} already")
    db.execute("INSERT INTO membership (grp, account) VALUES (?, ?)", (number, account))
    _touch(db)


def leave_group(db: sqlite3.Connection, number: GroupNumber, account: QQNumber) -> None:
    """Take an account out of a group.

    :raises ChangeRefused: there is no such group, the account is not in it, or owns it.
    """
    expect_group(db, number)
    if not _is_member(db, number, account):
        raise ChangeRefused(f"{account} is not a member of the group {number}")
    if db.execute("SELECT 1 FROM grp WHERE number = ? AND owner = ?", (number, account)).fetchone():
        raise ChangeRefused(f"{account} owns the group {number}; give it another owner, or remove it")
    db.execute("DELETE FROM membership WHERE grp = ? AND account = ?", (number, account))
    db.execute("DELETE FROM group_note WHERE grp = ? AND account = ?", (number, account))
    members.forget(db, number, account)
    _touch(db)


# Inside.


def _secrets(rows: Iterable[tuple[int, str, bytes]]) -> dict[QQNumber, Secret]:
    return {QQNumber(number): Secret(hashed, sealed) for number, hashed, sealed in rows}


def _touch(db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO community (id, revision) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET revision = revision + 1"
    )


def _put_account(db: sqlite3.Connection, number: QQNumber, nick: str, signature: str, secret: Secret | None) -> None:
    db.execute("INSERT INTO account (number, argon2, sealed_key) VALUES (?, '', x'') ON CONFLICT DO NOTHING", (number,))
    db.execute("UPDATE account SET is_member = 1, nick = ?, signature = ? WHERE number = ?", (nick, signature, number))
    if secret is not None:
        db.execute(
            "UPDATE account SET argon2 = ?, sealed_key = ? WHERE number = ?",
            (secret.argon2, secret.sealed_key, number),
        )


def _put_friends(db: sqlite3.Connection, number: QQNumber, friends: Iterable[QQNumber]) -> None:
    db.executemany(
        "INSERT INTO friendship (account, friend) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(min(number, friend), max(number, friend)) for friend in friends],
    )


def _put_group(db: sqlite3.Connection, group: Group) -> None:
    db.execute("INSERT INTO grp (number) VALUES (?) ON CONFLICT DO NOTHING", (group.number,))
    db.execute(
        "UPDATE grp SET is_open = 1, name = ?, owner = ?, notice = ? WHERE number = ?",
        (group.name, group.owner, group.notice, group.number),
    )
    members = group.members if group.owner in group.members else (group.owner, *group.members)
    db.executemany(
        "INSERT INTO membership (grp, account) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(group.number, member) for member in members],
    )


def _end_logins(db: sqlite3.Connection, accounts: Iterable[QQNumber]) -> None:
    # The sessions go with them, by the foreign key.
    db.executemany("DELETE FROM login WHERE account = ?", [(account,) for account in accounts])


def _friends(db: sqlite3.Connection, accounts: Iterable[QQNumber]) -> dict[QQNumber, list[QQNumber]]:
    found: dict[QQNumber, list[QQNumber]] = {number: [] for number in accounts}
    for account, friend in db.execute("SELECT account, friend FROM friendship ORDER BY account, friend"):
        found[QQNumber(account)].append(QQNumber(friend))
        found[QQNumber(friend)].append(QQNumber(account))
    return found


def _members(db: sqlite3.Connection) -> dict[int, list[QQNumber]]:
    found: dict[int, list[QQNumber]] = {}
    for group, account in db.execute("SELECT grp, account FROM membership ORDER BY id"):
        found.setdefault(group, []).append(QQNumber(account))
    return found


def _is_account(db: sqlite3.Connection, number: QQNumber) -> bool:
    return db.execute("SELECT 1 FROM account WHERE number = ? AND is_member", (number,)).fetchone() is not None


def _is_group(db: sqlite3.Connection, number: GroupNumber) -> bool:
    return db.execute("SELECT 1 FROM grp WHERE number = ? AND is_open", (number,)).fetchone() is not None


def _is_member(db: sqlite3.Connection, group: GroupNumber, account: QQNumber) -> bool:
    row = db.execute("SELECT 1 FROM membership WHERE grp = ? AND account = ?", (group, account)).fetchone()
    return row is not None


def _expect_number(number: int) -> None:
    if number not in NUMBERS:
        raise ChangeRefused(f"{number} is no number for it: expected {NUMBERS.start} to {NUMBERS.stop - 1}")


def _expect_text(what: str, text: str) -> None:
    if not text.strip():
        raise ChangeRefused(f"the {what} is empty")
