"""Who is there, run in the browser without a gateway."""

import json

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import SAMPLES

DISCUSSION_SAMPLES = ("get_discus_list", "get_discu_info")


def test_discussions_and_their_members_are_read(js: Scripts):
    lists = [json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["result"] for name in DISCUSSION_SAMPLES]
    found = js(
        """
        const { parseDiscussions, parseDiscussionMembers } = await import("/js/roster.js");
        return [parseDiscussions(args[0]), parseDiscussionMembers(args[1])];
        """,
        *lists,
    )
    discussions, members = found
    assert discussions[0] == discussions[0] | {"kind": "discussion", "did": 3900000001, "key": "discussion-3900000001"}
    assert members[0] == members[0] | {"uin": 3100000001, "name": "小明", "role": "owner"}


def test_roster_joins_lists_by_uin_and_adds_the_first_category(js: Scripts):
    result = json.loads((SAMPLES / "get_user_friends2.json").read_text("utf-8"))["result"]
    found = js("""const { parseFriends } = await import("/js/roster.js"); return parseFriends(args[0]);""", result)
    assert [category["index"] for category in found["categories"]] == [0, 1, 2, 3]
    assert [(friend["nick"], friend["mark"], friend["category"]) for friend in found["friends"]] == [
        ("小明", "王小明", 0),
        ("Alice & Bob", "", 1),
    ]


def test_group_members_have_cards_roles_and_presence(js: Scripts):
    result = json.loads((SAMPLES / "get_group_info_ext2.json").read_text("utf-8"))["result"]
    found = js("""const { parseMembers } = await import("/js/roster.js"); return parseMembers(args[0]);""", result)
    assert [(member["name"], member["role"], member["presence"]) for member in found] == [
        ("小明", "owner", "online"),
        ("甲同学", "admin", "busy"),
        ("测试号", "member", "online"),
    ]
