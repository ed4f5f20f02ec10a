"""The embedded community: accounts, who is whose friend, and groups, as a TOML file tells them.

Reads and checks; keeps nothing and writes nothing (:mod:`.seed` writes the first file, :mod:`.registry` keeps what it
tells). The file's form::

    [[account]]
    number = 100200300          # 10000 ... 4294967295
    nick = "机器人"
    password = "..."
    friends = [300400500]       # optional; friendship is mutual, so one side is enough
    signature = "..."           # optional

    [[group]]
    number = 900100
    name = "测试群"
    owner = 300400500           # one of the members
    members = [100200300, 300400500]
    notice = "..."              # optional
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from webqq.gateway.errors import CommunityError
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["NUMBERS", "Account", "Community", "Group", "read_community"]

NUMBERS = range(10_000, 2**32)
"""Numbers for accounts and groups. The own uin equals the account number, and a uin has 32 bits (WebQQ protocol,
identifiers).
"""

_ACCOUNT_KEYS = {"number": int, "nick": str, "password": str, "friends": list, "signature": str}
_GROUP_KEYS = {"number": int, "name": str, "owner": int, "members": list, "notice": str}
_OPTIONAL = {"friends", "signature", "notice"}
_TYPE_NAMES = {int: "a whole number", str: "a text", list: "a list of account numbers"}


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the community. ``friends`` holds both those that it names and those that name it.

    :param password: in clear, as a community file has it; empty for an account from the data file, which has none.
    """

    number: QQNumber
    nick: str
    password: str = field(repr=False)
    friends: tuple[QQNumber, ...] = ()
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the community; the owner is among the members."""

    number: GroupNumber
    name: str
    owner: QQNumber
    members: tuple[QQNumber, ...]
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Community:
    """All accounts and groups by number, in the order of the file."""

    accounts: Mapping[QQNumber, Account]
    groups: Mapping[GroupNumber, Group]

    def groups_of(self, number: QQNumber) -> tuple[Group, ...]:
        """Return the groups that the account is in."""
        return tuple(group for group in self.groups.values() if number in group.members)

    def knows(self, viewer: QQNumber, other: QQNumber) -> bool:
        """Tell whether ``viewer`` may see who ``other`` is: itself, a friend, or a member of a common group."""
        if viewer == other or other in self.accounts[viewer].friends:
            return True
        return any(other in group.members for group in self.groups_of(viewer))


def read_community(path: Path) -> Community:
    """Read a community file.

    :raises CommunityError: it cannot be read, is no TOML, or has a mistake; the error names the file, the table
        and the key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommunityError(path, "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommunityError(path, "", "is not in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CommunityError(path, "", f"is no TOML: {error}") from error
    return _Reader(path).read(document)


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file: typed access to its keys, right after :meth:`check`, with errors that say where."""

    path: Path
    name: str
    values: Mapping[str, object]

    def fail(self, key: str, detail: str) -> CommunityError:
        return CommunityError(self.path, f"{self.name}, {key}", detail)

    def check(self, keys: Mapping[str, type]) -> None:
        """See that all keys are known, all needed ones there, and each of its type."""
        for key, value in self.values.items():
            if key not in keys:
                raise self.fail(key, f"unknown key; known are {', '.join(keys)}")
            # A bool is an int to isinstance, but no number to whoever wrote the file.
            if not isinstance(value, keys[key]) or isinstance(value, bool):
                raise self.fail(key, f"expected {_TYPE_NAMES[keys[key]]}, got {_type_of(value)}")
        for key in keys:
            if key not in self.values and key not in _OPTIONAL:
                raise self.fail(key, "is missing")

    def number(self, key: str) -> int:
        value = cast(int, self.values[key])
        if value not in NUMBERS:
            raise self.fail(key, f"expected {NUMBERS.start} to {NUMBERS.stop - 1}, got {value}")
        return value

    def text(self, key: str) -> str:
        value = cast(str, self.values.get(key, ""))
        if not value.strip() and key not in _OPTIONAL:
            raise self.fail(key, "is empty")
        return value

    def people(self, key: str) -> tuple[QQNumber, ...]:
        value = cast(list[object], self.values.get(key, []))
        for item in value:
            if not isinstance(item, int) or isinstance(item, bool):
                raise self.fail(key, f"expected account numbers, got {_type_of(item)}")
            if value.count(item) > 1:
                raise self.fail(key, f"{item} stands in it twice")
        return tuple(QQNumber(cast(int, item)) for item in value)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, document: Mapping[str, object]) -> Community:
        for name in document:
            if name not in ("account", "group"):
                raise CommunityError(self._path, name, "unknown; a community has [[account]] and [[group]]")
        accounts = self._accounts(list(self._tables(document, "account", _ACCOUNT_KEYS)))
        groups = self._groups(self._tables(document, "group", _GROUP_KEYS), accounts)
        return Community(accounts, groups)

    def _tables(self, document: Mapping[str, object], name: str, keys: Mapping[str, type]) -> Iterator[_Table]:
        tables = document.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(values, dict) for values in tables):
            raise CommunityError(self._path, name, f"expected tables of the form [[{name}]]")
        seen: dict[int, str] = {}
        for place, values in enumerate(tables, start=1):
            table = _Table(self._path, f"[[{name}]] {place}", values)
            table.check(keys)
            number = table.number("number")
            if number in seen:
                raise table.fail("number", f"{number} is taken by {seen[number]}")
            seen[number] = table.name
            yield table

    def _accounts(self, tables: Sequence[_Table]) -> dict[QQNumber, Account]:
        if not tables:
            raise CommunityError(self._path, "", "has no [[account]]")
        named = {QQNumber(table.number("number")): table.people("friends") for table in tables}
        friends: dict[QQNumber, dict[QQNumber, None]] = {number: {} for number in named}
        for table, (number, others) in zip(tables, named.items(), strict=True):
            for other in others:
                if other == number:
                    raise table.fail("friends", f"{other} is the account itself")
                if other not in named:
                    raise table.fail("friends", f"{other} is no account of this file")
                friends[number][other] = friends[other][number] = None
        return {
            number: Account(
                number=number,
                nick=table.text("nick"),
                password=table.text("password"),
                friends=tuple(friends[number]),
                signature=table.text("signature"),
            )
            for table, number in zip(tables, named, strict=True)
        }

    def _groups(self, tables: Iterator[_Table], accounts: Mapping[QQNumber, Account]) -> dict[GroupNumber, Group]:
        groups = {}
        for table in tables:
            members = table.people("members")
            for member in members:
                if member not in accounts:
                    raise table.fail("members", f"{member} is no account of this file")
            owner = QQNumber(table.number("owner"))
            if owner not in members:
                raise table.fail("owner", f"{owner} is not among the members")
            number = GroupNumber(table.number("number"))
            groups[number] = Group(number, table.text("name"), owner, members, table.text("notice"))
        return groups


def _type_of(value: object) -> str:
    names = {bool: "true or false", int: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), type(value).__name__)
