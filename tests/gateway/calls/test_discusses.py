import asyncio
from pathlib import Path
from typing import Any

from tests.gateway.helpers import BOT, LONER, PASSWORDS, PERSON, THIRD, living
from tests.gateway.wire import D_2013, D_2016, STATIC, Client, member_uin, signed_in


async def listed(client: Client) -> list[dict[str, Any]]:
    query = {**client.ids, "vfwebqq": client.vfwebqq}
    answer = await client.get(STATIC, "/api/get_discus_list", **query)
    found: list[dict[str, Any]] = answer.json["result"]["dnamelist"]
    return found


async def create(client: Client, **r: object) -> dict[str, Any]:
    return (await client.post(D_2013, "/channel/create_discu", discu_name="周末<爬山>", **r, **client.ids)).json


def test_discussion_is_made_of_friends_and_members_and_spoken_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD, LONER)]
            bot, _, third, loner = await signed_in(gateway.url, *people)
            stranger, gid = await member_uin(bot, "路人甲"), (await bot.group())["gid"]
            r = {"mem_list": [str(await bot.friend())], "mem_list_u": [str(stranger)], "mem_list_g": [str(gid)]}
            did = (await create(bot, **r))["result"]["did"]
            assert await listed(bot) == [{"did": did, "name": "周末&lt;爬山&gt;"}]
            assert await listed(loner) == []
            info = (await bot.get(D_2013, "/channel/get_discu_info", did=did, **bot.ids)).json["result"]
            assert info["info"]["discu_owner"] == BOT
            assert [each["ruin"] for each in info["info"]["mem_list"]] == [BOT, PERSON, THIRD]
            assert [each["mem_uin"] for each in info["info"]["mem_list"]] == [each["uin"] for each in info["mem_info"]]
            assert {each["status"] for each in info["mem_status"]} == {"online"}
            (own,) = await listed(third)
            assert own["did"] != did
            third.dynamic = D_2016
            sent = await third.send_to("discu", {"did": own["did"]}, "大家好")
            assert sent.json == {"errCode": 0, "msg": "send ok"}
            (heard,) = await bot.news("discu_message")
            assert (heard["did"], heard["from_uin"], heard["send_uin"]) == (did, 10000, stranger)
            assert (heard["seq"], heard["info_seq"], heard["msg_type"]) == (1, 1, 42)
            (echo,) = await third.news("discu_message")
            assert (echo["from_uin"], echo["send_uin"]) == (own["did"], THIRD)
            assert (await loner.send_to("discu", {"did": did}, "x")).json["retcode"] == 100001

    asyncio.run(main())


def test_discussion_is_renamed_widened_and_left(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD)]
            bot, _, third = await signed_in(gateway.url, *people)
            did = (await create(bot, mem_list=[await bot.friend()]))["result"]["did"]
            more = {"mem_list_u": [await member_uin(bot, "路人甲")], "mem_list_g": [(await bot.group())["gid"]]}
            answer = await bot.post(D_2013, "/channel/change_discu_mem", did=did, **more, **bot.ids)
            assert answer.json == {"retcode": 0, "result": "ok"}
            (own,) = await listed(third)
            r = {"did": own["did"], "discu_name": "b", "dtype": 1, **third.ids}
            assert (await third.post(D_2013, "/channel/modify_discu_info", **r)).json["retcode"] == 0
            assert [each["name"] for each in await listed(bot)] == ["b"]
            assert (await bot.get(D_2013, "/channel/quit_discu", did=did, **bot.ids)).json["retcode"] == 0
            assert await listed(bot) == []
            info = (await third.get(D_2013, "/channel/get_discu_info", did=own["did"], **third.ids)).json["result"]
            assert [each["ruin"] for each in info["info"]["mem_list"]] == [PERSON, THIRD]
            assert info["info"]["info_seq"] == 3

    asyncio.run(main())


def test_nobody_is_drawn_into_a_discussion_by_strangers_or_looks_into_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))
            group, friend = await bot.group(), await bot.friend()
            for r in (
                {"mem_list": [LONER]},
                {"mem_list": []},
                {"mem_list_u": [friend], "mem_list_g": [group["code"]]},
                {"mem_list_u": [friend], "mem_list_g": []},
            ):
                assert (await create(bot, **r))["retcode"] == 100001, r
            did = (await create(bot, mem_list=[friend]))["result"]["did"]
            for path in ("get_discu_info", "quit_discu"):
                answer = await loner.get(D_2013, f"/channel/{path}", did=did, **loner.ids)
                assert answer.json["retcode"] == 100001
            for path in ("change_discu_mem", "modify_discu_info"):
                answer = await loner.post(D_2013, f"/channel/{path}", did=did, discu_name="x", **loner.ids)
                assert answer.json["retcode"] == 100001

    asyncio.run(main())
