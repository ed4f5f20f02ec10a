"""Whom a file is fetched from."""

import pytest

from webqq.client.errors import NotAllowed
from webqq.client.filehosts import FileHosts
from webqq.client.gateway_address import GatewayAddress


@pytest.mark.parametrize("host", ["file1.web.qq.com", "weboffline.ftn.qq.com:80", "183.60.62.168:80", "[2408::1]:80"])
def test_hosts_of_the_service_are_asked(host: str):
    assert FileHosts().asked(host) == host


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:80", "localhost:631", "[::1]:80", "10.0.0.1:80", "192.168.1.1", "169.254.169.254:80", "0.0.0.1"),
        *("224.0.0.1:80", "example.com", "notqq.com", "qq.com.example", "me@127.0.0.1", "", "[", "[::ffff:127.0.0.1]"),
    ],
)
def test_no_other_host_is(host: str):
    with pytest.raises(NotAllowed, match="expected a host of the service"):
        FileHosts().asked(host)


@pytest.mark.parametrize("named", ["10.0.0.1:80", "example.com", "file1.web.qq.com"])
def test_of_a_gateway_the_gateway_is_asked_whatever_it_calls_itself(named: str):
    assert FileHosts(GatewayAddress("https", "::1", 8443)).asked(named) == "[::1]:8443"
