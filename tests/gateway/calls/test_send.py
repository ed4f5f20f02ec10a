import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LogWatch
from tests.gateway.calls.test_poll import pair
from tests.gateway.helpers import BOT, LONER, PASSWORDS, THIRD, running
from tests.gateway.wire import D_2013, D_2016, FONT, Client, Json, events, texts
from webqq.gateway import mailbox, post
from webqq.gateway.calls.send import CONTENT_BYTES

WHOLE = "<b>粗</b> & &lt; \"双\" '单' \\ / \u2028 你好，世界 🎉👩\u200d👧 e\u0301\n\ttab + %41 end "


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


@pytest.mark.parametrize("dynamic", [D_2013, D_2016])
def test_text_arrives_whole_as_entity_text(tmp_path: Path, dynamic: str) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            bot.dynamic = dynamic
            answer = await person.send(await person.friend(), WHOLE)
            assert answer.json == {"retcode": 0, "result": "ok"}
            assert texts(await bot.poll("")) == [escaped(WHOLE)]

    asyncio.run(main())


def test_clients_of_webqq_2_send_under_the_names_of_then(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            what: Json = {"content": json.dumps(["hi", FONT]), **person.ids}
            to, gid = await person.friend(), (await person.group())["gid"]
            answer = await person.post(D_2013, "/channel/send_msg2", to=to, face=0, msg_id=0, **what)
            assert answer.json == {"retcode": 0, "result": "ok"}
            answer = await person.post(D_2013, "/channel/send_group_msg2", group_uin=gid, face=330, msg_id=1, **what)
            assert answer.json == {"retcode": 0, "result": "ok"}
            news = await bot.poll("new")
            assert [event["poll_type"] for event in news["result"]] == ["group_message", "message"]

    asyncio.run(main())


def test_faces_and_font_arrive_with_the_font_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            font = ["font", {"name": "微软雅黑", "size": "12", "style": [1, 0, 1], "color": "8000ff"}]
            await person.send(await person.friend(), "a", ["face", 14], "b", font)
            (value,) = events(await bot.poll(), "message")
            # The client of these tests adds a font of its own, the last one counts.
            assert value["content"] == [FONT, "a", ["face", 14], "b"]

    asyncio.run(main())


def test_message_without_a_font_gets_the_usual_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), content='["bare"]')
            (value,) = events(await bot.poll(), "message")
            assert value["content"] == [FONT, "bare"]

    asyncio.run(main())


def test_empty_font_is_as_none(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), content='["bare",[]]')
            (value,) = events(await bot.poll(), "message")
            assert value["content"] == [FONT, "bare"]

    asyncio.run(main())


def test_repeat_is_answered_and_delivered_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            answers = [await person.send(uin, "once", msg_id=6000001) for _ in range(2)]
            assert [answer.json["retcode"] for answer in answers] == [0, 0]
            assert texts(await bot.poll()) == ["once"]

    asyncio.run(main())


def test_ids_may_be_texts(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = str(await person.friend())
            assert (await person.send(0, "text", to=uin, msg_id="5", clientid=5)).json["retcode"] == 0
            assert texts(await bot.poll()) == ["text"]

    asyncio.run(main())


def test_one_writes_to_friends_and_own_groups_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            third = await Client(gateway.url, THIRD).sign_in(PASSWORDS[THIRD])
            loner = await Client(gateway.url, LONER).sign_in(PASSWORDS[LONER])
            group = await bot.group()
            for answer in (
                await bot.send(BOT, "to myself"),
                await bot.send(await person.friend(), "with an alias of somebody else"),
                await bot.send(group["gid"], "to a group as if it were a friend"),
                await bot.send_group(group["code"], "by the code"),
                await loner.send_group(group["gid"], "not a member"),
                await third.send(await bot.friend(), "no friend"),
            ):
                assert answer.json == {"retcode": 100001, "errmsg": ""}

    asyncio.run(main())


def test_one_does_not_write_with_anothers_session(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await bot.friend()
            # The session says who writes, and its aliases are the only ones it knows.
            assert (await bot.send(uin, "x", psessionid=person.psessionid)).json["retcode"] == 100001
            assert (await bot.send(uin, "x", psessionid="f" * 112)).json["retcode"] == 103

    asyncio.run(main())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text",
        "{}",
        "[]",
        '[["font",{}]]',
        '[""]',
        "[5]",
        "[[]]",
        '[["offpic","/path","name",5]]',
        '["look",["offpic",{"success":1,"file_path":"/x"}]]',
        '["look",["cface",{"name":"x","file_id":1,"key":"k","server":"203.0.113.1:80"}]]',
        "[" * 5000,
        '["' + "字" * CONTENT_BYTES + '"]',
    ],
)
def test_content_that_cannot_be_delivered_is_refused(tmp_path: Path, content: str) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            bot, person = await pair(gateway)
            answer = await person.send(await person.friend(), content=content)
            assert answer.json == {"retcode": 100001, "errmsg": ""}
            assert (await bot.poll())["retcode"] == 102

    asyncio.run(main())


@pytest.mark.parametrize("missing", ["to", "content", "msg_id"])
def test_missing_field_is_a_bad_parameter(tmp_path: Path, missing: str) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            _, person = await pair(gateway)
            r: dict[str, Any] = {"to": await person.friend(), "content": '["x"]', "msg_id": 1, **person.ids}
            del r[missing]
            answer = await person.post(D_2013, "/channel/send_buddy_msg2", **r)
            assert answer.json["retcode"] == 100001

    asyncio.run(main())


def test_full_mailbox_is_told_to_the_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: LogWatch
) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            _, person = await pair(gateway)
            uin = await person.friend()
            codes = [(await person.send(uin, text)).json["retcode"] for text in "ab"]
            assert codes == [0, 108]

    expect_log("webqq.gateway", "is full")
    monkeypatch.setattr(mailbox, "MAILBOX_LETTERS", 1)
    asyncio.run(main())


def test_message_that_could_not_be_written_is_not_answered_as_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: LogWatch
) -> None:
    def refuse(*args: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def main() -> None:
        async with running(tmp_path) as gateway:
            _, person = await pair(gateway)
            uin = await person.friend()
            with monkeypatch.context() as patch:
                patch.setattr(post, "_write", refuse)
                answer = await person.send(uin, "x")
            assert (answer.status, answer.json["retcode"]) == (200, 113)

    expect_log("webqq.gateway", "disk is full")
    asyncio.run(main())
