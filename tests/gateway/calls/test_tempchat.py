import asyncio
from pathlib import Path

from tests.gateway.helpers import BOT, LONER, PASSWORDS, THIRD, Clock, living
from tests.gateway.wire import D_2013, Client, Json, member_uin, signed_in
from webqq.gateway.calls.tempchat import CHAT_SECONDS


async def signature(client: Client, through: int, uin: int, service_type: int = 0) -> Json:
    query = {"id": through, "to_uin": uin, "service_type": service_type, **client.ids}
    return (await client.get(D_2013, "/channel/get_c2cmsg_sig2", **query)).json


async def send(client: Client, uin: int, value: str, *parts: object, service_type: int = 0) -> int:
    answer = await client.send_to("sess", {"to": uin}, *parts, group_sig=value, service_type=service_type)
    code: int = answer.json["retcode"]
    return code


def test_members_of_a_group_write_to_each_other_with_a_signature(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with living(tmp_path, hold=0.05, clock=clock) as gateway:
            bot, third = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (THIRD, PASSWORDS[THIRD]))
            gid, uin = (await bot.group())["gid"], await member_uin(bot, "路人甲")
            result = (await signature(bot, gid, uin))["result"]
            assert result["flags"]["text"] == 1
            assert await send(bot, uin, result["value"], "你好", ["face", 1]) == 0
            (heard,) = await third.news("sess_message")
            assert (heard["id"], heard["service_type"]) == ((await third.group())["gid"], 0)
            assert (heard["from_uin"], heard["ruin"]) == (await member_uin(third, "机器人"), BOT)
            assert heard["content"][1:] == ["你好", ["face", 1]]
            assert await send(bot, uin, result["value"], ["offpic", "/x", "a", 1], "a") == 100001
            clock.now += CHAT_SECONDS + 1
            assert await send(bot, uin, result["value"], "late") == 100001

    asyncio.run(main())


def test_signature_is_for_one_pair_and_one_group(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, third, loner = await signed_in(gateway.url, *((each, PASSWORDS[each]) for each in (BOT, THIRD, LONER)))
            gid, uin = (await bot.group())["gid"], await member_uin(bot, "路人甲")
            value = (await signature(bot, gid, uin))["result"]["value"]
            assert await send(third, await member_uin(third, "机器人"), value, "x") == 100001
            assert await send(bot, await bot.friend(), value, "x") == 100001
            assert await send(bot, uin, value, "x", service_type=1) == 100001
            for text in ("", "词", "0" * 72, "-" * 72, "ffffffffffffffff" * 2):
                assert await send(bot, uin, text, "x") == 100001
            assert (await signature(loner, gid, uin))["retcode"] == 100001
            assert (await signature(bot, gid, LONER))["retcode"] == 100001
            assert (await signature(bot, gid, BOT))["retcode"] == 100001
            assert (await signature(bot, gid, uin, service_type=1))["retcode"] == 100001

    asyncio.run(main())


def test_members_of_a_discussion_do_so_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, third = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (THIRD, PASSWORDS[THIRD]))
            gid, uin = (await bot.group())["gid"], await member_uin(bot, "路人甲")
            r = {"discu_name": "a", "mem_list_u": [uin], "mem_list_g": [gid], **bot.ids}
            did = (await bot.post(D_2013, "/channel/create_discu", **r)).json["result"]["did"]
            value = (await signature(bot, did, uin, 1))["result"]["value"]
            assert await send(bot, uin, value, "hi", service_type=1) == 0
            (heard,) = await third.news("sess_message")
            assert heard["service_type"] == 1

    asyncio.run(main())
