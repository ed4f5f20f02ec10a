"""From which hosts files and pictures may be fetched, where an event or a redirect names the host.

An event is somebody else's word: taken as it is, it would make this machine ask any host that it can reach, its own
included.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from webqq.client.errors import NotAllowed
from webqq.client.gateway_address import GatewayAddress

__all__ = ["FileHosts"]

_DOMAIN = ".qq.com"


class FileHosts:
    """Tells which host is asked for a file.

    :param gateway: where all files are, whatever host is named: a gateway tells its address as it sees it itself, which
        may be another one than it is reached by. None: of the service, hosts below ``qq.com`` and public addresses, as
        which it named the servers of its files (WebQQ protocol, offline files, get_offpic2).
    """

    def __init__(self, gateway: GatewayAddress | None = None) -> None:
        self._gateway = gateway

    def asked(self, named: str) -> str:
        """Return the host, with its port, to ask for a file that is said to be at ``named``.

        :raises NotAllowed: no file of the service is there.
        """
        if self._gateway is not None:
            return self._gateway.netloc
        try:
            host = urlsplit(f"//{named}").hostname or ""
        except ValueError:
            host = ""
        if not (host.endswith(_DOMAIN) or _is_public(host)):
            raise NotAllowed(f"expected a host of the service to fetch a file from, got {named!r}")
        return named


def _is_public(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast
