"""A whole community as one JSON document, to keep or to take elsewhere.

::

    {
      "format": "webqq-community",
      "version": 1,
      "accounts": [
        {"number": 100200300, "nick": "...", "signature": "...", "friends": [300400500],
         "password": {"argon2": "$argon2id$...", "sealed_key": "gAAAA..."}}
      ],
      "groups": [
        {"number": 900100, "name": "...", "owner": 300400500, "members": [100200300, 300400500], "notice": "..."}
      ]
    }

Friendship is mutual, so one side is enough. ``signature``, ``friends``, ``notice``, ``groups`` and ``sealed_key`` may
be left out, and unknown keys are mistakes. No password stands in it in clear: ``argon2`` is its hash, and
``sealed_key`` what the protocol's login needs beside it, encrypted under the gateway's ``server.key`` and worthless
without (:mod:`.vault`). A later form has a higher version. Reads and writes text; keeps nothing. Pure.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar

import msgspec

from webqq.gateway.community import NUMBERS, Account, Community, Group
from webqq.gateway.errors import ArchiveError
from webqq.gateway.vault import Secret
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["parse_archive", "serialize_archive"]

_FORMAT = "webqq-community"
_VERSION = 1

T = TypeVar("T")

# The PHC form, with costs that a gateway can bear: up to 1 GiB and 16 passes.
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$v=\d{1,3}\$m=(?P<memory>\d{1,7}),t=(?P<passes>\d{1,2}),p=\d{1,2}"
    r"\$[A-Za-z0-9+/]{11,88}\$[A-Za-z0-9+/]{16,172}"
)
_MEMORY_KIB = 2**20
_PASSES = 16

_SEALED = re.compile(r"[A-Za-z0-9_=-]{0,512}")


class _Password(msgspec.Struct, forbid_unknown_fields=True):
    argon2: str
    sealed_key: str = ""


class _Account(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    nick: str
    password: _Password
    signature: str = ""
    friends: list[int] = []


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    name: str
    owner: int
    members: list[int]
    notice: str = ""


class _Head(msgspec.Struct):
    """What tells whether the rest can be read."""

    format: Literal["webqq-community"]
    version: int


class _Archive(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    accounts: list[_Account]
    groups: list[_Group] = []


def serialize_archive(community: Community, secrets: Mapping[QQNumber, Secret]) -> bytes:
    """Return the document, for people to read. Inverse of :func:`parse_archive`."""
    accounts = [
        _Account(
            number=account.number,
            nick=account.nick,
            signature=account.signature,
            friends=list(account.friends),
            password=_Password(secrets[account.number].argon2, secrets[account.number].sealed_key.decode()),
        )
        for account in community.accounts.values()
    ]
    groups = [
        _Group(group.number, group.name, group.owner, list(group.members), group.notice)
        for group in community.groups.values()
    ]
    document = _Archive(_FORMAT, _VERSION, accounts, groups)
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def parse_archive(text: bytes) -> tuple[Community, dict[QQNumber, Secret]]:
    """Return what a document holds.

    :raises ArchiveError: it is no such document, of a later version, or has a mistake; the error says where in it.
    """
    head = _decode(text, _Head)
    if head.version != _VERSION:
        raise ArchiveError("version", f"expected {_VERSION}, got {head.version}; a newer webqq wrote it")
    document = _decode(text, _Archive)
    if not document.accounts:
        raise ArchiveError("accounts", "is empty")
    _check_numbers("accounts", [account.number for account in document.accounts])
    _check_numbers("groups", [group.number for group in document.groups])
    friends = _friends(document.accounts)
    accounts = dict(_accounts(document.accounts, friends))
    groups = dict(_groups(document.groups, accounts))
    secrets = {
        QQNumber(account.number): Secret(account.password.argon2, account.password.sealed_key.encode())
        for account in document.accounts
    }
    return Community(accounts, groups), secrets


def _decode(text: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=form)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        raise ArchiveError(where.strip(".`"), what.lower()) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchiveError("", f"is no JSON: {error}") from error


def _check_numbers(name: str, numbers: Sequence[int]) -> None:
    seen: dict[int, int] = {}
    for place, number in enumerate(numbers):
        where = f"{name}[{place}].number"
        if number not in NUMBERS:
            raise ArchiveError(where, f"expected {NUMBERS.start} to {NUMBERS.stop - 1}, got {number}")
        if number in seen:
            raise ArchiveError(where, f"{number} is taken by {name}[{seen[number]}]")
        seen[number] = place


def _friends(accounts: Sequence[_Account]) -> dict[int, dict[int, None]]:
    """Return the friends of each, named by either side."""
    found: dict[int, dict[int, None]] = {account.number: {} for account in accounts}
    for place, account in enumerate(accounts):
        for at, friend in enumerate(account.friends):
            where = f"accounts[{place}].friends[{at}]"
            if friend == account.number:
                raise ArchiveError(where, f"{friend} is the account itself")
            if friend not in found:
                raise ArchiveError(where, f"{friend} is no account of this file")
            found[account.number][friend] = found[friend][account.number] = None
    return found


def _accounts(accounts: Sequence[_Account], friends: Mapping[int, Iterable[int]]) -> Iterator[tuple[QQNumber, Account]]:
    for place, account in enumerate(accounts):
        if not account.nick.strip():
            raise ArchiveError(f"accounts[{place}].nick", "is empty")
        _check_password(f"accounts[{place}].password", account.password)
        number = QQNumber(account.number)
        mates = tuple(QQNumber(friend) for friend in friends[number])
        yield number, Account(number, account.nick, "", mates, account.signature)


def _check_password(where: str, password: _Password) -> None:
    found = _ARGON2.fullmatch(password.argon2)
    if found is None:
        raise ArchiveError(f"{where}.argon2", "expected an argon2 hash of the form $argon2id$v=...")
    if int(found["memory"]) > _MEMORY_KIB or int(found["passes"]) > _PASSES:
        raise ArchiveError(f"{where}.argon2", f"costs more than {_MEMORY_KIB} KiB or {_PASSES} passes to check")
    if _SEALED.fullmatch(password.sealed_key) is None:
        raise ArchiveError(f"{where}.sealed_key", "expected up to 512 letters, digits, -, _ and =")


def _groups(groups: Sequence[_Group], accounts: Container[int]) -> Iterator[tuple[GroupNumber, Group]]:
    for place, group in enumerate(groups):
        where = f"groups[{place}]"
        if not group.name.strip():
            raise ArchiveError(f"{where}.name", "is empty")
        for at, member in enumerate(group.members):
            if member not in accounts:
                raise ArchiveError(f"{where}.members[{at}]", f"{member} is no account of this file")
            if member in group.members[:at]:
                raise ArchiveError(f"{where}.members[{at}]", f"{member} stands in it twice")
        if group.owner not in group.members:
            raise ArchiveError(f"{where}.owner", f"{group.owner} is not among the members")
        number = GroupNumber(group.number)
        members = tuple(QQNumber(member) for member in group.members)
        yield number, Group(number, group.name, QQNumber(group.owner), members, group.notice)
