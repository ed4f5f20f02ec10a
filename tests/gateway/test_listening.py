import errno
import socket

import pytest

from webqq.gateway.errors import ListenError
from webqq.gateway.listening import address_of, listen


def test_free_port_is_taken_and_does_not_block() -> None:
    with listen("127.0.0.1", 0) as bound:
        assert not bound.getblocking()
        with socket.create_connection(bound.getsockname()):
            pass


def test_port_in_use_is_told() -> None:
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        with pytest.raises(ListenError, match=f"127.0.0.1:{port} cannot be listened on: Address already in use"):
            listen("127.0.0.1", port)


def test_port_that_needs_a_privilege_is_told_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever runs the tests may have the privilege.
    class Refused(socket.socket):
        def bind(self, address: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Refused)
    with pytest.raises(
        ListenError, match=r"443 cannot be listened on: ports below 1024 need a privilege; .*CAP_NET_BIND"
    ):
        listen("127.0.0.1", 443)
    with pytest.raises(ListenError, match="8443 cannot be listened on: Permission denied"):
        listen("127.0.0.1", 8443)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104  # a value
        ("::", "http://[::1]:80"),
        ("fd00::1", "http://[fd00::1]:80"),
        ("name", "http://name:80"),
    ],
)
def test_address_is_one_that_works_on_this_machine(host: str, address: str) -> None:
    assert address_of("http", host, 80) == address
