"""Where a connection goes: the mapping, the resolver, IPv4 alone."""

import pytest

from tests.httpstream.asynchttpclient.fetching import Refusing, fetch
from webqq.testing import Answer, ScriptedServer


def test_resolver_is_asked_for_numbers_too() -> None:
    with pytest.raises(OSError, match=r"127\.0\.0\.1 is forbidden"):
        fetch("http://127.0.0.1:1/", {"resolver": Refusing()})


def test_mapped_name_goes_where_the_mapping_says(server: ScriptedServer) -> None:
    server.on("/", Answer(), repeat=True)
    mapping = {"a.test": "127.0.0.1", ("b.test", 81): ("127.0.0.1", server.port)}
    fetch(f"http://a.test:{server.port}/", {"hostname_mapping": mapping}).rethrow()
    fetch("http://b.test:81/", {"hostname_mapping": mapping}).rethrow()
    assert [request.headers["Host"] for request in server.requests] == [f"a.test:{server.port}", "b.test:81"]


def test_host_without_ipv4_is_not_found_where_ipv6_is_not_allowed() -> None:
    with pytest.raises(OSError, match="no IPv4"):
        fetch("http://six.test/", {"hostname_mapping": {"six.test": "::1"}}, allow_ipv6=False)


def test_ipv4_is_used_where_ipv6_is_not_allowed(server: ScriptedServer) -> None:
    server.on("/", Answer())
    assert fetch(server.url(), allow_ipv6=False).code == 200


def test_name_without_address_raises_what_the_resolver_said() -> None:
    with pytest.raises(OSError, match="in-vain"):
        fetch(
            "http://in-vain.invalid/", {"resolver": None, "hostname_mapping": {"in-vain.invalid": "in-vain..invalid"}}
        )
