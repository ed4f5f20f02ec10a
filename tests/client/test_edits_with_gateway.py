"""What an account changes, asks for and manages at the gateway, and what the others hear of it; in both flavours."""

from contextlib import AsyncExitStack

import pytest

from tests.client.town import Resident, Town
from tests.gateway.helpers import until
from webqq.client import CallFailed, DiscussChat, GroupChat, Outcome, StrangerChat
from webqq.protocol.events import (
    BuddyListChange,
    BuddyRequest,
    BuddyStatus,
    BuddyVerifiedAdded,
    DiscussMessage,
    GroupAdmin,
    GroupJoinAgreed,
    GroupJoinDenied,
    GroupJoined,
    GroupJoinRequest,
    GroupLeft,
    GroupMessage,
    InputNotify,
    SessionMessage,
    Shake,
    Tips,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Gid, QQNumber, Uin
from webqq.protocol.retcodes import EcCode
from webqq.protocol.status import Status

FLAVOURS = pytest.mark.parametrize("flavour", list(Flavour))


async def at_home(stack: AsyncExitStack, town: Town, *accounts: QQNumber, flavour: Flavour) -> list[Resident]:
    return [await stack.enter_async_context(town.resident(each, flavour=flavour)) for each in accounts]


def friend_of(resident: Resident) -> Uin:
    """The alias of the only friend."""
    [uin] = resident.client.roster.friends
    return uin


def group_of(resident: Resident) -> Gid:
    """The alias of the only group."""
    [gid] = resident.client.roster.groups
    return gid


async def member_of(resident: Resident, nick: str) -> Uin:
    members = await resident.client.roster.members(group_of(resident), refresh=True)
    [uin] = [member.uin for member in members.values() if member.nick.startswith(nick)]
    return uin


@FLAVOURS
def test_status_and_signature_are_seen_by_a_friend(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=flavour)
            await owner.client.edits.set_status(Status.AWAY)
            await until(lambda: [event.status for event in friend.all(BuddyStatus)][-1:] == ["away"])
            assert await friend.client.roster.status(friend_of(friend)) == "away"
            await owner.client.edits.set_signature("签<名> & 😀")
            assert await friend.client.roster.signature(friend_of(friend)) == "签<名> & 😀"
            assert (await owner.client.roster.own_profile()).lnick == "签<名> & 😀"

    town.play(script)


@FLAVOURS
def test_marks_categories_and_masks_are_kept(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with town.resident(house.owner, flavour=flavour) as owner:
            edits, roster = owner.client.edits, owner.client.roster
            friend, group = friend_of(owner), group_of(owner)
            category = [*roster.categories][-1]
            await edits.mark_friend(friend, "老<友>")
            await edits.move_friend(friend, category)
            await edits.mark_group(group, "我的 & 群")
            await edits.mask_group(group, 2)
            await roster.refresh()
            assert (roster.friends[friend].name, roster.friends[friend].category) == ("老<友>", category)
            assert (roster.groups[group].name, roster.groups[group].mask) == ("我的 & 群", 2)
            await edits.mark_friend(friend, "")
            await edits.mask_group(group, 0)
            await roster.refresh()
            assert roster.friends[friend].name == f"朋友 {house.friend}"
            assert roster.groups[group].mask == 0

    town.play(script)


@FLAVOURS
def test_friend_feels_a_shake_and_sees_typing(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=flavour)
            await owner.client.edits.notify_typing(friend_of(owner))
            await owner.client.edits.shake(friend_of(owner))
            assert (await friend.next(InputNotify)).from_uin == friend_of(friend)
            assert (await friend.next(Shake)).from_uin == friend_of(friend)

    town.play(script)


@FLAVOURS
def test_friendship_ends_for_both(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=flavour)
            gone = friend_of(friend)
            await owner.client.edits.remove_friend(friend_of(owner))
            change = await friend.next(BuddyListChange)
            assert [each.uin for each in change.removed_friends] == [gone]
            for each in (owner, friend):
                await each.client.roster.refresh()
                assert not each.client.roster.friends

    town.play(script)


@FLAVOURS
def test_who_asks_to_be_a_friend_is_accepted_with_a_name_and_a_category(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, member = await at_home(stack, town, house.owner, house.member, flavour=flavour)
            found = await member.client.roster.stranger(await member_of(member, "主人"))
            await member.client.edits.ask_friend(house.owner, found.token, "我是<成员>")
            request = await owner.next(BuddyRequest)
            assert (request.account, request.msg) == (house.member, "我是<成员>")
            await owner.client.edits.accept_friend(request, category=1, markname="新友")
            assert (await member.next(BuddyVerifiedAdded)).account == house.owner
            await owner.next(BuddyListChange)
            chat = await owner.client.roster.find("新友")
            assert (await owner.client.send(chat, "欢迎")).outcome is Outcome.SENT
            await until(lambda: member.client.roster.friends or member.got)
            await member.client.roster.refresh()
            assert [each.nick for each in member.client.roster.friends.values()] == [f"主人 {house.owner}"]

    town.play(script)


@FLAVOURS
def test_who_asks_to_be_a_friend_may_be_refused(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, member = await at_home(stack, town, house.owner, house.member, flavour=flavour)
            found = await member.client.roster.stranger(await member_of(member, "主人"))
            await member.client.edits.ask_friend(house.owner, found.token)
            await owner.client.edits.refuse_friend(await owner.next(BuddyRequest), "不认识")
            assert "不认识" in (await member.next(Tips)).tips
            with pytest.raises(CallFailed):
                await member.client.edits.add_friend(house.owner, found.token)

    town.play(script)


@FLAVOURS
def test_discussion_is_made_renamed_left_and_talked_in(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=flavour)
            did = await owner.client.edits.create_discussion("讨论", [friend_of(owner)])
            await owner.client.edits.rename_discussion(did, "<新>名")
            assert (await owner.client.roster.discussions())[did].name == "<新>名"
            assert (await owner.client.send(DiscussChat(did), "大家好")).outcome is Outcome.SENT
            heard = await friend.next(DiscussMessage)
            assert heard.content.text == "大家好"
            member = await friend.client.roster.discussion_member(heard.did, heard.send_uin)
            assert member.name == f"主人 {house.owner}"
            await friend.client.edits.leave_discussion(heard.did)
            assert not await friend.client.roster.discussions()
            members = await owner.client.roster.discussion_members(did, refresh=True)
            assert [each.account for each in members.values()] == [house.owner]
            await owner.client.edits.invite_to_discussion(did, [friend_of(owner)])
            assert len(await owner.client.roster.discussion_members(did)) == 2

    town.play(script)


@FLAVOURS
def test_strangers_of_a_group_talk_to_each_other(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, member = await at_home(stack, town, house.owner, house.member, flavour=flavour)
            chat = StrangerChat(await member_of(owner, "成员"), group_of(owner))
            assert (await owner.client.send(chat, "在吗")).outcome is Outcome.SENT
            heard = await member.next(SessionMessage)
            assert (heard.content.text, heard.ruin, heard.id) == ("在吗", house.owner, group_of(member))
            back = StrangerChat(heard.from_uin, heard.id, heard.service_type)
            assert (await member.client.send(back, "在")).outcome is Outcome.SENT
            assert (await owner.next(SessionMessage)).content.text == "在"

    town.play(script)


# Group management.


@FLAVOURS
def test_lists_of_groups_friends_and_members_are_those_of_the_community(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with town.resident(house.owner, flavour=flavour) as owner:
            management = owner.client.management
            groups = await management.groups()
            assert [(each.gc, each.gn, each.owner) for each in groups.create] == [
                (house.group, house.group_name, house.owner)
            ]
            assert groups.join == groups.manage == ()
            friends = await management.friends()
            assert [each.uin for each in friends.result[0].mems] == [house.friend]
            members = await management.members(house.group)
            assert [(each.uin, each.role) for each in members] == [
                (house.owner, 0),
                (house.friend, 2),
                (house.member, 2),
            ]

    town.play(script)


@FLAVOURS
def test_owner_makes_administrators_who_give_cards(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=flavour)
            with pytest.raises(CallFailed) as refused:
                await friend.client.management.set_card(house.group, house.member, "无权")
            assert refused.value.retcode == EcCode.NO_PERMISSION
            await owner.client.management.set_admin(house.group, house.friend, True)
            told = await friend.next(GroupAdmin)
            assert (told.op_type, told.t_uin, told.t_gcode) == (1, house.friend, house.group)
            await friend.client.management.set_card(house.group, house.member, "<名片>")
            uin = await member_of(owner, "成员")
            assert (await owner.client.roster.member(group_of(owner), uin)).name == "<名片>"
            await owner.client.management.set_card(house.group, house.member, "")
            members = await owner.client.roster.members(group_of(owner), refresh=True)
            assert members[uin].name == f"成员 {house.member}"
            await owner.client.management.set_admin(house.group, house.friend, False)
            assert (await friend.next(GroupAdmin)).op_type == 0

    town.play(script)


@FLAVOURS
def test_who_is_silenced_is_not_heard_until_let_speak(
    town: Town, flavour: Flavour, expect_log, monkeypatch: pytest.MonkeyPatch
):
    house = town.house()
    monkeypatch.setattr("webqq.client.outbox.REPEAT_PAUSE", 0.0)
    expect_log("webqq.client", "message to group .*: failed")

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=flavour)
            management, group = owner.client.management, GroupChat(group_of(friend))
            await management.mute(house.group, [house.friend], 60)
            assert (await friend.client.send(group, "一")).outcome is Outcome.FAILED
            await management.mute(house.group, [house.friend], 0)
            await management.mute_all(house.group, True)
            assert (await friend.client.send(group, "二")).outcome is Outcome.FAILED
            await management.mute_all(house.group, False)
            assert (await friend.client.send(group, "三")).outcome is Outcome.SENT
            assert (await owner.next(GroupMessage)).content.text == "三"

    town.play(script)


@FLAVOURS
def test_member_is_removed_asks_again_and_is_let_in_or_not(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, member = await at_home(stack, town, house.owner, house.member, flavour=flavour)
            group = member.client.roster.group(group_of(member))
            await owner.client.management.kick(house.group, [house.member])
            left = await member.next(GroupLeft)
            assert left.is_removal
            assert left.gid == group.gid
            assert (await owner.next(GroupLeft)).is_removal
            await member.client.edits.join_group(house.group, "让我<进>来")
            request = await owner.next(GroupJoinRequest)
            assert (request.msg, request.t_gcode) == ("让我<进>来", house.group)
            await owner.client.edits.refuse_member(request, "满了")
            assert (await member.next(GroupJoinDenied)).msg == "满了"
            await member.client.edits.join_group(house.group)
            await owner.client.edits.accept_member(await owner.next(GroupJoinRequest))
            await member.next(GroupJoinAgreed)
            await member.next(GroupJoined)
            await member.client.roster.refresh()
            assert group_of(member) == group.gid
            await member.client.edits.leave_group(group.gid)
            assert not (await owner.next(GroupLeft)).is_removal

    town.play(script)


@FLAVOURS
def test_friend_is_invited_and_members_sign_in(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=flavour)
            await friend.client.edits.leave_group(group_of(friend))
            await owner.next(GroupLeft)
            await owner.client.management.invite(house.group, [house.friend])
            await friend.next(GroupJoined)
            await owner.client.management.sign_in(house.group)
            signed = await friend.client.management.sign_in(house.group)
            assert (signed.is_sign, signed.rank, signed.today_count) == (1, 2, 2)

    town.play(script)


@FLAVOURS
def test_group_tells_of_itself_and_keeps_the_own_card(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, member = await at_home(stack, town, house.owner, house.member, flavour=flavour)
            details, group = member.client.group_details, group_of(member)
            for name in (group, house.group):
                public = await details.public(name)
                assert (public.name, public.member_cnt, public.gid) == (house.group_name, 3, group)
            assert await details.notice(group) == ""
            assert sorted(await details.online(group)) == sorted([Uin(house.member), await member_of(member, "主人")])
            await details.set_own_card(group, name="<卡>", phone="1", email="a@b", remark="注", gender=2)
            card = await details.own_card(group)
            assert (card.name, card.phone, card.email, card.remark, card.gender) == ("<卡>", "1", "a@b", "注", 2)
            assert (await member.client.roster.member(group, Uin(house.member))).name == "<卡>"
            listed = await owner.client.management.member_list(house.group)
            assert (listed.owner, listed.cards) == (house.owner, {house.member: "<卡>"})

    town.play(script)


@FLAVOURS
def test_account_is_searched_for_and_has_a_level(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with town.resident(house.owner, flavour=flavour) as owner:
            found = await owner.client.roster.search(house.member)
            assert (found.account, found.nick) == (house.member, f"成员 {house.member}")
            await owner.client.edits.ask_friend(house.member, found.token)
            with pytest.raises(CallFailed):
                await owner.client.roster.search(QQNumber(10_001))
            level = await owner.client.roster.level(friend_of(owner))
            assert (level.tuin, level.level >= 0) == (friend_of(owner), True)

    town.play(script)
