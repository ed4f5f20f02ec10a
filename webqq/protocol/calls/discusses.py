"""The rows of discussions beside their list: one with its members, made, changed, left.

Names are plain text here. Source: WebQQ protocol, one discussion; edits.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, QQNumber, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import EntityText, Token

__all__ = [
    "CHANGE_DISCU_MEM",
    "CREATE_DISCU",
    "GET_DISCU_INFO",
    "MODIFY_DISCU_INFO",
    "QUIT_DISCU",
    "ChangeDiscussParams",
    "CreateDiscussParams",
    "CreateDiscussResult",
    "DiscussInfo",
    "DiscussInfoParams",
    "DiscussInfoResult",
    "DiscussMember",
    "DiscussNick",
    "DiscussState",
    "ModifyDiscussParams",
    "QuitDiscussParams",
]


class DiscussInfoParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_discu_info."""

    did: Did
    vfwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


class DiscussMember(Struct, frozen=True, kw_only=True):
    """A member; ``ruin`` is the real account number."""

    mem_uin: Uin
    ruin: QQNumber


class DiscussInfo(Struct, frozen=True, kw_only=True):
    """A discussion itself. ``info_seq`` grows when the membership changes."""

    did: Did
    discu_owner: Uin
    discu_name: EntityText = ""
    info_seq: int = 0
    mem_list: tuple[DiscussMember, ...] = ()


class DiscussState(Struct, frozen=True, kw_only=True):
    """A member who is online; ``status`` is one of :class:`webqq.protocol.status.Status`."""

    uin: Uin
    status: str
    client_type: int = 1


class DiscussNick(Struct, frozen=True, kw_only=True):
    """A member's nickname."""

    uin: Uin
    nick: EntityText


class DiscussInfoResult(Struct, frozen=True, kw_only=True):
    """A discussion with its members: ``mem_info`` in the order of ``mem_list``, ``mem_status`` lists those online."""

    info: DiscussInfo
    mem_status: tuple[DiscussState, ...] = ()
    mem_info: tuple[DiscussNick, ...] = ()


GET_DISCU_INFO = Call(
    name="get_discu_info",
    host=Host.DYNAMIC,
    path="/channel/get_discu_info",
    form=Form.QUERY,
    params=DiscussInfoParams,
    reply=ResultForm(DiscussInfoResult),
)
"""One discussion with its members."""


class CreateDiscussParams(Struct, frozen=True, kw_only=True):
    """Parameters of create_discu: whom it is made of.

    ``mem_list`` are friends; ``mem_list_u`` members of groups, ``mem_list_g`` the gid of each. ``code`` and
    ``verifysession`` are of a captcha.
    """

    discu_name: str
    mem_list: tuple[Uin, ...] = ()
    mem_list_u: tuple[Uin, ...] = ()
    mem_list_g: tuple[Gid, ...] = ()
    code: str = ""
    verifysession: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    vfwebqq: str = ""


class CreateDiscussResult(Struct, frozen=True, kw_only=True):
    """The new discussion."""

    did: Did


def _arrange_members(fields: JSONObject, flavour: Flavour) -> JSONObject:
    """Clients write the uins of members as strings."""
    lists = {name: value for name, value in fields.items() if isinstance(value, list | tuple)}
    return fields | {name: [str(uin) for uin in value] for name, value in lists.items()}


CREATE_DISCU = Call(
    name="create_discu",
    host=Host.DYNAMIC,
    path="/channel/create_discu",
    form=Form.ENVELOPE,
    params=CreateDiscussParams,
    reply=ResultForm(CreateDiscussResult),
    arrange=_arrange_members,
)
"""Makes a discussion (2013)."""


class ChangeDiscussParams(Struct, frozen=True, kw_only=True):
    """Parameters of change_discu_mem: whom to add, as :class:`CreateDiscussParams` says."""

    did: Did
    mem_list: tuple[Uin, ...] = ()
    mem_list_u: tuple[Uin, ...] = ()
    mem_list_g: tuple[Gid, ...] = ()
    code: str = ""
    verifysession: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    vfwebqq: str = ""


CHANGE_DISCU_MEM = Call(
    name="change_discu_mem",
    host=Host.DYNAMIC,
    path="/channel/change_discu_mem",
    form=Form.ENVELOPE,
    params=ChangeDiscussParams,
    reply=OkForm(),
    arrange=_arrange_members,
)
"""Adds members to a discussion (2013)."""


class ModifyDiscussParams(Struct, frozen=True, kw_only=True):
    """Parameters of modify_discu_info: the new name."""

    did: Did
    discu_name: str
    dtype: int = 1
    clientid: Token = ""
    psessionid: Token = ""
    vfwebqq: str = ""


MODIFY_DISCU_INFO = Call(
    name="modify_discu_info",
    host=Host.DYNAMIC,
    path="/channel/modify_discu_info",
    form=Form.ENVELOPE,
    params=ModifyDiscussParams,
    reply=OkForm(),
)
"""Renames a discussion (2013)."""


class QuitDiscussParams(Struct, frozen=True, kw_only=True):
    """Parameters of quit_discu."""

    did: Did
    clientid: Token = ""
    psessionid: Token = ""
    vfwebqq: str = ""
    t: str | None = None


QUIT_DISCU = Call(
    name="quit_discu",
    host=Host.DYNAMIC,
    path="/channel/quit_discu",
    form=Form.QUERY,
    params=QuitDiscussParams,
    reply=OkForm(),
)
"""Leaves a discussion (2013)."""
