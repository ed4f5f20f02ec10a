import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, PERSON, Clock, services
from tests.gateway.test_sessions import sign_in
from webqq.gateway.calls import ANSWERS
from webqq.gateway.calls.context import Context, Refusal
from webqq.gateway.services import DRAWING_SECONDS, DRAWINGS, Services
from webqq.gateway.tokens import Purpose
from webqq.protocol.digests import bkn
from webqq.protocol.flavour import Flavour
from webqq.protocol.retcodes import RetCode
from webqq.protocol.status import Status


def context(parts: Services) -> Context:
    return Context(parts, Flavour.WEBQQ_2013, "127.0.0.1", "http", "127.0.0.1", lambda name: "")


def refused(ask: Callable[[], object]) -> RetCode:
    with pytest.raises(Refusal) as caught:
        ask()
    return caught.value.retcode


def test_pictures_are_drawn_for_a_network_so_often(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            for _ in range(DRAWINGS):
                context(parts).take_drawing()
            assert refused(lambda: context(parts).take_drawing()) is RetCode.TRY_LATER
            clock.now += DRAWING_SECONDS
            context(parts).take_drawing()

    asyncio.run(main())


def test_login_is_told_by_its_cookies_and_their_hash(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            login = await sign_in(parts.sessions)
            skey = "@" + parts.sessions.label("skey", login, 9)
            cookies = {"uin": f"o{BOT:010d}", "skey": skey}
            asked = context(parts)
            asked.cookie = lambda name: cookies.get(name, "")
            assert asked.login_of_cookies() is login
            assert asked.login_of_bkn(bkn(skey)) is login
            assert refused(lambda: asked.login_of_bkn(bkn(skey) + 1)) is RetCode.LOGIN_GONE
            for wrong in ({"uin": f"o{PERSON:010d}"}, {"uin": "x"}, {"skey": "词"}, {"skey": ""}):
                cookies = {"uin": f"o{BOT:010d}", "skey": skey} | wrong
                assert refused(asked.login_of_cookies) is RetCode.LOGIN_GONE
            assert asked.login_of_skey(BOT, skey) is login
            await parts.sessions.end(login)
            assert asked.login_of_skey(BOT, skey) is None

    asyncio.run(main())


def test_session_is_told_by_its_psessionid(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            session = await parts.sessions.begin(await sign_in(parts.sessions), Status.ONLINE)
            psessionid = parts.sessions.psessionid(session)
            clock.now += 5
            assert context(parts).session(psessionid) is session
            assert session.seen == clock.now
            assert refused(lambda: context(parts).session("")) is RetCode.NO_SESSION

    asyncio.run(main())


def test_kicked_session_may_do_what_any_session_may(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            older = await parts.sessions.begin(await sign_in(parts.sessions), Status.ONLINE)
            await parts.sessions.begin(await sign_in(parts.sessions), Status.ONLINE)
            psessionid = parts.sessions.psessionid(older)
            assert context(parts).any_session(psessionid) is older
            assert refused(lambda: context(parts).session(psessionid)) is RetCode.NO_SESSION

    asyncio.run(main())


def test_login_must_be_confirmed(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            issued = await parts.sessions.issue(BOT, "/")
            token = parts.sessions.token(Purpose.PTWEBQQ, issued)
            assert refused(lambda: context(parts).login(Purpose.PTWEBQQ, token)) is RetCode.NO_SESSION
            assert refused(lambda: context(parts).login(Purpose.VFWEBQQ, token)) is RetCode.LOGIN_GONE
            await parts.sessions.confirm(parts.sessions.token(Purpose.SIGNATURE, issued))
            assert context(parts).login(Purpose.PTWEBQQ, token) is issued

    asyncio.run(main())


def test_second_token_may_be_missing_but_not_anothers(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            own, again, other = [await sign_in(parts.sessions, number) for number in (BOT, BOT, PERSON)]
            session = await parts.sessions.begin(own, Status.ONLINE)
            asked = context(parts)
            for login in (own, again):
                asked.see_that_it_fits(session, Purpose.PTWEBQQ, parts.sessions.token(Purpose.PTWEBQQ, login))
            asked.see_that_it_fits(session, Purpose.PTWEBQQ, "")
            for token in (parts.sessions.token(Purpose.PTWEBQQ, other), "noise"):
                code = refused(lambda token=token: asked.see_that_it_fits(session, Purpose.PTWEBQQ, token))  # type: ignore[misc]  # mypy cannot infer a lambda's default
                assert code is RetCode.LOGIN_GONE

    asyncio.run(main())


def test_every_call_is_answered_once() -> None:
    paths = [path for answer in ANSWERS for path in (answer.call.path, *answer.call.aliases)]
    assert len(paths) == len(set(paths))
