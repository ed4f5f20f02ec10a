"""Addresses that a gateway listens on."""

import errno
import socket

from webqq.gateway.errors import ListenError

__all__ = ["address_of", "listen"]

# Everybody comes at once after a restart. The system may have a lower limit of its own.
_BACKLOG = 4096

_FREE_PORT = 1024


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, and does not block. Port 0 takes a free one.

    :raises ListenError: it cannot be listened on; the message says why.
    """
    # By hand: Tornado's bind_sockets and socket.create_server leave their socket open after some of these errors.
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        bound.close()
        raise ListenError(f"{host}:{port} cannot be listened on: {_reason(error, port)}") from error
    bound.setblocking(False)
    return bound


def address_of(scheme: str, host: str, port: int) -> str:
    """Return the base address of a server on ``host``, as programs of the same machine reach it."""
    # Who listens on all addresses is reached at this one.
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # not bound to here
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def _reason(error: Exception, port: int) -> str:
    if isinstance(error, OSError) and error.errno == errno.EACCES and 0 < port < _FREE_PORT:
        return (
            f"ports below {_FREE_PORT} need a privilege; give the process CAP_NET_BIND_SERVICE, "
            "or choose another port and lead this one there"
        )
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
