"""Sockets with what Tornado's client can say of names: a mapping, a resolver for all of them, IPv4 alone."""

import socket
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from tornado.ioloop import IOLoop
from tornado.netutil import Resolver

from webqq.httpstream.origin import Origin
from webqq.httpstream.parser import Limits
from webqq.httpstream.resolve import Address, Lookup, NameResolver, TornadoNames
from webqq.httpstream.sock import HTTPSock

__all__ = ["HostnameMapping", "TornadoSock"]

HostnameMapping: TypeAlias = Mapping[Any, str | tuple[str, int]]
"""What is connected to in place of a host, of ``(host, port)`` or of ``(host, port, family)``."""


class TornadoSock(HTTPSock):
    """Sockets for the hosts that ``mapping`` and ``resolver`` lead to, of IPv4 addresses alone with ``only_ipv4``.

    ``resolver``: None for the engine's own with its defaults. The other arguments are those of :class:`HTTPSock`.
    """

    def __init__(
        self,
        *,
        mapping: HostnameMapping,
        resolver: Resolver | NameResolver | None,
        ssl_context: ssl.SSLContext | None,
        limits: Limits,
        only_ipv4: bool,
    ) -> None:
        super().__init__(ssl_context=ssl_context, resolver=resolver, limits=limits)
        self._mapping = mapping
        self._asked = None if resolver is None or isinstance(resolver, NameResolver) else TornadoNames(resolver)
        self._family = socket.AF_INET if only_ipv4 else socket.AF_UNSPEC

    def lookup(self, ioloop: IOLoop, origin: Origin, done: Callable[[Lookup], None]) -> Lookup | None:
        origin = self._mapped(origin)
        told = partial(self._tell, done)
        if self._asked is None:
            answer = super().lookup(ioloop, origin, told)
        else:
            # For numbers as well: a resolver may be there to refuse some of them.
            answer = self._asked.lookup(ioloop, origin.host, origin.port, told)
        return None if answer is None else self._allowed(answer)

    def forget(self, origin: Origin) -> None:
        super().forget(self._mapped(origin))

    def close(self) -> None:
        super().close()
        if self._asked is not None:
            self._asked.close()

    def _mapped(self, origin: Origin) -> Origin:
        # As tornado.netutil.OverrideResolver does.
        host, port = origin.host, origin.port
        for key in ((host, port, self._family), (host, port), host):
            if key in self._mapping:
                other = self._mapping[key]
                host, port = (other, port) if isinstance(other, str) else other
                return origin._replace(host=host, port=port)
        return origin

    def _tell(self, done: Callable[[Lookup], None], answer: Lookup) -> None:
        done(self._allowed(answer))

    def _allowed(self, answer: Lookup) -> Lookup:
        if isinstance(answer, OSError) or self._family == socket.AF_UNSPEC:
            return answer
        addresses: list[Address] = [address for address in answer if address.family == self._family]
        return addresses or socket.gaierror(socket.EAI_NONAME, "the host has no IPv4 address, and allow_ipv6 is False")
