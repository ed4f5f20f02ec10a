"""All calls at once, from clients that mean no good."""

import asyncio
import json
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.helpers import BOT, GROUP, LONER, PASSWORDS, PERSON, Clock, living
from tests.gateway.wire import D_2013, D_2016, Answer, Client, Json, signed_in
from webqq.gateway import captchas, codes, limits, mailbox, qrlogins, sessions
from webqq.gateway.app import Gateway
from webqq.gateway.calls import ANSWERS
from webqq.protocol.calls import Call, Form

# What ends the login comes last, so that the others are tried by somebody who is signed in.
_ENDING = ("change_status2", "logout2", "ptlogout", "login2")
ROWS = sorted((answer.call for answer in ANSWERS), key=lambda call: call.name in _ENDING)

values = st.one_of(
    st.text(max_size=20),
    st.integers(-(2**70), 2**70),
    st.sampled_from(
        ["", "null", "-1", "1|2", "[]", '[["face",1]]', '["x"]', "{}", '{"groupmask":{"1":"x"}}', "\0", "../x"]
    ),
    st.none(),
    st.booleans(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


async def ask(client: Client, call: Call[Any, Any], fields: Json, dynamic: str = D_2013) -> Answer:
    """One call with these fields, in its own form."""
    path = call.path
    for name in call.params.__struct_fields__:
        path = path.replace(f"{{{name}}}", quote(str(fields.get(name, 1)) or "1", safe="", errors="replace"))
    plain = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
        if value is not None
    }
    coded = urlencode(plain, quote_via=quote, errors="replace")
    if call.form is Form.QUERY:
        return await client.call("GET", dynamic, f"{path}?{coded}")
    if call.form is Form.MULTIPART:
        texts = {name: value.encode("utf-8", "replace").decode() for name, value in plain.items()}
        name = "custom_face" if "custom_face" in call.params.__struct_fields__ else "file"
        return await client.upload(dynamic, f"{path}?{coded}", dict(texts), (name, "a.png", b"\x89PNG\r\n\x1a\n"))
    body = coded if call.form is Form.FIELDS else urlencode({"r": json.dumps(fields)}, errors="replace")
    return await client.call("POST", dynamic, path, body.encode())


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_call_fails_whatever_it_is_asked(data: st.DataObject) -> None:
    """The fixture that watches the log fails this one if anything is logged as a fault."""

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with living(Path(folder), hold=0.001) as gateway:
                (client,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
                group = await client.group()
                known: Json = {"psessionid": client.psessionid, "vfwebqq": client.vfwebqq, "ptwebqq": client.ptwebqq}
                ids = [await client.friend(), group["gid"], group["code"], GROUP, PERSON]
                for call in ROWS:
                    names = [name for name in call.params.__struct_fields__ if name not in known]
                    drawn = {name: data.draw(st.one_of(values, st.sampled_from(ids))) for name in names}
                    kept = known if data.draw(st.booleans()) else {}
                    answer = await ask(client, call, drawn | kept, data.draw(st.sampled_from([D_2013, D_2016])))
                    expected = (HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.NOT_FOUND)
                    assert answer.status in expected, (call.name, drawn, answer)
                    assert b"Traceback" not in answer.body
                see_that_nothing_grew(gateway)

    asyncio.run(main())


def bounds(gateway: Gateway) -> dict[str, int]:
    """The most that each of the tables in memory may hold, whoever calls how often."""
    accounts = len(gateway.community.accounts)
    logins = accounts * sessions.LOGINS_PER_ACCOUNT
    return {
        "captchas": captchas.CAPTCHAS,
        "codes": accounts * codes.CODES_PER_ACCOUNT,
        "letters": accounts * mailbox.MAILBOX_LETTERS,
        "login_limits": 3 * limits.BUCKETS,
        "logins": logins,
        "mailboxes": accounts,
        "picture_limits": limits.BUCKETS,
        "present": accounts,
        "qr_logins": qrlogins.QR_LOGINS,
        "replaced": sessions.REPLACED,
        "search_limits": accounts,
        # Of each call a few codes, and one for the time it took.
        "series": len(ROWS) * 12,
        "sessions": accounts * (sessions.KICKS_PER_ACCOUNT + 1),
        "uploads": 0,
    }


def see_that_nothing_grew(gateway: Gateway) -> None:
    sizes, most = gateway._running().sizes(), bounds(gateway)
    assert sizes.keys() == most.keys()
    assert {what: size for what, size in sizes.items() if size > most[what]} == {}


def test_what_calls_make_grow_has_a_bound_and_goes_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (captchas, "CAPTCHAS"),
        (qrlogins, "QR_LOGINS"),
        (codes, "CODES_PER_ACCOUNT"),
        (sessions, "LOGINS_PER_ACCOUNT"),
        (sessions, "KICKS_PER_ACCOUNT"),
        (sessions, "REPLACED"),
    ):
        monkeypatch.setattr(module, name, 2)

    async def main() -> None:
        clock = Clock()
        async with living(tmp_path, hold=0.001, clock=clock) as gateway:
            for _ in range(6):
                bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
                # Sessions of one login, each of which takes over from the one before.
                for _ in range(4):
                    bot.psessionid = None
                    bot.psessionid = (await bot.login2())["result"]["psessionid"]
                await bot.poll()
                await bot.check()
                see_that_nothing_grew(gateway)
            # From now on a captcha is needed.
            for number in range(6):
                await Client(gateway.url, BOT).get(D_2013, "/ptqrshow", appid=501004106)
                for account in (BOT, 12_345 + number):
                    await Client(gateway.url, account).get(D_2013, "/getimage", aid=1003903, uin=account)
                    await Client(gateway.url, account).login("wrong", code="!AAA")
                see_that_nothing_grew(gateway)
            full = gateway._running().sizes()
            for what in ("captchas", "qr_logins", "logins", "sessions", "replaced", "present", "login_limits", "codes"):
                assert full[what] > 0, what
            clock.now += sessions.LOGIN_LONGEST_SECONDS
            gateway._running().sweep()
            left = {what: size for what, size in gateway._running().sizes().items() if size}
            assert left.keys() == {"mailboxes", "replaced", "series"}

    asyncio.run(main())


# Calls that anybody may make, and those whose proof is another one.
OPEN = {
    *("login_page", "check", "getimage", "login", "check_sig", "ptqrshow", "ptqrlogin", "pt4_auth", "ptlogout"),
    *("get_msg_tip", "getface", "qlogo", "get_offline_file", "page_qrcode"),
}


# Their answers say nothing, whatever came of it; tests of pictures and files see to them.
MUTE = {"delete_cface", "upload_file"}


def test_no_call_is_answered_to_who_cannot_prove_anything(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.001) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            right = await plausible(bot)
            thief = Client(gateway.url, BOT)
            forged = {"psessionid": person.vfwebqq, "vfwebqq": person.psessionid, "ptwebqq": person.vfwebqq}
            for tokens in (forged, {"psessionid": "", "vfwebqq": "", "ptwebqq": ""}):
                for call in ROWS:
                    if call.name not in OPEN | MUTE:
                        answer = await ask(thief, call, fitting(call, right | tokens))
                        assert code_of(answer) not in (0, None), (call.name, answer)

    asyncio.run(main())


def test_two_tokens_of_different_accounts_do_not_make_one_proof(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.001) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))
            right = await plausible(bot)
            mixed = right | {"vfwebqq": loner.vfwebqq, "ptwebqq": loner.ptwebqq}
            for call in ROWS:
                names = set(call.params.__struct_fields__)
                if (
                    call.name in OPEN | MUTE | {"getvfwebqq", "get_friend_info2", "get_discus_list"}
                    or "psessionid" not in names
                ):
                    continue
                if names & {"vfwebqq", "ptwebqq"}:
                    answer = await ask(Client(gateway.url, BOT), call, fitting(call, mixed))
                    assert code_of(answer) not in (0, None), (call.name, answer)

    asyncio.run(main())


async def plausible(client: Client) -> Json:
    """Values for all fields there are, as a client would fill them in that may do all of it."""
    group, friend = await client.group(), await client.friend()
    numbers = {"tuin": friend, "to_uin": friend, "to": friend, "peer": friend, "peeruin": friend, "f_uin": friend}
    groups = {"gcode": group["code"], "group_uin": group["gid"], "gid": group["code"], "id": group["gid"], "gc": GROUP}
    people = {"u": client.account, "uin": client.account, "own": client.account, "account": PERSON, "ul": str(PERSON)}
    texts = {"content": '["x"]', "msg_id": 5, "nlk": "x", "markname": "x", "newid": 1, "newstatus": "away"}
    tokens = {"psessionid": client.psessionid, "vfwebqq": client.vfwebqq, "ptwebqq": client.ptwebqq}
    files = {"file_path": "/x", "guid": "x", "pic": "x", "lcid": 1, "fid": 1, "rip": "x", "rkey": "x", "bd": "x"}
    more = {"did": 5, "discu_name": "x", "mem_list": [friend], "group_sig": "x", "op": 1, "op_type": 2, "req_uin": 5}
    rest = {
        "bkn": 5,
        "skey": "@x",
        "fileid": 1,
        "filename": "x",
        "file_name": "x",
        "file_size": 1,
        "index": 1,
        "port": 1,
    }
    last = {"code": "x", "action": "approve", "itemlist": '{"groupmask":{}}', "name": "x", "retype": 1}
    return {**numbers, **groups, **people, **texts, **tokens, **files, **more, **rest, **last}


def fitting(call: Call[Any, Any], fields: Json) -> Json:
    found = {name: value for name, value in fields.items() if name in call.params.__struct_fields__}
    if call.name == "get_group_info":
        found["gcode"] = f"[{found['gcode']}]"
    return found


def code_of(answer: Answer) -> int | None:
    """The code of an answer in any form; None where there is none."""
    text = answer.body.decode()
    if not text:
        return None
    start = text.find("{")
    if "'ret':" in text:
        return int(text.partition("'ret':")[2].partition(",")[0])
    found = json.JSONDecoder().raw_decode(text[start:])[0]
    for name in ("retcode", "errCode", "ec"):
        if name in found:
            code: int = found[name]
            return code
    return None
