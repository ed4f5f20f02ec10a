import asyncio
from pathlib import Path

from tests.gateway.calls.test_poll import pair
from tests.gateway.helpers import BOT, GROUP, LONER, PASSWORDS, PERSON, running
from tests.gateway.wire import D_2013, FONT, STATIC, Client, Json

WHOLE = "<b>粗</b> & 🎉"
ESCAPED = "&lt;b&gt;粗&lt;/b&gt; &amp; 🎉"


async def history(client: Client, **query: object) -> Json:
    return (await client.get(client.dynamic, "/page/history", **client.ids, **query)).json


def test_history_has_both_sides_as_poll_events_have_them(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), WHOLE)
            await bot.send(await bot.friend(), ["face", 14], " ")
            reply = await history(person, kind="friend", number=BOT)
            first, second = reply["result"]["messages"]
            assert reply["result"]["isMore"] is False
            assert first == first | {"own": True, "msg_id": person.sent, "content": [FONT, ESCAPED], "seq": 0}
            assert second == second | {"own": False, "name": "机器人", "content": [FONT, ["face", 14], " "]}
            (event,) = (await person.poll())["result"]
            value = event["value"]
            assert (second["id"], second["time"]) == (value["msg_id2"], value["time"])
            back = await history(person, kind="friend", number=BOT, before=second["id"])
            assert [message["id"] for message in back["result"]["messages"]] == [first["id"]]

    asyncio.run(main())


def test_newest_message_of_each_conversation_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "one")
            await person.send(await person.friend(), "two")
            await person.send_group((await person.group())["gid"], "all")
            reply = (await bot.get(bot.dynamic, "/page/talks", **bot.ids)).json
            assert [(each["kind"], each["number"], each["message"]["content"][1]) for each in reply["result"]] == [
                ("friend", PERSON, "two"),
                ("group", GROUP, "all"),
            ]

    asyncio.run(main())


def test_history_is_for_the_session_that_proves_itself_and_its_own_side_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            _, person = await pair(gateway)
            await person.send(await person.friend(), "between us")
            loner = await Client(gateway.url, LONER).sign_in(PASSWORDS[LONER])
            for number in (BOT, PERSON):
                assert (await history(loner, kind="friend", number=number))["result"]["messages"] == []
            person.psessionid = "guessed"
            assert (await history(person, kind="friend", number=BOT))["retcode"] == 103
            assert (await history(person, kind="nobody", number=BOT))["retcode"] == 100001

    asyncio.run(main())


def test_another_sites_page_cannot_read_the_history(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            _, person = await pair(gateway)
            foreign = {"Sec-Fetch-Site": "cross-site"}
            answer = await person.call("GET", person.dynamic, "/page/talks", headers=foreign)
            assert answer.status == 403

    asyncio.run(main())


def test_conversation_is_forgotten_by_one_side_and_kept_by_the_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "between us")
            which = {"kind": "friend", "number": BOT, **person.ids}
            assert (await person.post(person.dynamic, "/page/forget", **which)).json["retcode"] == 0
            assert (await history(person, kind="friend", number=BOT))["result"]["messages"] == []
            assert len((await history(bot, kind="friend", number=PERSON))["result"]["messages"]) == 1
            which["psessionid"] = "guessed"
            assert (await person.post(person.dynamic, "/page/forget", **which)).json["retcode"] == 103

    asyncio.run(main())


def test_history_of_a_discussion_goes_by_its_did(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            fields = {"discu_name": "x", "mem_list": [await bot.friend()], "mem_list_u": [], "mem_list_g": []}
            made = await bot.post(D_2013, "/channel/create_discu", **fields, **bot.ids, vfwebqq=bot.vfwebqq)
            did = made.json["result"]["did"]
            await bot.send_to("discu", {"did": did}, "hallo")
            listed = await person.get(STATIC, "/api/get_discus_list", **person.ids, vfwebqq=person.vfwebqq)
            theirs = listed.json["result"]["dnamelist"][0]["did"]
            for client, own in ((bot, did), (person, theirs)):
                (message,) = (await history(client, kind="discussion", number=own))["result"]["messages"]
                assert (message["content"][1], message["own"]) == ("hallo", client is bot)
                talks = (await client.get(client.dynamic, "/page/talks", **client.ids)).json["result"]
                assert [(each["kind"], each["number"]) for each in talks] == [("discussion", own)]
            for number in (theirs, 1, 2**40, -1):
                assert (await history(bot, kind="discussion", number=number))["result"]["messages"] == []

    asyncio.run(main())
