import asyncio
from pathlib import Path

from tests.gateway.helpers import BOT, PASSWORDS, PERSON, living
from tests.gateway.wire import Client, signed_in
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
