import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, CHEAP, PERSON, Clock, opened, services, small_community
from webqq.gateway.community import Community
from webqq.gateway.errors import StoreError
from webqq.gateway.services import load_services
from webqq.gateway.sessions import (
    KICKS_PER_ACCOUNT,
    LINK_SECONDS,
    LOGIN_LONGEST_SECONDS,
    LOGIN_SECONDS,
    LOGINS_PER_ACCOUNT,
    MOVES,
    SIGNATURE_SECONDS,
    Login,
    LoginState,
    Session,
    SessionInput,
    Sessions,
    SessionState,
)
from webqq.gateway.tokens import Purpose
from webqq.gateway.vault import Vault
from webqq.protocol.ids import QQNumber
from webqq.protocol.status import Status


async def sign_in(sessions: Sessions, account: QQNumber = BOT) -> Login:
    issued = await sessions.issue(account, "/")
    confirmed = await sessions.confirm(sessions.token(Purpose.SIGNATURE, issued))
    assert confirmed is issued
    return confirmed


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "gateway.sqlite")) as db:
        return db.execute(query).fetchall()


# Logins.


def test_signature_confirms_a_login_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            issued = await parts.sessions.issue(BOT, "/landing")
            signature = parts.sessions.token(Purpose.SIGNATURE, issued)
            states = [issued.state]
            assert await parts.sessions.confirm(signature) is issued
            assert [*states, issued.state] == [LoginState.ISSUED, LoginState.CONFIRMED]
            assert await parts.sessions.confirm(signature) is None

    asyncio.run(main())


def test_what_is_no_signature_confirms_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            issued = await parts.sessions.issue(BOT, "/")
            for token in ("", parts.sessions.token(Purpose.PTWEBQQ, issued)):
                assert await parts.sessions.confirm(token) is None

    asyncio.run(main())


@pytest.mark.parametrize("seconds", [SIGNATURE_SECONDS, LINK_SECONDS])
def test_signature_is_good_for_a_while_only(tmp_path: Path, seconds: float) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            is_link = seconds == LINK_SECONDS
            for wait, is_good in ((seconds - 1, True), (seconds, False)):
                issued = parts.sessions.issue_link(BOT, "/") if is_link else await parts.sessions.issue(BOT, "/")
                clock.now += wait
                confirmed = await parts.sessions.confirm(parts.sessions.token(Purpose.SIGNATURE, issued))
                assert (confirmed is not None) == is_good

    asyncio.run(main())


def test_confirmation_that_was_not_written_can_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            issued = await parts.sessions.issue(BOT, "/")
            signature = parts.sessions.token(Purpose.SIGNATURE, issued)
            with monkeypatch.context() as patch:
                patch.setattr("webqq.gateway.sessions._update_login", refuse)
                with pytest.raises(StoreError):
                    await parts.sessions.confirm(signature)
            assert await parts.sessions.confirm(signature) is issued

    def refuse(*args: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    asyncio.run(main())


def test_logins_of_an_account_are_bounded(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            logins = []
            for _ in range(LOGINS_PER_ACCOUNT + 2):
                clock.now += 1
                logins.append(await parts.sessions.issue(BOT, "/"))
            tokens = [parts.sessions.token(Purpose.PTWEBQQ, login) for login in logins]
            found = [parts.sessions.login(Purpose.PTWEBQQ, token) is not None for token in tokens]
            assert found == [False, False] + [True] * LOGINS_PER_ACCOUNT
        assert rows(tmp_path, "SELECT count(*) FROM login") == [(LOGINS_PER_ACCOUNT,)]

    asyncio.run(main())


def test_login_ends_when_nothing_is_heard_of_it(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            session = await parts.sessions.begin(await sign_in(parts.sessions), Status.ONLINE)
            psessionid = parts.sessions.psessionid(session)
            clock.now += LOGIN_SECONDS - 1
            parts.sessions.touch(session)
            clock.now += LOGIN_SECONDS - 1
            parts.sessions.sweep()
            assert parts.sessions.session(psessionid) is session
            clock.now += 1
            assert parts.sessions.session(psessionid) is None
            parts.sessions.sweep()
            assert session.state is SessionState.ENDED
        assert rows(tmp_path, "SELECT count(*) FROM login") == rows(tmp_path, "SELECT count(*) FROM session") == [(0,)]

    asyncio.run(main())


def test_end_of_a_login_ends_its_sessions(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            login = await sign_in(parts.sessions)
            session = await parts.sessions.begin(login, Status.ONLINE)
            tokens = parts.sessions.psessionid(session), parts.sessions.token(Purpose.VFWEBQQ, login)
            await parts.sessions.end(login)
            assert parts.sessions.session(tokens[0]) is None
            assert parts.sessions.login(Purpose.VFWEBQQ, tokens[1]) is None
            assert parts.sessions.live(BOT) is None
        assert rows(tmp_path, "SELECT count(*) FROM session") == [(0,)]

    asyncio.run(main())


# Sessions.


def test_newest_session_speaks_for_the_account_and_the_older_is_kicked(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            sessions = parts.sessions
            older = await sessions.begin(await sign_in(sessions), Status.ONLINE)
            other = await sessions.begin(await sign_in(sessions, PERSON), Status.ONLINE)
            newer = await sessions.begin(await sign_in(sessions), Status.ONLINE)
            assert sessions.live(BOT) is newer
            assert [session.state for session in (older, other, newer)] == [
                SessionState.KICKED,
                SessionState.LIVE,
                SessionState.LIVE,
            ]
            turn = older.receiver.begin("")
            await turn.wait(0)
            assert sessions.session(sessions.psessionid(older)) is older
            turn.finished()
            assert sessions.session(sessions.psessionid(older)) is None
            assert sessions.live(BOT) is newer

    asyncio.run(main())


def test_sessions_that_have_not_learned_of_their_end_are_bounded(tmp_path: Path) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            login = await sign_in(parts.sessions)
            begun = [await parts.sessions.begin(login, Status.ONLINE) for _ in range(KICKS_PER_ACCOUNT + 3)]
            states = [session.state for session in begun]
            assert states.count(SessionState.KICKED) == KICKS_PER_ACCOUNT
            assert states.count(SessionState.LIVE) == 1
            assert states[0] is states[1] is SessionState.ENDED
        assert rows(tmp_path, "SELECT count(*) FROM session") == [(KICKS_PER_ACCOUNT + 1,)]

    asyncio.run(main())


@pytest.mark.parametrize(("state", "event"), list(product(SessionState, SessionInput)))
def test_every_pair_of_the_table(tmp_path: Path, state: SessionState, event: SessionInput) -> None:
    async def main() -> None:
        async with services(tmp_path, Clock()) as parts:
            login = parts.sessions.issue_link(BOT, "/")
            session = Session(1, login, state, Status.ONLINE, 41, None)  # type: ignore[arg-type]  # the table needs no receiver
            if (state, event) in MOVES:
                session.move(event)
                assert session.state is MOVES[state, event]
            else:
                with pytest.raises(RuntimeError, match=f"is {state.value} cannot be {event.value}"):
                    session.move(event)

    asyncio.run(main())


# After a restart.


def changed_community() -> Community:
    community = small_community()
    accounts = {**community.accounts, BOT: replace(community.accounts[BOT], password="other")}
    return Community(accounts, community.groups)


def test_restart_keeps_tokens_aliases_and_who_is_kicked(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            login = await sign_in(parts.sessions)
            older = parts.sessions.psessionid(await parts.sessions.begin(login, Status.ONLINE))
            live = await parts.sessions.begin(login, Status.AWAY)
            newer = parts.sessions.psessionid(live)
            parts.sessions.change_status(live, Status.BUSY)
            uin = parts.roster(login).uin(PERSON)
            vfwebqq = parts.sessions.token(Purpose.VFWEBQQ, login)
        async with services(tmp_path, clock) as parts:
            found = parts.sessions.session(newer)
            kicked = parts.sessions.session(older)
            assert found is not None
            assert kicked is not None
            assert parts.sessions.live(BOT) is found
            assert found.status is Status.BUSY
            assert kicked.state is SessionState.KICKED
            assert kicked.receiver.has_news
            assert parts.sessions.login(Purpose.VFWEBQQ, vfwebqq) is found.login
            assert parts.roster(found.login).uin(PERSON) == uin

    asyncio.run(main())


def test_restart_keeps_an_unused_link(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            signature = parts.sessions.token(Purpose.SIGNATURE, parts.sessions.issue_link(PERSON, "/"))
        async with services(tmp_path, clock) as parts:
            assert await parts.sessions.confirm(signature) is not None
        async with services(tmp_path, clock) as parts:
            assert await parts.sessions.confirm(signature) is None

    asyncio.run(main())


def test_restart_ends_what_expired_and_what_has_another_password(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            tokens = [
                parts.sessions.psessionid(
                    await parts.sessions.begin(await sign_in(parts.sessions, number), Status.ONLINE)
                )
                for number in (BOT, PERSON)
            ]
        async with opened(tmp_path, changed_community()) as (store, directory):
            parts = load_services(store, Vault(bytes(32), CHEAP), directory, hold=60, clock=clock)
            assert [parts.sessions.session(token) is not None for token in tokens] == [False, True]
        clock.now += LOGIN_SECONDS
        async with services(tmp_path, clock) as parts:
            assert [parts.sessions.session(token) for token in tokens] == [None, None]
        assert rows(tmp_path, "SELECT count(*) FROM login") == [(0,)]

    asyncio.run(main())


def test_login_ends_after_its_longest_time_however_busy_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with services(tmp_path, clock) as parts:
            session = await parts.sessions.begin(await sign_in(parts.sessions), Status.ONLINE)
            token = parts.sessions.psessionid(session)
            ends = clock.now + LOGIN_LONGEST_SECONDS
            while clock.now < ends - 86400:
                clock.now += 86400
                parts.sessions.touch(session)
            assert parts.sessions.session(token) is session
        async with services(tmp_path, clock) as parts:
            found = parts.sessions.session(token)
            assert found is not None
            parts.sessions.touch(found)
            clock.now = ends
            assert parts.sessions.session(token) is None

    asyncio.run(main())
