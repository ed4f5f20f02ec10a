"""The password login: what goes out, and what each answer leads to."""

import pytest

from tests.client.service import ACCOUNT, CHECK_SIG_URL, PASSWORD, Service
from webqq.client.calling import Caller
from webqq.client.errors import (
    AccountFrozen,
    CaptchaRequired,
    ClientError,
    LoginError,
    LoginRefused,
    Unreachable,
    WrongPassword,
)
from webqq.client.login import Captcha, PasswordDigest, PasswordLogin
from webqq.client.opening import SessionOpener
from webqq.client.session import Session
from webqq.protocol.calls import CHECK, GETIMAGE, LOGIN, LOGIN2, LOGIN_PAGE, CheckResult, LoginPageResult, Reply
from webqq.protocol.cipher import open_password_cipher
from webqq.protocol.digests import inner_hash, password_digest, salt_of, salted_key

SALT = salt_of(ACCOUNT)


def log_in(service: Service, captcha: Captcha | None = None) -> Session:
    caller = Caller(service.stream())
    login = PasswordLogin(caller, SessionOpener(caller, ACCOUNT), ACCOUNT, PASSWORD, captcha)
    return service.run(login.run())


def answer_rest(service: Service) -> None:
    service.answer_check_sig()
    service.answer_login2()


def ask_captcha(service: Service, picture: bytes = b"a jpeg") -> None:
    service.answer(LOGIN_PAGE, Reply(0, LoginPageResult(login_sig="")))
    service.answer(CHECK, Reply(0, CheckResult(needs_captcha=True, code="token", salt=SALT)))
    service.answer(GETIMAGE, Reply(0, picture))


def test_login_gives_the_session(service: Service):
    service.answer_login()
    answer_rest(service)
    session = log_in(service)
    assert (session.account, session.nick) == (ACCOUNT, "机器人")
    assert (session.psessionid, session.vfwebqq, session.ptwebqq) == ("session-1", "vf-session-1", "aa")
    assert len(session.clientid) == 8


def test_login_sends_the_digest_and_what_the_page_said(service: Service):
    service.answer_login()
    answer_rest(service)
    log_in(service)
    [check], [login], [login2] = service.asked(CHECK), service.asked(LOGIN), service.asked(LOGIN2)
    assert (check.uin, check.login_sig) == ("100200300", "sig-of-page")
    assert login.p == password_digest(PASSWORD, SALT, "!PTH")
    assert (login.verifycode, login.login_sig, login.pt_randsalt) == ("!PTH", "sig-of-page", None)
    assert (login2.ptwebqq, login2.psessionid, login2.status) == ("aa", "", "online")
    assert not any(PASSWORD in request.url for request in service.network.requests)


def test_check_sig_is_asked_as_it_was_given_and_not_followed(service: Service):
    service.answer_login()
    answer_rest(service)
    log_in(service)
    urls = [request.url for request in service.network.requests]
    assert CHECK_SIG_URL in urls
    assert not any("loginproxy" in url.partition("?")[0] for url in urls)


def test_parameters_of_2014_go_back_where_check_gave_them(service: Service):
    service.answer(LOGIN_PAGE, Reply(0, LoginPageResult(login_sig="")))
    check = CheckResult(needs_captcha=False, code="!ABC", salt=SALT, verifysession="vs", randsalt="1")
    service.answer(CHECK, Reply(0, check))
    service.answer_password()
    answer_rest(service)
    log_in(service)
    [login] = service.asked(LOGIN)
    assert (login.pt_randsalt, login.pt_verifysession_v1, login.pt_vcode_v1) == ("1", "vs", "0")


def test_captcha_is_asked_through_the_callback_and_used_in_upper_case(service: Service):
    pictures = []

    def read(picture: bytes) -> str:
        pictures.append(picture)
        return " abcd\n"

    ask_captcha(service)
    service.answer_password()
    answer_rest(service)
    log_in(service, read)
    assert pictures == [b"a jpeg"]
    assert service.asked(LOGIN)[0].verifycode == "ABCD"
    assert service.asked(LOGIN)[0].p == password_digest(PASSWORD, SALT, "ABCD")
    assert service.asked(GETIMAGE)[0].cap_cd == "token"


def test_captcha_callback_may_be_a_coroutine_function(service: Service):
    async def read(picture: bytes) -> str:
        return "wxyz"

    ask_captcha(service)
    service.answer_password()
    answer_rest(service)
    log_in(service, read)
    assert service.asked(LOGIN)[0].verifycode == "WXYZ"


@pytest.mark.parametrize("captcha", [None, lambda picture: " "])
def test_captcha_that_nobody_reads_is_an_error(service: Service, captcha: Captcha | None):
    ask_captcha(service)
    with pytest.raises(CaptchaRequired):
        log_in(service, captcha)


def test_misread_captcha_is_asked_again_with_a_new_picture(service: Service):
    letters = {b"first": "one", b"second": "two"}
    ask_captcha(service, b"first")
    service.answer_password(code=4)
    ask_captcha(service, b"second")
    service.answer_password()
    answer_rest(service)
    log_in(service, letters.__getitem__)
    assert [params.verifycode for params in service.asked(LOGIN)] == ["ONE", "TWO"]


def test_captcha_misread_three_times_is_an_error(service: Service):
    for _ in range(3):
        service.answer_login(code=4, text="您输入的验证码不正确")
    with pytest.raises(CaptchaRequired, match="again and again"):
        log_in(service)
    assert len(service.asked(LOGIN)) == 3


def test_wrong_password_is_not_tried_again(service: Service):
    service.answer_login(code=3, text="您输入的帐号或密码不正确，请重新输入。")
    with pytest.raises(WrongPassword, match="account 100200300 or its password is wrong: 您输入的") as caught:
        log_in(service)
    assert PASSWORD not in str(caught.value)
    assert len(service.asked(LOGIN)) == 1


@pytest.mark.parametrize(("code", "tries"), [(2, 1), (24, 1), (10005, 1), (99, 1), (5, 2), (6, 2), (7, 2), (71, 2)])
def test_refusals_tell_code_and_text(service: Service, code: int, tries: int):
    for _ in range(2):
        service.answer_login(code=code, text="号码")
    with pytest.raises(LoginRefused, match=f"code {code}: 号码") as caught:
        log_in(service)
    assert (caught.value.call, caught.value.code, caught.value.text) == ("login", code, "号码")
    assert not caught.value.may_retry
    assert len(service.asked(LOGIN)) == tries


@pytest.mark.parametrize("code", [1, 8])
def test_busy_service_may_be_asked_later(service: Service, code: int):
    service.answer_login(code=code)
    with pytest.raises(LoginRefused) as caught:
        log_in(service)
    assert caught.value.may_retry


def test_verification_that_failed_once_is_tried_again(service: Service):
    service.answer_login(code=5)
    service.answer_login()
    answer_rest(service)
    assert log_in(service).psessionid == "session-1"


def test_frozen_account_shows_where_to_unlock_it(service: Service):
    service.answer_login(url="http://aq.qq.com/cn2/login_limit")
    with pytest.raises(AccountFrozen, match="account 100200300 is frozen: http://aq") as caught:
        log_in(service)
    assert caught.value.url == "http://aq.qq.com/cn2/login_limit"


def test_check_that_refuses_is_told(service: Service):
    service.answer(LOGIN_PAGE, Reply(0, LoginPageResult(login_sig="")))
    service.answer(CHECK, Reply(7))
    with pytest.raises(LoginRefused, match="check refused the login with code 7"):
        log_in(service)


@pytest.mark.parametrize(("code", "may_retry"), [(103, False), (108, False), (106, False), (122, False), (112, True)])
def test_login2_that_refuses_is_told(service: Service, code: int, may_retry: bool):
    service.answer_login()
    service.answer_check_sig()
    service.answer(LOGIN2, Reply(code))
    with pytest.raises(LoginRefused) as caught:
        log_in(service)
    assert (caught.value.call, caught.value.code, caught.value.may_retry) == ("login2", code, may_retry)


def test_service_that_is_not_there_is_unreachable(service: Service):
    with pytest.raises(Unreachable, match="login_page: no address"):
        log_in(service)


def test_server_error_is_unreachable(service: Service):
    service.network.answer("http://ui.ptlogin2.qq.com/cgi-bin/login", status=500)
    with pytest.raises(Unreachable, match="expected HTTP status 200, got 500"):
        log_in(service)


def test_all_login_errors_are_client_errors():
    assert issubclass(LoginError, ClientError)


def test_digest_of_2014_is_announced_and_opens_with_the_password(service: Service):
    service.answer_login()
    answer_rest(service)
    caller = Caller(service.stream())
    opener = SessionOpener(caller, ACCOUNT)
    login = PasswordLogin(caller, opener, ACCOUNT, PASSWORD, digest=PasswordDigest.RSA_TEA)
    service.run(login.run())
    assert service.asked(CHECK)[0].pt_tea == "1"
    opened = open_password_cipher(service.asked(LOGIN)[0].p, salted_key(inner_hash(PASSWORD), SALT))
    assert (opened.salt, opened.code) == (SALT, "!PTH")
