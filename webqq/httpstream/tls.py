"""TLS: which context and name an origin is spoken to with, sessions to resume, and TLS within TLS.

:func:`wrap` gives for any connected socket one that speaks TLS over it, without blocking. Over a plain socket that is
an ``ssl.SSLSocket``; over one that speaks TLS already, as to an ``https`` proxy, an :class:`SSLOverTLS`, which has the
same methods and raises the same.
"""

import logging
import os
import socket
import ssl
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from webqq.httpstream.errors import InvalidRequest, TLSError

__all__ = [
    "SSLOverTLS",
    "SessionCache",
    "TLSOptions",
    "TLSSocket",
    "default_context",
    "free_send_buffer",
    "tls_options",
    "wrap",
]

logger = logging.getLogger("webqq.httpstream")

RECORD_SIZE = 16 * 1024
"""Bytes that one TLS record holds at most (RFC 8446 section 5.1)."""

SEND_SIZE = 4 * RECORD_SIZE
"""Bytes encrypted at once before the outer connection has taken what came of them."""


def default_context() -> ssl.SSLContext:
    """The system's certificate authorities, host names checked, TLS 1.2 at least. Takes milliseconds: keep it."""
    return _client_context(None)


def _client_context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # Some Python versions hide a missing close_notify by default: then a body could be cut short and nobody would know.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


@dataclass(frozen=True, slots=True)
class TLSOptions:
    """How TLS is spoken to one end. Only equal options share connections, and contexts are equal to themselves alone.

    ``context`` None stands for the stream's own. ``server_name`` is sent as SNI and must stand in the certificate;
    None: the host of the URL.
    """

    context: ssl.SSLContext | None = None
    server_name: str | None = None


def tls_options(
    *,
    ca_file: str | os.PathLike[str] | None = None,
    client_cert: str | os.PathLike[str] | None = None,
    client_key: str | os.PathLike[str] | None = None,
    client_key_password: str | None = None,
    verify: bool = True,
    server_name: str | None = None,
) -> TLSOptions:
    """Options with a context of their own. Each call reads the files and makes another context: keep what it gives.

    - ``ca_file``: the authorities to trust, as PEM, in place of the system's.
    - ``client_cert``, ``client_key``: the certificate (and those between it and its authority) to show to servers,
      and its key, which may stand in the same file; ``client_key_password`` decrypts it.
    - ``verify=False`` trusts every certificate for every name, so anybody on the way can read and change all that is
      sent; the log is warned of it.
    - ``server_name``: as in :class:`TLSOptions`.

    Raises :class:`InvalidRequest` where a file cannot be read or used.
    """
    if client_key is not None and client_cert is None:
        raise InvalidRequest("client_key: there is no client_cert that it belongs to")
    try:
        context = _client_context(None if ca_file is None else os.fspath(ca_file))
    except OSError as error:
        raise InvalidRequest(f"ca_file {os.fspath(ca_file or '')!r}: {error}") from error
    if client_cert is not None:
        try:
            # Without a password OpenSSL would ask for one on the terminal and wait.
            context.load_cert_chain(client_cert, client_key, client_key_password or "")
        except OSError as error:
            raise InvalidRequest(f"client_cert {os.fspath(client_cert)!r} or its key: {error}") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        logger.warning("certificates are not checked: anybody on the way can read and change what is sent")
    return TLSOptions(context, server_name)


def wrap(
    sock: Any, context: ssl.SSLContext, server_name: str, session: ssl.SSLSession | None = None
) -> "ssl.SSLSocket | SSLOverTLS":
    """A socket that speaks TLS over ``sock``, which is connected; its ``do_handshake`` is still to be called.

    ``server_name`` is the host to check for: the dot at the end of a name and the zone of an address are left out,
    and an address is not sent as SNI. ``session`` comes from :meth:`SessionCache.get`. Raises :class:`TLSError` where
    no certificate could name that host, and ``OSError`` where ``sock`` has failed; both leave ``sock`` open.
    """
    name = _checked_name(server_name)
    over: ssl.SSLSocket | SSLOverTLS
    if isinstance(sock, ssl.SSLSocket | SSLOverTLS):
        over = SSLOverTLS(sock, context, name)
    else:
        _raise_pending(sock)
        over = context.wrap_socket(
            sock, server_hostname=name, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
    if session is not None:
        # A session of another context is refused; without one the handshake is merely longer.
        with suppress(ValueError):
            over.session = session
    return over


@lru_cache(maxsize=1024)
def _checked_name(host: str) -> str:
    # wrap_socket() would find what is wrong, too, but after it took the socket's number, which nobody then closes.
    name = host.partition("%")[0] if ":" in host else host.removesuffix(".")
    try:
        name.encode("idna")
    except UnicodeError as error:
        raise TLSError(f"host {host!r}: no certificate can name it: {error}") from error
    if not name or "\0" in name:
        raise TLSError(f"host {host!r}: no certificate can name it")
    return name


def _raise_pending(sock: socket.socket) -> None:
    # As above: found in time.
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def free_send_buffer(sock: object) -> None:
    """Let OpenSSL free the 16 KiB in which ``sock``, where it speaks TLS, encrypts what is sent.

    It takes them whenever a ticket of TLS 1.3 comes, and would keep them until something is sent: for a held poll,
    all the time that it is held. To be called only where no ``send`` has raised and is to be made again.
    """
    if isinstance(sock, ssl.SSLSocket | SSLOverTLS):
        # Nothing goes out for nothing (SSL_write_ex(3)), and what has failed the next call tells.
        with suppress(OSError):
            sock.send(b"")


class SSLOverTLS:
    """TLS within the TLS of another socket, with the methods of a non-blocking ``ssl.SSLSocket``.

    ``outer`` is an ``SSLSocket`` whose handshake is done, or anything with its ``send``, ``recv``, ``fileno`` and
    ``close``. What blocks raises ``ssl.SSLWantReadError`` or ``ssl.SSLWantWriteError``, whichever of the two the
    *outer* connection waits for, and is to be called again then. The connection's end without a ``close_notify`` of
    the inner TLS raises ``ssl.SSLEOFError``; with it, :meth:`recv` gives ``b""``.
    """

    # An answer's parser may be kept by its socket.
    __slots__ = ("__weakref__", "_end", "_incoming", "_object", "_outer", "_outgoing", "_owed", "_unsent")

    def __init__(self, outer: Any, context: ssl.SSLContext, server_name: str) -> None:
        self._outer = outer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._unsent = b""
        # Bytes that were encrypted for the caller of send(), who has not been told yet.
        self._owed = 0
        # What reading ended with, found when there was still data to give first.
        self._end: ssl.SSLError | None = None

    def do_handshake(self) -> None:
        """Go on with the handshake; returns once it is done and all of it was sent."""
        while True:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._pull()
            except ssl.SSLError:
                # The alert that tells the server why.
                with suppress(OSError):
                    self._flush()
                raise
            else:
                self._flush()
                return

    def send(self, data: bytes | memoryview) -> int:
        """Send some of ``data`` and return how many bytes of it the outer connection took in full.

        As with an ``SSLSocket``, a call that raised is to be made again with the same data.
        """
        if not self._owed:
            self._owed = self._object.write(memoryview(data)[:SEND_SIZE])
        if self._owed > len(data):
            raise ssl.SSLError("bad length: the call before this one had more data")
        self._flush()
        sent, self._owed = self._owed, 0
        return sent

    def recv(self, size: int) -> bytes:
        """What there is to read, at most ``size`` bytes; ``b""`` once the server has closed its side."""
        self._flush_if_possible()
        while True:
            try:
                data = self._read(size)
            except ssl.SSLWantReadError:
                self._pull()
            else:
                # All that is in hand: the loop tells only of what the kernel holds.
                while data and len(data) < size and (more := self._read_ahead(size - len(data))):
                    data += more
                return data

    def recv_into(self, buffer: Any, size: int | None = None) -> int:
        """Read into ``buffer`` what :meth:`recv` would give, and return how many bytes that were."""
        with memoryview(buffer).cast("B") as view:
            data = self.recv(min(size or len(view), len(view)))
            view[: len(data)] = data
        return len(data)

    def pending(self) -> int:
        """More than 0 where :meth:`recv` may have something although the loop will tell of no event.

        That is so only after it gave as many bytes as it was asked for, or where the server's close came with them.
        """
        return self._object.pending() + self._incoming.pending + (self._end is not None)

    @property
    def has_unsent(self) -> bool:
        """Whether there is something that the outer connection has not taken: the next call of any method tries."""
        return bool(self._unsent) or self._outgoing.pending > 0

    def fileno(self) -> int:
        """The number of the socket below."""
        return int(self._outer.fileno())

    def close(self) -> None:
        """Close all layers at once; like ``SSLSocket.close``, without a ``close_notify``."""
        self._outer.close()

    @property
    def context(self) -> ssl.SSLContext:
        return self._object.context

    @property
    def server_hostname(self) -> str | None:
        return self._object.server_hostname

    @property
    def session(self) -> ssl.SSLSession | None:
        return self._object.session

    @session.setter
    def session(self, session: ssl.SSLSession) -> None:
        self._object.session = session

    @property
    def session_reused(self) -> bool | None:
        return self._object.session_reused

    def getpeercert(self, binary_form: bool = False) -> Any:
        """The server's certificate, as ``SSLSocket.getpeercert`` gives it."""
        return self._object.getpeercert(binary_form)

    def selected_alpn_protocol(self) -> str | None:
        return self._object.selected_alpn_protocol()

    def version(self) -> str | None:
        return self._object.version()

    def cipher(self) -> tuple[str, str, int] | None:
        return self._object.cipher()

    def _read(self, size: int) -> bytes:
        if self._end is not None:
            end, self._end = self._end, None
            if isinstance(end, ssl.SSLZeroReturnError):
                return b""
            raise end
        return self._object.read(size)

    def _read_ahead(self, size: int) -> bytes:
        if not self.pending():
            return b""
        try:
            data = self._object.read(size)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            self._end = error
            return b""
        if not data:
            self._end = ssl.SSLZeroReturnError("the server has closed its side")
        return data

    def _pull(self) -> None:
        """Take from the outer connection what it has; raises where that is nothing."""
        try:
            # One record, so that all that is in hand fits into one recv() of the engine.
            data = self._outer.recv(RECORD_SIZE)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError):
            if self.has_unsent:
                raise ssl.SSLWantWriteError("the outer connection takes no more") from None
            raise ssl.SSLWantReadError("the outer connection has no more") from None
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        """Send all that the inner TLS has to say; raises where the outer connection does not take it now."""
        while self.has_unsent:
            # The same bytes until they are taken: TLS has encrypted them the first time.
            self._unsent = self._unsent or self._outgoing.read()
            try:
                sent = self._outer.send(self._unsent)
            except (BlockingIOError, InterruptedError):
                raise ssl.SSLWantWriteError("the outer connection takes no more") from None
            self._unsent = self._unsent[sent:]

    def _flush_if_possible(self) -> None:
        # Reading must go on where writing cannot: the server may have said why before it closed.
        with suppress(OSError):
            self._flush()


TLSSocket: TypeAlias = ssl.SSLSocket | SSLOverTLS


class SessionCache:
    """The last session of each of ``size`` ends, so that a new connection needs a shorter handshake.

    A resumed session is trusted as its first handshake was, so ``key`` must hold all that this depended on: context,
    server name, host and port. Tickets are used again until the server refuses them.
    """

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._sessions: OrderedDict[Hashable, tuple[ssl.SSLContext, ssl.SSLSession]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def get(self, key: Hashable, context: ssl.SSLContext) -> ssl.SSLSession | None:
        """The session for :func:`wrap`, or None where there is none or it belongs to another context."""
        owner, session = self._sessions.get(key, (None, None))
        return session if owner is context else None

    def put(self, key: Hashable, sock: TLSSocket) -> None:
        """Keep the session of ``sock``. Call it once for each connection, after the first answer.

        TLS 1.3 gives tickets only after the handshake. To copy a session costs about what resuming it saves once, so
        a connection that itself resumed one is passed over.
        """
        if sock.session_reused and key in self._sessions:
            self._sessions.move_to_end(key)
            return
        session = sock.session
        if session is None or not (session.has_ticket or session.id):
            return
        self._sessions[key] = sock.context, session
        self._sessions.move_to_end(key)
        if len(self._sessions) > self._size:
            self._sessions.popitem(last=False)

    def discard(self, key: Hashable) -> None:
        """Forget the session of ``key``: to be called where a handshake that resumed it has failed."""
        self._sessions.pop(key, None)
