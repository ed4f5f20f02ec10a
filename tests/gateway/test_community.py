from pathlib import Path

import pytest

from webqq.gateway.community import read_community
from webqq.gateway.errors import CommunityError
from webqq.protocol.ids import GroupNumber, QQNumber

BOT, PERSON, THIRD = QQNumber(100200300), QQNumber(300400500), QQNumber(500600700)

GOOD = """
[[account]]
number = 100200300
nick = "机器人"
password = "p1"
friends = [300400500]
[[account]]
number = 300400500
nick = "小明"
password = "p2"
signature = "这是签名"
[[account]]
number = 500600700
nick = "<甲&乙>"
password = "p3"
[[group]]
number = 900100
name = "测试群"
owner = 300400500
members = [100200300, 300400500]
notice = "请文明发言"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "community.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_accounts_and_groups_are_read(tmp_path: Path) -> None:
    community = read_community(write(tmp_path, GOOD))
    assert list(community.accounts) == [BOT, PERSON, THIRD]
    assert community.accounts[PERSON].nick == "小明"
    assert community.accounts[PERSON].signature == "这是签名"
    group = community.groups[GroupNumber(900100)]
    assert (group.name, group.owner, group.members) == ("测试群", PERSON, (BOT, PERSON))
    assert group.notice == "请文明发言"


def test_friendship_is_mutual(tmp_path: Path) -> None:
    community = read_community(write(tmp_path, GOOD))
    assert community.accounts[BOT].friends == (PERSON,)
    assert community.accounts[PERSON].friends == (BOT,)
    assert community.accounts[THIRD].friends == ()


def test_friendship_named_by_both_is_one(tmp_path: Path) -> None:
    text = GOOD.replace('signature = "这是签名"', "friends = [100200300]")
    assert read_community(write(tmp_path, text)).accounts[PERSON].friends == (BOT,)


def test_one_knows_oneself_friends_and_members_of_common_groups(tmp_path: Path) -> None:
    text = GOOD.replace("friends = [300400500]", "friends = [500600700]")
    community = read_community(write(tmp_path, text))
    assert all(community.knows(BOT, other) for other in (BOT, PERSON, THIRD))
    assert not community.knows(PERSON, THIRD)
    assert [group.number for group in community.groups_of(PERSON)] == [900100]


def test_password_is_not_shown(tmp_path: Path) -> None:
    assert "p1" not in repr(read_community(write(tmp_path, GOOD)).accounts[BOT])


@pytest.mark.parametrize(
    ("old", "new", "where", "detail"),
    [
        ('nick = "小明"', 'nickname = "小明"', "[[account]] 2, nickname", "unknown key"),
        ('nick = "小明"\n', "", "[[account]] 2, nick", "is missing"),
        ('nick = "小明"', 'nick = " "', "[[account]] 2, nick", "is empty"),
        ('nick = "小明"', "nick = 5", "[[account]] 2, nick", "expected a text, got a number"),
        ('password = "p2"', 'password = ""', "[[account]] 2, password", "is empty"),
        ("number = 300400500", "number = 100200300", "[[account]] 2, number", "taken by [[account]] 1"),
        ("number = 300400500", "number = 12", "[[account]] 2, number", "expected 10000 to 4294967295"),
        ("number = 300400500", "number = true", "[[account]] 2, number", "got true or false"),
        ("friends = [300400500]", "friends = [7]", "[[account]] 1, friends", "7 is no account"),
        ("friends = [300400500]", "friends = [100200300]", "[[account]] 1, friends", "the account itself"),
        (
            "friends = [300400500]",
            "friends = [300400500, 300400500]",
            "[[account]] 1, friends",
            "300400500 stands in it twice",
        ),
        ("friends = [300400500]", "friends = ['小明']", "[[account]] 1, friends", "got a text"),
        ("friends = [300400500]", "friends = 300400500", "[[account]] 1, friends", "got a number"),
        ("owner = 300400500", "owner = 500600700", "[[group]] 1, owner", "not among the members"),
        ("members = [100200300", "members = [1", "[[group]] 1, members", "1 is no account"),
        ("members = [100200300, 300400500]", "", "[[group]] 1, members", "is missing"),
        ("[[group]]", "[[groups]]", "groups", "unknown"),
        ("[[group]]", "[group]", "group", "expected tables of the form [[group]]"),
    ],
)
def test_mistake_is_told_with_file_table_and_key(tmp_path: Path, old: str, new: str, where: str, detail: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(CommunityError) as caught:
        read_community(path)
    assert caught.value.where == where
    assert detail in caught.value.detail
    assert str(caught.value).startswith(f"{path}, {where}: ")


def test_group_number_twice_is_a_mistake(tmp_path: Path) -> None:
    group = GOOD[GOOD.index("[[group]]") :]
    with pytest.raises(CommunityError, match=r"\[\[group\]\] 2, number: 900100 is taken by \[\[group\]\] 1"):
        read_community(write(tmp_path, GOOD + group))


@pytest.mark.parametrize(
    ("text", "detail"), [("", r"has no \[\[account\]\]"), ("a = 1\nb = \n", "is no TOML: .* line 2")]
)
def test_file_without_a_community_is_a_mistake(tmp_path: Path, text: str, detail: str) -> None:
    with pytest.raises(CommunityError, match=detail):
        read_community(write(tmp_path, text))


def test_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CommunityError, match=r"missing\.toml: cannot be read: No such file"):
        read_community(tmp_path / "missing.toml")


def test_file_in_another_encoding_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "community.toml"
    path.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(CommunityError, match="is not in UTF-8"):
        read_community(path)
