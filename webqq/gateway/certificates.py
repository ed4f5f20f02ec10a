"""A certificate authority for the service's names, and the certificates that it gives to the gateway.

An old client asks ``ssl.ptlogin2.qq.com`` by https and checks what answers. So whoever runs a gateway has to be an
authority for that name, and the client has to trust it. This one may vouch for the service's domains, ``localhost`` and
private addresses, and a client that heeds name constraints (RFC 5280, 4.2.1.10) believes it about nothing else: who
steals its key can pose as no bank. Keys are RSA with 2048 bits, which clients of 2013 know as well.

Makes and reads values; files are the business of :mod:`.tls`. Time is an argument.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from webqq.gateway.hosts import SERVICE_DOMAINS, SERVICE_HOSTS

__all__ = [
    "AUTHORITY_DAYS",
    "RENEW_DAYS",
    "SERVER_DAYS",
    "Identity",
    "issue_server",
    "make_authority",
    "names_for",
    "needs_renewal",
    "parse_identity",
]

AUTHORITY_DAYS = 3650
"""How long the authority is good. It is never renewed: each client had to be told of it by hand."""

SERVER_DAYS = 365
"""How long a server's certificate is good; browsers refuse those of much more than a year."""

RENEW_DAYS = 30
"""A certificate with fewer days left is renewed."""

_PUBLIC_EXPONENT = 65537
_KEY_BITS = 2048

# A client whose clock is a little behind shall not refuse a certificate made just now.
_SLACK = timedelta(days=1)

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_PRIVATE_NETWORKS = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
_PRIVATE_NETWORKS_6 = ("::1/128", "fc00::/7", "fe80::/10")


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def expires(self) -> float:
        """When it ends, in seconds since the epoch."""
        return self.certificate.not_valid_after_utc.timestamp()

    @property
    def names(self) -> tuple[str, ...]:
        """The names and addresses that it is for; none for an authority."""
        try:
            found = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return ()
        return tuple(str(name.value) for name in found)

    def certificate_pem(self) -> bytes:
        """Return the certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        """Return the key in PEM, not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def parse_identity(certificate: bytes, key: bytes) -> Identity:
    """Return the identity of two PEM texts, which may be the same one.

    :raises ValueError: one of them is damaged, or they do not belong together.
    """
    found = x509.load_pem_x509_certificate(certificate)
    private = serialization.load_pem_private_key(key, password=None)
    if not isinstance(private, rsa.RSAPrivateKey) or private.public_key() != found.public_key():
        raise ValueError("key and certificate do not belong together")
    return Identity(found, private)


def names_for(listening: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what a server's certificate is for: the service's names, this machine, and private addresses of
    ``listening``.
    """
    own = [host for host in listening if _may_be_vouched_for(host)]
    return tuple(dict.fromkeys((*SERVICE_HOSTS, *_LOCAL_NAMES, *own)))


def needs_renewal(server: Identity, authority: Identity, names: tuple[str, ...], now: float) -> bool:
    """Tell whether a server's certificate ends soon, lacks a name, or is another authority's."""
    if server.certificate.issuer != authority.certificate.subject or not set(names) <= set(server.names):
        return True
    # Nothing lives longer than the authority, so near its end there is nothing to gain.
    is_last = server.certificate.not_valid_after_utc >= authority.certificate.not_valid_after_utc
    return server.expires - now < RENEW_DAYS * 86400 and not is_last


def make_authority(now: float) -> Identity:
    """Return a new authority. The number in its name tells it from others that a client may know."""
    key = rsa.generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
    serial = x509.random_serial_number()
    name = _name(f"webqq gateway authority {serial % 2**32:08x}")
    begins = datetime.fromtimestamp(now, UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), serial)
        .not_valid_before(begins - _SLACK)
        .not_valid_after(begins + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Identity(builder.sign(key, hashes.SHA256()), key)


def issue_server(authority: Identity, names: tuple[str, ...], now: float) -> Identity:
    """Return a new server's identity for ``names``, the first of which is its subject."""
    key = rsa.generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
    begins = datetime.fromtimestamp(now, UTC)
    ends = min(begins + timedelta(days=SERVER_DAYS), authority.certificate.not_valid_after_utc)
    issuer = authority.certificate
    builder = (
        x509.CertificateBuilder(issuer.subject, _name(names[0]), key.public_key(), x509.random_serial_number())
        .not_valid_before(max(begins - _SLACK, issuer.not_valid_before_utc))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    return Identity(builder.sign(authority.key, hashes.SHA256()), key)


def _permitted() -> list[x509.GeneralName]:
    networks = (*_PRIVATE_NETWORKS, *_PRIVATE_NETWORKS_6)
    return [
        *(x509.DNSName(domain) for domain in (*SERVICE_DOMAINS, "localhost")),
        *(x509.IPAddress(ip_network(network)) for network in networks),
    ]


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        # Clients of 2013 may have the server's key encrypt the session's.
        key_encipherment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def _may_be_vouched_for(host: str) -> bool:
    address = _address(host)
    if address is None or address.is_unspecified:
        return False
    networks = _PRIVATE_NETWORKS if address.version == 4 else _PRIVATE_NETWORKS_6
    return any(address in ip_network(network) for network in networks)
