"""The rows of changes to the own roster: remark names, categories, who is no friend any more, which groups are silent.

Source: WebQQ protocol, edits.
"""

from typing import Annotated

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import OkForm
from webqq.protocol.ids import Gid, GroupCode, Uin
from webqq.protocol.shape import JSONText

__all__ = [
    "CHANGE_MARK_NAME2",
    "DELETE_FRIEND",
    "MESSAGEFILTER",
    "MODIFY_FRIEND_GROUP",
    "UPDATE_GROUP_INFO2",
    "DeleteFriendParams",
    "GroupMarkParams",
    "MarkNameParams",
    "MasksParams",
    "MoveFriendParams",
    "group_masks",
]


class MarkNameParams(Struct, frozen=True, kw_only=True):
    """Parameters of change_mark_name2; an empty name takes the old one away."""

    tuin: Uin
    markname: str
    vfwebqq: str = ""


CHANGE_MARK_NAME2 = Call(
    name="change_mark_name2",
    host=Host.STATIC,
    path="/api/change_mark_name2",
    form=Form.FIELDS,
    params=MarkNameParams,
    reply=OkForm(),
)
"""Changes the own remark name of a friend."""


class GroupMarkParams(Struct, frozen=True, kw_only=True):
    """Parameters of update_group_info2."""

    gcode: GroupCode
    markname: str
    vfwebqq: str = ""


UPDATE_GROUP_INFO2 = Call(
    name="update_group_info2",
    host=Host.STATIC,
    path="/api/update_group_info2",
    form=Form.ENVELOPE,
    params=GroupMarkParams,
    reply=OkForm(),
)
"""Changes the own remark name of a group."""


class MoveFriendParams(Struct, frozen=True, kw_only=True):
    """Parameters of modify_friend_group; ``newid`` is the index of a category."""

    tuin: Uin
    newid: int
    vfwebqq: str = ""


MODIFY_FRIEND_GROUP = Call(
    name="modify_friend_group",
    host=Host.STATIC,
    path="/api/modify_friend_group",
    form=Form.FIELDS,
    params=MoveFriendParams,
    reply=OkForm(),
)
"""Moves a friend to another category."""


class DeleteFriendParams(Struct, frozen=True, kw_only=True):
    """Parameters of delete_friend; ``delType`` is 1 or 2, no source says what for."""

    tuin: Uin
    delType: int = 2  # noqa: N815  # the wire's own name
    vfwebqq: str = ""


DELETE_FRIEND = Call(
    name="delete_friend",
    host=Host.STATIC,
    path="/api/delete_friend",
    form=Form.FIELDS,
    params=DeleteFriendParams,
    reply=OkForm(),
)
"""Ends a friendship."""


class MasksParams(Struct, frozen=True, kw_only=True):
    """Parameters of messagefilter; :func:`group_masks` makes ``itemlist``.

    ``itemlist`` holds one object, ``groupmask``: the mask of each gid as text, and of all groups as ``cAll``; ``idx``
    and ``port`` are the ``index`` and ``port`` of login2.
    """

    retype: int = 1
    app: str = "EQQ"
    itemlist: Annotated[dict[str, dict[str, int | str]], JSONText]
    vfwebqq: str = ""


def group_masks(masks: dict[Gid, int], index: int, port: int) -> dict[str, dict[str, int | str]]:
    """Return the ``itemlist`` that sets the masks of groups, 0 for all to be told, 1 silently, 2 not at all.

    :param masks: of all groups whose mask is not 0, the changed ones among them. :param index: of login2.
    :param port: of login2.
    """
    texts: dict[str, int | str] = {str(gid): str(mask) for gid, mask in masks.items()}
    return {"groupmask": {**texts, "cAll": 0, "idx": index, "port": port}}


MESSAGEFILTER = Call(
    name="messagefilter",
    host=Host.CGI,
    path="/keycgi/qqweb/uac/messagefilter.do",
    form=Form.FIELDS,
    params=MasksParams,
    reply=OkForm(),
)
"""Sets which groups' messages come, and which silently."""
