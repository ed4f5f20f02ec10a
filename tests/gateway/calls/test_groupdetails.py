import asyncio
import json
from pathlib import Path

from tests.gateway.helpers import BOT, GROUP, LONER, PASSWORDS, Clock, living
from tests.gateway.wire import STATIC, Client, Json, signed_in
from webqq.gateway.services import SEARCHES


async def ask(client: Client, call: str, gcode: object) -> Json:
    return (await client.get(STATIC, f"/api/{call}", gcode=gcode, vfwebqq=client.vfwebqq)).json


def test_card_is_changed_and_seen_by_the_others(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            code = (await bot.group())["code"]
            r = {"gcode": code, "name": "名<片>", "phone": "1", "email": "a@b", "remark": "r", "gender": 2}
            answer = await bot.post(STATIC, "/api/update_group_business_card2", **r, vfwebqq=bot.vfwebqq)
            assert answer.json == {"retcode": 0, "result": "ok"}
            card = (await ask(bot, "get_self_business_card2", code))["result"]
            assert card == {**r, "name": "名&lt;片&gt;", "muin": BOT}
            info = (await ask(bot, "get_group_info_ext2", code))["result"]
            assert info["cards"] == [{"muin": BOT, "card": "名&lt;片&gt;"}]
            long = await bot.post(
                STATIC, "/api/update_group_business_card2", **(r | {"name": "x" * 61}), vfwebqq=bot.vfwebqq
            )
            assert long.json["retcode"] == 100001

    asyncio.run(main())


def test_group_is_described_to_members_and_less_to_others(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))
            group = await bot.group()
            info = (await ask(bot, "get_group_public_info2", group["code"]))["result"]["ginfo"]
            assert (info["gid"], info["code"], info["member_cnt"], info["maxmember"]) == (
                group["gid"],
                group["code"],
                3,
                500,
            )
            stats = (await ask(bot, "get_group_member_stat2", group["code"]))["result"]["stats"]
            assert stats == [{"client_type": 41, "uin": BOT, "stat": 10}]
            query = {"retainKey": "memo,gid", "gcode": json.dumps([group["code"], 5]), "vfwebqq": bot.vfwebqq}
            memos = (await bot.get(STATIC, "/api/get_group_info", **query)).json["result"]
            assert memos == [{"gid": group["gid"], "memo": "请&lt;文明&gt;发言"}]
            seen = (await ask(loner, "get_group_public_info2", GROUP))["result"]["ginfo"]
            assert (seen["name"], seen["memo"]) == ("测试 &amp; 群", "")
            for call in ("get_group_member_stat2", "get_self_business_card2", "get_group_info_ext2"):
                for code in (GROUP, group["code"], group["gid"]):
                    assert (await ask(loner, call, code)) == {"retcode": 6}
            assert (await ask(loner, "get_group_public_info2", 12345)) == {"retcode": 6}

    asyncio.run(main())


def test_groups_of_others_are_looked_up_so_often_and_no_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, clock=Clock()) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))

            async def look(client: Client, gcode: int) -> int:
                query = {"gcode": gcode, "vfwebqq": client.vfwebqq}
                code: int = (await client.get(STATIC, "/api/get_group_public_info2", **query)).json["retcode"]
                return code

            codes = [await look(loner, GROUP + each % 2) for each in range(SEARCHES + 1)]
            assert codes == [0, 6] * (SEARCHES // 2) + [108]
            own = (await bot.group())["code"]
            assert {await look(bot, own) for _ in range(SEARCHES + 1)} == {0}

    asyncio.run(main())
