import asyncio
import json
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, GROUP, PASSWORDS, PERSON, THIRD, running, until
from tests.gateway.wire import D_2013, D_2016, Client, Json, Line, events, texts
from webqq.gateway import delivery
from webqq.gateway.app import Gateway
from webqq.gateway.delivery import BatchState, Receiver
from webqq.protocol.calls.messages import NO_BATCH
from webqq.protocol.content import Content
from webqq.protocol.ids import MessageId, QQNumber


async def pair(gateway: Gateway) -> tuple[Client, Client]:
    """BOT and PERSON, signed in, with nothing new for either."""
    bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
    person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
    await bot.poll()
    return bot, person


def receiver(gateway: Gateway, account: QQNumber) -> Receiver:
    session = gateway._running().sessions.live(account)
    assert session is not None
    return session.receiver


async def begin_held(gateway: Gateway, client: Client, line: Line, key: object = 0) -> None:
    """Send a poll, and return once the gateway holds it."""
    await client.begin_poll(line, key)
    await until(lambda: receiver(gateway, QQNumber(client.account)).is_waiting)


# Forms.


def test_message_of_2013_has_all_its_fields(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "你好")
            answer = await bot.post(D_2013, "/channel/poll2", **bot.poll_fields())
            assert b"\\u4f60\\u597d" in answer.body
            (value,) = events(answer.json, "message")
            assert value["from_uin"] == await bot.friend()
            assert (value["to_uin"], value["msg_type"], value["reply_ip"]) == (BOT, 9, 0)
            assert value["msg_id"] == value["msg_id2"] == int(answer.json["key"])
            assert value["content"] == [
                ["font", {"name": "宋体", "size": 10, "style": [0, 0, 0], "color": "000000"}],
                "你好",
            ]

    asyncio.run(main())


def test_clients_of_before_the_envelope_poll_by_the_query(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "hi")
            reply = (await bot.get(D_2013, "/channel/poll2", **bot.ids, t=1, vfwebqq=bot.vfwebqq)).json
            assert texts(reply) == ["hi"]
            assert (await bot.get(D_2013, "/channel/poll2", **bot.ids)).json["retcode"] == 102
            assert (await bot.get(D_2013, "/channel/poll2", clientid=bot.clientid)).json["retcode"] == 100006

    asyncio.run(main())


def test_group_message_of_2013_tells_gid_code_and_number(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            await person.send_group((await person.group())["gid"], "大家好")
            group = await bot.group()
            (value,) = events(await bot.poll(), "group_message")
            assert (value["from_uin"], value["group_code"]) == (group["gid"], group["code"])
            assert (value["info_seq"], value["seq"], value["msg_type"]) == (GROUP, 1, 43)
            assert value["send_uin"] == await bot.friend()
            # In 2013 nobody gets back what he wrote himself.
            assert (await person.poll())["retcode"] == 102

    asyncio.run(main())


def test_2016_has_its_own_forms_and_echoes_to_groups(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            bot.dynamic = D_2016
            gid = (await bot.group())["gid"]
            assert (await bot.send_group(gid, "大家好")).json == {"errCode": 0, "msg": "send ok"}
            answer = await bot.post(D_2016, "/channel/poll2", ptwebqq=bot.ptwebqq, **bot.poll_fields(""))
            assert "大家好".encode() in answer.body
            (value,) = events(answer.json, "group_message")
            assert (value["from_uin"], value["group_code"], value["send_uin"]) == (gid, gid, BOT)
            assert value["msg_type"] == 0
            assert not {"seq", "info_seq", "msg_id2", "reply_ip"} & set(value)
            assert await bot.poll("") == {"retcode": 0, "retmsg": "ok", "errmsg": "error"}
            assert len(events(await person.poll(), "group_message")) == 1

    asyncio.run(main())


def test_several_events_come_newest_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin, gid = await person.friend(), (await person.group())["gid"]
            await person.send(uin, "一")
            await person.send_group(gid, "二")
            await person.send(uin, "三")
            reply = await bot.poll(NO_BATCH)
            assert [event["value"]["content"][1] for event in reply["result"]] == ["三", "二", "一"]
            assert texts(reply) == ["一", "二", "三"]

    asyncio.run(main())


@pytest.mark.parametrize("dynamic", [D_2013, D_2016])
def test_who_does_not_acknowledge_gets_one_event_after_the_other(tmp_path: Path, dynamic: str) -> None:
    """Many old clients read the first event of an answer alone."""

    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            bot.dynamic = dynamic
            for text in ("一", "二"):
                await person.send(await person.friend(), text)
            await person.get(D_2013, "/channel/logout2", **person.ids)
            got = [(await bot.poll("" if dynamic == D_2016 else 0))["result"] for _ in range(3)]
            assert [len(events) for events in got] == [1, 1, 1]
            assert [texts({"result": events}) for events in got] == [["一"], ["二"], []]
            assert got[2][0]["poll_type"] == "buddies_status_change"

    asyncio.run(main())


# Waiting.


def test_idle_poll_is_answered_after_the_hold(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, _ = await pair(gateway)
            assert await bot.poll() == {"retcode": 102, "errmsg": ""}

    asyncio.run(main())


def test_held_poll_is_woken_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, person = await pair(gateway)
            line = await Line.open(gateway.url)
            await begin_held(gateway, bot, line)
            await person.send(await person.friend(), "hello")
            assert texts((await line.receive()).json) == ["hello"]
            line.close()

    asyncio.run(main())


def test_newer_poll_ends_the_older_which_is_idle(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, person = await pair(gateway)
            older, newer = await Line.open(gateway.url), await Line.open(gateway.url)
            await begin_held(gateway, bot, older)
            await bot.begin_poll(newer)
            assert (await older.receive()).json == {"retcode": 102, "errmsg": ""}
            await person.send(await person.friend(), "hello")
            assert texts((await newer.receive()).json) == ["hello"]
            older.close()
            newer.close()

    asyncio.run(main())


@pytest.mark.parametrize("way", ["close", "reset"])
def test_poll_whose_client_left_frees_its_place(tmp_path: Path, way: str) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, _ = await pair(gateway)
            line = await Line.open(gateway.url)
            await begin_held(gateway, bot, line)
            getattr(line, way)()
            await until(lambda: not receiver(gateway, BOT).is_waiting)

    asyncio.run(main())


# Delivery.


def test_message_for_a_client_that_left_in_the_middle_comes_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, person = await pair(gateway)
            line = await Line.open(gateway.url)
            await begin_held(gateway, bot, line)
            line.reset()
            await person.send(await person.friend(), "hello")
            assert texts(await bot.poll()) == ["hello"]

    asyncio.run(main())


def test_batch_that_was_cut_off_in_the_middle_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, _ = await pair(gateway)
            parts = gateway._running()
            person = parts.sessions.live(PERSON)
            assert person is not None
            # More than all buffers on the way hold, so that the answer cannot be written to its end.
            long = Content(("<" * 16_000,))
            sends = [parts.post.to_friend(person, BOT, MessageId(number), long) for number in range(100)]
            await asyncio.gather(*sends)
            line = await Line.open(gateway.url)
            await bot.begin_poll(line, NO_BATCH)
            assert await line.reader.readexactly(100)
            assert receiver(gateway, BOT).state is BatchState.OUT
            line.reset()
            await until(lambda: receiver(gateway, BOT).state is BatchState.NONE)
            reply = await bot.poll(NO_BATCH)
            assert len(reply["result"]) == 100

    monkeypatch.setattr(delivery, "BATCH_BYTES", 10**7)
    asyncio.run(main())


def test_acknowledged_batch_does_not_come_again_and_any_other_does(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            await person.send(uin, "one")
            first = await bot.poll()
            await person.send(uin, "two")
            second = await bot.poll(first["key"])
            assert (texts(first), texts(second)) == (["one"], ["two"])
            assert texts(await bot.poll(first["key"])) == ["two"]
            assert texts(await bot.poll("")) == ["two"]
            assert (await bot.poll(second["key"]))["retcode"] == 102

    asyncio.run(main())


def test_old_clients_get_each_message_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            for text in ("one", "two"):
                await person.send(uin, text)
                assert texts(await bot.poll()) == [text]
            assert (await bot.poll())["retcode"] == 102

    asyncio.run(main())


def test_answer_on_a_connection_that_ends_with_it_has_arrived(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "hello")
            body = bot.envelope(bot.poll_fields())
            answer = await bot.call("POST", D_2013, "/channel/poll2", body, headers={"Connection": "close"})
            assert texts(answer.json) == ["hello"]
            assert (await bot.poll())["retcode"] == 102

    asyncio.run(main())


def test_old_client_that_signed_out_gets_nothing_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "hello")
            assert texts(await bot.poll()) == ["hello"]
            await bot.get(D_2013, "/channel/logout2", ids="", **bot.ids)
            again = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            assert texts(await again.poll()) == []

    asyncio.run(main())


def test_message_for_somebody_who_is_away_waits_for_the_next_login(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            await person.send(await person.friend(), "are you there?")
            await person.send_group((await person.group())["gid"], "anybody?")
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            reply = await bot.poll(NO_BATCH)
            assert texts(reply) == ["are you there?", "anybody?"]
            assert events(reply, "message")[0]["from_uin"] == await bot.friend()

    asyncio.run(main())


def test_newer_login_takes_what_the_older_did_not_get(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            older, person = await pair(gateway)
            line = await Line.open(gateway.url)
            await begin_held(gateway, older, line)
            newer = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            assert events((await line.receive()).json, "kick_message") != []
            await person.send(await person.friend(), "hello")
            assert texts(await newer.poll()) == ["hello"]
            line.close()

    asyncio.run(main())


def test_friends_coming_and_going_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            await Client(gateway.url, THIRD).sign_in(PASSWORDS[THIRD])
            await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            reply = await bot.poll()
            expected = [{"uin": await bot.friend(), "status": "online", "client_type": 41}]
            assert events(reply, "buddies_status_change") == expected
            assert "key" not in reply

    asyncio.run(main())


# Refusals.


def test_poll_with_another_accounts_token_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            fields = bot.poll_fields() | {"ptwebqq": person.ptwebqq}
            answer = await bot.post(D_2016, "/channel/poll2", **fields)
            assert answer.json == {"retcode": 100000, "errmsg": "error!!!"}

    asyncio.run(main())


@pytest.mark.parametrize("psessionid", [None, "", "null", "f" * 112, 5])
def test_poll_without_a_session_is_refused(tmp_path: Path, psessionid: object) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            r: Json = {"clientid": "1", "psessionid": psessionid, "key": 0, "ids": []}
            answer = await client.post(D_2013, "/channel/poll2", **r)
            assert answer.json == {"retcode": 103, "errmsg": ""}

    asyncio.run(main())


def test_key_may_be_a_number_or_a_text(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            await person.send(uin, "one")
            key = (await bot.poll())["key"]
            await person.send(uin, "two")
            assert texts(await bot.poll(int(key))) == ["two"]
            assert json.loads(key) == int(key)

    asyncio.run(main())


# Codes.


def test_poll_with_the_ptwebqq_of_another_login_is_told_its_own_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            other = Client(gateway.url, BOT)
            await other.prove(PASSWORDS[BOT])
            for client in (bot, person):
                client.dynamic = D_2016

            async def poll(client: Client, ptwebqq: str) -> Json:
                return (await client.post(D_2016, "/channel/poll2", ptwebqq=ptwebqq, **client.poll_fields(""))).json

            assert await poll(bot, other.ptwebqq) == {"retcode": 116, "p": bot.ptwebqq}
            # Some clients cannot learn; they must not ask at once for ever.
            assert (await poll(bot, other.ptwebqq))["retcode"] == 0
            # Nobody learns a ptwebqq who has none of that account.
            assert (await poll(person, other.ptwebqq))["retcode"] == 100000
            assert (await poll(person, "f" * 64))["retcode"] == 100000

    asyncio.run(main())
