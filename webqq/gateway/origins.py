"""Whether a request comes from a page that has no business here.

A browser lets any page send requests to a gateway on the same machine, with the cookies of whoever is signed in there.
It also tells who is asking, in ``Sec-Fetch-Site`` and ``Origin``, which a page cannot forge; programs that are no
browsers send neither, or the Origin of the pages they stand in for (WebQQ protocol, constants). Pure.

Not looked at: the Host header. The service answers under many names, so any Host is served; a page that has its own
name resolve to the gateway (DNS rebinding) gets nothing by it that a stranger would not get, since the browser keeps
the cookies of the gateway's real address from that name, and every call needs a token of a login.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

__all__ = ["is_foreign"]

_SERVICE_SUFFIX = ".qq.com"


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Tell from a request's headers whether another site's page made a browser send it.

    :param headers: with names in any case, as Tornado's ``HTTPHeaders`` have them.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        # "same-site" is another port or another name of the same host: a different program's page.
        return site not in ("same-origin", "none")
    origin = headers.get("Origin")
    if origin is None:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    if parts.scheme not in ("http", "https"):
        return True
    return parts.netloc.lower() != headers.get("Host", "").lower() and not _is_service(parts.hostname or "")


def _is_service(host: str) -> bool:
    return host.endswith(_SERVICE_SUFFIX)
