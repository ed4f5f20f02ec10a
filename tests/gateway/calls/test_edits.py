import asyncio
import json
from pathlib import Path
from urllib.parse import urlencode

from tests.gateway.helpers import BOT, PASSWORDS, PERSON, living, running
from tests.gateway.wire import D_2013, STATIC, Client, Json, friends_hash, signed_in
from webqq.gateway.calls.edits import SIGNATURE


async def roster(client: Client, path: str) -> Json:
    r: Json = {"vfwebqq": client.vfwebqq, "hash": friends_hash(client.account, client.ptwebqq)}
    found: Json = (await client.post(STATIC, path, **r)).json["result"]
    return found


async def form(client: Client, path: str, host: str = STATIC, **fields: object) -> Json:
    body = urlencode({**fields, "vfwebqq": client.vfwebqq}).encode()
    return (await client.call("POST", host, path, body)).json


def test_signature_is_changed_and_seen(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            answer = await bot.post(STATIC, "/api/set_long_nick2", nlk="新<签名>", vfwebqq=bot.vfwebqq)
            assert answer.json == {"retcode": 0, "result": "ok"}
            query = {"tuin": await person.friend(), "vfwebqq": person.vfwebqq}
            seen = (await person.get(STATIC, "/api/get_single_long_nick2", **query)).json["result"]
            assert seen[0]["lnick"] == "新&lt;签名&gt;"
            long = await bot.post(STATIC, "/api/set_long_nick2", nlk="x" * (SIGNATURE + 1), vfwebqq=bot.vfwebqq)
            assert long.json["retcode"] == 100001

    asyncio.run(main())


def test_community_that_a_file_tells_is_not_changed_by_calls(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            answer = await bot.post(STATIC, "/api/set_long_nick2", nlk="x", vfwebqq=bot.vfwebqq)
            assert answer.json["retcode"] == 108

    asyncio.run(main())


def test_friend_gets_a_remark_name_and_another_category(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            uin = await bot.friend()
            assert (await form(bot, "/api/change_mark_name2", tuin=uin, markname="王&小明"))["retcode"] == 0
            assert (await form(bot, "/api/modify_friend_group", tuin=uin, newid=2))["retcode"] == 0
            found = await roster(bot, "/api/get_user_friends2")
            assert found["friends"] == [{"flag": 0, "uin": uin, "categories": 2}]
            assert found["marknames"] == [{"uin": uin, "markname": "王&amp;小明", "type": 0}]
            assert {"index": 2, "sort": 2, "name": "家人"} in found["categories"]
            assert (await form(bot, "/api/modify_friend_group", tuin=uin, newid=9))["retcode"] == 100001
            assert (await form(bot, "/api/change_mark_name2", tuin=5, markname="x"))["retcode"] == 100001

    asyncio.run(main())


def test_group_gets_a_remark_name_and_a_mask(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            group = await bot.group()
            r = {"gcode": group["code"], "markname": "我的群", "vfwebqq": bot.vfwebqq}
            assert (await bot.post(STATIC, "/api/update_group_info2", **r)).json["retcode"] == 0
            wrong = {**r, "gcode": group["gid"]}
            assert (await bot.post(STATIC, "/api/update_group_info2", **wrong)).json == {"retcode": 6}
            masks = {str(group["gid"]): "1", "5": "2", "cAll": 0, "idx": 1075, "port": 47450}
            items = json.dumps({"groupmask": masks})
            path = "/keycgi/qqweb/uac/messagefilter.do"
            assert (await form(bot, path, "cgi.web2.qq.com", retype=1, app="EQQ", itemlist=items))["retcode"] == 0
            found = await roster(bot, "/api/get_group_name_list_mask2")
            assert found["gmasklist"] == [{"gid": group["gid"], "mask": 1}]
            assert found["gmarklist"] == [{"uin": group["gid"], "markname": "我的群"}]

    asyncio.run(main())


def test_friendship_ends_for_both(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            uin, own = await bot.friend(), await person.friend()
            assert (await form(bot, "/api/delete_friend", tuin=uin, delType=2))["retcode"] == 0
            for client, other in ((bot, uin), (person, own)):
                (change,) = await client.news("buddylist_change")
                assert change == {"added_friends": [], "removed_friends": [{"uin": other}]}
                assert await client.friends() == {}
            assert (await bot.send(uin, "x")).json["retcode"] == 100001
            assert (await form(bot, "/api/delete_friend", tuin=uin, delType=2))["retcode"] == 100001

    asyncio.run(main())


def test_edits_need_the_login_of_their_account(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            uin = await bot.friend()
            bot.vfwebqq = bot.ptwebqq
            for path in ("change_mark_name2", "modify_friend_group", "delete_friend"):
                assert (await form(bot, f"/api/{path}", tuin=uin, markname="x", newid=1))["retcode"] == 100000
            assert (await bot.post(D_2013, "/api/set_long_nick2", nlk="x", vfwebqq="")).json["retcode"] == 100000

    asyncio.run(main())
