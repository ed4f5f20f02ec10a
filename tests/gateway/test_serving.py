import asyncio
import json
import logging
from http import HTTPStatus
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.helpers import BOT, PASSWORDS, PERSON, ask, running
from tests.gateway.wire import D_2013, STATIC, Client, Line, texts
from webqq.gateway import app, serving
from webqq.gateway.calls import ANSWERS
from webqq.gateway.calls import session as session_calls
from webqq.gateway.serving import Busy
from webqq.protocol.calls import GET_OFFLINE_FILE

PATHS = sorted(
    path.replace("{", "").replace("}", "")
    for answer in ANSWERS
    for path in (answer.call.path, *answer.call.aliases)
    # That one is known by its query.
    if answer.call is not GET_OFFLINE_FILE
)


def test_answers_are_not_to_be_kept_guessed_or_told(tmp_path: Path) -> None:
    answer = ask(tmp_path, "GET", "/web2/get_msg_tip")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert not {"Server", "Etag", "Access-Control-Allow-Origin"} & set(answer.headers.keys())


@pytest.mark.parametrize(
    ("headers", "retcode"), [({}, 100101), ({"User_Agent": "x"}, 100000), ({"Cookie": "uin=o0100200300"}, 100000)]
)
def test_static_host_answers_who_says_what_he_is_or_brings_cookies(
    tmp_path: Path, headers: dict[str, str], retcode: int
) -> None:
    answer = ask(tmp_path, "POST", "/api/get_group_name_list_mask2", b'r={"vfwebqq":"x"}', "s.web2.qq.com", **headers)
    assert answer.json["retcode"] == retcode


@pytest.mark.parametrize("host", ["a'b", "a/b", "a b", "<script>", "a:b", "a@b"])
def test_host_that_is_none_is_refused(tmp_path: Path, host: str) -> None:
    assert ask(tmp_path, "GET", "/check?uin=100200300", host=host).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"r=",
        b"r=null",
        b"r=[]",
        b"r=%7B",
        b"q=1",
        b"\xff\xfe\x00",
        b"r=%FF",
        b"r=" + b"%7B%22a%22%3A" * 300,
        b"&".join(b"a%d=1" % number for number in range(500)),
        b'{"ptwebqq":""}',
    ],
)
def test_envelope_that_is_none_gets_its_code(tmp_path: Path, body: bytes) -> None:
    headers = {"Content_Type": "application/x-www-form-urlencoded"}
    answer = ask(tmp_path, "POST", "/channel/poll2", body, **headers)
    assert answer.status == HTTPStatus.OK
    assert answer.json["retcode"] in (100006, 100001)
    assert answer.json["retcode"] == 100006 or body.startswith(b"a0")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_noise_ends_in_an_error_of_the_server(tmp_path: Path, method: str) -> None:
    """The fixture that watches the log fails this one if anything is logged as a fault."""
    noise = {
        "empty": "",
        "odd": "uin=%FF&u=%00&p=%E8%AF%8D&verifycode='&ptsig=%27&tuin=-1&gcode=1e99&newstatus=%F0%9F%8E%89&vfwebqq=%00",
        "numbers": f"tuin={10**30}&gcode={-(10**30)}&type=x&psessionid=5&clientid={{}}",
        "r": 'r={"to":[],"content":{},"msg_id":"x","psessionid":{},"key":[],"ids":{},"vfwebqq":5,"hash":[]}',
        "nulls": 'r={"to":null,"content":null,"msg_id":null,"psessionid":null,"group_uin":null,"status":null}',
        "halves": r'r={"psessionid":"\ud83d","ptwebqq":"\ud83d","vfwebqq":"\ud83d","content":"\ud83d"}',
    }

    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            client = Client(gateway.url, BOT)
            for path, (name, fields) in product(PATHS, noise.items()):
                query = "" if method == "POST" else "?" + fields.replace('"', "%22").replace("\\", "%5C")
                body = fields.encode() if method == "POST" else b""
                answer = await client.call(method, D_2013, path + query, body)
                assert answer.status in (HTTPStatus.OK, HTTPStatus.FOUND), (path, name)

    asyncio.run(main())


def test_body_beyond_all_reason_is_cut_off_and_harms_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            line = await Line.open(gateway.url)
            head = f"POST /channel/poll2 HTTP/1.1\r\nHost: a\r\nContent-Length: {app.BODY_BYTES + 1}\r\n\r\n"
            line.writer.write(head.encode())
            assert b"400" in await line.reader.readline()
            line.close()
            assert (await Client(gateway.url, BOT).check())[0] == "0"

    asyncio.run(main())


def test_fault_of_the_gateway_itself_is_told_without_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            with monkeypatch.context() as patch:
                patch.setattr(session_calls, "_parse_status", lambda text: 1 / 0)
                answer = await client.get(D_2013, "/channel/change_status2", newstatus="away", **client.ids)
            assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
            assert answer.json == {"retcode": 500, "errmsg": "Internal Server Error"}
            assert client.psessionid is not None
            assert client.psessionid not in caplog.text

    asyncio.run(main())
    assert "GET /channel/change_status2 failed" in caplog.text


def test_log_never_holds_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
            await person.send(await person.friend(), "between us")
            assert texts(await client.poll()) == ["between us"]
            await client.post(D_2013, "/channel/send_buddy_msg2", **client.ids)
            values = {client.ptwebqq, client.vfwebqq, client.psessionid, "between us", *PASSWORDS.values()}
            secrets = {value for value in values | set(client.cookies.values()) if value and len(value) > 5}
            found = {secret for secret in secrets if secret in caplog.text and secret != "o0100200300"}
            assert found - {str(BOT)} == set()

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    assert "NONE" not in caplog.text
    assert "none -> out" in caplog.text


# Who may ask.


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}],
)
@pytest.mark.parametrize("path", ["/channel/poll2", "/login", "/api/get_self_info2", "/channel/logout2"])
def test_page_of_another_site_is_refused(tmp_path: Path, path: str, headers: dict[str, Any]) -> None:
    answer = ask(tmp_path, "GET", path, **headers)
    assert answer.status == HTTPStatus.FORBIDDEN
    assert answer.json == {"retcode": 403, "errmsg": "a page of another site asked"}


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://OWN", "Sec_Fetch_Site": "same-origin"}, {"Origin": "http://d.web2.qq.com"}]
)
def test_own_page_and_old_clients_are_served(tmp_path: Path, headers: dict[str, Any]) -> None:
    assert ask(tmp_path, "POST", "/web2/get_msg_tip", **headers).status == HTTPStatus.OK


def test_sign_in_link_may_stand_on_any_page(tmp_path: Path) -> None:
    assert ask(tmp_path, "GET", "/check_sig?uin=1", Sec_Fetch_Site="cross-site").status == HTTPStatus.FOUND


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_told_as_json(tmp_path: Path, method: str) -> None:
    answer = ask(tmp_path, method, "/channel/poll2")
    assert (answer.status, answer.json["retcode"]) == (HTTPStatus.METHOD_NOT_ALLOWED, 405)


def test_idle_is_when_all_calls_have_ended() -> None:
    async def main() -> None:
        busy = Busy()
        await busy.wait_idle()
        first, second = asyncio.Event(), asyncio.Event()

        async def call(until: asyncio.Event) -> None:
            await until.wait()

        busy.begin(call(first))
        busy.begin(call(second))
        waiting = asyncio.ensure_future(busy.wait_idle())
        first.set()
        await asyncio.sleep(0)
        assert not waiting.done()
        second.set()
        await waiting

    asyncio.run(main())


def test_one_connection_serves_call_after_call(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.001) as gateway:
            client = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            line = await Line.open(gateway.url)
            for _ in range(3):
                assert (await client.poll(line=line))["retcode"] == 102
            answer = await client.call("GET", STATIC, f"/api/get_self_info2?vfwebqq={client.vfwebqq}", line=line)
            assert json.loads(answer.body)["result"]["uin"] == BOT
            line.close()

    asyncio.run(main())


def test_head_gets_a_head_and_the_connection_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            line = await Line.open(gateway.url)
            line.writer.write(
                b"HEAD /channel/poll2 HTTP/1.1\r\nHost: a\r\n\r\nGET /web2/get_msg_tip HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            head = await line.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 405 ")
            assert (await line.receive()).json == {"retcode": 0, "result": "ok"}
            line.close()

    asyncio.run(main())


def test_old_client_of_http_1_0_is_answered_and_hung_up_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            line = await Line.open(gateway.url)
            line.writer.write(b"GET /web2/get_msg_tip HTTP/1.0\r\nHost: a\r\n\r\n")
            answer = await line.reader.read()
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"chunked" not in answer
            assert answer.endswith(b'\r\n\r\n{"retcode":0,"result":"ok"}')
            line.close()

    asyncio.run(main())


def test_request_whose_body_does_not_come_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SWEEP_SECONDS", 0.001)
    monkeypatch.setattr(serving, "ARRIVAL_SECONDS", 0.0)

    async def main() -> None:
        async with running(tmp_path) as gateway:
            line = await Line.open(gateway.url)
            line.writer.write(b"POST /channel/poll2 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nr=")
            assert await line.ended()
            line.close()

    asyncio.run(main())
