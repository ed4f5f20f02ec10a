import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway.helpers import BOT, PASSWORDS, PERSON, Clock, running
from tests.gateway.wire import PTLOGIN, Client, digest
from webqq.gateway.calls import ptlogin
from webqq.gateway.calls.ptlogin import landing_of, parse_account
from webqq.gateway.codes import CODE_SECONDS
from webqq.gateway.limits import ACCOUNT_TRIES, CAPTCHA_TRIES, REFILL_SECONDS
from webqq.protocol.cipher import PADDING_BYTES, password_cipher
from webqq.protocol.digests import inner_hash, salt_of
from webqq.protocol.flavour import Flavour

# The login page.


@pytest.mark.parametrize("path", ["/cgi-bin/login", "/cgi-bin/xlogin"])
def test_login_page_has_a_signature(tmp_path: Path, path: str) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            answer = await Client(gateway.url, BOT).get("ui.ptlogin2.qq.com", path, daid=164, appid=1003903)
            assert re.search(rb'var g_login_sig=encodeURIComponent\("[\w-]{40,}"\);', answer.body)
            assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"

    asyncio.run(main())


@pytest.mark.parametrize("path", ["/cgi-bin/login", "/cgi-bin/xlogin"])
def test_login_page_of_2016_has_what_clients_search_it_for(tmp_path: Path, path: str) -> None:
    """The patterns of clients of 2015 to 2017, each with the service's own blanks."""

    async def main() -> None:
        async with running(tmp_path) as gateway:
            answer = await Client(gateway.url, BOT).get("ui.ptlogin2.qq.com", path, daid=164, appid=501004106)
            page = answer.body.decode()
            for pattern, expected in (
                (r'var g_appid =encodeURIComponent\("(\d+)"\);', "501004106"),
                (r'<input type="hidden" name="aid" value="(\d+)" />', "501004106"),
                (r'var g_mibao_css=encodeURIComponent\("(.+?)"\);', "m_webqq"),
                (r'g_pt_version=encodeURIComponent\("(\d+)"\)', "10233"),
                (r'var g_login_sig=encodeURIComponent\("(.+?)"\);', answer.cookies["pt_login_sig"].partition(";")[0]),
            ):
                assert re.findall(pattern, page) == [expected]

    asyncio.run(main())


def test_address_of_the_login_page_stands_in_the_page_around_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            outer = (await client.get("w.qq.com", "/login.html")).body.decode()
            (found,) = re.findall(r'\.getElementById\("fr"\)\.src = "(.+?)"', outer)
            address = urlsplit(found + "0")
            assert (address.scheme, address.netloc) == ("https", "ui.ptlogin2.qq.com")
            answer = await client.call("GET", address.netloc, f"{address.path}?{address.query}")
            assert b'var g_appid =encodeURIComponent("501004106");' in answer.body

    asyncio.run(main())


def test_login_page_repeats_no_appid_that_is_no_number(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            answer = await Client(gateway.url, BOT).get("ui.ptlogin2.qq.com", "/cgi-bin/login", appid='1"></script>')
            assert b'name="aid" value="1003903"' in answer.body

    asyncio.run(main())


# check.


def test_check_gives_a_code_and_the_salt(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            answer = await client.get("check.ptlogin2.qq.com", "/check", uin=BOT, appid=1003903, r=0.1)
            salt = re.escape(r"\x00\x00\x00\x00\x05\xf8\xef\x6c")
            assert re.fullmatch(rf"ptui_checkVC\('0','![A-Z0-9]{{3}}','{salt}'\);", answer.body.decode())

    asyncio.run(main())


def test_check_of_an_account_that_does_not_exist_looks_the_same(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            args = await Client(gateway.url, 123456789).check()
            assert args[0] == "0"
            assert re.fullmatch(r"![A-Z0-9]{3}", args[1])

    asyncio.run(main())


@pytest.mark.parametrize(("version", "count"), [("10040", 3), ("10079", 3), ("10080", 4), ("10092", 4), ("x", 3)])
def test_arguments_are_those_of_the_clients_version(tmp_path: Path, version: str, count: int) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            query = {"uin": BOT, "appid": 1003903, "js_ver": version, "js_type": 0, "r": 0.1}
            answer = await Client(gateway.url, BOT).get(PTLOGIN, "/check", **query)
            assert len(answer.args) == count
            assert re.search(rb"', '[0-9a-f]{64}'\);$", answer.body) if count == 4 else b" " not in answer.body

    asyncio.run(main())


def test_clients_of_2014_get_two_arguments_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            answer = await Client(gateway.url, BOT).get(PTLOGIN, "/check", uin=BOT, pt_tea=1, r=0.1)
            assert len(answer.args) == 5
            assert answer.cookies["ptvfsession"].partition(";")[0] == answer.args[3]

    asyncio.run(main())


def test_check_sets_cookies_that_clients_count_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            answer = await Client(gateway.url, BOT).get(PTLOGIN, "/check", uin=BOT, appid=1003903, r=0.1)
            assert set(answer.cookies) == {"ptvfsession", "confirmuin", "ptisp"}
            assert answer.cookies["confirmuin"].startswith(f"{BOT}; ")

    asyncio.run(main())


# login.


def test_login_gives_the_nick_and_the_address_of_check_sig(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            answer = await client.login(PASSWORDS[BOT], u1="http://www.qq.com/loginproxy.html?login2qq=1")
            code, sub, url, flag, _, nick = answer.args
            assert (code, sub, flag, nick) == ("0", "0", "0", "机器人")
            assert answer.body.startswith(b"ptuiCB('0','0','http://ptlogin4.web2.qq.com/check_sig?")
            query = parse_qs(urlsplit(url).query)
            assert (query["uin"], query["service"]) == ([str(BOT)], ["login"])
            assert query["s_url"] == ["http://www.qq.com/loginproxy.html?login2qq=1"]

    asyncio.run(main())


def test_nick_with_quotes_and_entities_stands_in_the_call(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            args = (await Client(gateway.url, PERSON).login(PASSWORDS[PERSON])).args
            assert args[5] == "小明 &lt;&amp;&quot;&#39;&gt;"

    asyncio.run(main())


def test_wrong_password_gets_code_3(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            answer = await client.login("wrong")
            assert answer.body.decode() == (
                f"ptuiCB('3','0','','0','您输入的帐号或密码不正确，请重新输入。', '{BOT}');\r\n"
            )
            assert answer.cookies == {}

    asyncio.run(main())


def test_account_that_does_not_exist_gets_code_3(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            assert (await Client(gateway.url, 123456789).login("any")).args[0] == "3"

    asyncio.run(main())


def test_code_that_was_not_given_out_gets_code_4(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            answer = await Client(gateway.url, BOT).login(PASSWORDS[BOT], code="!!!!")
            assert answer.args[:2] == ["4", "0"]

    asyncio.run(main())


def test_code_is_used_up_and_old_after_a_while(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with running(tmp_path, clock=clock) as gateway:
            client = Client(gateway.url, BOT)

            async def login(found: list[str]) -> str:
                p = digest(PASSWORDS[BOT], found[2], found[1])
                return (await client.get(PTLOGIN, "/login", u=BOT, p=p, verifycode=found[1])).args[0]

            found = await client.check()
            assert [await login(found), await login(found)] == ["0", "4"]
            found = await client.check()
            clock.now += CODE_SECONDS
            assert await login(found) == "4"

    asyncio.run(main())


def test_digest_of_2014_is_accepted(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            for password, code in ((PASSWORDS[BOT], "0"), ("wrong", "3")):
                word = (await client.check())[1]
                p = password_cipher(inner_hash(password), salt_of(BOT), word, b"\1" * PADDING_BYTES, bytes(10))
                assert (await client.get(PTLOGIN, "/login", u=BOT, p=p, verifycode=word)).args[0] == code

    asyncio.run(main())


@pytest.mark.parametrize("query", [{}, {"u": BOT}, {"u": "x", "p": "", "verifycode": ""}, {"u": BOT, "p": "词"}])
def test_call_with_parameters_missing_gets_code_7(tmp_path: Path, query: dict[str, object]) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            assert (await client.get(PTLOGIN, "/login", **query)).args[0] == "7"
            assert (await client.get(PTLOGIN, "/check", r=1)).args[0] == "7"
            assert (await client.get(PTLOGIN, "/check", uin="abc")).args[0] == "7"

    asyncio.run(main())


def test_login_from_before_check_sig_goes_on_without_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            _, code, salt = await client.check()
            u1 = "http://web.qq.com/loginproxy.html?login2qq=1&webqq_type=10"
            query = {"u": BOT, "p": digest(PASSWORDS[BOT], salt, code), "verifycode": code, "aid": 1003903, "u1": u1}
            answer = await client.get("ptlogin2.qq.com", "/login", **query)
            assert (answer.args[0], answer.args[2]) == ("0", u1)
            client.ptwebqq = client.cookies["ptwebqq"]
            assert (await client.login2())["result"]["uin"] == BOT

    asyncio.run(main())


# Cookies and check_sig.


def test_ptwebqq_is_the_last_cookie_of_a_login(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            answer = await Client(gateway.url, BOT).login(PASSWORDS[BOT])
            assert [*answer.cookies][-1] == "ptwebqq"

    asyncio.run(main())


def test_check_sig_that_worked_says_0(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            url = urlsplit((await client.login(PASSWORDS[BOT])).args[2])
            answers = [await client.call("GET", url.netloc, f"{url.path}?{url.query}") for _ in range(2)]
            assert [answer.body for answer in answers] == [b"0", b""]

    asyncio.run(main())


def test_cookies_belong_to_the_service_under_its_names(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            answer = await client.login(PASSWORDS[BOT])
            assert re.fullmatch(r"[0-9a-f]{64}; Path=/; SameSite=Lax; Domain=\.qq\.com;", answer.cookies["ptwebqq"])
            assert answer.cookies["uin"].startswith("o0100200300; ")
            assert "HttpOnly" in answer.cookies["superkey"]
            url = urlsplit(answer.args[2])
            answer = await client.call("GET", url.netloc, f"{url.path}?{url.query}")
            assert answer.status == 302
            assert answer.headers["Location"] == "http://www.qq.com/loginproxy.html?login2qq=1&webqq_type=10"
            assert "; Domain=web2.qq.com" in answer.cookies["p_skey"]
            assert "; Domain=.qq.com" in answer.cookies["ptwebqq"]

    asyncio.run(main())


def test_cookie_lines_that_a_client_strings_together_are_cookies(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            answer = await client.login(PASSWORDS[BOT])
            pairs = "".join(answer.headers.get_all("Set-Cookie") or []).split(";")
            names = [pair.partition("=")[0].strip() for pair in pairs]
            assert set(answer.cookies) < set(names)
            assert set(names) - set(answer.cookies) == {"Path", "SameSite", "Domain", "HttpOnly", ""}

    asyncio.run(main())


def test_elsewhere_cookies_and_check_sig_stay_on_the_host(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            host = urlsplit(gateway.url).netloc
            client = Client(gateway.url, BOT)
            answer = await client.login(PASSWORDS[BOT], host=host)
            assert not any("Domain" in value for value in answer.cookies.values())
            assert answer.args[2].startswith(f"{gateway.url}/check_sig?")
            url = urlsplit(answer.args[2])
            answer = await client.call("GET", host, f"{url.path}?{url.query}")
            assert answer.headers["Location"] == "/loginproxy.html"
            page = await client.call("GET", host, "/loginproxy.html")
            assert page.status == 200

    asyncio.run(main())


def test_check_sig_works_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            url = urlsplit((await client.login(PASSWORDS[BOT])).args[2])
            target = f"{url.path}?{url.query}"
            assert "p_skey" in (await client.call("GET", url.netloc, target)).cookies
            again = await client.call("GET", url.netloc, target)
            assert again.status == 302
            assert again.cookies == {}

    asyncio.run(main())


@pytest.mark.parametrize("query", ["", "?ptsig=abc&uin=1&s_url=http://evil.example/", "?uin=1"])
def test_check_sig_without_a_signature_leads_to_the_start_page(tmp_path: Path, query: str) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            host = urlsplit(gateway.url).netloc
            answer = await Client(gateway.url, BOT).call("GET", host, f"/check_sig{query}")
            assert (answer.status, answer.headers["Location"], answer.cookies) == (302, "/", {})

    asyncio.run(main())


# Pure parts.


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "ssl.ptlogin2.qq.com"])
@pytest.mark.parametrize(
    "u1",
    [
        "http://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://qq.com.evil.example/",
        "http://www.qq.com@evil.example/",
        "http://[broken",
        "/a\r\nX-Header: 1",
        "/a b",
        "",
    ],
)
def test_login_never_leads_to_a_foreign_page(u1: str, host: str) -> None:
    default = "/loginproxy.html" if host.startswith("127") else "http://web2.qq.com/loginproxy.html"
    assert landing_of(u1, host, Flavour.WEBQQ_2013) == default


@pytest.mark.parametrize(
    ("u1", "host"),
    [
        ("/", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080/?lang=zh", "127.0.0.1:8080"),
        ("http://web2.qq.com/loginproxy.html", "ssl.ptlogin2.qq.com"),
        ("http://www.qq.com", "ptlogin2.qq.com:8080"),
    ],
)
def test_login_leads_to_pages_of_its_own_host(u1: str, host: str) -> None:
    assert landing_of(u1, host, Flavour.WEBQQ_2013) == u1


def test_login_of_2016_ends_at_its_own_page() -> None:
    assert landing_of("x", "d1.web2.qq.com", Flavour.SMARTQQ_2016) == "http://w.qq.com/proxy.html"
    assert landing_of("x", "127.0.0.1", Flavour.SMARTQQ_2016) == "/proxy.html"


def test_account_is_read_as_typed() -> None:
    assert parse_account(" 100200300 ") == parse_account("100200300@qq.com") == BOT
    assert [parse_account(text) for text in ("", "1234", "12345678901", "１２３４５", "1e9", "-12345")] == [None] * 6


# Limits.


async def captcha(client: Client) -> str:
    """The letters of a captcha, which only the gateway knows."""
    answer = await client.get("captcha.qq.com", "/getimage", aid=1003903, r=0.5, uin=client.account)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.body.startswith(b"\x89PNG")
    return client.cookies["verifysession"]


def test_who_tried_wrong_passwords_has_to_read_a_captcha(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    draw = ptlogin.draw_captcha
    monkeypatch.setattr(ptlogin, "draw_captcha", lambda letters, seed: drawn.append(letters) or draw(letters, seed))

    async def main() -> None:
        async with running(tmp_path, clock=Clock()) as gateway:
            client = Client(gateway.url, BOT)
            for _ in range(CAPTCHA_TRIES):
                assert (await client.login("wrong")).args[0] == "3"
            found = await client.check()
            assert found[0] == "1"
            assert re.fullmatch(r"[\w-]{32}", found[1], re.ASCII)
            # Neither what check gave out nor a captcha that was never shown will do.
            assert (await client.login(PASSWORDS[BOT])).args[0] == "4"
            assert (await client.login(PASSWORDS[BOT], code="ABCD")).args[0] == "4"
            await captcha(client)
            assert (await client.login(PASSWORDS[BOT], code="!!!!")).args[0] == "4"
            await captcha(client)
            assert (await client.login(PASSWORDS[BOT], code=drawn[-1])).args[0] == "0"
            assert (await client.login(PASSWORDS[BOT], code=drawn[-1])).args[0] == "4"

    asyncio.run(main())


def test_captcha_is_good_for_its_account_and_browser_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(ptlogin, "draw_captcha", lambda letters, seed: drawn.append(letters) or b"\x89PNG")

    async def main() -> None:
        async with running(tmp_path, clock=Clock()) as gateway:
            client, other = Client(gateway.url, BOT), Client(gateway.url, PERSON)
            session = await captcha(client)
            other.cookies["verifysession"] = session
            assert (await other.login(PASSWORDS[PERSON], code=drawn[-1])).args[0] == "4"
            session = await captcha(client)
            client.cookies.clear()
            assert (await client.login(PASSWORDS[BOT], code=drawn[-1])).args[0] == "4"
            # Clients of 2014 bring the cookie back as a parameter.
            args = (await client.login(PASSWORDS[BOT], code=drawn[-1], pt_verifysession_v1=session)).args
            assert args[0] == "0"

    asyncio.run(main())


def test_guessing_is_stopped_for_a_while_and_the_right_password_does_not_help_then(
    tmp_path: Path, expect_log: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(ptlogin, "draw_captcha", lambda letters, seed: drawn.append(letters) or b"\x89PNG")
    expect_log("webqq.gateway.calls.ptlogin", f"a login of {BOT} from 127.0.0.1 was not looked at")
    clock = Clock()

    async def main() -> None:
        async with running(tmp_path, clock=clock) as gateway:
            client = Client(gateway.url, BOT)
            for _ in range(ACCOUNT_TRIES):
                await captcha(client)
                assert (await client.login("wrong", code=drawn[-1])).args[0] == "3"
            answer = await client.login(PASSWORDS[BOT])
            assert (answer.args[0], answer.cookies) == ("8", {})
            other = Client(gateway.url, PERSON)
            await captcha(other)
            assert (await other.login(PASSWORDS[PERSON], code=drawn[-1])).args[0] == "0"
            clock.now += REFILL_SECONDS
            assert (await client.login(PASSWORDS[BOT])).args[0] == "0"

    asyncio.run(main())


def test_account_that_does_not_exist_is_stopped_alike(
    tmp_path: Path, expect_log: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(ptlogin, "draw_captcha", lambda letters, seed: drawn.append(letters) or b"\x89PNG")
    expect_log("webqq.gateway.calls.ptlogin", "was not looked at")

    async def main() -> None:
        async with running(tmp_path, clock=Clock()) as gateway:
            client = Client(gateway.url, 987654321)
            answers = []
            for _ in range(ACCOUNT_TRIES + 1):
                await captcha(client)
                answers.append((await client.login("wrong", code=drawn[-1])).args[0])
            assert answers == ["3"] * ACCOUNT_TRIES + ["8"]

    asyncio.run(main())
