import asyncio
import io
import re
import struct
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import segno

from tests.gateway.helpers import BOT, PASSWORDS, PERSON, Clock, living
from tests.gateway.wire import PTLOGIN, STATIC, Answer, Client, Json, signed_in
from webqq.gateway.app import Gateway
from webqq.gateway.qrlogins import QR_SECONDS
from webqq.gateway.sessions import LOGIN_LONGEST_SECONDS


def hash33(text: str) -> int:
    found = 0
    for char in text:
        found += (found << 5) + ord(char)
    return found & 0x7FFFFFFF


def code_of(gateway: Gateway) -> str:
    """What a phone would read in the newest picture."""
    assert gateway._services is not None
    return [*gateway._services.qrlogins._by_code][-1]


async def ask(client: Client, host: str = PTLOGIN, **more: object) -> Answer:
    query = {"ptqrtoken": hash33(client.cookies.get("qrsig", "")), "aid": 501004106, **more}
    return await client.get(host, "/ptqrlogin", **query)


async def say(client: Client, code: str, action: str) -> Json:
    return (await client.post(STATIC, "/approve", code=code, action=action, vfwebqq=client.vfwebqq)).json


def test_login_by_picture_goes_from_the_scan_to_a_session(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (phone,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            client = Client(gateway.url, BOT)
            picture = await client.get(PTLOGIN, "/ptqrshow", appid=501004106, e=0, l="M", s=5, d=72, v=4, t=0.5)
            assert picture.headers["Content-Type"] == "image/png"
            assert picture.body.startswith(b"\x89PNG")
            assert re.fullmatch(r"[\w-]{60,64}; .*Domain=\.qq\.com.*", picture.cookies["qrsig"])
            answer = await ask(client)
            assert re.fullmatch(rb"ptuiCB\('66','0','','0','.*\(\d+\)', ''\);\r\n", answer.body)
            assert "二维码未失效" in answer.body.decode()
            code = code_of(gateway)
            assert (await say(phone, code, "scan"))["result"]["address"] == "127.0.0.1"
            answer = await ask(client)
            assert answer.args[0] == "67"
            assert "二维码认证中" in answer.body.decode()
            assert (await say(phone, code, "approve"))["retcode"] == 0
            u1 = "http://w.qq.com/proxy.html?login2qq=1&webqq_type=10"
            answer = await ask(client, u1=u1)
            assert answer.args[0] == "0"
            assert answer.args[4:] == ["登录成功！", "机器人"]
            assert answer.body.decode().split(",")[-1][2:-5] == "机器人"  # as a client of 2017 counts
            assert {"uin", "skey", "superuin", "superkey", "supertoken", "ptwebqq"} <= set(answer.cookies)
            assert [*answer.cookies][:3] == ["pt2gguin", "uin", "skey"]
            assert [*answer.cookies][-1] == "ptwebqq"
            assert all(line.endswith(";") for line in answer.cookies.values())
            url = urlsplit(answer.args[2])
            assert "service=ptqrlogin" in url.query
            assert "ptsigx=" in url.query
            confirmed = await client.call("GET", url.netloc, f"{url.path}?{url.query}")
            assert confirmed.headers["Location"] == u1
            client.ptwebqq = client.cookies["ptwebqq"]
            assert (await client.login2())["result"]["uin"] == BOT

    asyncio.run(main())


def test_picture_holds_the_address_of_the_page_and_no_secret(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            for host in (PTLOGIN, urlsplit(gateway.url).netloc):
                picture = await client.get(host, "/ptqrshow", s=2)
                expected = io.BytesIO()
                address = f"{gateway.url}/#approve={code_of(gateway)}"
                segno.make_qr(address, error="l").save(expected, kind="png", scale=2, border=2)
                assert picture.body == expected.getvalue()
                assert client.cookies["qrsig"] not in address

    asyncio.run(main())


@pytest.mark.parametrize(
    ("u1", "scheme"),
    [
        ("http://w.qq.com/proxy.html?login2qq=1&webqq_type=10", "http"),
        ("https://w.qq.com/proxy.html?login2qq=1&webqq_type=10", "https"),
        ("https://web2.qq.com/proxy.html", "https"),
        ("ftp://w.qq.com/", "http"),
    ],
)
def test_check_sig_is_one_of_https_where_the_page_behind_it_is(tmp_path: Path, u1: str, scheme: str) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (phone,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            client = Client(gateway.url, BOT)
            await client.get(PTLOGIN, "/ptqrshow", appid=501004106)
            for action in ("scan", "approve"):
                await say(phone, code_of(gateway), action)
            answer = await ask(client, u1=u1)
            assert answer.args[2].startswith(f"{scheme}://ptlogin4.web2.qq.com/check_sig?")

    asyncio.run(main())


def test_picture_is_as_long_as_clients_count_it(tmp_path: Path) -> None:
    """33 modules of ``s`` pixels, margins included: some draw it in a terminal without looking further."""

    async def main() -> None:
        async with living(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            for size in (3, 5):
                picture = await client.get(PTLOGIN, "/ptqrshow", appid=501004106, e=0, l="M", s=size, d=72, v=4)
                assert struct.unpack(">2I", picture.body[16:24]) == (33 * size, 33 * size)

    asyncio.run(main())


def test_success_is_told_once_and_to_who_showed_the_picture_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (phone,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            client, thief = Client(gateway.url, BOT), Client(gateway.url, BOT)
            await client.get(PTLOGIN, "/ptqrshow")
            await say(phone, code_of(gateway), "approve")
            thief.cookies["qrsig"] = code_of(gateway)
            assert (await ask(thief)).args[0] == "65"
            assert (await client.get(PTLOGIN, "/ptqrlogin", ptqrtoken=1)).args[0] == "65"
            qrsig = client.cookies["qrsig"]
            assert (await ask(client)).args[0] == "0"
            client.cookies["qrsig"] = qrsig
            assert (await ask(client)).args[0] == "65"

    asyncio.run(main())


def test_cookie_that_a_client_has_in_its_source_does_not_hide_the_one_it_got(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            await client.get(PTLOGIN, "/ptqrshow")
            qrsig = client.cookies["qrsig"]
            line = {"Cookie": f"qrsig={qrsig};Path=/;Domain=qq.com; HttpOnly;; ptisp=ctc; qrsig=of-long-ago"}
            target = f"/ptqrlogin?ptqrtoken={hash33(qrsig)}&aid=501004106"
            assert (await client.call("GET", PTLOGIN, target, headers=line)).args[0] == "66"

    asyncio.run(main())


def test_picture_expires_and_can_be_refused(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with living(tmp_path, clock=clock) as gateway:
            phone, other = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            client = Client(gateway.url, BOT)
            assert (await ask(client)).args[0] == "65"
            await client.get(PTLOGIN, "/ptqrshow")
            code = code_of(gateway)
            assert (await say(phone, code, "scan"))["retcode"] == 0
            assert (await say(other, code, "approve"))["retcode"] == 100001
            assert (await say(phone, code, "refuse"))["retcode"] == 0
            assert (await ask(client)).args[0] == "65"
            await client.get(PTLOGIN, "/ptqrshow")
            clock.now += QR_SECONDS
            assert (await say(phone, code_of(gateway), "approve"))["retcode"] == 100001
            assert (await ask(client)).args[0] == "65"

    asyncio.run(main())


def time33(text: str) -> int:
    found = 0
    for char in text:
        found = (33 * found + ord(char)) % 2**32
    return found


def test_login_is_resumed_by_its_cookies_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (client,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            query = {"daid": 164, "appid": 501004106, "auth_token": time33(client.cookies["supertoken"])}
            answer = await client.get(PTLOGIN, "/pt4_auth", **query)
            assert answer.args[0] == "0"
            url = urlsplit(answer.args[1])
            assert (url.path, url.netloc) == ("/check_sig", "ptlogin4.web2.qq.com")
            more = "&regmaster=&aid=501004106&s_url=http%3A%2F%2Fw.qq.com%2Fproxy.html"
            confirmed = await client.call("GET", url.netloc, f"{url.path}?{url.query}{more}")
            assert confirmed.status == 302
            assert "p_skey" in confirmed.cookies
            for name in ("superkey", "supertoken", "superuin"):
                poorer = Client(gateway.url, BOT, cookies={**client.cookies, name: "o0300400500"})
                assert (await poorer.get(PTLOGIN, "/pt4_auth", **query)).body == b"ptui_auth_CB('1','')"
            wrong = {**query, "auth_token": query["auth_token"] ^ 1}
            assert (await client.get(PTLOGIN, "/pt4_auth", **wrong)).args == ["1", ""]

    asyncio.run(main())


def test_logout_ends_the_login_of_who_can_read_the_cookies(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (client,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            skey = client.cookies["skey"]
            await client.get("ptlogin2.qq.com", "/logout", pt4_token="", pt4_hkey=1, pt4_ptcz=1)
            assert (await client.online())["retcode"] == 0
            answer = await client.get("ptlogin2.qq.com", "/logout", pt4_token="", pt4_hkey=time33(skey), pt4_ptcz=1)
            assert (answer.status, answer.body) == (200, b"")
            assert "Expires=Thu, 01 Jan 1970" in answer.cookies["skey"]
            assert (await client.online())["retcode"] == 103

    asyncio.run(main())


def test_login_that_is_resumed_ends_no_later_than_the_one_before(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with living(tmp_path, clock=clock) as gateway:
            (client,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            end = clock.now + LOGIN_LONGEST_SECONDS
            while clock.now < end - 2 * 86400:
                clock.now += 2 * 86400
                token = time33(client.cookies["supertoken"])
                args = (await client.get(PTLOGIN, "/pt4_auth", daid=164, appid=501004106, auth_token=token)).args
                assert args[0] == "0"
                url = urlsplit(args[1])
                assert (await client.call("GET", url.netloc, f"{url.path}?{url.query}")).status == 302
            token = time33(client.cookies["supertoken"])
            clock.now = end
            answer = await client.get(PTLOGIN, "/pt4_auth", daid=164, appid=501004106, auth_token=token)
            assert answer.args == ["1", ""]

    asyncio.run(main())
