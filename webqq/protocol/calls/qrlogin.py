"""The rows of the login by QR code, of a login resumed without one, and of its end: ptqrshow, ptqrlogin, pt4_auth,
logout.

The second half of each login, the check_sig URL, is a row of :mod:`.login`. Source: WebQQ protocol, QR-code login
(2016); resume without scanning; logout.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.login import PTUI_CB_LINE, LoginResult, read_code
from webqq.protocol.calls.replies import BytesForm, JSForm, NoneForm, Reply
from webqq.protocol.digests import hash33, time33
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import COOKIE_DOMAIN, Flavour
from webqq.protocol.retcodes import LoginCode

__all__ = [
    "PT4_AUTH",
    "PTLOGOUT",
    "PTQRLOGIN",
    "PTQRSHOW",
    "QR_TEXTS",
    "Pt4AuthParams",
    "Pt4AuthResult",
    "PtlogoutParams",
    "PtqrloginParams",
    "PtqrshowParams",
    "pt4_auth_params",
    "ptlogout_params",
    "ptqrlogin_params",
    "qr_reply",
    "resumed_check_sig_url",
]


class PtqrshowParams(Struct, frozen=True, kw_only=True):
    """Parameters of ptqrshow: ``t`` is a random fraction, ``s`` the size of the picture; the rest has no influence."""

    appid: str = "501004106"
    e: str = "0"
    l: str = "M"  # noqa: E741  # the wire's own name
    s: str = "5"
    d: str = "72"
    v: str = "4"
    t: str = ""
    daid: str | None = None
    pt_3rd_aid: str | None = None


PTQRSHOW = Call(
    name="ptqrshow",
    host=Host.PTLOGIN,
    path="/ptqrshow",
    form=Form.QUERY,
    params=PtqrshowParams,
    reply=BytesForm(),
)
"""The code to scan, a PNG, good for about two minutes; it sets the cookie ``qrsig``."""


class PtqrloginParams(Struct, frozen=True, kw_only=True):
    """Parameters of ptqrlogin; :func:`ptqrlogin_params` makes them. ``ptqrtoken`` came in 2017."""

    ptqrtoken: int | None = None
    webqq_type: str = "10"
    remember_uin: str = "1"
    login2qq: str = "1"
    aid: str = "501004106"
    daid: str = "164"
    u1: str = "http://w.qq.com/proxy.html?login2qq=1&webqq_type=10"
    h: str | None = None
    ptredirect: str = "0"
    ptlang: str = "2052"
    from_ui: str = "1"
    pttype: str = "1"
    dumy: str = ""
    fp: str = "loginerroralert"
    action: str = "0-0-0"
    mibao_css: str = "m_webqq"
    t: str = "1"
    g: str = "1"
    js_type: str = "0"
    js_ver: str = "10233"
    login_sig: str = ""
    pt_randsalt: str = "0"
    pt_uistyle: str | None = None


def ptqrlogin_params(qrsig: str, login_sig: str = "", elapsed_ms: int = 0) -> PtqrloginParams:
    """Return the parameters that ask what became of a picture.

    :param qrsig: the cookie that came with the picture. :param login_sig: of the login page, or empty.
    :param elapsed_ms: milliseconds since the page was opened; any number does.
    """
    return PtqrloginParams(ptqrtoken=hash33(qrsig), login_sig=login_sig, action=f"0-0-{elapsed_ms}")


PTQRLOGIN = Call(
    name="ptqrlogin",
    host=Host.PTLOGIN,
    path="/ptqrlogin",
    form=Form.QUERY,
    params=PtqrloginParams,
    reply=PTUI_CB_LINE,
)
"""Tells at once what became of the picture; asked again every few seconds. What to do about the reply's code tells
:func:`webqq.protocol.retcodes.qr_reaction`.
"""

QR_TEXTS: Mapping[LoginCode, str] = MappingProxyType(
    {
        LoginCode.OK: "登录成功！",
        LoginCode.QR_EXPIRED: "二维码已失效。",
        LoginCode.QR_WAITING: "二维码未失效。",
        LoginCode.QR_SCANNED: "二维码认证中。",
    }
)
"""Texts of ptqrlogin. Some clients tell the states by them and not by the code."""


def qr_reply(code: LoginCode, number: int, url: str = "", nick: str = "") -> Reply[LoginResult]:
    """Return the answer of ptqrlogin for one of :data:`QR_TEXTS`.

    :param number: any; the service puts one in brackets behind the text while there is no success.
    :param url: the check_sig URL, with a success. :param nick: the own nickname, with a success.
    """
    text = QR_TEXTS[code] + (f"({number})" if code is not LoginCode.OK else "")
    return Reply(code, LoginResult(text=text, nick=nick, url=url))


class Pt4AuthParams(Struct, frozen=True, kw_only=True):
    """Parameters of pt4_auth; :func:`pt4_auth_params` makes them. Who is meant tells the cookie ``superuin``."""

    daid: str = "164"
    appid: str = "501004106"
    auth_token: int


def pt4_auth_params(supertoken: str) -> Pt4AuthParams:
    """Return the parameters that ask whether the login of this cookie ``supertoken`` can be resumed."""
    return Pt4AuthParams(auth_token=time33(supertoken))


class Pt4AuthResult(Struct, frozen=True, kw_only=True):
    """The check_sig URL of a login that can be resumed, before :func:`resumed_check_sig_url`; else empty."""

    url: str = ""


def _read_pt4_auth(args: tuple[str, ...], call: str) -> Reply[Pt4AuthResult]:
    if len(args) != 2:
        raise MalformedMessage(call, "", f"expected 2 arguments, got {len(args)}")
    return Reply(read_code(args[0], call), Pt4AuthResult(url=args[1]))


def _write_pt4_auth(reply: Reply[Pt4AuthResult]) -> tuple[str, ...]:
    return str(reply.retcode), reply.result.url if reply.result else ""


PT4_AUTH = Call(
    name="pt4_auth",
    host=Host.PTLOGIN,
    path="/pt4_auth",
    form=Form.QUERY,
    params=Pt4AuthParams,
    reply=JSForm("ptui_auth_CB", _read_pt4_auth, _write_pt4_auth, semicolon=False),
)
"""Resumes a login without a scan; any code but 0 means that there is nothing to resume."""


def resumed_check_sig_url(url: str, flavour: Flavour = Flavour.SMARTQQ_2016) -> str:
    """Return the check_sig URL to call after pt4_auth gave ``url``: where to go on to is for the client to add.

    :raises MalformedMessage: it is not the URL of a check_sig of the service; log in from the beginning.
    """
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(COOKIE_DOMAIN) or parts.path != "/check_sig" or not parts.query:
        raise MalformedMessage("pt4_auth", "url", "expected the URL of a check_sig")
    return f"{url}&regmaster=&aid={flavour.appid}&s_url={quote(flavour.landing, safe='')}"


class PtlogoutParams(Struct, frozen=True, kw_only=True):
    """Parameters of the logout of ptlogin2; :func:`ptlogout_params` makes them."""

    pt4_token: str = ""
    pt4_hkey: int
    pt4_ptcz: int
    deep_logout: str = "1"


def ptlogout_params(pt4_token: str, skey: str, ptcz: str) -> PtlogoutParams:
    """Return the parameters that end the login of these three cookies."""
    return PtlogoutParams(pt4_token=pt4_token, pt4_hkey=time33(skey), pt4_ptcz=hash33(ptcz))


PTLOGOUT = Call(
    name="ptlogout",
    host=Host.PTLOGOUT,
    path="/logout",
    form=Form.QUERY,
    params=PtlogoutParams,
    reply=NoneForm(),
    referer=lambda fields, flavour: flavour.page,
)
"""Ends a login, as clients of 2016 do that do not just drop their cookies; the answer says nothing."""
