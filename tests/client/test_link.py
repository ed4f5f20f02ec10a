"""A session's life: resumed, lost, renewed, ended."""

from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.client.service import ACCOUNT, Service
from webqq.client.errors import LoginRefused, Unreachable
from webqq.client.link import LOGOUT_TIMEOUT, Link, stamp
from webqq.client.saved import SessionFile
from webqq.client.session import Session
from webqq.client.state import IllegalMove, SessionState
from webqq.protocol.calls import GET_ONLINE_BUDDIES2, LOGIN2, LOGIN_PAGE, LOGOUT2, Login2Result, Reply
from webqq.testing import EOF

ONLINE_URL = "http://d.web2.qq.com/channel/get_online_buddies2"


def saved_in(folder: Path) -> SessionFile:
    """A file with a session in it."""
    file = SessionFile(folder / "session.json")
    file.save(Session(ACCOUNT, "12345678", "session-0", "vf-0", "old", "机器人"), CookieJar())
    return file


def test_session_is_asked_for_before_there_is_one(service: Service):
    link = service.link()
    assert link.nick == ""
    with pytest.raises(IllegalMove, match="no session yet"):
        _ = link.session


def test_login_registers_the_session_and_saves_it(service: Service, tmp_path: Path):
    file = SessionFile(tmp_path / "session.json")
    service.answer_whole_login()
    link = service.link(saved=file)
    service.run(link.open())
    assert link.state is SessionState.ONLINE
    assert service.paths()[-1] == "get_online_buddies2"
    restored = file.load(ACCOUNT, CookieJar())
    assert restored is not None
    assert restored.psessionid == "session-1"


def test_saved_session_that_is_good_needs_no_login(service: Service, tmp_path: Path):
    service.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
    link = service.link(saved=saved_in(tmp_path))
    service.run(link.open())
    assert link.state is SessionState.ONLINE
    assert service.paths() == ["get_online_buddies2"]
    assert service.asked(GET_ONLINE_BUDDIES2)[0].psessionid == "session-0"


@pytest.mark.parametrize("retcode", [100003, 100100])
def test_harmless_codes_mean_a_good_session(service: Service, tmp_path: Path, retcode: int):
    service.answer(GET_ONLINE_BUDDIES2, Reply(retcode))
    link = service.link(saved=saved_in(tmp_path))
    service.run(link.open())
    assert link.state is SessionState.ONLINE


def test_saved_session_that_is_over_leads_to_a_login(service: Service, tmp_path: Path):
    service.answer(GET_ONLINE_BUDDIES2, Reply(103))
    service.answer_whole_login()
    link = service.link(saved=saved_in(tmp_path))
    service.run(link.open())
    assert link.session.psessionid == "session-1"


def test_service_that_is_away_keeps_the_saved_session(service: Service, tmp_path: Path):
    link = service.link(saved=saved_in(tmp_path))
    with pytest.raises(Unreachable):
        service.run(link.open())
    assert link.state is SessionState.OFFLINE
    assert (tmp_path / "session.json").exists()


def test_login_may_be_tried_again_after_a_failure(service: Service):
    link = service.link()
    with pytest.raises(Unreachable):
        service.run(link.open())
    service.answer_whole_login()
    service.run(link.open())
    assert link.state is SessionState.ONLINE


def test_patient_login_waits_for_a_service_that_is_away(service: Service, expect_log):
    expect_log("webqq.client", "login of 100200300: .* again in 1 s")
    expect_log("webqq.client", "login of 100200300: .* again in 2 s")
    link = service.link()
    for _ in range(2):
        service.network.answer_raw("http://ui.ptlogin2.qq.com/cgi-bin/login", EOF)
    service.answer_whole_login()
    service.run(link.log_in_patiently())
    assert link.state is SessionState.ONLINE
    assert service.loop.time() == 3


def test_patient_login_waits_for_a_busy_service(service: Service, expect_log):
    expect_log("webqq.client", "login refused the login with code 1: .* again in 1 s")
    link = service.link()
    service.answer_login(code=1)
    service.answer_whole_login()
    service.run(link.log_in_patiently())
    assert link.state is SessionState.ONLINE


def test_patient_login_does_not_repeat_what_is_no_use(service: Service):
    link = service.link()
    service.answer_login(code=2)
    with pytest.raises(LoginRefused):
        service.run(link.log_in_patiently())
    assert len(service.asked(LOGIN_PAGE)) == 1


def test_relink_renews_the_tokens(service: Service):
    link = service.open_link()
    service.answer(LOGIN2, Reply(0, Login2Result(uin=ACCOUNT, psessionid="renewed", vfwebqq="")))
    assert service.run(link.relink())
    assert service.asked(LOGIN2)[-1].psessionid == "session-1"
    assert (link.session.psessionid, link.session.vfwebqq) == ("renewed", "vf-session-1")
    assert link.state is SessionState.ONLINE


def test_relink_that_is_refused_for_now_is_tried_three_times(service: Service):
    link = service.open_link()
    service.answer(LOGIN2, Reply(112), repeat=True)
    assert not service.run(link.relink())
    assert len(service.asked(LOGIN2)) == 1 + 3
    assert link.state is SessionState.RELINKING


@pytest.mark.parametrize("retcode", [103, 100000, 122, 4711])
def test_relink_that_is_refused_leaves_the_login(service: Service, retcode: int):
    link = service.open_link()
    service.answer(LOGIN2, Reply(retcode))
    assert not service.run(link.relink())
    service.answer_whole_login()
    service.run(link.log_in())
    assert link.state is SessionState.ONLINE


def test_relink_waits_for_a_service_that_is_away(service: Service, expect_log):
    expect_log("webqq.client", "relink of 100200300: .* again in 1 s")
    link = service.open_link()
    service.network.answer("http://d.web2.qq.com/channel/login2", status=500)
    service.answer_login2()
    assert service.run(link.relink())


def test_new_ptwebqq_is_field_and_cookie_and_saved(service: Service, tmp_path: Path):
    file = saved_in(tmp_path)
    service.answer(GET_ONLINE_BUDDIES2, Reply(0, ()), repeat=True)
    link = service.link(saved=file)
    service.run(link.open())
    link.take_ptwebqq("bb")
    link.take_ptwebqq(None)
    assert link.session.ptwebqq == "bb"
    service.run(link.is_alive())
    assert service.network.requests[-1].headers["Cookie"] == "ptwebqq=bb"
    restored = file.load(ACCOUNT, CookieJar())
    assert restored is not None
    assert restored.ptwebqq == "bb"


def test_session_that_cannot_be_saved_goes_on(service: Service, tmp_path: Path, expect_log):
    expect_log("webqq.client", "the session cannot be saved")
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    service.answer_whole_login()
    link = service.link(saved=SessionFile(in_the_way / "session.json"))
    service.run(link.log_in())
    assert link.state is SessionState.ONLINE


def test_forgotten_session_is_not_resumed(service: Service, tmp_path: Path):
    file = saved_in(tmp_path)
    link: Link = service.link(saved=file)
    link.forget()
    assert file.load(ACCOUNT, CookieJar()) is None


def test_logout_that_gets_no_answer_is_no_error(service: Service):
    link = service.open_link()
    service.network.answer("http://d.web2.qq.com/channel/logout2", status=500)
    service.run(link.log_out())
    assert service.asked(LOGOUT2)[0].psessionid == "session-1"


def test_logout_that_hangs_is_given_up(service: Service):
    link = service.open_link()
    service.network.prepare_socket("http://d.web2.qq.com/channel/logout2")
    service.run(link.log_out())
    assert service.loop.time() == LOGOUT_TIMEOUT


def test_stamp_is_milliseconds_since_the_epoch():
    assert 1_700_000_000_000 < int(stamp()) < 10_000_000_000_000
