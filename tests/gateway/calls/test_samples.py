"""Answers beside those of the service: whatever a client found there it finds here, of the same kind."""

import asyncio
import json
from pathlib import Path

from tests.gateway.helpers import BOT, GROUP, PASSWORDS, PERSON, THIRD, living
from tests.gateway.wire import D_2013, D_2016, STATIC, Client, Json, friends_hash, member_uin, signed_in

SAMPLES = Path(__file__).parents[2] / "protocol" / "data" / "samples"

# What this gateway knows nothing of, so that there is none of it: who has a telephone, and a list that nobody fills.
UNKNOWN = {"result.dmasklist[]", "result.gmasklist[]", "result.ginfo.fingermemo"}


def differences(sample: object, own: object, at: str = "") -> list[str]:
    """Where the sample has something that the own answer lacks or has in another kind."""
    if at in UNKNOWN:
        return []
    if isinstance(sample, dict) and isinstance(own, dict) and all(name.isdigit() for name in sample):
        # By number: whoever it is.
        return differences([*sample.values()][:1], [*own.values()][:1], at)
    if isinstance(sample, dict) and isinstance(own, dict):
        missing = [f"{at}.{name} is missing" for name in sample if name not in own]
        both = [name for name in sample if name in own]
        return missing + [
            each for name in both for each in differences(sample[name], own[name], f"{at}.{name}".lstrip("."))
        ]
    if isinstance(sample, list) and isinstance(own, list):
        if not sample or not own:
            return [] if not sample else [f"{at} is empty"] if f"{at}[]" not in UNKNOWN else []
        return differences(sample[0], own[0], f"{at}[]")
    return [] if type(sample) is type(own) else [f"{at} is {type(own).__name__} and no {type(sample).__name__}"]


def sample(name: str) -> Json:
    found: Json = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return found


async def answers(bot: Client, person: Client) -> dict[str, Json]:
    """An answer of the gateway to each sample's call."""
    friend, group, own = await bot.friend(), await bot.group(), {**bot.ids, "vfwebqq": bot.vfwebqq}
    stranger = await member_uin(bot, "路人甲")
    hashed: Json = {"vfwebqq": bot.vfwebqq, "hash": friends_hash(BOT, bot.ptwebqq)}
    r: Json = {"discu_name": "周末爬山", "mem_list": [friend], **bot.ids}
    did = (await bot.post(D_2013, "/channel/create_discu", **r)).json["result"]["did"]
    await bot.send_to("discu", {"did": did}, "x")
    await bot.send(friend, "x")
    await bot.send_group(group["gid"], "x")
    await bot.post(STATIC, "/api/update_group_info2", gcode=group["code"], markname="m", vfwebqq=bot.vfwebqq)
    card = {"gcode": group["code"], "name": "c", "vfwebqq": bot.vfwebqq}
    await bot.post(STATIC, "/api/update_group_business_card2", **card)
    marked = f"tuin={friend}&markname=m&vfwebqq={bot.vfwebqq}".encode()
    await bot.call("POST", STATIC, "/api/change_mark_name2", marked)

    async def api(call: str, **query: object) -> Json:
        return (await bot.get(STATIC, f"/api/{call}", **query, vfwebqq=bot.vfwebqq)).json

    async def channel(call: str, **query: object) -> Json:
        return (await bot.get(D_2013, f"/channel/{call}", **query, **bot.ids)).json

    return {
        "getvfwebqq": (await bot.get(STATIC, "/api/getvfwebqq", ptwebqq=bot.ptwebqq)).json,
        "get_user_friends2": (await bot.post(STATIC, "/api/get_user_friends2", **hashed)).json,
        "get_group_name_list_mask2": (await bot.post(STATIC, "/api/get_group_name_list_mask2", **hashed)).json,
        "get_group_info_ext2": await api("get_group_info_ext2", gcode=group["code"]),
        "get_group_info_ext2-6": await api("get_group_info_ext2", gcode=group["gid"]),
        "get_group_public_info2.2013": await api("get_group_public_info2", gcode=group["code"]),
        "get_group_member_stat2.2013": await api("get_group_member_stat2", gcode=group["code"]),
        "get_self_business_card2.2013": await api("get_self_business_card2", gcode=group["code"]),
        "get_friend_uin2": await api("get_friend_uin2", tuin=friend, type=1),
        "get_friend_uin2-group.2013": await api("get_friend_uin2", tuin=group["code"], type=4),
        "get_self_info2": await api("get_self_info2"),
        "get_friend_info2": await api("get_friend_info2", tuin=friend),
        "get_stranger_info2.2013": await api("get_stranger_info2", tuin=stranger),
        "get_single_long_nick2": await api("get_single_long_nick2", tuin=friend),
        "get_qq_level2.2013": await api("get_qq_level2", tuin=friend),
        "get_discus_list.2013": (await bot.get(STATIC, "/api/get_discus_list", **own)).json,
        "get_discu_info": await channel("get_discu_info", did=did),
        "get_online_buddies2": await bot.online(),
        "get_recent_list2": (await bot.post(D_2013, "/channel/get_recent_list2", **own)).json,
        "get_c2cmsg_sig2": await channel("get_c2cmsg_sig2", id=group["gid"], to_uin=stranger, service_type=0),
        "get_gface_sig2.2013": await channel("get_gface_sig2"),
        "change_status2": await channel("change_status2", newstatus="away"),
        "login2.2013": await bot.login2(),
        "shake2": await channel("shake2", to_uin=friend),
        "get_offpic2-103": await channel("get_offpic2", file_path="/x", f_uin=friend),
        "get_file2-102": await channel("get_file2", lcid=1, guid="x", to=friend),
        "send_qun_msg2.2013": (await bot.send_group(group["gid"], "y")).json,
        "qun-get_friend_list": await person.manage("/cgi-bin/qun_mgr/get_friend_list"),
        "qun-search_group_members": await bot.manage("/cgi-bin/qun_mgr/search_group_members", gc=GROUP),
        "qinfo-get_group_members": await bot.manage("/cgi-bin/qun_info/get_group_members", gc=GROUP, u=BOT),
        "qiandao-sign": await bot.manage("/cgi-bin/sign", gc=GROUP, is_sign=0),
    }


def test_answers_have_all_that_the_services_had(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD)]
            bot, person, _ = await signed_in(gateway.url, *people)
            await person.manage("/cgi-bin/qun_info/set_group_admin", src="qinfo_v2", gc=GROUP, u=BOT, op=1)
            wrong = {
                name: found
                for name, own in (await answers(bot, person)).items()
                if (found := differences(sample(name), own))
            }
            assert wrong == {}
            bot.dynamic = D_2016
            assert (await bot.send(await bot.friend(), "z")).json == sample("send_buddy_msg2")
            assert (await bot.online())["retcode"] == 0

    asyncio.run(main())
