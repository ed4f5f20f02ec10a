"""The names under which the service was reached, for certificates and hosts files.

A gateway answers calls by their paths whatever the Host, so this list decides nothing about routing: it is what an old
client must find here instead. It holds the hosts that :data:`webqq.protocol.calls.CALLS` go to, the pages that logins
end at, and the hosts that clients ask beside the calls. Left out is ``www.qq.com``: it is a public site of its own,
which one login of 2013 only ended at. Source: WebQQ protocol, constants; endpoint list; pictures and files. Pure.
"""

import re
from urllib.parse import urlsplit

from webqq.protocol.calls import CALLS, Host
from webqq.protocol.flavour import Flavour

__all__ = ["SERVICE_DOMAINS", "SERVICE_HOSTS", "hosts_lines"]

SERVICE_DOMAINS = ("qq.com", "qlogo.cn")
"""All of :data:`SERVICE_HOSTS` lie in these; the certificate authority may vouch for no others."""

_LANDING_HOSTS = tuple(str(urlsplit(flavour.landing).hostname) for flavour in Flavour)

_FACE_HOSTS = (
    *(f"face{number}.web.qq.com" for number in range(1, 11)),
    *(f"face{number}.qun.qq.com" for number in range(12)),
)

# Hosts that the service's pages reported to, and clients that do as its pages did.
_BEACON_HOSTS = ("wspeed.qq.com", "pinghot.qq.com", "cgi.connect.qq.com")

_FURTHER_HOSTS = (
    *("ptlogin2.qq.com", "xui.ptlogin2.qq.com", "ssl.captcha.qq.com", "captcha.qq.com"),
    *("cgi.web2.qq.com", "up.web2.qq.com", "file1.web.qq.com", "weboffline.ftn.qq.com"),
    # Other names of web.qq.com, for its heartbeat and its pictures.
    *("webqq.qq.com", "web3.qq.com"),
    *("qun.qq.com", "qinfo.clt.qq.com", "qiandao.qun.qq.com", "q.qlogo.cn"),
    *_BEACON_HOSTS,
    *_FACE_HOSTS,
)

_HOST_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")

# More names on a line than this are ignored by some systems' readers of the file.
_NAMES_A_LINE = 8


def _hosts() -> tuple[str, ...]:
    # A call whose host another answer tells comes to the address of the gateway itself.
    of_calls = [call.host.name_in(flavour) for call in CALLS if call.host is not Host.GIVEN for flavour in Flavour]
    names = {*of_calls, *_LANDING_HOSTS, *_FURTHER_HOSTS}
    return tuple(sorted(filter(_HOST_NAME.fullmatch, names), key=lambda name: name.split(".")[::-1]))


SERVICE_HOSTS = _hosts()
"""All names, those of one domain together."""


def hosts_lines(address: str) -> list[str]:
    """Return the lines for a hosts file that lead all names to ``address``.

    >>> hosts_lines("127.0.0.1")[0].split()[:2]
    ['127.0.0.1', 'q.qlogo.cn']
    """
    groups = [SERVICE_HOSTS[first : first + _NAMES_A_LINE] for first in range(0, len(SERVICE_HOSTS), _NAMES_A_LINE)]
    return [f"{address} {' '.join(names)}" for names in groups]
