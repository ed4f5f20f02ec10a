"""Changes to the own roster: signature, remark names, categories, masks, who is no friend any more.

Source: WebQQ protocol, set_long_nick2; edits.
"""

import sqlite3
from typing import Any

from webqq.gateway import friendnotes, registry
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.community import Account
from webqq.gateway.notes import FriendsChanged
from webqq.gateway.sessions import Login
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    CHANGE_MARK_NAME2,
    DELETE_FRIEND,
    MESSAGEFILTER,
    MODIFY_FRIEND_GROUP,
    SET_LONG_NICK2,
    UPDATE_GROUP_INFO2,
    DeleteFriendParams,
    GroupMarkParams,
    MarkNameParams,
    MasksParams,
    MoveFriendParams,
    Reply,
    SetLongNickParams,
)
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "SIGNATURE"]

SIGNATURE = 200
"""Most characters of a signature."""

_MASKS = range(3)


async def set_long_nick2(context: Context, params: SetLongNickParams) -> Reply[None]:
    """Changes the own signature."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    if len(params.nlk) > SIGNATURE:
        raise Refusal(RetCode.BAD_PARAMETER)

    def change(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        registry.set_signature(db, login.account, params.nlk)

    await context.services.change(login.account, change, accounts=[login.account])
    return Reply(RetCode.OK)


async def change_mark_name2(context: Context, params: MarkNameParams) -> Reply[None]:
    """Of a friend; an empty name takes the old one away."""
    login, friend = _friend(context, params.vfwebqq, params.tuin)
    await context.run(lambda db: friendnotes.mark_friend(db, login.account, friend.number, params.markname))
    return Reply(RetCode.OK)


async def modify_friend_group(context: Context, params: MoveFriendParams) -> Reply[None]:
    """Files a friend under one of the categories that there are."""
    login, friend = _friend(context, params.vfwebqq, params.tuin)
    if params.newid not in friendnotes.CATEGORIES:
        raise Refusal(RetCode.BAD_PARAMETER)
    await context.run(lambda db: friendnotes.move_friend(db, login.account, friend.number, params.newid))
    return Reply(RetCode.OK)


async def delete_friend(context: Context, params: DeleteFriendParams) -> Reply[None]:
    """Friendship is mutual, so both hear of its end."""
    login, friend = _friend(context, params.vfwebqq, params.tuin)

    def change(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        registry.unfriend(db, login.account, friend.number)

    tidings = [
        ([login.account], FriendsChanged(removed=(friend.number,))),
        ([friend.number], FriendsChanged(removed=(login.account,))),
    ]
    await context.services.change(login.account, change, tidings, accounts=[login.account, friend.number])
    return Reply(RetCode.OK)


async def update_group_info2(context: Context, params: GroupMarkParams) -> Reply[None]:
    """Changes the own remark name of a group."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    group = context.services.roster(login).group_of_code(params.gcode)
    if group is None:
        raise Refusal(RetCode.WRONG_GROUP_CODE)
    await context.run(lambda db: friendnotes.mark_group(db, login.account, group.number, params.markname))
    return Reply(RetCode.OK)


async def messagefilter(context: Context, params: MasksParams) -> Reply[None]:
    """Sets the masks of all groups at once; those that are not named have none. What is no gid is passed over: beside
    them stand a general mask and two numbers of login2.
    """
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    roster = context.services.roster(login)
    masks = []
    for name, text in params.itemlist.get("groupmask", {}).items():
        group = roster.group(int(name)) if name.isascii() and name.isdigit() and len(name) < 12 else None
        mask = int(text) if str(text) in map(str, _MASKS) else None
        if group is not None and mask is not None:
            masks.append((group.number, mask))
    await context.run(lambda db: friendnotes.mask_groups(db, login.account, masks))
    return Reply(RetCode.OK)


def _friend(context: Context, vfwebqq: str, tuin: int) -> tuple[Login, Account]:
    login = context.login(Purpose.VFWEBQQ, vfwebqq)
    friend = context.services.roster(login).friend(tuin)
    if friend is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return login, friend


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(SET_LONG_NICK2, set_long_nick2),
    Answer(CHANGE_MARK_NAME2, change_mark_name2),
    Answer(MODIFY_FRIEND_GROUP, modify_friend_group),
    Answer(DELETE_FRIEND, delete_friend),
    Answer(UPDATE_GROUP_INFO2, update_group_info2),
    Answer(MESSAGEFILTER, messagefilter),
)
