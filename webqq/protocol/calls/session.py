"""The rows of a session's life: getvfwebqq, login2, change_status2, get_msg_tip, logout2.

Source: WebQQ protocol, session; change_status2; get_msg_tip.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import Token
from webqq.protocol.status import Status

__all__ = [
    "CHANGE_STATUS2",
    "GETVFWEBQQ",
    "GET_MSG_TIP",
    "LOGIN2",
    "LOGOUT2",
    "ChangeStatusParams",
    "GetVfwebqqParams",
    "GetVfwebqqResult",
    "Login2Params",
    "Login2Result",
    "LogoutParams",
    "MsgTipParams",
]


class GetVfwebqqParams(Struct, frozen=True, kw_only=True):
    """Parameters of getvfwebqq; ``t`` is a random fraction."""

    ptwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


class GetVfwebqqResult(Struct, frozen=True, kw_only=True):
    """The token of all calls to the static host (2016)."""

    vfwebqq: str


GETVFWEBQQ = Call(
    name="getvfwebqq",
    host=Host.STATIC,
    path="/api/getvfwebqq",
    form=Form.QUERY,
    params=GetVfwebqqParams,
    reply=ResultForm(GetVfwebqqResult),
)
"""Gives the vfwebqq to use in 2016; the one of login2 is wrong there."""


class Login2Params(Struct, frozen=True, kw_only=True):
    """Parameters of login2. With a live ``psessionid`` it renews the link of that session.

    ``status`` is any :class:`webqq.protocol.status.Status` but offline; the service's page calls it
    ``state`` when it renews, and both are read.
    """

    ptwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    status: str | None = None
    state: str | None = None
    passwd_sig: str | None = None

    @property
    def wanted_status(self) -> str:
        """The status asked for, under whichever name; online if none is."""
        return self.status or self.state or Status.ONLINE


class Login2Result(Struct, frozen=True, kw_only=True):
    """A session. ``psessionid`` goes with all calls to the dynamic host, ``vfwebqq`` (2013) with the static
    ones.

    ``cip`` is the client's IPv4 address as a number, ``index`` and ``port`` number the message server.
    """

    uin: QQNumber
    cip: int = 0
    index: int = 0
    port: int = 0
    psessionid: str
    status: str = Status.ONLINE
    vfwebqq: str = ""
    user_state: int = 0
    f: int = 0


def _arrange_login2(fields: JSONObject, flavour: Flavour) -> JSONObject:
    """2013 clients send an empty passwd_sig with every login2."""
    return {"passwd_sig": "", **fields} if flavour is Flavour.WEBQQ_2013 else fields


LOGIN2 = Call(
    name="login2",
    host=Host.DYNAMIC,
    path="/channel/login2",
    form=Form.ENVELOPE,
    params=Login2Params,
    reply=ResultForm(Login2Result),
    arrange=_arrange_login2,
)
"""Opens a session, or renews the link of one."""


class ChangeStatusParams(Struct, frozen=True, kw_only=True):
    """Parameters of change_status2; ``newstatus`` is one of :class:`webqq.protocol.status.Status`."""

    newstatus: str
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


CHANGE_STATUS2 = Call(
    name="change_status2",
    host=Host.DYNAMIC,
    path="/channel/change_status2",
    form=Form.QUERY,
    params=ChangeStatusParams,
    reply=OkForm(),
)
"""Changes the own presence; offline logs out."""


class LogoutParams(Struct, frozen=True, kw_only=True):
    """Parameters of logout2."""

    ids: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


LOGOUT2 = Call(
    name="logout2",
    host=Host.DYNAMIC,
    path="/channel/logout2",
    form=Form.QUERY,
    params=LogoutParams,
    reply=OkForm(),
)
"""Ends a session (2013)."""


class MsgTipParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_msg_tip: ``rc`` counts the heartbeats, ``lv`` is 2 or 3; none has an influence."""

    uin: str = ""
    tp: str = "1"
    id: str = "0"
    retype: str = "1"
    rc: str = "0"
    lv: str = "3"
    t: str | None = None


GET_MSG_TIP = Call(
    name="get_msg_tip",
    host=Host.WEB,
    path="/web2/get_msg_tip",
    form=Form.QUERY,
    params=MsgTipParams,
    reply=OkForm(),
)
"""The heartbeat of 2013, once a minute while polling; the answer says nothing."""
