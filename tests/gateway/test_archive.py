import json
from typing import Any

import pytest

from tests.gateway.helpers import BOT, CHEAP, GROUP, PASSWORDS, PERSON, THIRD, small_community
from webqq.gateway.archive import parse_archive, serialize_archive
from webqq.gateway.errors import ArchiveError
from webqq.gateway.vault import Vault

VAULT = Vault(bytes(32), CHEAP)
SECRETS = {number: VAULT.protect(number, password) for number, password in PASSWORDS.items()}


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(serialize_archive(small_community(), SECRETS))
    return found


def test_what_is_written_is_read_back() -> None:
    community, secrets = parse_archive(serialize_archive(small_community(), SECRETS))
    assert secrets == SECRETS
    assert community.groups == small_community().groups
    assert list(community.accounts) == list(small_community().accounts)
    assert community.accounts[BOT].friends == (PERSON,)


def test_no_password_stands_in_it() -> None:
    text = serialize_archive(small_community(), SECRETS).decode()
    assert not any(password in text for password in PASSWORDS.values() if password != "third")
    assert document()["accounts"][2]["password"].keys() == {"argon2", "sealed_key"}


def test_what_may_be_left_out_is_empty() -> None:
    least = document()
    for account in least["accounts"]:
        del account["signature"], account["friends"], account["password"]["sealed_key"]
    del least["groups"]
    community, secrets = parse_archive(json.dumps(least).encode())
    assert (community.accounts[BOT].friends, community.groups, secrets[BOT].sealed_key) == ((), {}, b"")


def test_friendship_that_one_side_names_is_mutual() -> None:
    one = document()
    one["accounts"][2]["friends"] = [int(BOT)]
    assert parse_archive(json.dumps(one).encode())[0].accounts[BOT].friends == (PERSON, THIRD)


@pytest.mark.parametrize(
    ("path", "value", "where", "detail"),
    [
        (("format",), "other", "format", "invalid enum value"),
        (("version",), 2, "version", "expected 1, got 2; a newer webqq"),
        (("accounts",), [], "accounts", "is empty"),
        (("accounts", 1, "number"), 12, "accounts[1].number", "expected 10000 to 4294967295, got 12"),
        (("accounts", 1, "number"), int(BOT), "accounts[1].number", "is taken by accounts[0]"),
        (("accounts", 1, "number"), "x", "accounts[1].number", "expected `int`, got `str`"),
        (("accounts", 1, "nick"), " ", "accounts[1].nick", "is empty"),
        (("accounts", 1, "nik"), "x", "accounts[1]", "unknown field `nik`"),
        (("accounts", 0, "friends"), [1], "accounts[0].friends[0]", "1 is no account of this file"),
        (("accounts", 0, "friends"), [int(BOT)], "accounts[0].friends[0]", "is the account itself"),
        (("accounts", 0, "password", "argon2"), "clear", "accounts[0].password.argon2", "expected an argon2 hash"),
        (
            ("accounts", 0, "password", "argon2"),
            "$argon2id$v=19$m=9999999,t=2,p=1$aaaaaaaaaaaaaaaa$aaaaaaaaaaaaaaaaaaaaaaaa",
            "accounts[0].password.argon2",
            "costs more than",
        ),
        (("accounts", 0, "password", "sealed_key"), "ä", "accounts[0].password.sealed_key", "expected up to 512"),
        (("groups", 0, "owner"), 700800900, "groups[0].owner", "is not among the members"),
        (("groups", 0, "members"), [1], "groups[0].members[0]", "1 is no account of this file"),
        (("groups", 0, "members"), [int(BOT), int(BOT)], "groups[0].members[1]", "stands in it twice"),
        (("groups", 0, "name"), "", "groups[0].name", "is empty"),
        (("groups", 0, "number"), 1, "groups[0].number", "expected 10000"),
    ],
)
def test_mistake_is_told_with_its_place(path: tuple[Any, ...], value: object, where: str, detail: str) -> None:
    broken: Any = document()
    target = broken
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(ArchiveError) as caught:
        parse_archive(json.dumps(broken).encode())
    assert caught.value.where == where
    assert detail in caught.value.detail


@pytest.mark.parametrize("text", [b"", b"{", b"\xff"])
def test_what_is_no_json_is_told(text: bytes) -> None:
    with pytest.raises(ArchiveError, match="is no JSON"):
        parse_archive(text)


@pytest.mark.parametrize("text", [b"[]", b"[" * 100_000, b'{"format": ' * 100_000])
def test_value_of_another_kind_is_told(text: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"expected `(object|str)`, got"):
        parse_archive(text)


def test_group_is_read_with_its_number() -> None:
    assert list(parse_archive(json.dumps(document()).encode())[0].groups) == [GROUP]
