"""What an ``HTTPRequest`` says beside the request itself, as options of the engine."""

from tornado.httpclient import HTTPRequest
from tornado.netutil import is_valid_ip

from webqq.httpstream.options import RequestOptions
from webqq.httpstream.proxy import Proxy
from webqq.httpstream.timeouts import Timeouts

__all__ = ["options_of"]

LEAST_TIMEOUT = 1e-3
"""Seconds that are left where all are used up: the timeout is the engine's to raise then as well."""


def options_of(request: HTTPRequest, spent: float) -> RequestOptions:
    """How one request of the fetch goes out, ``spent`` seconds after the fetch was asked for.

    Raises ``ValueError`` for a proxy, its ``proxy_auth_mode`` or a ``network_interface`` that cannot be used.
    """
    options = RequestOptions(
        timeout=_timeouts(request, spent),
        expect=bool(request.expect_100_continue),
        # Both are done by the fetch: it counts redirects as Tornado does, and undoes gzip alone, in small pieces.
        redirects=0,
        decompress=False,
    )
    if request.proxy_host and request.proxy_port:
        options["proxy"] = _proxy(request, request.proxy_host, request.proxy_port)
    if request.network_interface:
        options["source_address"] = _source_address(request.network_interface)
    return options


def _timeouts(request: HTTPRequest, spent: float) -> Timeouts:
    total = request.request_timeout or None
    connect = request.connect_timeout or total
    return Timeouts(
        resolve=connect,
        connect=connect,
        proxy=connect,
        tls=connect,
        write=None,
        between_bytes=None,
        total=None if total is None else max(LEAST_TIMEOUT, total - spent),
    )


def _proxy(request: HTTPRequest, host: str, port: int) -> Proxy:
    if request.proxy_auth_mode not in (None, "basic"):
        raise ValueError(f"unsupported proxy_auth_mode {request.proxy_auth_mode}")
    scheme, separator, host = host.rpartition("://")
    username = request.proxy_username or None
    password = None if username is None else request.proxy_password or None
    return Proxy(scheme.lower() if separator else "http", host.strip("[]"), int(port), username, password)


def _source_address(interface: str) -> tuple[str, int]:
    if not is_valid_ip(interface):
        raise ValueError(f"Unrecognized IPv4 or IPv6 address for network_interface, got {interface!r}")
    return interface, 0
