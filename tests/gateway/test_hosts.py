from webqq.gateway.hosts import SERVICE_DOMAINS, SERVICE_HOSTS, hosts_lines
from webqq.protocol.calls import CALLS, Host
from webqq.protocol.flavour import Flavour


def test_every_host_of_a_call_is_listed() -> None:
    assert {call.host.name_in(flavour) for call in CALLS if call.host is not Host.GIVEN for flavour in Flavour} <= set(
        SERVICE_HOSTS
    )


def test_pages_that_logins_end_at_are_listed() -> None:
    assert {"web2.qq.com", "w.qq.com"} <= set(SERVICE_HOSTS)


def test_names_that_clients_use_beside_those_of_the_calls_are_listed() -> None:
    faces = {f"face{number}.{domain}" for number in range(11) for domain in ("web.qq.com", "qun.qq.com")}
    assert faces | {"face11.qun.qq.com", "ssl.captcha.qq.com", "webqq.qq.com", "web3.qq.com"} <= set(SERVICE_HOSTS)


def test_every_host_lies_in_a_domain_that_the_authority_vouches_for() -> None:
    assert [
        host for host in SERVICE_HOSTS if not host.endswith(tuple(f".{domain}" for domain in SERVICE_DOMAINS))
    ] == []


def test_public_site_of_the_name_is_left_alone() -> None:
    assert not {"www.qq.com", "qq.com"} & set(SERVICE_HOSTS)


def test_lines_of_a_hosts_file_lead_each_name_to_the_address_once() -> None:
    lines = [line.split() for line in hosts_lines("192.168.1.5")]
    assert {line[0] for line in lines} == {"192.168.1.5"}
    assert [name for line in lines for name in line[1:]] == list(SERVICE_HOSTS)
