"""What a login leaves behind: the tokens of a session, and the cookies that go with them."""

from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar

from webqq.protocol.flavour import COOKIE_DOMAIN, Flavour
from webqq.protocol.ids import QQNumber

__all__ = ["Session", "cookie_value", "make_cookie", "set_ptwebqq"]


@dataclass(slots=True)
class Session:
    """A session as login2 opened it. The tokens are as good as the password while it lives.

    ``ptwebqq`` may be empty and is replaced by code 116; the others last as long as the session. ``index`` and
    ``port`` number the message server; direct files and group masks name them. ``mark`` tells one login from another:
    aliases are good as long as it is the same.
    """

    account: QQNumber
    clientid: str = field(repr=False)
    psessionid: str = field(repr=False)
    vfwebqq: str = field(repr=False)
    ptwebqq: str = field(repr=False)
    nick: str = ""
    index: int = field(default=0, repr=False)
    port: int = field(default=0, repr=False)
    flavour: Flavour = field(default=Flavour.WEBQQ_2013, repr=False)
    mark: str = field(default="", repr=False)


def cookie_value(jar: CookieJar, name: str) -> str:
    """Return the value of the cookie called ``name``, whichever host set it; empty where there is none."""
    return next((cookie.value or "" for cookie in jar if cookie.name == name), "")


def set_ptwebqq(jar: CookieJar, value: str) -> None:
    """Take over the ptwebqq that came with code 116 as the cookie, too (WebQQ protocol, poll return codes)."""
    jar.set_cookie(make_cookie("ptwebqq", value, COOKIE_DOMAIN))


def make_cookie(
    name: str, value: str, domain: str, path: str = "/", *, secure: bool = False, expires: int | None = None
) -> Cookie:
    """Return a cookie as a server would have set it.

    :param domain: with a dot in front, for all hosts below it; else for that host alone.
    :param expires: seconds since the epoch; ``None`` for as long as the session lasts.
    """
    has_dot = domain.startswith(".")
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=has_dot,
        domain_initial_dot=has_dot,
        path=path,
        path_specified=True,
        secure=secure,
        expires=expires,
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest={},
    )
