"""How a request wants TLS spoken: contexts made from its files and options, and kept to be shared."""

import os
import ssl
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.netutil import ssl_options_to_context

from webqq.httpstream.tls import TLSOptions

__all__ = ["TLSContexts"]

KEPT_CONTEXTS = 32
"""Sets of files and options for which a context is kept."""


class TLSContexts:
    """The contexts made so far. Requests that want the same get the same, so that they can share connections."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, TLSOptions] = OrderedDict()

    def options_for(self, request: HTTPRequest) -> TLSOptions | None:
        """How ``request`` wants TLS spoken; None: as the stream does by default.

        The same files and options give the same context; a file that was changed gives another. Raises ``OSError``
        for a file that cannot be read.
        """
        said = request.ssl_options
        if isinstance(said, ssl.SSLContext):
            return TLSOptions(said)
        if said is not None:
            key: Any = tuple(sorted((name, repr(value), _stamp(value)) for name, value in said.items()))
            return self._get(key, partial(ssl_options_to_context, said, server_side=False))
        is_verified = bool(request.validate_cert)
        files = (request.ca_certs, request.client_cert, request.client_key)
        if is_verified and files == (None, None, None):
            return None
        key = (is_verified, *((file, _stamp(file)) for file in files))
        return self._get(key, partial(_make_context, is_verified, *files))

    def _get(self, key: Any, make: Callable[[], ssl.SSLContext]) -> TLSOptions:
        if key not in self._kept:
            context = make()
            # A body that ends with the connection must not be cut short unnoticed.
            context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
            self._kept[key] = TLSOptions(context)
            if len(self._kept) > KEPT_CONTEXTS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _stamp(path: Any) -> tuple[int, int] | None:
    """By what a file is known to be the same still; None for what is no file."""
    if not isinstance(path, str | os.PathLike):
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _make_context(
    verify: bool, ca_certs: str | None, client_cert: str | None, client_key: str | None
) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_certs)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client_cert is not None:
        # Without a password OpenSSL would ask for one on the terminal and wait.
        context.load_cert_chain(client_cert, client_key, "")
    return context
