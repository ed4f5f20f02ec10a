"""Lists of the service become friends, groups and members."""

from tests.client.service import CODE, FRIEND, FRIENDS, GROUP, GROUP_INFO, GROUPS, OTHER
from webqq.client.contacts import (
    Discussion,
    Friend,
    Group,
    Member,
    RosterChange,
    categories_of,
    changes,
    discussions_of,
    friends_of,
    groups_of,
    members_of,
    members_of_discussion,
)
from webqq.protocol.calls import (
    Category,
    DiscussesResult,
    DiscussInfo,
    DiscussInfoResult,
    DiscussMember,
    DiscussName,
    DiscussNick,
    FriendsResult,
    GroupMask,
    GroupsResult,
)
from webqq.protocol.calls import Friend as WireFriend
from webqq.protocol.ids import Did, QQNumber, Uin


def test_friends_are_joined_from_the_lists():
    assert list(friends_of(FRIENDS).values()) == [Friend(FRIEND, "小明"), Friend(OTHER, "小红", "王红", 1)]


def test_friend_may_be_missing_in_any_list():
    [friend] = friends_of(FriendsResult(friends=(WireFriend(uin=FRIEND),))).values()
    assert friend.name == str(FRIEND)


def test_own_name_for_a_friend_comes_before_the_nick():
    assert [friend.name for friend in friends_of(FRIENDS).values()] == ["小明", "王红"]


def test_groups_are_joined_from_the_lists():
    [group] = groups_of(GROUPS).values()
    assert group == Group(GROUP, CODE, "测试群", "我的测试群")
    assert (group.name, Group(GROUP, CODE, "测试群").name, Group(GROUP, CODE).name) == (
        "我的测试群",
        "测试群",
        str(GROUP),
    )


def test_members_are_joined_from_the_lists():
    members = members_of(GROUP_INFO)
    assert members[FRIEND] == Member(FRIEND, "小明", "组长", is_admin=True, is_owner=True)
    assert [member.name for member in members.values()] == ["组长", "机器人"]
    assert Member(FRIEND).name == str(FRIEND)


def test_first_category_has_its_name_although_it_is_not_listed():
    result = FriendsResult(categories=(Category(index=2, sort=2, name="家人"), Category(index=1, sort=1, name="朋友")))
    assert list(categories_of(result).items()) == [(0, "我的好友"), (1, "朋友"), (2, "家人")]


def test_mask_of_a_group_is_taken_over():
    result = GroupsResult(gmasklist=(GroupMask(gid=GROUP, mask=2),), gnamelist=GROUPS.gnamelist)
    assert groups_of(result)[GROUP].mask == 2


def test_discussions_and_their_members_are_joined():
    did = Did(3900000001)
    listed = DiscussesResult(dnamelist=(DiscussName(did=did, name="周末爬山"), DiscussName(did=Did(5), name="")))
    assert [each.name for each in discussions_of(listed).values()] == ["周末爬山", "5"]
    assert discussions_of(listed)[did] == Discussion(did, "周末爬山")
    info = DiscussInfoResult(
        info=DiscussInfo(
            did=did, discu_owner=FRIEND, mem_list=(DiscussMember(mem_uin=FRIEND, ruin=QQNumber(200300401)),)
        ),
        mem_info=(DiscussNick(uin=FRIEND, nick="小明"),),
    )
    assert members_of_discussion(info)[FRIEND] == Member(FRIEND, "小明", is_owner=True, account=QQNumber(200300401))


def test_changes_name_who_came_went_and_has_another_name():
    before = {FRIEND: Friend(FRIEND, "小明"), OTHER: Friend(OTHER, "小红")}
    after = {FRIEND: Friend(FRIEND, "大明"), Uin(5): Friend(Uin(5), "新")}
    change = changes(before, after, {GROUP: Group(GROUP, CODE, "一")}, {})
    assert change == RosterChange(
        added_friends=(after[Uin(5)],),
        removed_friends=(before[OTHER],),
        renamed_friends=(after[FRIEND],),
        removed_groups=(Group(GROUP, CODE, "一"),),
    )
    assert not changes(before, before, {}, {})
