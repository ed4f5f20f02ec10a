"""The cookies of a login, and the domains they are set for.

Under the service's names they are set for ``.qq.com`` and ``web2.qq.com``, as the service did and old clients' jars
expect; under any other name or address for that host alone. Source: WebQQ protocol, session tokens and cookies;
login; check_sig. Pure.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from webqq.protocol.cookies import serialize_uin_cookie
from webqq.protocol.flavour import COOKIE_DOMAIN, SERVICE_DOMAIN
from webqq.protocol.ids import QQNumber

__all__ = [
    "Cookie",
    "Labels",
    "gone_cookies",
    "is_service_host",
    "login_cookies",
    "sent_cookie",
    "service_cookies",
    "session_cookie",
    "skey_of",
    "superkey_of",
    "supertoken_of",
]

_READABLE = frozenset({"uin", "skey", "ptwebqq"})
"""The chat page, like the service's own, takes these from its cookies."""

Labels: TypeAlias = Callable[[str, int], str]
"""Gives the value of a cookie that clients only carry along, by its name and length."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set.

    :param domain: None for the host of the request alone.
    :param is_script_readable: whether the page's script needs it.
    :param is_gone: whether the client shall forget it.
    """

    name: str
    value: str
    domain: str | None
    is_script_readable: bool = False
    is_gone: bool = False


def skey_of(labels: Labels) -> str:
    """Return the value of the cookie ``skey``."""
    return "@" + labels("skey", 9)


def supertoken_of(labels: Labels) -> str:
    """Return the value of the cookie ``supertoken``."""
    return str(int(labels("supertoken", 8).encode().hex(), 16) % 2**32)


def superkey_of(labels: Labels) -> str:
    """Return the value of the cookie ``superkey``."""
    return labels("superkey", 43)


def is_service_host(host: str) -> bool:
    """Tell whether a Host header, with or without a port, names a host of the service."""
    name = host.rpartition(":")[0] if ":" in host else host
    return ("." + name.lower()).endswith(COOKIE_DOMAIN)


def sent_cookie(lines: Iterable[str], name: str) -> str:
    """Return the value of a cookie in a request's Cookie headers, or an empty text.

    Simple clients put one line together from all they were ever told, with attributes and what was forgotten meanwhile
    among it, and behind it what is as old as their source: the first that has a value is meant.
    """
    for pair in ";".join(lines).split(";"):
        key, _, value = pair.partition("=")
        if key.strip() == name and (value := value.strip().strip('"')):
            return value
    return ""


def login_cookies(host: str, account: QQNumber, ptwebqq: str, labels: Labels) -> Iterator[Cookie]:
    """Yield what a login, and again check_sig, sets, in the service's order: some clients count the lines, from the
    first or from the last.
    """
    domain = COOKIE_DOMAIN if is_service_host(host) else None
    uin = serialize_uin_cookie(account)
    values = {
        "pt2gguin": uin,
        "uin": uin,
        "skey": skey_of(labels),
        "superuin": uin,
        "superkey": superkey_of(labels),
        "supertoken": supertoken_of(labels),
        "ptui_loginuin": str(account),
        "RK": labels("RK", 10),
        "ptcz": labels("ptcz", 64),
        "ptisp": "os",
        "ptwebqq": ptwebqq,
    }
    for name, value in values.items():
        yield Cookie(name, value, domain, is_script_readable=name in _READABLE)


def session_cookie(host: str, name: str, value: str) -> Cookie:
    """Return a cookie that is there until the client is closed, such as ``qrsig``."""
    return Cookie(name, value, COOKIE_DOMAIN if is_service_host(host) else None)


def gone_cookies(host: str, *names: str) -> Iterator[Cookie]:
    """Yield what takes cookies of a login back."""
    for name in names:
        yield Cookie(name, "", COOKIE_DOMAIN if is_service_host(host) else None, is_gone=True)


def service_cookies(host: str, account: QQNumber, labels: Labels) -> Iterator[Cookie]:
    """Yield what check_sig alone sets, for the service's own domain."""
    domain = SERVICE_DOMAIN if is_service_host(host) else None
    values = {
        "p_uin": serialize_uin_cookie(account),
        "p_skey": labels("p_skey", 44),
        "pt4_token": labels("pt4_token", 44),
    }
    for name, value in values.items():
        yield Cookie(name, value, domain)
