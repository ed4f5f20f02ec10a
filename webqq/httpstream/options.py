"""What can be said of one request, and what a stream says of all that leave it unsaid."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import TYPE_CHECKING, Any, TypedDict

from webqq.httpstream.timeouts import TimeoutOption, Timeouts

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from webqq.httpstream.auth import Auth, AuthOption
    from webqq.httpstream.environment import ProxyRules
    from webqq.httpstream.proxy import Proxy
    from webqq.httpstream.retry import Retry
    from webqq.httpstream.tls import TLSOptions

__all__ = ["Options", "RequestOptions"]


class RequestOptions(TypedDict, total=False):
    """Keyword arguments of each method that sends a request. What is left out, the stream's own options say."""

    timeout: TimeoutOption
    """:class:`Timeouts`, or seconds for the whole exchange."""
    proxy: "Proxy | ProxyRules | str | None"
    """A proxy or its URL (``http``, ``https``, ``socks4``, ``socks4a``, ``socks5``, ``socks5h``); ``"environment"``
    for what ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy`` say now; None goes straight."""
    lane: str
    """Requests of different lanes share neither limits nor connections: a held poll never delays a send."""
    stream: bool
    """Give the response over after its head, a :class:`StreamedResponse` whose body is awaited."""
    on_head: Callable[[Any], object] | None
    """Called with the response once its head is there, before any of its body."""
    on_data: Callable[[bytes], Any] | None
    """Called with each piece of the body, which the response then lacks. What it returns is awaited before more is
    read, where it can be awaited."""
    redirects: int
    """How many redirects are followed, one after another; 0 hands the first one over as it is."""
    allow_downgrade: bool
    """Whether a redirect may lead from https to http."""
    sensitive: Collection[str]
    """Names of headers that no other origin may see, beside Authorization and Cookie: ``X-Api-Key``, ..."""
    decompress: bool
    """Ask for content codings, and undo them."""
    retry: "Retry | None"
    """When to try again; None never does."""
    auth: "AuthOption"
    """Credentials: user and password for the Basic scheme, a header's value, or an :class:`Auth`."""
    resend: bool | None
    """Whether the request may go out again after a kept connection turned out closed. None: where that is safe."""
    expect: bool
    """Send the body only once the server has said ``100 Continue``, or said nothing for a second. After a 417 the
    request goes again without asking, where its body can."""
    tls: "TLSOptions | None"
    """How https is spoken to the origin; None: with the stream's ``ssl_context``."""
    proxy_tls: "TLSOptions | None"
    """How https is spoken to an https proxy; None: with the stream's ``ssl_context``."""
    unix_socket: str | os.PathLike[str] | None
    """Path of a Unix socket to connect to in place of the URL's host. The environment's proxies do not count then."""
    source_address: tuple[str, int] | None
    """Local host and port (0: any) of the connection."""
    max_body: int | None
    """Most bytes of the body, decoded; None sets no bound. The stream's :class:`Limits` say so otherwise."""
    cookiejar: "CookieJar | None"
    """Any ``http.cookiejar.CookieJar``, such as one for each account that shares the stream; None neither sends nor
    keeps cookies."""


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """All of :class:`RequestOptions`, checked and in the form the engine uses. Equal to themselves alone."""

    timeouts: Timeouts = field(default_factory=Timeouts)
    proxy: "Proxy | ProxyRules | None" = None
    lane: str = ""
    stream: bool = False
    on_head: Callable[[Any], object] | None = None
    on_data: Callable[[bytes], Any] | None = None
    redirects: int = 10
    allow_downgrade: bool = False
    sensitive: frozenset[str] = frozenset()
    decompress: bool = True
    retry: "Retry | None" = None
    auth: "Auth | None" = None
    resend: bool | None = None
    expect: bool = False
    tls: "TLSOptions | None" = None
    proxy_tls: "TLSOptions | None" = None
    unix_socket: str | None = None
    source_address: tuple[str, int] | None = None
    max_body: int | EllipsisType | None = ...
    cookiejar: "CookieJar | None" = None
    is_piecewise: bool = False
    """Whether somebody takes the answer while it comes."""

    def updated(self, said: Mapping[str, Any]) -> "Options":
        """These with what was ``said`` taken over.

        Raises ``TypeError`` for a name that is no option and for what is not of an option's kind, ``ValueError`` for
        what makes no sense. An option that is wrong is told here, not by the first exchange that comes to use it.
        """
        changes = dict(said)
        if "timeout" in changes:
            changes["timeouts"] = self.timeouts.updated(changes.pop("timeout"))
        proxy = changes.get("proxy")
        if isinstance(proxy, str):
            changes["proxy"] = _proxy_of(proxy)
        if changes.get("unix_socket") is not None:
            changes["unix_socket"] = os.fspath(changes["unix_socket"])
        if "auth" in changes:
            changes["auth"] = _auth_of(changes["auth"])
        if "sensitive" in changes:
            changes["sensitive"] = _names_of(changes["sensitive"])
        for name, value in changes.items():
            _check(name, value)
        options = replace(self, **changes)
        is_piecewise = options.stream or options.on_head is not None or options.on_data is not None
        return replace(options, is_piecewise=is_piecewise) if is_piecewise != options.is_piecewise else options


# What follows loads its modules when it needs them: most streams have neither proxies nor credentials.


def _auth_of(said: "AuthOption") -> "Auth | None":
    from webqq.httpstream.auth import auth_of

    return auth_of(said)


def _proxy_of(said: str) -> "Proxy | ProxyRules":
    if said == "environment":
        from webqq.httpstream.environment import ProxyRules

        return ProxyRules.from_environment(os.environ)
    from webqq.httpstream.proxy import Proxy

    return Proxy.parse(said)


def _kinds_of(name: str) -> "tuple[type, ...] | None":
    if name in ("tls", "proxy_tls"):
        from webqq.httpstream.tls import TLSOptions

        return (TLSOptions,)
    if name == "proxy":
        from webqq.httpstream.environment import ProxyRules
        from webqq.httpstream.proxy import Proxy

        return (Proxy, ProxyRules)
    if name == "retry":
        from webqq.httpstream.retry import Retry

        return (Retry,)
    if name == "cookiejar":
        from http.cookiejar import CookieJar

        return (CookieJar,)
    return _KINDS.get(name)


_KINDS: Mapping[str, tuple[type, ...]] = {
    "redirects": (int,),
    "source_address": (tuple,),
    "max_body": (int, EllipsisType),
}


def _check(name: str, value: Any) -> None:
    if value is None and name != "redirects":
        return
    kinds = _kinds_of(name)
    if kinds is not None and not isinstance(value, kinds):
        raise TypeError(f"{name} must be {' or '.join(kind.__name__ for kind in kinds)}, not {type(value).__name__}")
    if name in ("on_head", "on_data") and not callable(value):
        raise TypeError(f"{name} must be callable, not {type(value).__name__}")
    if name in ("redirects", "max_body") and value is not ... and value < 0:
        raise ValueError(f"{name} must be 0 or more, not {value!r}")


def _names_of(names: Collection[str]) -> frozenset[str]:
    if isinstance(names, str):
        # It would be taken for the names of its letters, and protect nothing.
        raise TypeError(f"sensitive must be a collection of header names, not the str {names!r}")
    return frozenset(name.lower() for name in names)
