"""The rows of the friends: the list, who is online, who was written to lately.

Names are plain text here. Lists may lack an entry for a person: join them by uin. Source: WebQQ protocol,
roster.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.profiles import Vip
from webqq.protocol.calls.replies import ResultForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import EntityText, Token

__all__ = [
    "GET_ONLINE_BUDDIES2",
    "GET_RECENT_LIST2",
    "GET_USER_FRIENDS2",
    "Category",
    "Friend",
    "FriendProfile",
    "FriendsParams",
    "FriendsResult",
    "MarkName",
    "OnlineBuddy",
    "OnlineParams",
    "RecentContact",
    "RecentParams",
]


class FriendsParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_user_friends2; ``hash`` is :func:`webqq.protocol.digests.friends_hash`."""

    vfwebqq: str = ""
    hash: str = ""


class Friend(Struct, frozen=True, kw_only=True):
    """A friend and the index of the category the friend is in."""

    uin: Uin
    categories: int = 0
    flag: int = 0


class MarkName(Struct, frozen=True, kw_only=True):
    """The own remark name of a friend."""

    uin: Uin
    markname: EntityText
    type: int = 0


class Category(Struct, frozen=True, kw_only=True):
    """A category of friends. Index 0, 我的好友, is normally not listed."""

    index: int
    sort: int = 0
    name: EntityText


class FriendProfile(Struct, frozen=True, kw_only=True):
    """A friend's nickname and system avatar number."""

    uin: Uin
    nick: EntityText
    face: int = 0
    flag: int = 0


class FriendsResult(Struct, frozen=True, kw_only=True):
    """All friends. ``friends`` gives members and order; the other lists may lack some of them."""

    friends: tuple[Friend, ...] = ()
    marknames: tuple[MarkName, ...] = ()
    categories: tuple[Category, ...] = ()
    vipinfo: tuple[Vip, ...] = ()
    info: tuple[FriendProfile, ...] = ()


def _arrange_friends(fields: JSONObject, flavour: Flavour) -> JSONObject:
    return {"h": "hello", **fields} if flavour is Flavour.WEBQQ_2013 else fields


GET_USER_FRIENDS2 = Call(
    name="get_user_friends2",
    host=Host.STATIC,
    path="/api/get_user_friends2",
    form=Form.ENVELOPE,
    params=FriendsParams,
    reply=ResultForm(FriendsResult),
    arrange=_arrange_friends,
)
"""All friends; code 50 means a wrong hash."""


class OnlineParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_online_buddies2."""

    vfwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


class OnlineBuddy(Struct, frozen=True, kw_only=True):
    """A friend who is not offline; ``status`` is one of :class:`webqq.protocol.status.Status`."""

    uin: Uin
    status: str
    client_type: int = 1


GET_ONLINE_BUDDIES2 = Call(
    name="get_online_buddies2",
    host=Host.DYNAMIC,
    path="/channel/get_online_buddies2",
    form=Form.QUERY,
    params=OnlineParams,
    reply=ResultForm(tuple[OnlineBuddy, ...]),
    only={"vfwebqq": Flavour.SMARTQQ_2016},
)
"""Who is online. It must be called once before the first poll; it also tells whether a session still lives.
"""


class RecentParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_recent_list2."""

    vfwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""


class RecentContact(Struct, frozen=True, kw_only=True):
    """Somebody written to lately: ``type`` 0 a friend's uin, 1 a gid, 2 a did."""

    uin: int
    type: int


GET_RECENT_LIST2 = Call(
    name="get_recent_list2",
    host=Host.DYNAMIC,
    path="/channel/get_recent_list2",
    form=Form.ENVELOPE,
    params=RecentParams,
    reply=ResultForm(tuple[RecentContact, ...]),
)
"""Whom one wrote with lately, latest first."""
