import asyncio
from pathlib import Path

from tests.gateway.helpers import BOT, CHEAP, GROUP, LONER, PASSWORDS, PERSON, living
from tests.gateway.wire import Client, Json, signed_in
from webqq.gateway.administration import Administration
from webqq.gateway.avatars import draw_avatar


def test_picture_of_a_friend_is_that_of_the_number(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            query = {"cache": 1, "type": 1, "f": 40, "uin": await bot.friend(), "t": 1, "vfwebqq": bot.vfwebqq}
            answer = await bot.get("face1.web.qq.com", "/cgi/svr/face/getface", **query)
            assert (answer.headers["Content-Type"], answer.body) == ("image/png", draw_avatar(PERSON))
            group = await bot.group()
            for uin in (group["gid"], group["code"]):
                answer = await bot.get("face1.web.qq.com", "/cgi/svr/face/getface", **(query | {"type": 4, "uin": uin}))
                assert answer.body == draw_avatar(900100)
            by_number = await Client(gateway.url, 0).get("q.qlogo.cn", "/g", b="qq", nk=PERSON, s=100)
            assert by_number.body == draw_avatar(PERSON, 100)

    asyncio.run(main())


def test_without_a_login_everybody_is_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            answer = await Client(gateway.url, 0).get("face1.web.qq.com", "/cgi/svr/face/getface", uin=PERSON)
            assert answer.body == draw_avatar(0)

    asyncio.run(main())


GIF, PNG = b"GIF89a of its own", b"\x89PNG\r\n\x1a\n"


async def set_own(client: Client, data: bytes, psessionid: str | None = None) -> int:
    target = f"/page/avatar?psessionid={psessionid or client.psessionid}"
    code: int = (await client.upload(client.dynamic, target, {}, ("file", "a", data))).json["retcode"]
    return code


async def versions(client: Client) -> Json:
    result = (await client.get(client.dynamic, "/page/avatars", **client.ids)).json["result"]
    return {each["uin"]: each["version"] for each in result}


async def faces(client: Client, uin: int, number: int) -> list[tuple[str, bytes]]:
    query = {"type": 1, "uin": uin, "vfwebqq": client.vfwebqq}
    by_uin = await client.get("face1.web.qq.com", "/cgi/svr/face/getface", **query)
    by_number = await client.get("q.qlogo.cn", "/g", b="qq", nk=number, s=40)
    return [(answer.headers["Content-Type"], answer.body) for answer in (by_uin, by_number)]


def test_own_picture_is_shown_to_who_knows_its_person(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, PERSON, LONER)]
            bot, person, loner = await signed_in(gateway.url, *people)
            pattern = ("image/png", draw_avatar(PERSON))
            assert await faces(bot, await bot.friend(), PERSON) == [pattern] * 2
            assert await versions(bot) == {}
            assert await set_own(person, GIF[:6]) == await set_own(person, PNG) == 0
            first = await versions(bot)
            assert await set_own(person, GIF) == 0
            assert list(first) == list(await versions(bot)) == [await bot.friend()]
            assert await versions(bot) != first
            assert await versions(loner) == {}
            assert await faces(bot, await bot.friend(), PERSON) == [("image/gif", GIF)] * 2
            assert await faces(person, PERSON, PERSON) == [("image/gif", GIF)] * 2
            (_, by_number) = await faces(loner, 5, PERSON)
            assert by_number == pattern
            (_, by_number) = await faces(Client(gateway.url, 0), 5, PERSON)
            assert by_number == pattern
            assert await set_own(person, b"<svg>") == await set_own(person, PNG + bytes(2**18)) == 100001
            assert await faces(bot, await bot.friend(), PERSON) == [("image/gif", GIF)] * 2
            assert await set_own(person, b"", psessionid="guessed") == 103
            assert await set_own(person, b"") == 0
            assert await versions(bot) == {}
            assert await faces(bot, await bot.friend(), PERSON) == [pattern] * 2

    asyncio.run(main())


def test_picture_of_a_group_is_shown_to_its_members(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))
            await asyncio.to_thread(Administration(tmp_path / "data", CHEAP).set_group_avatar, GROUP, PNG)
            for client, expected in ((bot, PNG), (loner, draw_avatar(0))):
                query = {"type": 4, "uin": (await bot.group())["gid"], "vfwebqq": client.vfwebqq}
                answer = await client.get("face1.web.qq.com", "/cgi/svr/face/getface", **query)
                assert answer.body == expected

    asyncio.run(main())
