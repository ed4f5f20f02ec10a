from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import sample, vectors
from webqq.protocol.calls import (
    CHECK_SIG,
    PT4_AUTH,
    PTLOGOUT,
    PTQRLOGIN,
    PTQRSHOW,
    QR_TEXTS,
    PtqrloginParams,
    PtqrshowParams,
    Reply,
    pt4_auth_params,
    ptlogout_params,
    ptqrlogin_params,
    qr_reply,
    resumed_check_sig_url,
)
from webqq.protocol.digests import hash33, time33
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.retcodes import LoginCode

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


def query_of(request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url).query, keep_blank_values=True)


def test_picture_is_asked_for_the_application():
    request = PTQRSHOW.request(PtqrshowParams(t="0.5"), NEW, scheme="https")
    assert request.url == "https://ssl.ptlogin2.qq.com/ptqrshow?appid=501004106&e=0&l=M&s=5&d=72&v=4&t=0.5"
    assert PTQRSHOW.parse_reply(b"\x89PNG") == Reply(0, b"\x89PNG")


@pytest.mark.parametrize("vector", vectors("ptqrtoken_hash33"))
def test_state_is_asked_with_the_hash_of_the_cookie(vector):
    request = PTQRLOGIN.request(ptqrlogin_params(vector["qrsig"], elapsed_ms=1500), NEW)
    assert query_of(request)["ptqrtoken"] == [str(vector["ptqrtoken"])]
    assert query_of(request)["action"] == ["0-0-1500"]
    assert request.headers["Referer"] == NEW.ptlogin_referer


def test_form_of_2018_and_that_without_a_token_are_read():
    late = "u1=http%3A%2F%2Fw.qq.com%2Fproxy.html&ptqrtoken=7&ptredirect=0&h=1&t=1&g=1&pt_uistyle=40&js_type=1&"
    assert PTQRLOGIN.parse_params(late).ptqrtoken == 7
    assert PTQRLOGIN.parse_params("aid=501004106") == PtqrloginParams()


@pytest.mark.parametrize("code", QR_TEXTS)
def test_states_are_told_by_number_and_by_text(code):
    read = PTQRLOGIN.parse_reply(sample(f"ptqrlogin-{int(code)}.txt"))
    assert read.retcode == code
    assert read.result is not None
    assert read.result.text.startswith(QR_TEXTS[code])


def test_gateway_writes_the_states_as_the_service_did():
    waiting = PTQRLOGIN.serialize_reply(qr_reply(LoginCode.QR_WAITING, 668993644), NEW)
    assert waiting == sample("ptqrlogin-66.txt").strip() + b"\r\n"
    done = PTQRLOGIN.parse_reply(sample("ptqrlogin-0.txt"))
    assert done.result is not None
    assert qr_reply(LoginCode.OK, 0, done.result.url, done.result.nick) == done


def test_malformed_state_names_its_call():
    with pytest.raises(MalformedMessage, match=r"^ptqrlogin: expected 5 or 6 arguments"):
        PTQRLOGIN.parse_reply(b"ptuiCB('66');")


def test_scanned_login_ends_at_a_check_sig_of_its_own():
    result = PTQRLOGIN.parse_reply(sample("ptqrlogin-0.txt")).result
    assert result is not None
    params = CHECK_SIG.parse_params(urlsplit(result.url).query)
    assert (params.service, params.ptsig, params.proof[:8]) == ("ptqrlogin", None, "0f1e2d3c")
    assert CHECK_SIG.request(params, NEW).url == result.url


def test_login_is_resumed_with_the_hash_of_the_cookie():
    query = query_of(PT4_AUTH.request(pt4_auth_params("123"), NEW))
    assert query == {"daid": ["164"], "appid": ["501004106"], "auth_token": [str(time33("123"))]}


def test_resumed_login_says_where_to_go_on():
    result = PT4_AUTH.parse_reply(sample("pt4_auth.txt")).result
    assert result is not None
    url = resumed_check_sig_url(result.url)
    assert url == result.url + "&regmaster=&aid=501004106&s_url=http%3A%2F%2Fw.qq.com%2Fproxy.html"
    params = CHECK_SIG.parse_params(urlsplit(url).query)
    assert (params.service, params.proof, params.s_url) == (
        "pt4_auth",
        "00112233445566778899aabbccddeeff",
        "http://w.qq.com/proxy.html",
    )


def test_login_that_cannot_be_resumed_is_a_code():
    reply = PT4_AUTH.parse_reply(sample("pt4_auth-no.txt"))
    assert (reply.retcode, reply.result and reply.result.url) == (1, "")
    assert PT4_AUTH.serialize_reply(Reply(1), NEW) == b"ptui_auth_CB('1','')"


@pytest.mark.parametrize("raw", [b"ptui_auth_CB('0');", b"ptui_auth_CB('x','');", b"ptuiCB('0','');"])
def test_resumption_that_is_not_formed_so_is_malformed(raw):
    with pytest.raises(MalformedMessage, match=r"^pt4_auth"):
        PT4_AUTH.parse_reply(raw)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/check_sig?ptsigx=1",
        "https://evilqq.com/check_sig?ptsigx=1",
        "https://w.qq.com/other?a=1",
        "https://w.qq.com/check_sig",
    ],
)
def test_resumed_login_goes_to_the_service_alone(url):
    with pytest.raises(MalformedMessage, match="pt4_auth, url: expected the URL of a check_sig"):
        resumed_check_sig_url(url)


@given(token=st.text(), skey=st.text("@abc"), ptcz=st.text("abc"))
def test_logout_carries_hashes_of_the_cookies(token, skey, ptcz):
    params = ptlogout_params(token, skey, ptcz)
    assert (params.pt4_hkey, params.pt4_ptcz, params.deep_logout) == (time33(skey), hash33(ptcz), "1")
    request = PTLOGOUT.request(params, NEW, scheme="https")
    assert request.url.startswith("https://ptlogin2.qq.com/logout?")
    assert request.headers["Referer"] == "http://w.qq.com/"
    assert PTLOGOUT.parse_reply(b"anything") == Reply(0)
