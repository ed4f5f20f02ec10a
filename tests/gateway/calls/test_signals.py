import asyncio
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, LONER, PASSWORDS, PERSON, living
from tests.gateway.wire import D_2013, signed_in


@pytest.mark.parametrize(
    ("path", "poll_type", "msg_type"), [("shake2", "shake_message", 9), ("input_notify2", "input_notify", 121)]
)
def test_friend_sees_it(tmp_path: Path, path: str, poll_type: str, msg_type: int) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            answer = await bot.get(D_2013, f"/channel/{path}", to_uin=await bot.friend(), **bot.ids)
            assert answer.json == {"retcode": 0, "result": "ok"}
            (seen,) = await person.news(poll_type)
            assert (seen["from_uin"], seen["to_uin"], seen["msg_type"]) == (await person.friend(), PERSON, msg_type)
            assert {"msg_id", "msg_id2", "reply_ip"} <= set(seen)

    asyncio.run(main())


def test_stranger_is_not_reached(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (loner,) = await signed_in(gateway.url, (LONER, PASSWORDS[LONER]))
            for uin in (BOT, LONER, 5):
                answer = await loner.get(D_2013, "/channel/shake2", to_uin=uin, **loner.ids)
                assert answer.json["retcode"] == 100001
            assert (await loner.get(D_2013, "/channel/shake2", to_uin=BOT)).json["retcode"] == 103

    asyncio.run(main())


def test_friend_who_is_away_misses_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            uin = await bot.friend()
            assert (await bot.get(D_2013, "/channel/input_notify2", to_uin=uin, **bot.ids)).json["retcode"] == 0
            (person,) = await signed_in(gateway.url, (PERSON, PASSWORDS[PERSON]))
            assert await person.news("input_notify") == []

    asyncio.run(main())
