"""Calls that change something and tell of it: both or neither, wherever in between it goes wrong."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import LogWatch
from tests.gateway.calls.test_edits import form
from tests.gateway.calls.test_files import give, offer, refuse, take, upload
from tests.gateway.calls.test_qun import MGR, make_admin
from tests.gateway.calls.test_requests import ask, judge, say
from tests.gateway.helpers import BOT, CHEAP, GROUP, LONER, PASSWORDS, PERSON, THIRD, Clock, living
from tests.gateway.wire import D_2013, STATIC, Client, Json, signed_in
from webqq.gateway.administration import Administration
from webqq.gateway.app import Gateway
from webqq.gateway.requests import AGAIN_SECONDS

TRY_LATER = 113

KEPT = (
    *("account", "community", "friendship", "membership", "grp", "member", "ban", "request", "friend_note"),
    *("media", "media_reader", "letter", "mail", "discuss", "discuss_member", "tiding"),
)


FAULT = """
    CREATE TRIGGER fault BEFORE INSERT ON mail WHEN (SELECT count(*) FROM mail) >= {} BEGIN
        SELECT RAISE(ABORT, 'injected');
    END
"""


def rows(db: sqlite3.Connection) -> Json:
    return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in KEPT}  # noqa: S608  # own words only


async def state(gateway: Gateway, folder: Path) -> Json:
    files = sorted(path.name for path in (folder / "data" / "media").iterdir())
    return {**await gateway._running().store.write(rows), "files": files}


async def prepare(folder: Path, gateway: Gateway) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Everything that can be done, each on the same state; what each answers."""
    admin = Administration(folder / "data", CHEAP)
    admin.befriend(PERSON, LONER)
    assert await gateway._running().follow()
    bot, person, third, loner = await signed_in(
        gateway.url, *((each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD, LONER))
    )
    assert await ask(loner, BOT) == await ask(third, BOT) == 0
    assert await say(loner, "apply_join_group2", gcode=GROUP, code="", vfy="", msg="") == 0
    asked = (await person.news("sys_g_msg"))[0]
    assert (await make_admin(person, THIRD))["ec"] == 0
    await offer(bot, BOT, await bot.friend())
    offered = (await person.news("file_message"))[0]
    assert await give(bot, await bot.friend(), await upload(bot)) == 0
    left = (await person.news("push_offfile"))[0]
    token, path, bots, persons = await token_of(third, PERSON), await upload(bot), await bot.friend(), bot.account
    code = (await bot.group())["code"]
    place = urlsplit(gateway.url).netloc

    async def refuse_direct() -> object:
        query = {"to": offered["from_uin"], "lcid": offered["session_id"], **person.ids}
        return (await person.get(D_2013, "/channel/refuse_file2", **query)).json["retcode"]

    async def kick() -> object:
        return (await person.manage(MGR + "delete_group_member", gc=GROUP, ul=f"{BOT}|{THIRD}", flag=1))["ec"]

    async def invite() -> object:
        return (await person.manage(MGR + "add_group_member", gc=GROUP, ul=str(LONER)))["ec"]

    async def fetch() -> object:
        return (await person.get(place, "/x", rkey=left["rkey"], range=0)).json["retcode"]

    return {
        "delete_friend": lambda: _code(form(bot, "/api/delete_friend", tuin=bots, delType=2)),
        "add_need_verify2": lambda: say(third, "add_need_verify2", account=PERSON, msg="", token=token),
        "allow_and_add2": lambda: say(bot, "allow_and_add2", account=LONER, gid=1, mname="x"),
        "allow_added_request2": lambda: say(bot, "allow_added_request2", account=LONER),
        "deny_added_request2": lambda: say(bot, "deny_added_request2", account=THIRD, msg=""),
        "apply_join_group2": lambda: say(loner, "apply_join_group2", gcode=GROUP, code="", vfy="", msg=""),
        "op_group_join_req, yes": lambda: judge(person, asked["from_uin"], asked["request_uin"], 2),
        "op_group_join_req, no": lambda: judge(person, asked["from_uin"], asked["request_uin"], 3),
        "quit_group2": lambda: say(bot, "quit_group2", gcode=code),
        "delete_group_member": kick,
        "add_group_member": invite,
        "set_group_admin": lambda: _code(make_admin(person, persons)),
        "upload_file": lambda: offer(bot, BOT, bots),
        "get_file2": lambda: _code(_json(take(person, offered))),
        "refuse_file2": refuse_direct,
        "send_offfile2": lambda: give(bot, bots, path),
        "get_offline_file": fetch,
        "notify_offfile2": lambda: refuse(person, left),
    }


async def token_of(client: Client, number: int) -> str:
    query = {"tuin": number, "verifysession": "", "code": "", "vfwebqq": client.vfwebqq}
    token: str = (await client.get(STATIC, "/api/search_qq_by_uin2", **query)).json["result"]["token"]
    return token


async def _json(answer: Awaitable[Any]) -> Json:
    found: Json = (await answer).json
    return found


async def _code(reply: Awaitable[Json]) -> object:
    found = await reply
    return found.get("retcode", found.get("ec"))


# Those that more than one account hears of, or one more than once.
MANY = {
    *("delete_friend", "allow_and_add2", "allow_added_request2", "op_group_join_req, yes", "quit_group2"),
    *("delete_group_member", "add_group_member", "set_group_admin"),
}


@pytest.mark.parametrize("told", [0, 1])
def test_change_of_which_not_everybody_can_be_told_is_not_made(tmp_path: Path, expect_log: LogWatch, told: int) -> None:
    """The fault comes behind the change: before anybody is told, or between the first and the second."""

    async def main() -> None:
        clock = Clock()
        async with living(tmp_path, hold=0.01, clock=clock) as gateway:
            calls = await prepare(tmp_path, gateway)
            # So that who has asked may ask again.
            clock.now += AGAIN_SECONDS
            store = gateway._running().store
            before = await state(gateway, tmp_path)
            await store.write(lambda db: db.execute(FAULT.format(len(before["mail"]) + told)))
            for name, call in calls.items():
                if not told or name in MANY:
                    code = await call()
                    assert code == TRY_LATER or name == "upload_file", (name, code)
                    assert await state(gateway, tmp_path) == before, name

    expect_log("webqq.gateway", "injected")
    asyncio.run(main())
