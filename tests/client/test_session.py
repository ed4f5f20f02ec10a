"""Tokens and cookies of a session."""

from http.cookiejar import CookieJar
from urllib.request import Request

from tests.client.service import ACCOUNT
from webqq.client.session import Session, cookie_value, make_cookie, set_ptwebqq


def cookies_for(jar: CookieJar, url: str) -> str | None:
    request = Request(url)
    jar.add_cookie_header(request)
    return request.get_header("Cookie")


def test_repr_holds_no_token():
    session = Session(ACCOUNT, "c-token", "p-token", "v-token", "w-token", "机器人")
    assert repr(session) == "Session(account=100200300, nick='机器人')"


def test_cookie_value_is_found_on_any_host():
    jar = CookieJar()
    jar.set_cookie(make_cookie("skey", "@abc", ".qq.com"))
    assert cookie_value(jar, "skey") == "@abc"
    assert cookie_value(jar, "ptwebqq") == ""


def test_new_ptwebqq_reaches_all_hosts_and_replaces_the_old():
    jar = CookieJar()
    set_ptwebqq(jar, "old")
    set_ptwebqq(jar, "new")
    assert cookies_for(jar, "http://d.web2.qq.com/channel/poll2") == "ptwebqq=new"
    assert cookies_for(jar, "http://s.web2.qq.com/api/x") == "ptwebqq=new"
    assert cookies_for(jar, "http://example.com/") is None


def test_cookie_without_a_dot_is_for_one_host():
    jar = CookieJar()
    jar.set_cookie(make_cookie("a", "1", "d.web2.qq.com"))
    assert cookies_for(jar, "http://d.web2.qq.com/") == "a=1"
    assert cookies_for(jar, "http://s.web2.qq.com/") is None
