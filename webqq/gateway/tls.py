"""TLS of a gateway: the authority and the server's certificate in the data folder, and the context that uses them.

::

    tls/ca.pem        the authority's certificate, for clients to trust; nothing in it is secret
    tls/ca.key        its key; only needed to renew the server's certificate
    tls/server.pem    the server's key and certificate, in one file so that they change together

The authority is made once and kept; the server's certificate is renewed before it ends, also while the gateway runs,
and when the names it is for have changed.
"""

import logging
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

from webqq.gateway.certificates import (
    Identity,
    issue_server,
    make_authority,
    names_for,
    needs_renewal,
    parse_identity,
)
from webqq.gateway.errors import CertificateError
from webqq.gateway.files import write_private

__all__ = ["ServerTLS"]

_log = logging.getLogger(__name__)


class ServerTLS:
    """The https side of a gateway, ready once constructed.

    :param data: the data folder; its part ``tls`` is made where it does not exist.
    :param listening: the addresses that are listened on; private ones go into the certificate.
    :param clock: seconds since the epoch.
    :param serves_old_clients: speak TLS 1.0 and 1.1, and with short keys, too.
    :raises CertificateError: a file cannot be read or written, does not hold what it should, or the authority's time
        is over. Nothing is replaced that was there and could not be read.
    """

    def __init__(
        self,
        data: Path,
        listening: Iterable[str],
        clock: Callable[[], float],
        *,
        serves_old_clients: bool = False,
    ) -> None:
        self._folder = data / "tls"
        self._names = names_for(listening)
        self._clock = clock
        self.authority_file = self._folder / "ca.pem"
        """The certificate that clients have to trust."""
        self.expires = 0.0
        """When the server's certificate ends, in seconds since the epoch."""
        self.context = _make_context(serves_old_clients)
        """For the listening side; a renewed certificate shows in the connections that begin after :meth:`load`."""
        self.renew()
        self.load()

    def renew(self) -> bool:
        """Renew the server's certificate on the disk where it is time, and tell whether it was; then :meth:`load` it.
        It may take a second: never call it on the loop's thread.

        :raises CertificateError: as the constructor.
        """
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            server, is_new = self._server(self._authority())
        except OSError as error:
            raise self._failure(error) from error
        self.expires = server.expires
        return is_new

    def load(self) -> None:
        """Use the certificate on the disk from now on; on the loop's thread, where handshakes are done.

        :raises CertificateError: as the constructor.
        """
        try:
            self.context.load_cert_chain(self._folder / "server.pem")
        except OSError as error:
            # ssl.SSLError is one, too.
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> CertificateError:
        return CertificateError(f"the certificates in {self._folder} cannot be used: {error.strerror}")

    def _authority(self) -> Identity:
        key_file = self._folder / "ca.key"
        # The certificate is written last: without it nobody can have come to trust the key.
        if not self.authority_file.exists():
            authority = make_authority(self._clock())
            write_private(key_file, authority.key_pem())
            write_private(self.authority_file, authority.certificate_pem())
            return authority
        authority = _read(self.authority_file, key_file)
        if authority.expires <= self._clock():
            raise CertificateError(
                f"the authority {self.authority_file} has expired; remove the folder {self._folder} to get a new one, "
                "which each client has to trust anew"
            )
        return authority

    def _server(self, authority: Identity) -> tuple[Identity, bool]:
        path = self._folder / "server.pem"
        if path.exists():
            server = _read(path, path)
            if not needs_renewal(server, authority, self._names, self._clock()):
                return server, False
            _log.info("the certificate of the gateway is renewed")
        server = issue_server(authority, self._names, self._clock())
        write_private(path, server.key_pem() + server.certificate_pem())
        return server, True


def _read(certificate: Path, key: Path) -> Identity:
    try:
        return parse_identity(certificate.read_bytes(), key.read_bytes())
    except OSError as error:
        raise CertificateError(f"{error.filename} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        # TypeError: the key is encrypted. What the library says may be pages; the file is what matters.
        names = str(certificate) if certificate == key else f"{certificate} with {key.name}"
        raise CertificateError(f"{names} is damaged; put the right one back, or remove it to get a new one") from error


def _make_context(serves_old_clients: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if serves_old_clients:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        # TLS below 1.2 signs with SHA-1, which OpenSSL does at its lowest level alone.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.set_alpn_protocols(["http/1.1"])
    return context
