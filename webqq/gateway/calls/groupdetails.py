"""The rarely used calls of 2013 about one group: what is public, the notice, who is online, the own card.

Source: WebQQ protocol, rarely used.
"""

from typing import Any

from webqq.gateway import members
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.calls.roster import member_states
from webqq.gateway.community import Group
from webqq.gateway.members import MemberDetails
from webqq.gateway.roster import Roster
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    GET_GROUP_INFO,
    GET_GROUP_MEMBER_STAT2,
    GET_GROUP_PUBLIC_INFO2,
    GET_SELF_BUSINESS_CARD2,
    UPDATE_GROUP_BUSINESS_CARD2,
    BusinessCard,
    GroupCodeParams,
    GroupMemo,
    GroupMemoParams,
    MemberStatesResult,
    PublicGroupInfo,
    PublicGroupResult,
    Reply,
    UpdateCardParams,
)
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "CARD", "GROUP_MEMBERS"]

GROUP_MEMBERS = 500
"""How many members clients are told that a group may have; nobody counts here."""

CARD = 60
"""Most characters of a field of a card."""


async def get_group_public_info2(context: Context, params: GroupCodeParams) -> Reply[PublicGroupResult]:
    """Of a group that one is not in, too, if one knows its code or its number."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    roster, searches = context.services.roster(login), context.services.searches
    group = roster.group_of_code(params.gcode)
    if group is None:
        # Else the numbers could be tried one after the other.
        if not searches.has_one(login.account):
            raise Refusal(RetCode.REFUSED)
        searches.take(login.account)
        group = roster.any_group(params.gcode)
    if group is None:
        raise Refusal(RetCode.WRONG_GROUP_CODE)
    info = PublicGroupInfo(
        gid=roster.gid(group.number),
        code=roster.code(group.number),
        name=group.name,
        owner=roster.uin(group.owner),
        member_cnt=len(group.members),
        maxmember=max(GROUP_MEMBERS, len(group.members)),
        option=2,
    )
    return Reply(RetCode.OK, PublicGroupResult(ginfo=info))


async def get_group_info(context: Context, params: GroupMemoParams) -> Reply[tuple[GroupMemo, ...]]:
    """The notices of own groups; codes of others are passed over."""
    roster = context.services.roster(context.login(Purpose.VFWEBQQ, params.vfwebqq))
    groups = [group for code in params.gcode if (group := roster.group_of_code(code)) is not None]
    return Reply(RetCode.OK, tuple(GroupMemo(gid=roster.gid(group.number), memo=group.notice) for group in groups))


async def get_group_member_stat2(context: Context, params: GroupCodeParams) -> Reply[MemberStatesResult]:
    """Who of an own group is online."""
    roster, group = _own_group(context, params.vfwebqq, params.gcode)
    return Reply(RetCode.OK, MemberStatesResult(stats=member_states(context, roster, group)))


async def get_self_business_card2(context: Context, params: GroupCodeParams) -> Reply[BusinessCard]:
    """The own card in an own group."""
    roster, group = _own_group(context, params.vfwebqq, params.gcode)
    own = roster.account.number
    details = (await context.run(lambda db: members.read(db, group.number))).get(own, MemberDetails())
    card = BusinessCard(
        muin=roster.uin(own),
        gcode=params.gcode,
        name=details.card,
        phone=details.phone,
        email=details.email,
        remark=details.remark,
        gender=details.gender,
    )
    return Reply(RetCode.OK, card)


async def update_group_business_card2(context: Context, params: UpdateCardParams) -> Reply[None]:
    """Changes it, all fields at once."""
    roster, group = _own_group(context, params.vfwebqq, params.gcode)
    own = roster.account.number
    texts = {"card": params.name, "phone": params.phone, "email": params.email, "remark": params.remark}
    if any(len(text) > CARD for text in texts.values()) or params.gender not in range(256):
        raise Refusal(RetCode.BAD_PARAMETER)
    await context.run(lambda db: members.set_card(db, group.number, own, **texts, gender=params.gender))
    return Reply(RetCode.OK)


def _own_group(context: Context, vfwebqq: str, gcode: int) -> tuple[Roster, Group]:
    roster = context.services.roster(context.login(Purpose.VFWEBQQ, vfwebqq))
    group = roster.group_of_code(gcode)
    if group is None:
        raise Refusal(RetCode.WRONG_GROUP_CODE)
    return roster, group


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GET_GROUP_PUBLIC_INFO2, get_group_public_info2),
    Answer(GET_GROUP_INFO, get_group_info),
    Answer(GET_GROUP_MEMBER_STAT2, get_group_member_stat2),
    Answer(GET_SELF_BUSINESS_CARD2, get_self_business_card2),
    Answer(UPDATE_GROUP_BUSINESS_CARD2, update_group_business_card2),
)
