"""What commands do to a gateway's community: one change each, beside a gateway that runs or without one.

Each change is one transaction of the data file, so it happens wholly or not at all, and SQLite keeps it apart from what
a running gateway writes. What people have to be told of it is part of the transaction (:mod:`.tidings`). A gateway that
runs takes it over within a second or two. Passwords are protected before the
transaction begins, so that the gateway never waits for argon2.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import argon2
import msgspec

from webqq.gateway import portraits, profiles, registry, tidings
from webqq.gateway.archive import parse_archive, serialize_archive
from webqq.gateway.community import Community, Group
from webqq.gateway.datafile import make_folder, visit
from webqq.gateway.differences import differences
from webqq.gateway.errors import ChangeRefused, StoreError
from webqq.gateway.portraits import Whose
from webqq.gateway.profiles import Details
from webqq.gateway.seed import COMMUNITY_FILE
from webqq.gateway.vault import Secret, Vault, read_key
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["Administration", "ImportResult"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import brought.

    :param locked: accounts that need a new password before anybody can sign in with them.
    """

    accounts: int
    groups: int
    locked: tuple[QQNumber, ...]


class Administration:
    """Reads and changes the community in a data folder. All methods block for as long as the disk takes.

    :param data: the data folder. Adding an account or importing makes it; else it has to be there.
    :param hasher: as of :class:`~webqq.gateway.Gateway`.

    Changes raise :class:`~webqq.gateway.errors.ChangeRefused` where they do not fit what is there, or where a community
    file tells the community; all methods raise :class:`~webqq.gateway.errors.StoreError` where the folder cannot be
    used.
    """

    def __init__(self, data: Path, hasher: argon2.PasswordHasher | None = None) -> None:
        self._data = data
        self._hasher = hasher

    def community(self) -> Community:
        """Return the community; empty where the folder has none yet."""
        return self._read(registry.read_community)

    # Accounts.

    def add_account(
        self, number: QQNumber, nick: str, password: str, *, signature: str = "", friends: Sequence[QQNumber] = ()
    ) -> None:
        """Add an account. In a folder that no gateway has used yet, it is the first one."""
        _expect_password(password)
        make_folder(self._data)
        secret = self._vault().protect(number, password)
        add = partial(registry.add_account, number=number, nick=nick, secret=secret)
        self._change(lambda db: add(db, signature=signature, friends=friends))

    def set_password(self, number: QQNumber, password: str) -> None:
        """Give an account another password; it is signed out everywhere."""
        _expect_password(password)
        # Before the slow part, and so that a wrong folder gets no key.
        self._change(lambda db: registry.expect_account(db, number))
        secret = self._vault().protect(number, password)
        self._change(lambda db: registry.set_secret(db, number, secret))

    def sign_out(self, number: QQNumber) -> None:
        """End all sessions of an account; its password stays."""
        vault = self._vault()

        def seal_anew(db: sqlite3.Connection) -> None:
            registry.expect_account(db, number)
            # Another ciphertext of the same: by it a running gateway sees that the logins before it are over.
            registry.set_secret(db, number, vault.reseal(registry.read_secrets(db)[number], vault))

        self._change(seal_anew)

    def rename_account(self, number: QQNumber, nick: str) -> None:
        """Give an account another nick."""
        self._change(lambda db: registry.rename_account(db, number, nick))

    def remove_account(self, number: QQNumber) -> None:
        """Remove an account with all that waits for it. One that owns a group stays."""
        self._change(lambda db: registry.remove_account(db, number))

    def profile(self, number: QQNumber) -> Details:
        """Return what an account tells of itself."""

        def read(db: sqlite3.Connection) -> Details:
            registry.expect_account(db, number)
            return profiles.read(db, number)

        return self._read(read)

    def set_profile(self, number: QQNumber, **fields: object) -> None:
        """Change fields of what an account tells of itself, by the names of :class:`.Details`."""

        def change(db: sqlite3.Connection) -> None:
            registry.expect_account(db, number)
            profiles.write(db, number, msgspec.structs.replace(profiles.read(db, number), **fields))

        self._write(change)

    def set_avatar(self, number: QQNumber, picture: bytes | None) -> None:
        """Give an account a picture: PNG, JPEG or GIF. None: take it away."""

        def change(db: sqlite3.Connection) -> None:
            registry.expect_account(db, number)
            _put_portrait(db, Whose.PERSON, number, picture)

        self._write(change)

    def befriend(self, number: QQNumber, friend: QQNumber) -> None:
        """Make two accounts friends."""
        self._change(lambda db: registry.befriend(db, number, friend))

    def unfriend(self, number: QQNumber, friend: QQNumber) -> None:
        """End a friendship."""
        self._change(lambda db: registry.unfriend(db, number, friend))

    # Groups.

    def add_group(self, group: Group) -> None:
        """Add a group."""
        self._change(lambda db: registry.add_group(db, group))

    def rename_group(self, number: GroupNumber, name: str) -> None:
        """Give a group another name."""
        self._change(lambda db: registry.rename_group(db, number, name))

    def set_owner(self, number: GroupNumber, owner: QQNumber) -> None:
        """Give a group another owner, one of its members."""
        self._change(lambda db: registry.set_owner(db, number, owner))

    def remove_group(self, number: GroupNumber) -> None:
        """Remove a group."""
        self._change(lambda db: registry.remove_group(db, number))

    def join_group(self, number: GroupNumber, account: QQNumber) -> None:
        """Put an account into a group."""
        self._change(lambda db: registry.join_group(db, number, account))

    def leave_group(self, number: GroupNumber, account: QQNumber) -> None:
        """Take an account out of a group; its owner stays."""
        self._change(lambda db: registry.leave_group(db, number, account))

    def set_group_avatar(self, number: GroupNumber, picture: bytes | None) -> None:
        """Give a group a picture, as :meth:`set_avatar`."""

        def change(db: sqlite3.Connection) -> None:
            registry.expect_group(db, number)
            _put_portrait(db, Whose.GROUP, number, picture)

        self._write(change)

    # The whole.

    def export(self) -> bytes:
        """Return the community as a document (:mod:`webqq.gateway.archive`)."""
        community, secrets = self._read(lambda db: (registry.read_community(db), registry.read_secrets(db)))
        if not community.accounts:
            raise ChangeRefused(f"there is no community in {self._data} yet")
        return serialize_archive(community, secrets)

    def import_(self, document: bytes, *, replace: bool = False, key_of: Path | None = None) -> ImportResult:
        """Put the community of a document into the data folder, wholly or not at all.

        :param replace: in place of the community that is there; without it, where there is one, nothing is done.
        :param key_of: the data folder of the gateway that the document came from, or another with its ``server.key``.
            It is needed for people to keep their passwords, unless this gateway has the same key.
        :raises ArchiveError: the document has a mistake.
        """
        community, secrets = parse_archive(document)
        make_folder(self._data)
        vault = self._vault()
        if key_of is not None:
            older = Vault(_read_other_key(key_of), self._hasher)
            secrets = {number: vault.reseal(secret, older) for number, secret in secrets.items()}
        self._change(lambda db: _replace(db, community, secrets, may_replace=replace))
        locked = tuple(number for number, secret in secrets.items() if not vault.is_open(secret))
        return ImportResult(len(community.accounts), len(community.groups), locked)

    # Inside.

    def _read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        with visit(self._data) as db:
            self._expect_taken_over(db)
            return job(db)

    def _write(self, job: Callable[[sqlite3.Connection], None]) -> None:
        """Change what stands beside the community, and is read anew each time."""
        with visit(self._data) as db:
            self._expect_taken_over(db)
            job(db)

    def _change(self, job: Callable[[sqlite3.Connection], None]) -> None:
        with visit(self._data) as db:
            self._expect_taken_over(db)
            registry.expect_own(db)
            before = registry.read_community(db)
            job(db)
            tidings.put_down(db, differences(before, registry.read_community(db)))

    def _expect_taken_over(self, db: sqlite3.Connection) -> None:
        # A change now would be the community, and the first start would not look at the file any more.
        if not registry.has_community(db) and (self._data / COMMUNITY_FILE).exists():
            raise ChangeRefused(f"{self._data / COMMUNITY_FILE} was not taken over yet: start the gateway once")

    def _vault(self) -> Vault:
        if not self._data.is_dir():
            raise StoreError(f"there is no data folder {self._data}")
        return Vault(read_key(self._data), self._hasher)


def _replace(
    db: sqlite3.Connection, community: Community, secrets: dict[QQNumber, Secret], *, may_replace: bool
) -> None:
    there = registry.read_community(db).accounts
    if there and not may_replace:
        raise ChangeRefused(
            f"there is a community of {len(there)} accounts already; --replace puts this one in its place"
        )
    for number in there:
        if number not in community.accounts:
            registry.forget_account(db, number)
    registry.put_community(db, community, secrets, None)


def _put_portrait(db: sqlite3.Connection, whose: Whose, number: int, picture: bytes | None) -> None:
    if picture is None:
        portraits.forget(db, whose, number)
    else:
        portraits.put(db, whose, number, picture)


def _read_other_key(folder: Path) -> bytes:
    # read_key would make one.
    if not (folder / "server.key").exists():
        raise StoreError(f"there is no server.key in {folder}")
    return read_key(folder)


def _expect_password(password: str) -> None:
    if not password:
        raise ChangeRefused("the password is empty")
