import ssl
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.helpers import Clock
from webqq.gateway.certificates import AUTHORITY_DAYS, SERVER_DAYS, make_authority
from webqq.gateway.errors import CertificateError
from webqq.gateway.tls import ServerTLS

DAY = 86400.0


def shown(context: ssl.SSLContext) -> bytes:
    """The certificate that a server with this context shows to a client that does not check it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    server = context.wrap_bio(to_server, to_client, server_side=True)
    client = trusting.wrap_bio(to_client, to_server)
    waiting: list[Callable[[], None]] = [client.do_handshake, server.do_handshake]
    for _ in range(10):
        for handshake in list(waiting):
            try:
                handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(handshake)
    certificate = client.getpeercert(binary_form=True)
    assert certificate is not None
    return certificate


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    ServerTLS(tmp_path, (), Clock())
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert files == {"ca.pem": 0o600, "ca.key": 0o600, "server.pem": 0o600}


def test_authority_file_holds_no_key(tmp_path: Path) -> None:
    assert "PRIVATE" not in ServerTLS(tmp_path, (), Clock()).authority_file.read_text()


def test_next_start_changes_nothing(tmp_path: Path) -> None:
    first = ServerTLS(tmp_path, (), Clock())
    files = {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    assert shown(ServerTLS(tmp_path, (), Clock()).context) == shown(first.context)
    assert {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()} == files


def test_certificate_is_renewed_while_it_serves_and_the_authority_stays(tmp_path: Path) -> None:
    clock = Clock()
    served = ServerTLS(tmp_path, (), clock)
    authority, before = served.authority_file.read_bytes(), shown(served.context)
    assert not served.renew()
    clock.now += (SERVER_DAYS - 10) * DAY
    assert served.renew()
    served.load()
    assert shown(served.context) != before
    assert served.authority_file.read_bytes() == authority
    assert served.expires == pytest.approx(clock.now + SERVER_DAYS * DAY, abs=1)


def test_address_that_is_listened_on_anew_gets_into_the_certificate(tmp_path: Path) -> None:
    before = shown(ServerTLS(tmp_path, ["127.0.0.1"], Clock()).context)
    assert shown(ServerTLS(tmp_path, ["10.1.2.3"], Clock()).context) != before


def test_start_that_was_cut_off_between_key_and_certificate_begins_again(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.key").write_bytes(make_authority(Clock().now).key_pem())
    ServerTLS(tmp_path, (), Clock())


@pytest.mark.parametrize("name", ["ca.pem", "ca.key", "server.pem"])
def test_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    ServerTLS(tmp_path, (), Clock())
    path = tmp_path / "tls" / name
    path.write_bytes(b"damaged")
    with pytest.raises(CertificateError, match=rf"{name}.* is damaged"):
        ServerTLS(tmp_path, (), Clock())
    assert path.read_bytes() == b"damaged"


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    ServerTLS(tmp_path, (), Clock())
    (tmp_path / "tls" / "ca.key").unlink()
    with pytest.raises(CertificateError, match=r"ca\.key cannot be read: No such file"):
        ServerTLS(tmp_path, (), Clock())


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "tls").touch()
    with pytest.raises(CertificateError, match="cannot be used"):
        ServerTLS(tmp_path, (), Clock())


def test_authority_whose_time_is_over_is_told_and_not_replaced(tmp_path: Path) -> None:
    clock = Clock()
    authority = ServerTLS(tmp_path, (), clock).authority_file
    before = authority.read_bytes()
    clock.now += (AUTHORITY_DAYS + 1) * DAY
    with pytest.raises(CertificateError, match="has expired; remove the folder"):
        ServerTLS(tmp_path, (), clock)
    assert authority.read_bytes() == before


def test_context_is_strict_unless_old_clients_are_served(tmp_path: Path) -> None:
    assert ServerTLS(tmp_path, (), Clock()).context.minimum_version is ssl.TLSVersion.TLSv1_2
    old = ServerTLS(tmp_path, (), Clock(), serves_old_clients=True).context
    assert old.minimum_version is ssl.TLSVersion.MINIMUM_SUPPORTED
