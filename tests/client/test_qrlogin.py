"""The login by QR code, and the one by the cookies of an earlier login."""

from http.cookiejar import CookieJar
from typing import Any

import pytest

from tests.client.service import ACCOUNT, CHECK_SIG_URL, Service
from webqq.client import QRPicture, SessionState, WebQQClient, show_qr
from webqq.client.errors import AccountFrozen, LoginError, LoginRefused, QRCodeExpired, Unreachable, WrongAccount
from webqq.client.qrlogin import ASK_INTERVAL
from webqq.client.saved import SessionFile
from webqq.client.session import Session, make_cookie
from webqq.protocol.calls import (
    GET_GROUP_NAME_LIST_MASK2,
    GET_ONLINE_BUDDIES2,
    GET_USER_FRIENDS2,
    GETVFWEBQQ,
    LOGIN2,
    LOGIN_PAGE,
    POLL2,
    PT4_AUTH,
    PTLOGOUT,
    PTQRLOGIN,
    PTQRSHOW,
    FriendsResult,
    GetVfwebqqResult,
    GroupsResult,
    Login2Result,
    LoginPageResult,
    LoginResult,
    Pt4AuthResult,
    Reply,
    qr_reply,
)
from webqq.protocol.digests import hash33, time33
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import LoginCode

FLAVOUR = Flavour.SMARTQQ_2016


class SmartService:
    """The scripted service in the flavour of 2016."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pictures: list[QRPicture] = []

    def answer(self, call: Any, reply: Reply[Any], **options: Any) -> None:
        url = f"http://{call.host.name_in(FLAVOUR)}{call.path}"
        self.service.network.answer(url, call.serialize_reply(reply, FLAVOUR), **options)

    def code(self, number: int = 1) -> None:
        cookie = f"qrsig=qrsig-{number}; Domain=.qq.com; Path=/"
        self.answer(PTQRSHOW, Reply(0, b"png %d" % number), headers=[("Set-Cookie", cookie)])

    def states(self, *codes: LoginCode) -> None:
        for code in codes:
            self.answer(PTQRLOGIN, qr_reply(code, 1, CHECK_SIG_URL, "机器人"))

    def session(self, uin: QQNumber = ACCOUNT) -> None:
        self.service.answer_check_sig()
        self.answer(GETVFWEBQQ, Reply(0, GetVfwebqqResult(vfwebqq="vf-right")))
        self.answer(LOGIN2, Reply(0, Login2Result(uin=uin, psessionid="p", vfwebqq="vf-wrong")))

    def rest(self) -> None:
        self.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
        self.answer(GET_USER_FRIENDS2, Reply(0, FriendsResult()))
        self.answer(GET_GROUP_NAME_LIST_MASK2, Reply(0, GroupsResult()))
        self.answer(PTLOGOUT, Reply(0))

    def client(self, **options: Any) -> WebQQClient:
        return self.service.client(qr=self.pictures.append, **options)


@pytest.fixture
def smart(service: Service) -> SmartService:
    smart = SmartService(service)
    smart.answer(LOGIN_PAGE, Reply(0, LoginPageResult(login_sig="")))
    return smart


def test_code_that_is_scanned_gives_a_session(service: Service, smart: SmartService):
    smart.code()
    smart.states(LoginCode.QR_WAITING, LoginCode.QR_SCANNED, LoginCode.OK)
    smart.session()
    smart.rest()
    client = smart.client()
    service.run(client.start())
    service.loop.settle()
    assert client.state is SessionState.ONLINE
    assert [(picture.png, picture.number, picture.limit) for picture in smart.pictures] == [(b"png 1", 1, 3)]
    assert [params.ptqrtoken for params in service.asked(PTQRLOGIN)] == [hash33("qrsig-1")] * 3
    assert service.loop.time() == 2 * ASK_INTERVAL
    [login2], [poll], [friends] = service.asked(LOGIN2), service.asked(POLL2), service.asked(GET_USER_FRIENDS2)
    assert (login2.clientid, poll.clientid, poll.key) == ("53999199", "53999199", "new")
    assert friends.vfwebqq == "vf-right"
    assert client.nick == "机器人"
    service.run(client.close())
    assert service.paths()[-1] == "logout"
    assert "get_msg_tip" not in str(service.network.requests)


def test_service_that_is_away_for_a_moment_costs_no_code(service: Service, smart: SmartService):
    smart.code()
    smart.states(LoginCode.QR_WAITING)
    service.network.answer("http://ssl.ptlogin2.qq.com/ptqrlogin", b"", status=500)
    smart.states(LoginCode.OK)
    smart.session()
    smart.rest()
    client = smart.client()
    service.run(client.sign_in())
    assert (client.state, len(smart.pictures)) == (SessionState.ONLINE, 1)


def test_codes_of_logins_that_broke_off_count_on(service: Service, smart: SmartService):
    client = smart.client(qr_limit=2)
    smart.code()
    smart.states(LoginCode.QR_EXPIRED)
    service.network.answer("http://ssl.ptlogin2.qq.com/ptqrshow", b"", status=500)
    with pytest.raises(Unreachable):
        service.run(client.sign_in())
    smart.answer(LOGIN_PAGE, Reply(0, LoginPageResult(login_sig="")))
    smart.code(2)
    smart.states(LoginCode.QR_EXPIRED)
    with pytest.raises(QRCodeExpired):
        service.run(client.sign_in())
    assert [picture.number for picture in smart.pictures] == [1, 2]


def test_codes_are_bounded_and_asked_for_again_only_on_request(service: Service, smart: SmartService):
    client = smart.client(qr_limit=2)
    for number in (1, 2):
        smart.code(number)
        smart.states(LoginCode.QR_WAITING, LoginCode.QR_EXPIRED)
    with pytest.raises(QRCodeExpired, match="nobody scanned one of 2 QR codes for 100200300"):
        service.run(client.sign_in())
    service.loop.advance(10_000)
    assert len(service.asked(PTQRSHOW)) == 2
    assert client.state is SessionState.OFFLINE
    smart.answer(LOGIN_PAGE, Reply(0, LoginPageResult(login_sig="")))
    smart.code(3)
    smart.states(LoginCode.OK)
    smart.session()
    smart.rest()
    service.run(client.sign_in())
    assert client.state is SessionState.ONLINE


def test_other_account_that_scans_is_refused(service: Service, smart: SmartService):
    smart.code()
    smart.states(LoginCode.OK)
    smart.session(QQNumber(5))
    with pytest.raises(WrongAccount, match="expected a login as 100200300, somebody signed in as 5"):
        service.run(smart.client().sign_in())


@pytest.mark.parametrize(
    ("code", "url", "error"),
    [(10006, "", LoginRefused), (0, "http://aq.qq.com/cn/services/abnormal", AccountFrozen)],
)
def test_refusals_end_the_login(service: Service, smart: SmartService, code: int, url: str, error: type[Exception]):
    smart.code()
    smart.answer(PTQRLOGIN, Reply(code, LoginResult(text="不行", url=url)))
    with pytest.raises(error):
        service.run(smart.client().sign_in())


def saved_session(folder: Any) -> None:
    jar = CookieJar()
    for name, value in (("supertoken", "st"), ("superuin", "o0100200300")):
        jar.set_cookie(make_cookie(name, value, ".qq.com"))
    session = Session(ACCOUNT, "53999199", "old", "vf-old", "pt", "机器人", flavour=FLAVOUR, mark="m")
    SessionFile(folder / f"{ACCOUNT}.session.json").save(session, jar)


def test_saved_session_that_is_over_is_resumed_by_its_cookies(service: Service, smart: SmartService, tmp_path: Any):
    saved_session(tmp_path)
    smart.answer(GET_ONLINE_BUDDIES2, Reply(100))
    smart.answer(PT4_AUTH, Reply(0, Pt4AuthResult(url="http://ptlogin4.web2.qq.com/check_sig?ptsigx=once")))
    resumed = (
        "http://ptlogin4.web2.qq.com/check_sig?ptsigx=once&regmaster=&aid=501004106"
        "&s_url=http%3A%2F%2Fw.qq.com%2Fproxy.html"
    )
    service.network.answer(resumed, b"", status=302, headers=[("Location", "http://w.qq.com/proxy.html")])
    smart.answer(GETVFWEBQQ, Reply(0, GetVfwebqqResult(vfwebqq="vf-right")))
    smart.answer(LOGIN2, Reply(0, Login2Result(uin=ACCOUNT, psessionid="new")))
    smart.rest()
    client = smart.client(data=tmp_path)
    service.run(client.sign_in())
    assert (client.state, client.nick, smart.pictures) == (SessionState.ONLINE, "机器人", [])
    assert service.asked(PT4_AUTH)[0].auth_token == time33("st")


def test_cookies_that_are_refused_lead_to_a_code(service: Service, smart: SmartService, tmp_path: Any):
    saved_session(tmp_path)
    smart.answer(GET_ONLINE_BUDDIES2, Reply(100))
    smart.answer(PT4_AUTH, Reply(1, Pt4AuthResult()))
    smart.code()
    smart.states(LoginCode.OK)
    smart.session()
    smart.rest()
    client = smart.client(data=tmp_path)
    service.run(client.sign_in())
    assert len(smart.pictures) == 1


def test_service_that_is_away_shows_no_code(service: Service, tmp_path: Any):
    smart = SmartService(service)
    with pytest.raises(Unreachable):
        service.run(smart.client().sign_in())
    assert smart.pictures == []


def test_code_that_cannot_be_shown_is_an_error_and_may_be_asked_for_again(service: Service, smart: SmartService):
    smart.code()
    client = service.client(qr=show_qr())
    with pytest.raises(LoginError, match="cannot be shown: expected a PNG, got other bytes"):
        service.run(client.sign_in())
    assert client.state is SessionState.OFFLINE


def test_limit_must_allow_a_code(service: Service, smart: SmartService):
    with pytest.raises(ValueError, match="qr_limit must be 1 or more"):
        smart.client(qr_limit=0)
