import asyncio
from pathlib import Path

from tests.gateway.helpers import BOT, LONER, PASSWORDS, THIRD, living
from tests.gateway.wire import STATIC, member_uin, signed_in


def test_member_of_a_group_is_seen_with_a_token(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, _ = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (THIRD, PASSWORDS[THIRD]))
            uin = await member_uin(bot, "路人甲")
            query = {"tuin": uin, "verifysession": "", "gid": 0, "code": "", "vfwebqq": bot.vfwebqq}
            found = (await bot.get(STATIC, "/api/get_stranger_info2", **query)).json["result"]
            assert (found["uin"], found["nick"], found["stat"], found["client_type"]) == (uin, "路人甲", 10, 41)
            assert len(found["token"]) == 40
            assert "account" not in found

    asyncio.run(main())


def test_number_that_is_no_uin_of_this_login_is_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))
            for uin in (BOT, await member_uin(bot, "路人甲"), 2**40):
                answer = await loner.get(STATIC, "/api/get_stranger_info2", tuin=uin, vfwebqq=loner.vfwebqq)
                assert answer.json["retcode"] == 100001

    asyncio.run(main())
