import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tests.gateway.helpers import Clock
from webqq.gateway.certificates import (
    AUTHORITY_DAYS,
    RENEW_DAYS,
    SERVER_DAYS,
    Identity,
    issue_server,
    make_authority,
    names_for,
    needs_renewal,
    parse_identity,
)
from webqq.gateway.hosts import SERVICE_HOSTS

DAY = 86400.0
NOW = Clock().now


@pytest.fixture(scope="module")
def authority() -> Identity:
    return make_authority(NOW)


@pytest.fixture(scope="module")
def server(authority: Identity) -> Identity:
    return issue_server(authority, names_for(["192.168.1.5"]), NOW)


def test_names_are_the_services_this_machine_and_private_addresses() -> None:
    names = names_for(["192.168.1.5", "0.0.0.0", "8.8.8.8", "::", "fd00::1", "example.com"])  # noqa: S104  # a value
    assert names == (*SERVICE_HOSTS, "localhost", "127.0.0.1", "::1", "192.168.1.5", "fd00::1")


def test_server_is_for_all_names_and_vouched_for_by_the_authority(authority: Identity, server: Identity) -> None:
    assert server.names == names_for(["192.168.1.5"])
    server.certificate.verify_directly_issued_by(authority.certificate)


def test_authority_may_vouch_for_no_other_domain(authority: Identity) -> None:
    constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    domains = [name.value for name in constraints.value.permitted_subtrees or () if isinstance(name, x509.DNSName)]
    assert constraints.critical
    assert domains == ["qq.com", "qlogo.cn", "localhost"]
    foreign = issue_server(authority, ("bank.example",), NOW)
    builder = PolicyBuilder().store(Store([authority.certificate])).time(foreign.certificate.not_valid_before_utc)
    with pytest.raises(VerificationError):
        builder.build_server_verifier(x509.DNSName("bank.example")).verify(foreign.certificate, [])


def test_authority_lasts_and_a_server_has_a_year(authority: Identity, server: Identity) -> None:
    assert authority.expires == pytest.approx(NOW + AUTHORITY_DAYS * DAY, abs=1)
    assert server.expires == pytest.approx(NOW + SERVER_DAYS * DAY, abs=1)


def test_clock_a_little_behind_finds_both_good(authority: Identity, server: Identity) -> None:
    for each in (authority, server):
        assert each.certificate.not_valid_before_utc.timestamp() < NOW - DAY / 2


def test_server_does_not_outlive_its_authority(authority: Identity) -> None:
    late = issue_server(authority, names_for(), authority.expires - 10 * DAY)
    assert late.expires == authority.expires
    assert not needs_renewal(late, authority, names_for(), authority.expires - DAY)


def test_server_is_renewed_near_its_end_and_not_before(authority: Identity, server: Identity) -> None:
    names = names_for()
    assert not needs_renewal(server, authority, names, server.expires - (RENEW_DAYS + 1) * DAY)
    assert needs_renewal(server, authority, names, server.expires - (RENEW_DAYS - 1) * DAY)


def test_server_is_renewed_for_a_name_it_lacks_and_after_a_change_of_authority(
    authority: Identity, server: Identity
) -> None:
    assert needs_renewal(server, authority, names_for(["10.0.0.1"]), NOW)
    assert needs_renewal(server, make_authority(NOW), names_for(), NOW)


def test_identity_is_read_back(server: Identity) -> None:
    found = parse_identity(server.certificate_pem(), server.key_pem())
    assert (found.certificate, found.names) == (server.certificate, server.names)


def test_damaged_or_foreign_halves_are_refused(authority: Identity, server: Identity) -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        parse_identity(server.certificate_pem(), authority.key_pem())
    with pytest.raises(ValueError, match=r"."):
        parse_identity(b"", server.key_pem())
    with pytest.raises(ValueError, match=r"."):
        parse_identity(server.certificate_pem(), b"no key")


def test_key_is_not_shown(server: Identity) -> None:
    assert "key" not in repr(server)
