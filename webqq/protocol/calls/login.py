"""The rows of the password login: login page, check, getimage, login, check_sig.

Source: WebQQ protocol, password login (2013).
"""

import re
from urllib.parse import urlsplit

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host, WireRequest
from webqq.protocol.calls.replies import BytesForm, JSForm, NoneForm, Reply
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import USER_AGENT, Flavour
from webqq.protocol.jscall import escape_salt, parse_salt
from webqq.protocol.jsontext import without_halves
from webqq.protocol.retcodes import RetCode
from webqq.protocol.text import escape, unescape

__all__ = [
    "CHECK",
    "CHECK_SIG",
    "GETIMAGE",
    "LOGIN",
    "LOGIN_PAGE",
    "PTUI_CB",
    "CheckParams",
    "CheckResult",
    "CheckSigParams",
    "GetImageParams",
    "LoginPageParams",
    "LoginPageResult",
    "LoginParams",
    "LoginResult",
    "check_sig_request",
    "login_page_params",
    "read_code",
]


class LoginPageParams(Struct, frozen=True, kw_only=True):
    """The query of the login page; :func:`login_page_params` gives a flavour's."""

    daid: str = "164"
    target: str = "self"
    style: str = "5"
    mibao_css: str = "m_webqq"
    appid: str = "1003903"
    enable_qlogin: str = "0"
    no_verifyimg: str = "1"
    s_url: str = "http://web2.qq.com/loginproxy.html"
    f_url: str = "loginerroralert"
    strong_login: str = "1"
    login_state: str = "10"
    t: str = "20130723001"


def login_page_params(flavour: Flavour) -> LoginPageParams:
    """Return the query with which clients of a flavour open the login page."""
    return LoginPageParams(style=str(flavour.style), appid=str(flavour.appid), s_url=flavour.landing)


class LoginPageResult(Struct, frozen=True, kw_only=True):
    """What clients take from the login page. ``login_sig`` may be empty; go on all the same."""

    login_sig: str
    appid: str = "1003903"
    pt_version: str = "10040"
    mibao_css: str = "m_webqq"
    daid: str = "164"


_PAGE_VARIABLE = re.compile(r"""\bvar g_(\w+)\s*=\s*encodeURIComponent\("([^"]*)"\)""")
_PAGE_TOKEN = re.compile(r"[\w*~.-]*", re.ASCII)


class _PageForm:
    """The login page: script variables and a hidden field in an otherwise empty document.

    Clients search it with patterns that know the service's own blanks: one after ``g_appid``, which is older than the
    hidden field, and one before the field's slash.
    """

    def parse(self, raw: bytes, call: str) -> Reply[LoginPageResult]:
        found = dict(_PAGE_VARIABLE.findall(raw.decode("utf-8", "replace")))
        names = LoginPageResult.__struct_fields__
        return Reply(RetCode.OK, LoginPageResult(**({"login_sig": ""} | {n: found[n] for n in names if n in found})))

    def serialize(self, reply: Reply[LoginPageResult], flavour: Flavour) -> bytes:
        page = reply.result or LoginPageResult(login_sig="")
        pairs: dict[str, str] = {name: getattr(page, name) for name in LoginPageResult.__struct_fields__}
        for name, value in pairs.items():
            if not _PAGE_TOKEN.fullmatch(value):
                raise ValueError(f"{name} must be letters, digits and -_*~. only, to stand in a script")
        blanks = {"appid": " "}
        script = "".join(
            f'var g_{name}{blanks.get(name, "")}=encodeURIComponent("{value}");' for name, value in pairs.items()
        )
        field = f'<input type="hidden" name="aid" value="{page.appid}" />'
        return f"<!DOCTYPE html><html><head><script>{script}</script></head><body>{field}</body></html>".encode()


LOGIN_PAGE = Call(
    name="login_page",
    host=Host.LOGIN_PAGE,
    path="/cgi-bin/login",
    aliases=("/cgi-bin/xlogin",),
    form=Form.QUERY,
    params=LoginPageParams,
    reply=_PageForm(),
)
"""The page a login begins with; it sets cookies and gives ``login_sig``."""


class CheckParams(Struct, frozen=True, kw_only=True):
    """Parameters of check. The oldest clients send ``uin``, ``appid`` and ``r`` only.

    ``uin`` is the account as typed, ``r`` a random fraction. ``pt_tea`` announces the RSA/TEA digest; the fields after
    it came with the last clients.
    """

    uin: str
    appid: str = "1003903"
    u1: str = "http://web2.qq.com/loginproxy.html"
    login_sig: str = ""
    js_ver: str = "10040"
    js_type: str = "0"
    r: str = ""
    pt_tea: str | None = None
    regmaster: str | None = None
    pt_vcode: str | None = None
    pt_uistyle: str | None = None
    pt_jstoken: str | None = None


class CheckResult(Struct, frozen=True, kw_only=True):
    """Whether a captcha is needed.

    ``code`` is the verify code to log in with, or, where a captcha is needed, a token for getimage.
    ``salt`` are the 8 raw bytes for the digest. The other two exist from 2014 on, ``randsalt`` some months after
    ``verifysession``, and go back with login.
    """

    needs_captcha: bool
    code: str
    salt: bytes
    verifysession: str | None = None
    randsalt: str | None = None


def _read_check(args: tuple[str, ...], call: str) -> Reply[CheckResult]:
    if not 3 <= len(args) <= 5:
        raise MalformedMessage(call, "", f"expected 3 to 5 arguments, got {len(args)}")
    if args[0] not in ("0", "1"):
        return Reply(read_code(args[0], call))
    session = dict(zip(("verifysession", "randsalt"), args[3:], strict=False))
    salt = parse_salt(args[2])
    return Reply(0, CheckResult(needs_captcha=args[0] == "1", code=args[1], salt=salt, **session))


def _write_check(reply: Reply[CheckResult]) -> tuple[str, ...]:
    result = reply.result
    if result is None:
        return (str(reply.retcode), "", "")
    args = ("1" if result.needs_captcha else "0", result.code, escape_salt(result.salt))
    if result.verifysession is None:
        return args
    return (*args, result.verifysession, *(() if result.randsalt is None else (result.randsalt,)))


def read_code(text: str, call: str) -> int:
    """Return the number that an argument of a JavaScript call holds."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise MalformedMessage(call, "code", "expected a number between the quotes")
    return int(text)


CHECK = Call(
    name="check",
    host=Host.CHECK,
    path="/check",
    form=Form.QUERY,
    params=CheckParams,
    reply=JSForm("ptui_checkVC", _read_check, _write_check),
)
"""Asks whether an account needs a captcha to log in. Any code but 0 is fatal."""


class GetImageParams(Struct, frozen=True, kw_only=True):
    """Parameters of getimage: the account, a random ``r``, and the token of check from 2014 on."""

    uin: str
    aid: str = "1003903"
    r: str = ""
    cap_cd: str | None = None


GETIMAGE = Call(
    name="getimage",
    host=Host.CAPTCHA,
    path="/getimage",
    form=Form.QUERY,
    params=GetImageParams,
    reply=BytesForm(),
)
"""The captcha, a JPEG; it sets the cookie ``verifysession``."""


class LoginParams(Struct, frozen=True, kw_only=True):
    """Parameters of login: the account ``u``, the digest ``p``, the ``verifycode``.

    Clients from before 2013 send no ``daid``, and know no check_sig. The rest has no influence.
    """

    u: str
    p: str
    verifycode: str
    webqq_type: str = "10"
    remember_uin: str = "1"
    login2qq: str = "1"
    aid: str = "1003903"
    u1: str = "http://www.qq.com/loginproxy.html?login2qq=1&webqq_type=10"
    h: str = "1"
    ptredirect: str = "0"
    ptlang: str = "2052"
    daid: str | None = None
    from_ui: str = "1"
    pttype: str = "1"
    dumy: str = ""
    fp: str = "loginerroralert"
    action: str = "4-5-8246"
    mibao_css: str = "m_webqq"
    t: str = "1"
    g: str = "1"
    js_type: str = "0"
    js_ver: str = "10040"
    login_sig: str = ""
    pt_uistyle: str | None = None
    pt_randsalt: str | None = None
    pt_vcode_v1: str | None = None
    pt_verifysession_v1: str | None = None


class LoginResult(Struct, frozen=True, kw_only=True):
    """What ptuiCB says beside its code.

    ``sub`` 2 beside code 4 means that the page expired. ``url`` is the check_sig URL of a success. ``text``
    is for the person; ``nick`` the own nickname, or the account after a failure.
    """

    text: str
    nick: str = ""
    url: str = ""
    sub: int = 0
    flag: int = 0

    @property
    def is_frozen(self) -> bool:
        """Whether the account is frozen although the code is 0; ``url`` tells the person why."""
        return (urlsplit(self.url).hostname or "") == "aq.qq.com"


def _read_login(args: tuple[str, ...], call: str) -> Reply[LoginResult]:
    if len(args) not in (5, 6):
        raise MalformedMessage(call, "", f"expected 5 or 6 arguments, got {len(args)}")
    code, sub, url, flag, text = args[:5]
    result = LoginResult(
        text=unescape(without_halves(text)),
        nick=unescape(args[5]) if len(args) == 6 else "",
        url=url,
        sub=read_code(sub, call),
        flag=read_code(flag, call),
    )
    return Reply(read_code(code, call), result)


def _write_login(reply: Reply[LoginResult]) -> tuple[str, ...]:
    result = reply.result or LoginResult(text="")
    return (
        str(reply.retcode),
        str(result.sub),
        result.url,
        str(result.flag),
        _quotable(result.text),
        _quotable(result.nick),
    )


def _quotable(text: str) -> str:
    """Write as entities what cannot stand between single quotes either."""
    return (
        escape(without_halves(text))
        .replace("'", "&#39;")
        .replace("\\", "&#92;")
        .replace("\r", "&#13;")
        .replace("\n", "&#10;")
    )


PTUI_CB = JSForm("ptuiCB", _read_login, _write_login)
"""Answer of login and of ptqrlogin."""

LOGIN = Call(
    name="login",
    host=Host.PTLOGIN,
    path="/login",
    form=Form.QUERY,
    params=LoginParams,
    reply=PTUI_CB,
)
"""Logs in with a password. The reply's code is one of :class:`webqq.protocol.retcodes.LoginCode`."""


class CheckSigParams(Struct, frozen=True, kw_only=True):
    """Query of the URL that a login ends with; the client calls it unchanged.

    ``ptsig`` proves a password login, ``ptsigx`` one by QR code or a resumed one; ``service`` says which it was:
    login, ptqrlogin, jump or pt4_auth. ``s_url`` is the page to go on to.
    """

    pttype: str = "1"
    uin: str
    service: str = "login"
    nodirect: str = "0"
    ptsig: str | None = None
    ptsigx: str | None = None
    s_url: str
    f_url: str = ""
    ptlang: str = "2052"
    ptredirect: str = "100"
    aid: str = "1003903"
    daid: str = "164"
    j_later: str = "0"
    low_login_hour: str = "0"
    regmaster: str = "0"
    pt_login_type: str | None = None
    pt_aid: str | None = None
    pt_aaid: str | None = None
    pt_light: str | None = None
    pt_3rd_aid: str | None = None

    @property
    def proof(self) -> str:
        """The signature, under whichever name; empty if there is none."""
        return self.ptsig or self.ptsigx or ""


CHECK_SIG = Call(
    name="check_sig",
    host=Host.CHECK_SIG,
    path="/check_sig",
    form=Form.QUERY,
    params=CheckSigParams,
    # Clients of 2014 take anything else for a failure.
    reply=NoneForm(success=b"0"),
)
"""Sets the cookies of the service's domain and redirects to ``s_url``. A gateway makes its URL with
``request``.
"""


def check_sig_request(url: str, flavour: Flavour) -> WireRequest:
    """Return the request for the check_sig URL that login gave.

    :raises MalformedMessage: it is no http or https URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise MalformedMessage("login", "url", "expected an http or https URL")
    return WireRequest("GET", url, {"User-Agent": USER_AGENT, "Referer": flavour.ptlogin_referer})
