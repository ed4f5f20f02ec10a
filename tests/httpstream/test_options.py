"""What can be said of a request, and what a stream says of all that leave it unsaid."""

import ssl
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from webqq.httpstream import InvalidRequest, Retry, Timeouts
from webqq.httpstream.auth import Basic, FixedHeader
from webqq.httpstream.environment import ProxyRules
from webqq.httpstream.options import Options, RequestOptions
from webqq.httpstream.proxy import Proxy


def test_every_option_of_a_request_has_a_default() -> None:
    said = {"timeouts" if name == "timeout" else name for name in RequestOptions.__annotations__}
    assert said <= {field.name for field in fields(Options)}


def test_what_is_left_unsaid_stays() -> None:
    options = Options(lane="poll", redirects=3)
    changed = options.updated({"redirects": 5})
    assert (changed.lane, changed.redirects) == ("poll", 5)
    assert options.redirects == 3


def test_seconds_are_the_timeout_of_the_whole() -> None:
    options = Options(Timeouts(connect=3))
    assert options.updated({"timeout": 7}).timeouts == Timeouts(connect=3, total=7)
    assert options.updated({"timeout": None}).timeouts == Timeouts(connect=3, total=None)
    assert options.updated({"timeout": ...}).timeouts == Timeouts(connect=3)
    assert options.updated({"timeout": Timeouts(tls=1)}).timeouts == Timeouts(tls=1)


def test_proxy_is_a_url_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy.parse("socks5h://p:1080")
    assert Options().updated({"proxy": "socks5h://p:1080"}).proxy == proxy
    assert Options(proxy=proxy).updated({"proxy": None}).proxy is None
    assert Options().updated({"proxy": proxy}).proxy is proxy
    monkeypatch.setenv("http_proxy", "http://p:3128")
    rules = Options().updated({"proxy": "environment"}).proxy
    assert isinstance(rules, ProxyRules)
    assert rules.proxy_for("http", "example.com", 80) == Proxy.parse("http://p:3128")


def test_credentials_are_a_pair_a_header_or_an_auth() -> None:
    assert isinstance(Options().updated({"auth": ("user", "password")}).auth, Basic)
    assert isinstance(Options().updated({"auth": "Bearer x"}).auth, FixedHeader)
    assert Options(auth=Basic("a", "b")).updated({"auth": None}).auth is None


def test_names_of_sensitive_headers_have_no_case() -> None:
    assert Options().updated({"sensitive": ["X-Api-Key"]}).sensitive == frozenset({"x-api-key"})


def test_unix_socket_may_be_a_path() -> None:
    assert Options().updated({"unix_socket": Path("/run/x")}).unix_socket == "/run/x"
    assert Options(unix_socket="/run/x").updated({"unix_socket": None}).unix_socket is None


@pytest.mark.parametrize(
    ("said", "is_piecewise"),
    [({}, False), ({"stream": True}, True), ({"on_head": print}, True), ({"on_data": print}, True)],
)
def test_answer_is_piecewise_where_somebody_takes_it_so(said: dict[str, Any], is_piecewise: bool) -> None:
    assert Options().updated(said).is_piecewise == is_piecewise
    assert not Options().updated(said).updated(dict.fromkeys(said)).is_piecewise


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"redirects": -1}, ValueError),
        ({"timeout": 0}, ValueError),
        ({"proxy": "ftp://p"}, InvalidRequest),
        ({"auth": "Bearer \n"}, ValueError),
        ({"colour": "red"}, TypeError),
        ({"max_body": -1}, ValueError),
        ({"max_body": "1 MB"}, TypeError),
        ({"redirects": None}, TypeError),
        ({"timeout": "1 s"}, TypeError),
        ({"timeout": (1, 2)}, TypeError),
        ({"proxy": ("127.0.0.1", 3128)}, TypeError),
        ({"proxy": False}, TypeError),
        ({"auth": b"Bearer x"}, TypeError),
        ({"auth": ("user",)}, TypeError),
        ({"retry": 3}, TypeError),
        ({"tls": ssl.create_default_context()}, TypeError),
        ({"proxy_tls": "cert.pem"}, TypeError),
        ({"source_address": "127.0.0.1"}, TypeError),
        ({"on_head": "print"}, TypeError),
        ({"on_data": b""}, TypeError),
        ({"sensitive": "X-Api-Key"}, TypeError),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(said: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind, match="(?i)" + next(iter(said))):
        Options().updated(said)


def test_retry_is_taken_as_it_is() -> None:
    retry = Retry(attempts=5)
    assert Options().updated({"retry": retry}).retry is retry
