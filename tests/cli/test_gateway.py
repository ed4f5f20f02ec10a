"""``webqq gateway``: what it prints, and how it ends."""

import json
import socket
import ssl
from pathlib import Path

import pytest

from tests.cli.process import call, first_line, running, stop
from webqq.cli.gateway import https_port_beside

COMMUNITY = """
[[account]]
number = 100200300
nick = "bot"
password = "secret"
friends = [300400500]

[[account]]
number = 300400500
nick = "me"
password = "secret too"
"""


def test_address_is_the_first_line_once_connections_are_taken(tmp_path: Path) -> None:
    with running("gateway", "--listen", "127.0.0.1:0", "--data", str(tmp_path)) as process:
        host, _, port = first_line(process).removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))):
            pass
        assert first_line(process).startswith("Sign in as 300400500, once: http://127.0.0.1:")
        assert stop(process) == (0, "", "")


def test_passwords_of_a_new_community_are_for_the_owner_alone(tmp_path: Path) -> None:
    with running("gateway", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")) as process:
        first_line(process)
        stop(process)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "community.toml").stat().st_mode & 0o777 == 0o600


def test_given_community_prints_no_sign_in_link(tmp_path: Path) -> None:
    file = tmp_path / "community.toml"
    file.write_text(COMMUNITY, encoding="utf-8")
    arguments = ("--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"), "--community", str(file))
    with running("gateway", *arguments) as process:
        first_line(process)
        assert stop(process) == (0, "", "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (COMMUNITY.replace("friends = [300400500]", "friends = [1]"), "friends"),
        (COMMUNITY.replace('nick = "me"', 'nik = "me"'), "nik"),
        (COMMUNITY.replace("300400500\nnick", "100200300\nnick"), "number"),
        ("[[account", "TOML"),
    ],
)
def test_mistake_in_the_community_is_one_line_and_nothing_starts(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "community.toml"
    file.write_text(text, encoding="utf-8")
    data = tmp_path / "data"
    result = call("gateway", "--listen", "127.0.0.1:0", "--data", str(data), "--community", str(file))
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert str(file) in result.stderr
    assert named in result.stderr
    assert not data.exists()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:x", ":80", "127.0.0.1:65536"])
def test_address_that_is_none_is_a_wrong_call(address: str) -> None:
    result = call("gateway", "--listen", address)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "expected HOST:PORT" in result.stderr


# https.


def test_tls_prints_address_authority_and_hosts_file(tmp_path: Path) -> None:
    arguments = ("--tls", "--listen", "127.0.0.1:0", "--data", str(tmp_path))
    with running("gateway", *arguments) as process:
        first_line(process)
        assert process.stdout is not None
        process.stdout.readline()
        url = process.stdout.readline().strip()
        assert url.startswith("https://127.0.0.1:")
        assert str(tmp_path / "tls" / "ca.pem") in process.stdout.readline()
        context = ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.pem"))
        with (
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as plain,
            context.wrap_socket(plain, server_hostname="d1.web2.qq.com") as secure,
        ):
            assert secure.version() in ("TLSv1.2", "TLSv1.3")
        # As many lines as the names fill; the test ends in its time-out if this one never comes.
        assert any(line.startswith("127.0.0.1 ") and " d1.web2.qq.com " in line for line in process.stdout)
        assert stop(process)[::2] == (0, "")


@pytest.mark.parametrize(("port", "beside"), [(80, 443), (0, 0), (8888, 8443)])
def test_https_port_fits_that_of_http(port: int, beside: int) -> None:
    assert https_port_beside(port) == beside


@pytest.mark.parametrize("arguments", [("--tls-listen", "127.0.0.1:0"), ("--tls-old",)])
def test_options_of_tls_without_it_are_a_wrong_call(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = call("gateway", *arguments, "--data", str(tmp_path))
    assert (result.returncode, result.stderr) == (2, "webqq: --tls-listen and --tls-old need --tls\n")


# Operations.


def test_admin_address_is_printed_and_log_is_json_lines(tmp_path: Path) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-json", "--data", str(tmp_path))
    with running("gateway", *arguments) as process:
        url = first_line(process)
        assert process.stdout is not None
        process.stdout.readline()
        admin = process.stdout.readline().partition("/healthz")[0]
        assert ask(admin, "/healthz").endswith('{"status":"ok"}')
        assert ask(url, "/check?uin=100200300").startswith("HTTP/1.1 200")
        code, _, err = stop(process)
    assert code == 0
    entries = [json.loads(line) for line in err.splitlines()]
    assert [entry["call"] for entry in entries if entry["logger"] == "webqq.gateway.accesslog"] == ["check"]
    assert "uin=" not in err


def ask(url: str, target: str) -> str:
    """The whole answer to a request on a connection of its own."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"GET {target} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()
