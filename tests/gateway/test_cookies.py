import pytest

from tests.gateway.helpers import BOT
from webqq.gateway.cookies import (
    Cookie,
    gone_cookies,
    is_service_host,
    login_cookies,
    sent_cookie,
    service_cookies,
    session_cookie,
)


def labels(name: str, length: int) -> str:
    return (name.replace("_", "") * length)[:length]


def by_name(host: str) -> dict[str, Cookie]:
    cookies = [*login_cookies(host, BOT, "f" * 64, labels), *service_cookies(host, BOT, labels)]
    return {cookie.name: cookie for cookie in cookies}


@pytest.mark.parametrize("host", ["d.web2.qq.com", "ssl.ptlogin2.qq.com:8080", "QQ.com", "ptlogin4.web2.qq.com"])
def test_hosts_of_the_service_are_known_with_and_without_a_port(host: str) -> None:
    assert is_service_host(host)


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost", "evilqq.com", "qq.com.example", "[::1]:80", ""])
def test_other_hosts_are_none_of_the_service(host: str) -> None:
    assert not is_service_host(host)


def test_login_sets_what_the_service_set() -> None:
    cookies = by_name("ssl.ptlogin2.qq.com")
    service = (
        "uin skey ptwebqq superuin superkey supertoken pt2gguin ptcz RK ptui_loginuin ptisp p_skey p_uin pt4_token"
    )
    assert set(cookies) == set(service.split())
    assert cookies["uin"].value == cookies["superuin"].value == cookies["p_uin"].value == "o0100200300"
    assert cookies["ptwebqq"].value == "f" * 64
    assert cookies["skey"].value[0] == "@"
    assert len(cookies["skey"].value) == 10
    assert int(cookies["supertoken"].value) < 2**32


def test_under_a_name_of_the_service_cookies_are_for_its_domains() -> None:
    cookies = by_name("ssl.ptlogin2.qq.com")
    own = {name for name, cookie in cookies.items() if cookie.domain == "web2.qq.com"}
    assert own == {"p_skey", "p_uin", "pt4_token"}
    assert all(cookie.domain == ".qq.com" for name, cookie in cookies.items() if name not in own)


def test_elsewhere_they_are_for_that_host_alone() -> None:
    assert {cookie.domain for cookie in by_name("127.0.0.1:8080").values()} == {None}


def test_script_reads_only_what_it_needs() -> None:
    readable = {name for name, cookie in by_name("127.0.0.1").items() if cookie.is_script_readable}
    assert readable == {"uin", "ptwebqq", "skey"}


def test_cookies_that_go_are_named_where_they_were_set() -> None:
    for host, domain in (("ptlogin2.qq.com", ".qq.com"), ("127.0.0.1:8080", None)):
        (gone,) = gone_cookies(host, "skey")
        assert (gone.name, gone.value, gone.domain, gone.is_gone) == ("skey", "", domain, True)
        kept = session_cookie(host, "qrsig", "x")
        assert (kept.value, kept.domain, kept.is_gone) == ("x", domain, False)


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ([], ""),
        (["pt2gguin=o1; qrsig=ab"], "ab"),
        (["qrsig=ab; qrsig=of-long-ago"], "ab"),
        (["qrsig=; Max-Age=0; Path=/;; HttpOnly; qrsig=ab; Path=/"], "ab"),
        (["xqrsig=no; qrsigs=no; QRSIG=no"], ""),
        (['qrsig="ab=="'], "ab=="),
        (["pt2gguin=o1", "qrsig=ab"], "ab"),
    ],
)
def test_cookie_is_found_in_what_simple_clients_put_together(lines: list[str], value: str) -> None:
    assert sent_cookie(lines, "qrsig") == value
