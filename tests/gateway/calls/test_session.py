import asyncio
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.gateway.helpers import BOT, PASSWORDS, PERSON, THIRD, running
from tests.gateway.wire import D_2013, D_2016, STATIC, Client, Json, events


def test_login2_gives_what_a_session_needs(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            await client.prove(PASSWORDS[BOT])
            reply = await client.login2(status="busy")
            result = reply["result"]
            assert reply["retcode"] == 0
            assert (result["uin"], result["status"], result["user_state"]) == (BOT, "busy", 0)
            assert len(result["vfwebqq"]) == 80
            assert int(result["psessionid"], 16)
            assert result["cip"] == 127 << 24 | 1

    asyncio.run(main())


def test_login2_of_2016_needs_no_fields_beside_the_envelope(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT, dynamic=D_2016)
            await client.prove(PASSWORDS[BOT])
            r: Json = {"ptwebqq": client.ptwebqq, "clientid": 53999199, "psessionid": "", "status": "online"}
            reply = (await client.post(D_2016, "/channel/login2", **r)).json
            token = (await client.get(STATIC, "/api/getvfwebqq", ptwebqq=client.ptwebqq, clientid=53999199)).json
            assert reply["result"]["vfwebqq"] == token["result"]["vfwebqq"]

    asyncio.run(main())


def test_login2_of_a_client_that_encodes_its_form_whole(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            await client.prove(PASSWORDS[BOT])
            r = json.dumps({"status": "online", "ptwebqq": client.ptwebqq, "passwd_sig": "", **client.ids})
            body = "r=" + quote(f"{r}&clientid={client.clientid}&psessionid=null", safe="")
            answer = await client.call("POST", D_2013, "/channel/login2", body.encode())
            assert answer.json["result"]["uin"] == BOT

    asyncio.run(main())


def test_empty_ptwebqq_means_that_of_the_cookies(tmp_path: Path) -> None:
    """As clients of 2018 send it, which know neither the cookie nor its place in the calls any more."""

    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT, clientid="53999199", psessionid="", dynamic=D_2016)
            await client.prove(PASSWORDS[BOT])
            client.ptwebqq = ""
            kept = dict(client.cookies)
            for missing in ("", "ptwebqq"):
                client.cookies = {name: value for name, value in kept.items() if name != missing}
                reply = await client.get(STATIC, "/api/getvfwebqq", ptwebqq="", clientid=53999199, psessionid="")
                assert len(reply.json["result"]["vfwebqq"]) == 80
                assert (await client.login2())["result"]["uin"] == BOT
            client.cookies = {}
            reply = await client.get(STATIC, "/api/getvfwebqq", ptwebqq="", clientid=53999199, psessionid="")
            assert reply.json["retcode"] == (await client.login2())["retcode"] == 100000

    asyncio.run(main())


def test_skipped_check_sig_is_noticed(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            await client.login(PASSWORDS[BOT])
            client.ptwebqq = client.cookies["ptwebqq"]
            assert (await client.login2())["retcode"] == 103
            reply = await client.get(STATIC, "/api/getvfwebqq", ptwebqq=client.ptwebqq)
            assert reply.json["retcode"] == 103

    asyncio.run(main())


@pytest.mark.parametrize("ptwebqq", ["", "f" * 64, "词"])
def test_ptwebqq_that_was_not_given_here_is_refused(tmp_path: Path, ptwebqq: str) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT, ptwebqq=ptwebqq)
            assert await client.login2() == {"retcode": 100000, "errmsg": ""}
            reply = (await client.get(STATIC, "/api/getvfwebqq", ptwebqq=ptwebqq)).json
            assert reply["retcode"] == 100000

    asyncio.run(main())


@pytest.mark.parametrize(("status", "meant"), [("0", "online"), ("30", "away")])
def test_login2_takes_the_number_of_a_status(tmp_path: Path, status: str, meant: str) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            await client.prove(PASSWORDS[BOT])
            assert (await client.login2(status=status))["result"]["status"] == meant

    asyncio.run(main())


@pytest.mark.parametrize("status", ["offline", "20", "somewhere"])
def test_login2_refuses_a_status_that_is_none(tmp_path: Path, status: str) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            await client.prove(PASSWORDS[BOT])
            assert await client.login2(status=status) == {"retcode": 122, "errmsg": "wrong web client3"}

    asyncio.run(main())


def test_relink_keeps_the_session_and_its_aliases(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            uin = await client.friend()
            for name in ("state", "status"):
                result = (await client.login2(**{name: "online"}))["result"]
                assert (result["psessionid"], result["vfwebqq"]) == (client.psessionid, client.vfwebqq)
            assert await client.friend() == uin

    asyncio.run(main())


def test_relink_of_another_accounts_session_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            for psessionid in (bot.psessionid, "ab" * 50):
                assert (await person.login2(psessionid=psessionid))["retcode"] == 103

    asyncio.run(main())


def test_second_login_kicks_the_first_which_learns_it_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            first = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            second = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            (kick,) = events(await first.poll(), "kick_message")
            assert (kick["show_reason"], kick["to_uin"], kick["msg_type"]) == (1, BOT, 48)
            assert "另一地点登录" in kick["reason"]
            assert await first.poll() == {"retcode": 121, "t": "0"}
            # The link is another's now: there is nothing to renew.
            assert (await first.login2())["retcode"] == 103
            assert (await first.send(1, "x")).json["retcode"] == 103
            assert (await second.poll())["retcode"] == 102
            assert (await second.online())["retcode"] == 0
            await second.get(D_2013, "/channel/logout2", ids="", **second.ids)
            assert (await second.poll())["retcode"] == 103

    asyncio.run(main())


def test_kicked_session_can_do_nothing_but_poll(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            first = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            uin = await first.friend()
            await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            assert (await first.send(uin, "x")).json["retcode"] == 103
            assert (await first.online())["retcode"] == 103
            assert (await first.login2())["retcode"] == 103

    asyncio.run(main())


def test_status_is_changed_and_seen_by_friends(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            uin = await person.friend()
            await person.poll()
            for status in ("away", "hidden"):
                reply = await bot.get(D_2013, "/channel/change_status2", newstatus=status, **bot.ids)
                assert reply.json == {"retcode": 0, "result": "ok"}
            found = events(await person.poll(), "buddies_status_change")
            assert found == [{"uin": uin, "status": "offline", "client_type": 1}]
            bad = await bot.get(D_2013, "/channel/change_status2", newstatus="elsewhere", **bot.ids)
            assert bad.json["retcode"] == 100001

    asyncio.run(main())


@pytest.mark.parametrize("path", ["/channel/logout2", "/channel/change_status2"])
def test_logout_ends_all_tokens_and_friends_see_it(tmp_path: Path, path: str) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            reply = await bot.get(D_2013, path, ids="", newstatus="offline", **bot.ids)
            assert reply.json == {"retcode": 0, "result": "ok"}
            assert (await bot.poll())["retcode"] == 103
            assert (await bot.login2(psessionid=None))["retcode"] == 100000
            self_info = await bot.get(STATIC, "/api/get_self_info2", vfwebqq=bot.vfwebqq)
            assert self_info.json["retcode"] == 100000
            assert [change["status"] for change in events(await person.poll(), "buddies_status_change")] == ["offline"]

    asyncio.run(main())


def test_heartbeat_is_answered_to_anybody(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            query = {"uin": "", "tp": 1, "id": 0, "retype": 1, "rc": 5, "lv": 3, "t": 1}
            reply = await Client(gateway.url, THIRD).get("web.qq.com", "/web2/get_msg_tip", **query)
            assert reply.json == {"retcode": 0, "result": "ok"}

    asyncio.run(main())
