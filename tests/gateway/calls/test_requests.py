import asyncio
from pathlib import Path

from tests.gateway.helpers import BOT, GROUP, LONER, PASSWORDS, PERSON, THIRD, Clock, living
from tests.gateway.wire import D_2013, STATIC, Client, Json, signed_in
from webqq.gateway.services import SEARCHES


async def search(client: Client, number: int) -> Json:
    query = {"tuin": number, "verifysession": "", "code": "", "vfwebqq": client.vfwebqq}
    return (await client.get(STATIC, "/api/search_qq_by_uin2", **query)).json


async def say(client: Client, call: str, **r: object) -> int:
    code: int = (await client.post(STATIC, f"/api/{call}", **r, vfwebqq=client.vfwebqq)).json["retcode"]
    return code


async def ask(client: Client, number: int, message: str = "我是<路人>") -> int:
    token = (await search(client, number))["result"]["token"]
    return await say(client, "add_need_verify2", account=number, myallow=1, groupid=0, msg=message, token=token)


def test_stranger_asks_and_is_a_friend_once_allowed(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            loner, bot = await signed_in(gateway.url, (LONER, PASSWORDS[LONER]), (BOT, PASSWORDS[BOT]))
            found = (await search(loner, BOT))["result"]
            assert (found["account"], found["nick"], found["allow"]) == (BOT, "机器人", 1)
            assert await ask(loner, BOT) == 0
            (asked,) = await bot.news("system_message")
            assert (asked["type"], asked["account"], asked["msg"]) == ("verify_required", LONER, "我是&lt;路人&gt;")
            query = {"tuin": asked["from_uin"], "vfwebqq": bot.vfwebqq}
            assert (await bot.get(STATIC, "/api/get_friend_uin2", **query)).json["result"]["account"] == LONER
            assert await say(bot, "allow_and_add2", account=LONER, gid=1, mname="独") == 0
            (change,) = await bot.news("buddylist_change")
            assert change["added_friends"] == [{"groupid": 1, "uin": asked["from_uin"]}]
            (passed,) = await loner.news("system_message")
            assert (passed["type"], passed["account"]) == ("verify_pass_add", BOT)
            assert (await loner.send(await loner.friend(), "hi")).json["retcode"] == 0
            assert await say(bot, "allow_and_add2", account=LONER, gid=1, mname="") == 108

    asyncio.run(main())


def test_who_asks_may_be_accepted_only_or_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            people = [(each, PASSWORDS[each]) for each in (LONER, BOT, THIRD)]
            loner, bot, third = await signed_in(gateway.url, *people)
            assert await ask(loner, BOT) == await ask(loner, THIRD) == 0
            assert await say(third, "deny_added_request2", account=LONER, msg="不认识") == 0
            (hint,) = await loner.news("tips")
            assert "不认识" in hint["tips"]
            assert await say(bot, "allow_added_request2", account=LONER) == 0
            (passed,) = await loner.news("system_message")
            assert passed["type"] == "verify_pass"
            assert list(await loner.friends()) == ["机器人"]

    asyncio.run(main())


def test_nobody_becomes_a_friend_unasked(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            loner, bot = await signed_in(gateway.url, (LONER, PASSWORDS[LONER]), (BOT, PASSWORDS[BOT]))
            token = (await search(loner, BOT))["result"]["token"]
            assert await say(loner, "allow_and_add2", account=BOT, gid=0, mname="") == 108
            assert await say(loner, "allow_added_request2", account=BOT) == 108
            assert await say(loner, "deny_added_request2", account=BOT, msg="") == 108
            assert await say(loner, "add_no_verify2", account=BOT, token=token) == 108
            for account, word in (
                (PERSON, token),
                (BOT, ""),
                (BOT, "词"),
                (LONER, token),
                (10**18, token),
                (-5, token),
            ):
                assert await say(loner, "add_need_verify2", account=account, msg="", token=word) == 100001
            assert await say(bot, "add_need_verify2", account=LONER, msg="", token=token) == 100001
            assert await ask(bot, PERSON) == 108
            assert await loner.friends() == {}

    asyncio.run(main())


def test_searches_are_bounded(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, clock=Clock()) as gateway:
            (loner,) = await signed_in(gateway.url, (LONER, PASSWORDS[LONER]))
            assert (await search(loner, 99999))["retcode"] == 100001
            codes = [(await search(loner, BOT))["retcode"] for _ in range(SEARCHES)]
            assert codes == [0] * (SEARCHES - 1) + [108]

    asyncio.run(main())


async def judge(client: Client, gid: int, uin: int, op_type: int) -> int:
    query = {"group_uin": gid, "req_uin": uin, "msg": "人满了", "op_type": op_type, **client.ids}
    code: int = (await client.get(D_2013, "/channel/op_group_join_req", **query)).json["retcode"]
    return code


def test_stranger_asks_to_join_and_an_administrator_answers(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            people = [(each, PASSWORDS[each]) for each in (LONER, PERSON, BOT)]
            loner, person, bot = await signed_in(gateway.url, *people)
            assert await say(loner, "apply_join_group2", gcode=GROUP, code="", vfy="", msg="请加我") == 0
            (asked,) = await person.news("sys_g_msg")
            assert (asked["type"], asked["t_gcode"], asked["msg"]) == ("group_request_join", GROUP, "请加我")
            assert await bot.news("sys_g_msg") == []
            gid, uin = asked["from_uin"], asked["request_uin"]
            query = {"tuin": uin, "type": 1, "vfwebqq": person.vfwebqq}
            assert (await person.get(STATIC, "/api/get_friend_uin2", **query)).json["result"]["account"] == LONER
            assert await judge(bot, (await bot.group())["gid"], uin, 2) in (100001, 108)
            assert await judge(person, gid, uin, 3) == 0
            (denied,) = await loner.news("sys_g_msg")
            assert (denied["type"], denied["msg"]) == ("group_request_join_deny", "人满了")
            assert await judge(person, gid, uin, 2) == 108
            assert (await person.get(STATIC, "/api/get_friend_uin2", **query)).json["retcode"] == 100001
            await say(loner, "apply_join_group2", gcode=GROUP, code="", vfy="", msg="")
            assert await judge(person, gid, uin, 9) == 100001
            assert await judge(person, gid, uin, 2) == 0
            (agreed,), (joined,) = await loner.news("sys_g_msg"), await loner.news("sys_g_msg")
            assert (agreed["type"], joined["type"]) == ("group_request_join_agree", "group_join")
            assert (joined["new_member"], joined["admin_nick"]) == (LONER, "创建者")
            (heard,) = await bot.news("sys_g_msg")
            assert heard["type"] == "group_join"
            assert (await loner.send_group((await loner.group())["gid"], "到")).json["retcode"] == 0
            assert await say(loner, "apply_join_group2", gcode=GROUP, msg="") == 100001

    asyncio.run(main())


def test_member_leaves_and_the_owner_cannot(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            group = await bot.group()
            assert await say(bot, "quit_group2", gcode=str(group["gid"])) == 6
            assert await say(bot, "quit_group2", gcode=str(group["code"])) == 0
            (left,) = await person.news("sys_g_msg")
            assert (left["type"], left["op_type"]) == ("group_leave", 2)
            assert (await bot.send_group(group["gid"], "x")).json["retcode"] == 100001
            assert await say(person, "quit_group2", gcode=str((await person.group())["code"])) == 108

    asyncio.run(main())
