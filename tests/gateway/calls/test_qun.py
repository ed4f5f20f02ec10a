import asyncio
import json
from pathlib import Path

from tests.gateway.helpers import BOT, GROUP, LONER, PASSWORDS, PERSON, THIRD, Clock, living
from tests.gateway.wire import Client, Json, signed_in

MGR, INFO = "/cgi-bin/qun_mgr/", "/cgi-bin/qun_info/"


async def people(url: str) -> list[Client]:
    """Plain member, owner, plain member, stranger."""
    return await signed_in(url, *((each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD, LONER)))


async def make_admin(owner: Client, number: int, op: int = 1) -> Json:
    return await owner.manage(INFO + "set_group_admin", src="qinfo_v2", gc=GROUP, u=number, op=op)


async def mute(client: Client, number: int, seconds: int) -> Json:
    listed = json.dumps([{"uin": number, "t": seconds}])
    return await client.manage(INFO + "set_group_shutup", gc=GROUP, shutup_list=listed)


def test_lists_are_by_public_numbers(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, person, *_ = await people(gateway.url)
            group = {"gc": GROUP, "gn": "测试&nbsp;&amp;&nbsp;群", "owner": PERSON}
            assert await bot.manage(MGR + "get_group_list") == {"ec": 0, "join": [group]}
            assert await person.manage(MGR + "get_group_list") == {"ec": 0, "create": [group]}
            await make_admin(person, BOT)
            assert await bot.manage(MGR + "get_group_list") == {"ec": 0, "manage": [group]}
            friends = (await person.manage(MGR + "get_friend_list"))["result"]
            assert friends["0"] == {"mems": [{"name": "机器人", "uin": BOT}]}
            assert friends["1"] == {"gname": "朋友"}
            found = await bot.manage(MGR + "search_group_members", gc=GROUP, st=0, end=2000, sort=0)
            assert [(each["uin"], each["role"]) for each in found["mems"]] == [(BOT, 1), (PERSON, 0), (THIRD, 2)]
            assert (found["count"], found["adm_num"]) == (3, 1)
            listed = await bot.manage(INFO + "get_group_members", gc=GROUP, u=BOT)
            assert (listed["owner"], listed["adm"], listed["friends"]) == (PERSON, [BOT], [PERSON])

    asyncio.run(main())


def test_cookies_and_their_hash_are_needed(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, person, *_ = await people(gateway.url)
            assert await bot.manage(MGR + "get_group_list", bkn=5) == {"ec": 4}
            bot.cookies["uin"] = person.cookies["uin"]
            assert await bot.manage(MGR + "get_group_list") == {"ec": 4}
            assert await Client(gateway.url, BOT).manage(MGR + "get_group_list") == {"ec": 4}

    asyncio.run(main())


def test_owner_and_administrators_remove_those_below_them(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person, third, loner = await people(gateway.url)

            async def kick(client: Client, *numbers: int, flag: int = 0) -> int:
                listed = "|".join(map(str, numbers))
                path = MGR + "delete_group_member"
                code: int = (await client.manage(path, gc=GROUP, ul=listed, flag=flag))["ec"]
                return code

            assert await kick(bot, THIRD) == 7
            assert await kick(loner, THIRD) == 11
            assert await kick(person, LONER) == 3
            assert await kick(person, PERSON) == 7
            assert await make_admin(bot, BOT) == {"ec": 7}
            assert await make_admin(person, BOT) == {"ec": 0}
            (told,) = await third.news("sys_g_msg")
            assert (told["type"], told["op_type"], told["t_uin"]) == ("group_admin_op", 1, BOT)
            assert await kick(bot, PERSON) == 7
            assert await kick(bot, THIRD, LONER) == 3
            assert await kick(bot, THIRD, flag=1) == 0
            (gone,) = await third.news("sys_g_msg")
            assert (gone["type"], gone["op_type"], gone["old_member"]) == ("group_leave", 3, THIRD)
            assert gone["admin_nick"] == "管理员"
            found = await bot.manage(MGR + "search_group_members", gc=GROUP)
            assert [each["uin"] for each in found["mems"]] == [BOT, PERSON]
            r = {"gcode": GROUP, "msg": "", "vfwebqq": third.vfwebqq}
            assert (await third.post("s.web2.qq.com", "/api/apply_join_group2", **r)).json["retcode"] == 108

    asyncio.run(main())


def test_friends_are_brought_in_by_who_may(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person, *_ = await people(gateway.url)
            await person.manage(MGR + "delete_group_member", gc=GROUP, ul=str(BOT), flag=0)
            assert await person.manage(MGR + "add_group_member", gc=GROUP, ul=str(LONER)) == {"ec": 7}
            assert await bot.manage(MGR + "add_group_member", gc=GROUP, ul=str(PERSON)) == {"ec": 11}
            assert await person.manage(MGR + "add_group_member", gc=GROUP, ul=str(BOT)) == {"ec": 0}
            events = [each["type"] for _ in range(2) for each in await bot.news("sys_g_msg")]
            assert events[-1] == "group_join"
            assert (await bot.manage(MGR + "get_group_list"))["join"][0]["gc"] == GROUP

    asyncio.run(main())


def test_card_is_ones_own_or_of_those_below(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, person, *_ = await people(gateway.url)

            async def card(client: Client, number: int, **name: str) -> Json:
                return await client.manage(INFO + "set_group_card", gc=GROUP, u=number, **name)

            assert await card(bot, BOT, name="甲<同学>") == {"ec": 0}
            assert await card(bot, THIRD, name="x") == {"ec": 7}
            assert await card(person, THIRD, name="乙") == {"ec": 0}
            assert await card(person, LONER, name="x") == {"ec": 3}
            found = await bot.manage(MGR + "search_group_members", gc=GROUP)
            assert [each["card"] for each in found["mems"]] == ["甲&lt;同学&gt;", "", "乙"]
            assert await card(bot, BOT) == {"ec": 0}
            found = await bot.manage(MGR + "search_group_members", gc=GROUP)
            assert found["mems"][0]["card"] == ""

    asyncio.run(main())


def test_silenced_member_cannot_write_for_a_while(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with living(tmp_path, clock=clock) as gateway:
            bot, person, *_ = await people(gateway.url)
            gid = (await bot.group())["gid"]
            assert await mute(bot, THIRD, 60) == {"ec": 7}
            assert await mute(person, BOT, 59) == {"ec": 14}
            assert await mute(person, BOT, 60) == {"ec": 0}
            assert (await bot.send_group(gid, "x")).json["retcode"] == 108
            clock.now += 60
            assert (await bot.send_group(gid, "x")).json["retcode"] == 0
            assert await person.manage(INFO + "set_group_shutup", gc=GROUP, all_shutup=1) == {"ec": 0}
            assert (await bot.send_group(gid, "y")).json["retcode"] == 108
            assert (await person.send_group((await person.group())["gid"], "y")).json["retcode"] == 0

    asyncio.run(main())


def test_member_signs_in_for_the_day(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, *_, loner = await people(gateway.url)
            found = await bot.manage("/cgi-bin/sign", gc=GROUP, is_sign=0)
            assert (found["ec"], found["is_sign"], found["conti_count"], found["rank"]) == (0, 1, 1, 1)
            assert await loner.manage("/cgi-bin/sign", gc=GROUP, is_sign=0) == {"ec": 11}

    asyncio.run(main())
