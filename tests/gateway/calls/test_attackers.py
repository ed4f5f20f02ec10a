"""No account can read or act for another: each call, by somebody who is signed in and goes for what is not his."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.gateway.calls.test_edits import form
from tests.gateway.calls.test_files import give, offer, upload
from tests.gateway.calls.test_hostile import MUTE, OPEN, ROWS, ask, code_of, fitting, plausible
from tests.gateway.calls.test_pictures import PNG, upload_face
from tests.gateway.calls.test_qrlogin import ask as ask_picture
from tests.gateway.calls.test_qrlogin import code_of as code_of_picture
from tests.gateway.calls.test_qrlogin import say, time33
from tests.gateway.calls.test_together import KEPT
from tests.gateway.helpers import BOT, CHEAP, GROUP, LONER, PASSWORDS, PERSON, THIRD, living
from tests.gateway.wire import D_2013, PTLOGIN, Client, Json, bkn, member_uin, signed_in
from webqq.gateway.administration import Administration
from webqq.gateway.app import Gateway
from webqq.gateway.avatars import draw_avatar
from webqq.gateway.calls import ANSWERS

# Calls that are about the own account alone, whatever else they are told, and so are answered.
OWN = {
    *("getvfwebqq", "login2", "change_status2", "logout2", "poll2", "get_online_buddies2", "get_recent_list2"),
    *("get_user_friends2", "get_group_name_list_mask2", "get_discus_list", "get_self_info2", "get_group_list"),
    *("get_friend_list", "set_long_nick2", "messagefilter", "get_group_info", "get_gface_sig2", "cface_upload"),
    *("page_history", "page_talks", "page_forget", "page_avatar", "page_avatars"),
}

# Calls by which anybody finds people and groups to ask, as far as it is told the public number.
ASKING = {"search_qq_by_uin2", "get_group_public_info2", "apply_join_group2"}

SECRET = "秘密"
WORDS = [form_ for word in (SECRET, "小明", "机器人", "测试", "签名") for form_ in (word, ascii(word)[1:-1])]

STATE = (
    *(table for table in KEPT if table != "community"),
    "profile",
    "avatar",
    "talk",
    "said",
    "group_note",
    "recent",
)


async def lay_out(folder: Path, gateway: Gateway) -> tuple[Client, Client, Json]:
    """BOT and PERSON with something of everything; and what an attacker may have heard of it."""
    admin = Administration(folder / "data", CHEAP)
    await asyncio.to_thread(admin.set_profile, PERSON, city=SECRET)
    await asyncio.to_thread(admin.set_avatar, PERSON, PNG + SECRET.encode())
    bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
    uin = await bot.friend()
    await form(bot, "/api/change_mark_name2", tuin=uin, markname=SECRET)
    fields = {"discu_name": SECRET, "mem_list": [uin], "mem_list_u": [], "mem_list_g": [], "vfwebqq": bot.vfwebqq}
    did = (await bot.post(D_2013, "/channel/create_discu", **fields, **bot.ids)).json["result"]["did"]
    await bot.send(uin, SECRET)
    await bot.send_group((await bot.group())["gid"], SECRET)
    await bot.send_to("discu", {"did": did}, SECRET)
    face = (await upload_face(bot, PNG + SECRET.encode())).partition("'msg':'")[2].partition("'")[0]
    path = await upload(bot, SECRET.encode())
    assert await give(bot, uin, path) == 0
    await offer(bot, BOT, uin, SECRET.encode())
    told = (await person.poll())["result"]
    left, offered = (
        next(each["value"] for each in told if each["poll_type"] == kind) for kind in ("push_offfile", "file_message")
    )
    heard = {
        **await plausible(bot),
        "did": did,
        "file_path": path,
        "guid": face,
        "pic": face,
        "lcid": offered["session_id"],
        "req_uin": uin,
        "file_name": left["name"],
        "file_size": left["size"],
        "rkey": left["rkey"][:-1] + "g",
        "kind": "friend",
        "number": PERSON,
        "shutup_list": f'[{{"uin":{PERSON},"t":60}}]',
        "content": f'["x",["offpic","{path}","x",1]]',
    }
    return bot, person, heard


def by_number(heard: Json) -> Json:
    """The same with public numbers, which last longer than a session."""
    people = dict.fromkeys(("tuin", "to_uin", "to", "peer", "peeruin", "f_uin", "req_uin", "to"), PERSON)
    groups = dict.fromkeys(("gcode", "group_uin", "gid", "id"), GROUP)
    return heard | people | groups | {"mem_list": [PERSON], "did": 1, "uin": PERSON, "own": PERSON, "u": PERSON}


def rows_without(attacker: int, db: sqlite3.Connection) -> Json:
    """All that is kept but what is the attacker's own."""
    found = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in STATE}  # noqa: S608  # own words only
    return {table: [row for row in rows if attacker not in row] for table, rows in found.items()}


async def see_that_nothing_is_had(gateway: Gateway, attacker: Client, heard: Json, allowed: set[str]) -> None:
    store = gateway._running().store
    live = gateway._running().sessions.live
    victims = [live(BOT), live(PERSON)]
    before = await store.write(lambda db: rows_without(attacker.account, db))
    for call in ROWS:
        own = {"psessionid": attacker.psessionid, "vfwebqq": attacker.vfwebqq, "ptwebqq": attacker.ptwebqq}
        fields = fitting(call, heard | own | {"skey": attacker.cookies["skey"], "bkn": bkn(attacker.cookies["skey"])})
        answer = await ask(attacker, call, fields)
        if call.name not in OPEN | MUTE | allowed:
            assert code_of(answer) not in (0, None), (call.name, answer)
        if call.name not in ASKING & allowed:
            text = answer.body.decode("utf-8", "replace")
            assert [word for word in WORDS if word in text] == [], call.name
        after = await store.write(lambda db: rows_without(attacker.account, db))
        # A question is a letter to who may answer it.
        assert call.name in ASKING & allowed or after == before, call.name
        before = after
        assert [live(BOT), live(PERSON)] == victims, call.name
        # What ended the own login ended nothing else.
        if live(attacker.account) is None:  # type: ignore[arg-type]  # a number of the tests
            attacker.psessionid = None
            await attacker.sign_in(PASSWORDS[attacker.account])  # type: ignore[index]  # as above


@pytest.mark.parametrize("is_by_number", [False, True])
def test_stranger_has_nothing_by_the_ids_of_others(tmp_path: Path, is_by_number: bool) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.001) as gateway:
            _, _, heard = await lay_out(tmp_path, gateway)
            (loner,) = await signed_in(gateway.url, (LONER, PASSWORDS[LONER]))
            if is_by_number:
                await see_that_nothing_is_had(gateway, loner, by_number(heard), OWN | ASKING)
            else:
                await see_that_nothing_is_had(gateway, loner, heard, OWN)

    asyncio.run(main())


# What takes a right that a plain member does not have, or is about somebody else's answer.
MANAGING = {
    *("delete_group_member", "add_group_member", "set_group_admin", "set_group_card", "set_group_shutup"),
    *("op_group_join_req", "allow_and_add2", "allow_added_request2", "deny_added_request2"),
}


def test_plain_member_has_no_right_by_knowing_the_way(tmp_path: Path) -> None:
    """The ids are his own session's, and right."""

    async def main() -> None:
        async with living(tmp_path, hold=0.001) as gateway:
            _, _, heard = await lay_out(tmp_path, gateway)
            (third,) = await signed_in(gateway.url, (THIRD, PASSWORDS[THIRD]))
            group, uin = await third.group(), await member_uin(third, "机器人")
            own: Json = {"psessionid": third.psessionid, "vfwebqq": third.vfwebqq, "bkn": bkn(third.cookies["skey"])}
            own |= {"gid": group["gid"], "group_uin": group["gid"], "gcode": group["code"], "req_uin": uin, "gc": GROUP}
            before = await gateway._running().store.write(lambda db: rows_without(0, db))
            for call in ROWS:
                if call.name in MANAGING:
                    answer = await ask(
                        third, call, fitting(call, heard | own | {"account": BOT, "u": BOT, "ul": str(BOT)})
                    )
                    assert code_of(answer) not in (0, None), call.name
                    assert await gateway._running().store.write(lambda db: rows_without(0, db)) == before, call.name
            for name, fields in {
                "get_offpic2": {"file_path": heard["file_path"]},
                "get_cface2": {"guid": heard["guid"], "lcid": 1, "to": uin},
                "get_group_pic": {"pic": heard["pic"], "gid": group["code"], "uin": uin, "type": 0},
                "get_file2": {"lcid": heard["lcid"], "guid": "x", "to": uin},
                "refuse_file2": {"lcid": heard["lcid"], "to": uin},
                "notify_offfile2": {
                    "to": uin,
                    "file_name": heard["file_name"],
                    "file_size": heard["file_size"],
                    "action": 2,
                },
                "send_offfile2": {"to": uin, "to_uin": uin, "file_path": heard["file_path"], "filename": "x"},
                "send_qun_msg2": {
                    "group_uin": group["gid"],
                    "msg_id": 1,
                    "content": f'["x",["cface","group","{heard["guid"]}"]]',
                },
                "get_c2cmsg_sig2": {"id": heard["did"], "to_uin": uin, "service_type": 1},
                # Somebody whom one knows of is no friend by that.
                "send_buddy_msg2": {"to": uin, "msg_id": 2, "content": '["x"]'},
                "shake2": {"to_uin": uin},
                "input_notify2": {"to_uin": uin},
                "delete_friend": {"tuin": uin},
                "change_mark_name2": {"tuin": uin, "markname": "x"},
                "modify_friend_group": {"tuin": uin, "newid": 1},
                "create_discu": {"discu_name": "x", "mem_list": [uin], "mem_list_u": [], "mem_list_g": []},
            }.items():
                (call,) = (each for each in ROWS if each.name == name)
                answer = await ask(third, call, fields | fitting(call, own | fields))
                assert code_of(answer) not in (0, None), (name, answer)
            assert await gateway._running().store.write(lambda db: rows_without(0, db)) == before

    asyncio.run(main())


@pytest.mark.parametrize("how", ["set_password", "sign_out", "remove_account"])
def test_nothing_of_before_is_good_after_another_password(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.001) as gateway:
            bot, _, heard = await lay_out(tmp_path, gateway)
            heard |= {"skey": bot.cookies["skey"], "bkn": bkn(bot.cookies["skey"])}
            # A picture that the session approved must not let anybody in later.
            picture = Client(gateway.url, BOT)
            await picture.get(PTLOGIN, "/ptqrshow")
            assert (await say(bot, code_of_picture(gateway), "approve"))["retcode"] == 0
            admin = Administration(tmp_path / "data", CHEAP)
            more = ["another"] if how == "set_password" else []
            await asyncio.to_thread(getattr(admin, how), BOT, *more)
            assert await gateway._running().follow()
            for call in ROWS:
                answer = await ask(bot, call, fitting(call, heard))
                if call.name not in OPEN | MUTE:
                    assert code_of(answer) not in (0, None), (call.name, answer)
                assert [word for word in WORDS if word in answer.body.decode("utf-8", "replace")] == [], call.name
            assert (await bot.get("q.qlogo.cn", "/g", b="qq", nk=PERSON, s=40)).body == draw_avatar(PERSON)
            query = {"daid": 164, "appid": 501004106, "auth_token": time33(bot.cookies["supertoken"])}
            assert (await bot.get(PTLOGIN, "/pt4_auth", **query)).args == ["1", ""]
            assert (await ask_picture(picture)).args[0] == "65"

    asyncio.run(main())


def test_no_call_is_answered_to_the_page_of_another_site(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.001) as gateway:
            bot, _, heard = await lay_out(tmp_path, gateway)
            before = await gateway._running().store.write(lambda db: rows_without(0, db))
            for answer in ANSWERS:
                if answer.is_for_anyone:
                    continue
                for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                    bot.foreign = foreign
                    got = await ask(bot, answer.call, fitting(answer.call, heard))
                    assert got.status == 403, answer.call.name
            assert await gateway._running().store.write(lambda db: rows_without(0, db)) == before

    asyncio.run(main())


@pytest.mark.parametrize("action", ["scan", "approve", "refuse"])
def test_picture_that_another_has_scanned_is_nobody_elses(tmp_path: Path, action: str) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))
            picture = Client(gateway.url, BOT)
            await picture.get(PTLOGIN, "/ptqrshow")
            code = code_of_picture(gateway)
            assert (await say(bot, code, "scan"))["retcode"] == 0
            assert (await say(loner, code, action))["retcode"] == 100001
            assert (await ask_picture(picture)).args[0] == "67"
            # Nor is it good with the cookie of another picture.
            await loner.get(PTLOGIN, "/ptqrshow")
            assert (await say(bot, code, "approve"))["retcode"] == 0
            assert (await ask_picture(loner)).args[0] == "66"
            assert (await ask_picture(picture)).args[0] == "0"

    asyncio.run(main())
