import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.calls.test_samples import SAMPLES
from tests.gateway.helpers import BOT, CHEAP, GROUP, LONER, PASSWORDS, PERSON, THIRD, living, running
from tests.gateway.wire import D_2016, STATIC, Client, Json, friends_hash, member_uin, signed_in
from webqq.gateway.administration import Administration


def test_friends_come_with_aliases_and_escaped_names(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            friends = await bot.friends()
            (name, uin) = next(iter(friends.items()))
            assert name == "小明 &lt;&amp;&quot;'&gt;"
            assert uin != PERSON
            assert 10**7 <= uin < 2**32
            assert len(friends) == 1

    asyncio.run(main())


def test_aliases_are_the_logins_own(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            again = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            assert await bot.friend() == await bot.friend() != await again.friend()

    asyncio.run(main())


def test_hash_must_be_right_where_one_is_given(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            codes = []
            for hash_ in (friends_hash(BOT, bot.ptwebqq), "", friends_hash(BOT, ""), friends_hash(BOT, "f" * 63)):
                for path in ("/api/get_user_friends2", "/api/get_group_name_list_mask2"):
                    reply = await bot.post(STATIC, path, vfwebqq=bot.vfwebqq, hash=hash_)
                    codes.append(reply.json["retcode"])
            assert codes == [0, 0, 0, 0, 0, 0, 50, 50]

    asyncio.run(main())


def test_groups_come_by_post_and_by_get(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            group = await bot.group()
            assert group["name"] == "测试 &amp; 群"
            assert group["gid"] != group["code"]
            r = f'{{"vfwebqq":"{bot.vfwebqq}"}}'
            reply = await bot.get(STATIC, "/api/get_group_name_list_mask2", r=r)
            assert reply.json["result"]["gnamelist"] == [group]
            assert reply.json["result"]["gmasklist"] == reply.json["result"]["gmarklist"] == []

    asyncio.run(main())


def test_group_info_lists_members_in_one_order_and_who_is_online(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            await Client(gateway.url, THIRD).sign_in(PASSWORDS[THIRD])
            group = await bot.group()
            query: dict[str, Any] = {"gcode": group["code"], "cb": "undefined", "vfwebqq": bot.vfwebqq, "t": 1}
            result = (await bot.get(STATIC, "/api/get_group_info_ext2", **query)).json["result"]
            members = [member["muin"] for member in result["ginfo"]["members"]]
            assert members == [info["uin"] for info in result["minfo"]] == [vip["u"] for vip in result["vipinfo"]]
            assert members[0] == BOT
            assert members[1] == result["ginfo"]["owner"] == await bot.friend()
            assert result["ginfo"]["memo"] == "请&lt;文明&gt;发言"
            assert (result["ginfo"]["gid"], result["ginfo"]["code"]) == (group["gid"], group["code"])
            assert [(state["uin"], state["stat"]) for state in result["stats"]] == [(BOT, 10), (members[2], 10)]
            assert "cards" not in result

    asyncio.run(main())


def test_group_is_asked_by_its_code_and_by_members_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            loner = await Client(gateway.url, LONER).sign_in(PASSWORDS[LONER])
            group = await bot.group()
            for client, gcode in ((bot, group["gid"]), (bot, 1), (loner, group["code"])):
                reply = await client.get(STATIC, "/api/get_group_info_ext2", gcode=gcode, vfwebqq=client.vfwebqq)
                assert reply.json == {"retcode": 6}

    asyncio.run(main())


def test_there_are_no_discussions_and_no_recent_contacts(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            discuss = await bot.get(STATIC, "/api/get_discus_list", vfwebqq=bot.vfwebqq, **bot.ids)
            assert discuss.json == {"retcode": 0, "result": {"dnamelist": [], "dmasklist": []}}
            recent = await bot.post(D_2016, "/channel/get_recent_list2", vfwebqq=bot.vfwebqq, **bot.ids)
            assert recent.json == {"retcode": 0, "result": []}
            r: Json = {"vfwebqq": bot.vfwebqq, "clientid": 53999199, "psessionid": ""}
            assert (await bot.post(D_2016, "/channel/get_recent_list2", **r)).json == recent.json

    asyncio.run(main())


def test_online_buddies_are_friends_who_are_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            assert await bot.online() == {"retcode": 0, "result": []}
            await Client(gateway.url, THIRD).sign_in(PASSWORDS[THIRD])
            await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            expected = [{"uin": await bot.friend(), "status": "online", "client_type": 41}]
            assert await bot.online() == {"retcode": 0, "result": expected}

    asyncio.run(main())


def test_numbers_behind_aliases_are_told_of_whom_one_knows(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            group = await bot.group()

            async def ask(tuin: int, type_: int) -> Any:
                query = {"tuin": tuin, "verifysession": "", "type": type_, "code": "", "vfwebqq": bot.vfwebqq}
                return (await bot.get(STATIC, "/api/get_friend_uin2", **query)).json

            uin = await bot.friend()
            assert (await ask(uin, 1))["result"] == {"uiuin": "", "account": PERSON, "uin": uin}
            assert (await ask(group["code"], 4))["result"]["account"] == GROUP
            assert (await ask(group["code"], 1))["result"]["account"] == GROUP
            assert [(await ask(tuin, 4))["retcode"] for tuin in (uin, group["gid"], 5)] == [100001] * 3

    asyncio.run(main())


def test_own_profile_is_told_by_the_cookie_or_by_vfwebqq(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            result = (await person.get(STATIC, "/api/get_self_info2", t=1)).json["result"]
            assert (result["uin"], result["account"]) == (PERSON, PERSON)
            assert result["nick"] == "小明 &lt;&amp;&quot;'&gt;"
            assert result["lnick"] == "这是&lt;签名&gt;"
            by_token = await person.get(STATIC, "/api/get_self_info2", vfwebqq=bot.vfwebqq)
            assert by_token.json["result"]["uin"] == BOT
            assert (await Client(gateway.url, BOT).get(STATIC, "/api/get_self_info2")).json["retcode"] == 100000

    asyncio.run(main())


def test_profiles_and_signatures_are_told_of_whom_one_knows(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            uin = await bot.friend()
            query: dict[str, Any] = {"tuin": uin, "vfwebqq": bot.vfwebqq}
            profile = (await bot.get(STATIC, "/api/get_friend_info2", **query)).json["result"]
            assert (profile["uin"], profile["nick"], profile["stat"]) == (uin, "小明 &lt;&amp;&quot;'&gt;", 20)
            assert "account" not in profile
            signature = (await bot.get(STATIC, "/api/get_single_long_nick2", **query)).json
            assert signature["result"] == [{"uin": uin, "lnick": "这是&lt;签名&gt;"}]
            own = (await bot.get(STATIC, "/api/get_friend_info2", **query | {"tuin": BOT})).json["result"]
            assert own["stat"] == 10
            stranger = await bot.get(STATIC, "/api/get_friend_info2", **query | {"tuin": LONER})
            assert stranger.json["retcode"] == 100001

    asyncio.run(main())


def test_profile_has_what_a_command_gave_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD)]
            bot, person, third = await signed_in(gateway.url, *people)
            admin = Administration(tmp_path / "data", CHEAP)
            given = {"city": "<青岛>", "gender": "male", "birthday": (1989, 1, 30), "mobile": "150"}
            await asyncio.to_thread(admin.set_profile, PERSON, **given)
            own = (await person.get(STATIC, "/api/get_self_info2", t=1)).json["result"]
            friends = await profile_of(bot, "get_friend_info2", await bot.friend())
            members = await profile_of(third, "get_friend_info2", await member_uin(third, own["nick"]))
            strangers = await profile_of(third, "get_stranger_info2", await member_uin(third, own["nick"]))
            for found, mobile in ((own, "150"), (friends, "150"), (members, ""), (strangers, "")):
                assert (found["city"], found["gender"], found["constel"]) == ("&lt;青岛&gt;", "male", 1)
                assert (found["birthday"], found["mobile"]) == ({"year": 1989, "month": 1, "day": 30}, mobile)
            sample = json.loads((SAMPLES / "get_self_info2.json").read_text("utf-8"))["result"]
            assert set(own) == set(sample)

    asyncio.run(main())


async def profile_of(client: Client, call: str, uin: int) -> Json:
    found: Json = (await client.get(STATIC, f"/api/{call}", tuin=uin, vfwebqq=client.vfwebqq)).json["result"]
    return found


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/get_user_friends2", {}),
        ("/api/get_group_name_list_mask2", {}),
        ("/api/get_group_info_ext2", {"gcode": 1}),
        ("/api/get_discus_list", {}),
        ("/api/get_friend_uin2", {"tuin": 1}),
        ("/api/get_self_info2", {}),
        ("/api/get_friend_info2", {"tuin": 1}),
        ("/api/get_single_long_nick2", {"tuin": 1}),
    ],
)
def test_vfwebqq_that_was_not_given_here_is_refused(tmp_path: Path, path: str, query: dict[str, Any]) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            for token in ("", "f" * 80):
                fields = {"vfwebqq": token, **query, "r": f'{{"vfwebqq":"{token}"}}'}
                assert (await client.get(STATIC, path, **fields)).json["retcode"] == 100000

    asyncio.run(main())


def test_another_accounts_vfwebqq_beside_a_session_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            codes = []
            for token in (bot.vfwebqq, person.vfwebqq):
                query = {"vfwebqq": token, **bot.ids}
                codes.append((await bot.get(D_2016, "/channel/get_online_buddies2", **query)).json["retcode"])
                codes.append((await bot.post(D_2016, "/channel/get_recent_list2", **query)).json["retcode"])
            assert codes == [0, 0, 100000, 100000]

    asyncio.run(main())
