from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import sample
from webqq.protocol.calls import (
    CHECK,
    CHECK_SIG,
    GETIMAGE,
    LOGIN,
    LOGIN_PAGE,
    CheckParams,
    CheckResult,
    CheckSigParams,
    GetImageParams,
    LoginPageResult,
    LoginParams,
    LoginResult,
    Reply,
    check_sig_request,
    login_page_params,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.retcodes import LoginCode

OLD = Flavour.WEBQQ_2013
SALT = bytes.fromhex("0000000005f8ef6c")


@pytest.mark.parametrize("flavour", Flavour)
def test_login_page_is_the_referer_of_the_calls_after_it(flavour):
    request = LOGIN_PAGE.request(login_page_params(flavour), flavour, scheme="https")
    page, referer = urlsplit(request.url), urlsplit(flavour.ptlogin_referer)
    assert (page.hostname, page.path) == (referer.hostname, referer.path)
    query, expected = parse_qs(page.query), parse_qs(referer.query)
    assert query | {"t": expected["t"]} == expected


def test_login_page_tells_the_signature():
    reply = LOGIN_PAGE.parse_reply(sample("login-page.2013.txt"))
    assert reply.result is not None
    assert reply.result.login_sig == "OmLx9l-SxmYxQ5o1kB3tYV6pKe8kEDAAs1q2wq2mJ0vZbXk5W0aYd9yqvVtH3mCe"


def test_page_without_a_signature_has_an_empty_one():
    assert LOGIN_PAGE.parse_reply(b"<html>") == Reply(0, LoginPageResult(login_sig=""))
    assert LOGIN_PAGE.parse_reply(LOGIN_PAGE.serialize_reply(Reply(0), OLD)) == Reply(0, LoginPageResult(login_sig=""))


@pytest.mark.parametrize("sig", ['";alert(1);"', "</script>", "a b", "\\", "é"])
def test_page_takes_no_signature_that_leaves_the_script(sig):
    with pytest.raises(ValueError, match="login_sig must be letters"):
        LOGIN_PAGE.serialize_reply(Reply(0, LoginPageResult(login_sig=sig)), OLD)


def test_check_of_the_oldest_clients_is_read():
    assert CHECK.parse_params("uin=100200300&appid=1003903&r=0.5") == CheckParams(uin="100200300", r="0.5")


def test_check_gives_code_and_salt():
    assert CHECK.parse_reply(sample("check.2013.txt")) == Reply(
        0, CheckResult(needs_captcha=False, code="!PTH", salt=SALT)
    )


def test_check_asks_for_a_captcha():
    result = CHECK.parse_reply(sample("check-5args-captcha.txt")).result
    assert result is not None
    assert (result.needs_captcha, result.salt, result.verifysession, result.randsalt) == (True, SALT, "", "0")


def test_check_of_the_summer_of_2014_has_four_arguments_and_a_blank():
    raw = rb"ptui_checkVC('0','!NTZ','\x00\x00\x00\x00\x05\xf8\xef\x6c', 'ef0e577a');"
    reply = CHECK.parse_reply(raw)
    assert reply.result == CheckResult(needs_captcha=False, code="!NTZ", salt=SALT, verifysession="ef0e577a")
    assert CHECK.serialize_reply(reply, OLD) == raw


def test_check_with_another_code_is_fatal():
    reply = CHECK.parse_reply(b"ptui_checkVC('7','','');")
    assert reply == Reply(7)
    assert CHECK.serialize_reply(reply, OLD) == b"ptui_checkVC('7','','');"


@pytest.mark.parametrize(
    "raw", [b"ptui_checkVC('0','!PTH');", rb"ptui_checkVC('x','a','\x00');", b"ptui_checkVC('0','a','zz');"]
)
def test_check_that_is_not_formed_so_is_malformed(raw):
    with pytest.raises(MalformedMessage, match=r"^check"):
        CHECK.parse_reply(raw)


def test_getimage_asks_for_the_account_and_gives_bytes():
    url = GETIMAGE.request(GetImageParams(uin="100200300", r="0.5"), OLD).url
    assert url == "http://captcha.qq.com/getimage?uin=100200300&aid=1003903&r=0.5"
    assert GETIMAGE.parse_reply(b"\xff\xd8") == Reply(0, b"\xff\xd8")


def test_login_sends_account_digest_and_code():
    query = parse_qs(urlsplit(LOGIN.request(LoginParams(u="100200300", p="45EC", verifycode="!PTH"), OLD).url).query)
    assert (query["u"], query["p"], query["verifycode"]) == (["100200300"], ["45EC"], ["!PTH"])
    assert query["aid"] == ["1003903"]
    assert "pt_randsalt" not in query


def test_login_gives_the_check_sig_url_and_the_nickname():
    reply = LOGIN.parse_reply(sample("login.2013.txt"))
    assert reply.retcode == LoginCode.OK
    assert reply.result is not None
    assert (reply.result.text, reply.result.nick) == ("登录成功！", "测试号")
    assert urlsplit(reply.result.url).path == CHECK_SIG.path
    assert not reply.result.is_frozen


def test_frozen_account_is_told_by_its_url():
    result = LOGIN.parse_reply(sample("login-frozen.txt")).result
    assert result is not None
    assert result.is_frozen


def test_expired_page_is_told_by_sub():
    reply = LOGIN.parse_reply(sample("login-page-expired.txt"))
    assert reply.result is not None
    assert (reply.retcode, reply.result.sub) == (LoginCode.WRONG_CAPTCHA, 2)


def test_login_without_nickname_is_read():
    assert LOGIN.parse_reply("ptuiCB('3','0','','0','错');".encode()) == Reply(3, LoginResult(text="错"))


def test_login_without_result_is_written():
    assert LOGIN.serialize_reply(Reply(1), OLD) == b"ptuiCB('1','0','','0','', '');\r\n"


@pytest.mark.parametrize("raw", [b"ptuiCB('0');", b"ptuiCB('x','0','','0','');", b"ptuiCB('0','','','0','');"])
def test_login_that_is_not_formed_so_is_malformed(raw):
    with pytest.raises(MalformedMessage, match=r"^login"):
        LOGIN.parse_reply(raw)


@given(text=st.text(), nick=st.text())
def test_any_nickname_stands_between_the_quotes(text, nick):
    read = LOGIN.parse_reply(LOGIN.serialize_reply(Reply(0, LoginResult(text=text, nick=nick)), OLD))
    assert read.result is not None
    assert read.result.nick == nick.replace("\N{NO-BREAK SPACE}", " ")
    assert read.result.text == text.replace("\N{NO-BREAK SPACE}", " ")


def test_check_sig_url_is_the_one_of_the_service():
    result = LOGIN.parse_reply(sample("login.2013.txt")).result
    assert result is not None
    params = CHECK_SIG.parse_params(urlsplit(result.url).query)
    assert params == CheckSigParams(
        uin="100200300",
        ptsig="R1oYzY1c5bJ8TQp0hXc9Zs2mVJ4uK7qE3nLwAaSdFgH_",
        s_url="http://web2.qq.com/loginproxy.html?login2qq=1&webqq_type=10",
    )
    assert CHECK_SIG.request(params, OLD).url == result.url


def test_check_sig_is_called_unchanged():
    url = "http://ptlogin4.web2.qq.com/check_sig?ptsig=R%2f1"
    request = check_sig_request(url, OLD)
    assert (request.method, request.url, request.headers["Referer"]) == ("GET", url, OLD.ptlogin_referer)


@pytest.mark.parametrize("url", ["", "/check_sig", "file:///etc/passwd", "javascript:alert(1)", "http://"])
def test_check_sig_of_another_scheme_is_malformed(url):
    with pytest.raises(MalformedMessage, match="login, url: expected an http or https URL"):
        check_sig_request(url, OLD)
