"""Where a connection goes: the mapping, the resolver, IPv4 alone."""

import socket
from typing import Any

import pytest

from tests.httpstream.asynchttpclient.fetching import Refusing, fetch
from webqq.httpstream.asynchttpclient.sock import TornadoSock
from webqq.httpstream.origin import Origin
from webqq.httpstream.parser import Limits
from webqq.httpstream.resolve import Address, NameResolver
from webqq.testing import Answer, FakeIOLoop, ScriptedServer


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


class Forgetting(NameResolver):
    """Remembers what it was told to forget."""

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: list[str] = []

    def forget(self, host: str) -> None:
        self.forgotten.append(host)


def sock_of(mapping: dict[Any, Any], **said: Any) -> TornadoSock:
    said = {"resolver": None, "only_ipv4": False, **said}
    return TornadoSock(mapping=mapping, ssl_context=None, limits=Limits(), **said)


def fail(answer: object) -> None:
    pytest.fail(f"a number is known at once; a lookup gave {answer!r}")


def test_name_that_is_forgotten_is_the_one_that_was_looked_up() -> None:
    names = Forgetting()
    sock = sock_of({"a.test": "b.test"}, resolver=names)
    sock.forget(Origin("http", "a.test", 80))
    sock.forget(Origin("http", "c.test", 80))
    assert names.forgotten == ["b.test", "c.test"]


def test_mapped_host_is_found_however_the_url_spells_it(server: ScriptedServer) -> None:
    server.on("/", Answer())
    mapping = {"xn--bcher-kva.test": "127.0.0.1"}
    assert fetch(f"http://B\u00fccher.test:{server.port}/", {"hostname_mapping": mapping}).code == 200


def test_mapping_may_name_the_family_that_is_asked_for(loop: FakeIOLoop) -> None:
    mapping = {("a.test", 80, socket.AF_UNSPEC): ("127.0.0.1", 1), ("a.test", 80, socket.AF_INET): ("127.0.0.2", 2)}
    origin = Origin("http", "a.test", 80)
    assert sock_of(mapping).lookup(loop, origin, fail) == [Address(socket.AF_INET, ("127.0.0.1", 1))]
    assert sock_of(mapping, only_ipv4=True).lookup(loop, origin, fail) == [Address(socket.AF_INET, ("127.0.0.2", 2))]
