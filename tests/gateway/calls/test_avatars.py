import asyncio
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, PASSWORDS, PERSON, living
from tests.gateway.wire import Client, Json, signed_in
from webqq.gateway.avatars import draw_avatar
from webqq.gateway.portraits import PORTRAIT_BYTES

PICTURE = draw_avatar(7, 160)


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


async def choose(client: Client, data: bytes) -> int:
    head = 'Content-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: image/png\r\n\r\n'
    body = b"--X\r\n" + head.encode() + data + b"\r\n--X--\r\n"
    target = f"/page/avatar?psessionid={client.psessionid}&clientid={client.ids['clientid']}"
    headers = {"Content-Type": "multipart/form-data; boundary=X"}
    code: int = (await client.call("POST", client.dynamic, target, body, headers=headers)).json["retcode"]
    return code


async def having_one(client: Client) -> Json:
    result = (await client.get(client.dynamic, "/page/avatars", **client.ids)).json["result"]
    return {each["uin"]: each["version"] for each in result}


def test_chosen_picture_is_shown_to_who_is_signed_in_and_to_nobody_else(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            assert await having_one(bot) == {}
            assert await choose(person, b"\x89PNG\r\n\x1a\n the first") == 0
            first = await having_one(bot)
            assert await choose(person, PICTURE) == 0
            friend = await bot.friend()
            assert list(await having_one(bot)) == list(first) == [friend]
            assert await having_one(bot) != first
            query = {"type": 1, "uin": friend, "vfwebqq": bot.vfwebqq}
            answer = await bot.get("face1.web.qq.com", "/cgi/svr/face/getface", **query)
            assert (answer.headers["Content-Type"], answer.body) == ("image/png", PICTURE)
            assert (await bot.get("q.qlogo.cn", "/g", b="qq", nk=PERSON, s=100)).body == PICTURE
            stranger = await Client(gateway.url, 0).get("q.qlogo.cn", "/g", b="qq", nk=PERSON, s=100)
            assert stranger.body == draw_avatar(PERSON, 100)
            assert await choose(person, b"") == 0
            assert await having_one(bot) == {}

    asyncio.run(main())


@pytest.mark.parametrize("data", [b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n" + bytes(PORTRAIT_BYTES)])
def test_what_is_no_small_picture_is_refused_and_the_old_one_stays(tmp_path: Path, data: bytes) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (person,) = await signed_in(gateway.url, (PERSON, PASSWORDS[PERSON]))
            assert await choose(person, PICTURE) == 0
            assert await choose(person, data) == 100001
            assert len(await having_one(person)) == 1
            person.psessionid = "guessed"
            assert await choose(person, PICTURE) == 103

    asyncio.run(main())
