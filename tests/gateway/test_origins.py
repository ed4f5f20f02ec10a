import pytest
from tornado.httputil import HTTPHeaders

from webqq.gateway.origins import is_foreign

HOST = "127.0.0.1:8080"


def foreign(**headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return is_foreign(HTTPHeaders({"Host": HOST} | named))


def test_program_that_is_no_browser_is_welcome() -> None:
    assert not foreign()


@pytest.mark.parametrize(
    "origin", ["http://d.web2.qq.com", "https://s.web2.qq.com", "http://d1.web2.qq.com", "http://127.0.0.1:8080"]
)
def test_pages_of_the_service_and_of_the_gateway_are_welcome(origin: str) -> None:
    assert not foreign(Origin=origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1:9090",
        "http://qq.com.evil.example",
        "http://evilqq.com",
        "file://",
        "http://[broken",
        "chrome-extension://abcd.qq.com",
    ],
)
def test_other_pages_are_foreign(origin: str) -> None:
    assert foreign(Origin=origin)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_page_and_the_address_bar_are_welcome(site: str) -> None:
    assert not foreign(Sec_Fetch_Site=site, Origin="http://127.0.0.1:8080")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "something new"])
def test_what_a_browser_says_counts_before_the_origin(site: str) -> None:
    assert foreign(Sec_Fetch_Site=site, Origin="http://d.web2.qq.com")
