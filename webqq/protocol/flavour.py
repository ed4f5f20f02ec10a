"""The two flavours of the service and what is constant in each: hosts, numbers, referers.

Source: WebQQ protocol, constants and requests.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["COOKIE_DOMAIN", "SERVICE_DOMAIN", "USER_AGENT", "Flavour", "flavour_of_host"]

COOKIE_DOMAIN = ".qq.com"
"""Domain of the cookies of a login."""

SERVICE_DOMAIN = "web2.qq.com"
"""Domain of the cookies ``p_skey``, ``p_uin`` and ``pt4_token``, which check_sig sets."""

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0"
"""A browser's name. The static host answers 100101 to a request that has none."""

_PTLOGIN_REFERER = (
    "https://ui.ptlogin2.qq.com/cgi-bin/login?daid=164&target=self&style={style}&mibao_css=m_webqq&appid={appid}"
    "&enable_qlogin=0&no_verifyimg=1&s_url={s_url}&f_url=loginerroralert&strong_login=1&login_state=10&t={t}"
)


@dataclass(frozen=True, slots=True)
class _Constants:
    appid: int
    style: int
    login_js_ver: int
    clientid: str | None
    dynamic_host: str
    static_proxy: str
    dynamic_proxy: str
    landing: str
    page: str
    s_url: str
    referer_t: str


class Flavour(Enum):
    """One of the two forms of the protocol. What differs between them and is constant is an attribute."""

    WEBQQ_2013 = _Constants(
        appid=1003903,
        style=5,
        login_js_ver=10040,
        clientid=None,
        dynamic_host="d.web2.qq.com",
        static_proxy="proxy.html?v=20110412001&callback=1&id=1",
        dynamic_proxy="proxy.html?v=20110331002&callback=1&id=2",
        landing="http://web2.qq.com/loginproxy.html",
        page="http://web2.qq.com/webqq.html",
        s_url="http%3A%2F%2Fweb2.qq.com%2Floginproxy.html",
        referer_t="20130723001",
    )
    SMARTQQ_2016 = _Constants(
        appid=501004106,
        style=16,
        login_js_ver=10233,
        clientid="53999199",
        dynamic_host="d1.web2.qq.com",
        static_proxy="proxy.html?v=20130916001&callback=1&id=1",
        dynamic_proxy="proxy.html?v=20151105001&callback=1&id=2",
        landing="http://w.qq.com/proxy.html",
        page="http://w.qq.com/",
        s_url="http%3A%2F%2Fw.qq.com%2Fproxy.html",
        referer_t="20131024001",
    )

    @property
    def appid(self) -> int:
        """The ``appid`` or ``aid`` of the login calls."""
        return self.value.appid

    @property
    def daid(self) -> int:
        """The ``daid`` of the login calls, the same in both."""
        return 164

    @property
    def style(self) -> int:
        """The login page's ``style``."""
        return self.value.style

    @property
    def login_js_ver(self) -> int:
        """The ``js_ver`` of the login calls. The service did not check it."""
        return self.value.login_js_ver

    @property
    def clientid(self) -> str | None:
        """The ``clientid`` that every client sends, or ``None`` where each makes a random number of 8
        digits.
        """
        return self.value.clientid

    @property
    def static_host(self) -> str:
        """Host of the ``/api`` calls, the same in both."""
        return "s.web2.qq.com"

    @property
    def dynamic_host(self) -> str:
        """Host of the ``/channel`` calls. A gateway tells the flavours apart by it."""
        return self.value.dynamic_host

    @property
    def landing(self) -> str:
        """URL of the page a login ends at: the ``u1`` of check, and the base of ``s_url``."""
        return self.value.landing

    @property
    def page(self) -> str:
        """URL of the chat page: the Referer of pictures, uploads and the logout of ptlogin2."""
        return self.value.page

    @property
    def ptlogin_referer(self) -> str:
        """Referer of all ptlogin2 calls: the login page with its query."""
        constants = self.value
        return _PTLOGIN_REFERER.format(
            style=constants.style, appid=constants.appid, s_url=constants.s_url, t=constants.referer_t
        )

    def static_referer(self, scheme: str = "http") -> str:
        """Return the Referer of calls to the static host: its proxy page."""
        return f"{scheme}://{self.static_host}/{self.value.static_proxy}"

    def dynamic_referer(self, scheme: str = "http") -> str:
        """Return the Referer of calls to the dynamic host: its proxy page."""
        return f"{scheme}://{self.dynamic_host}/{self.value.dynamic_proxy}"


def flavour_of_host(host: str) -> Flavour:
    """Return the flavour in which a request to ``host`` (a Host header, with or without port) is to be
    answered.

    ``d1.*`` is SmartQQ, everything else WebQQ (WebQQ protocol, notes for a compatible server).
    """
    return Flavour.SMARTQQ_2016 if host.lower().startswith("d1.") else Flavour.WEBQQ_2013
