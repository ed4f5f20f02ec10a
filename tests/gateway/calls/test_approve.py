import asyncio
from pathlib import Path

import pytest

from tests.gateway.calls.test_qrlogin import code_of, say
from tests.gateway.helpers import BOT, PASSWORDS, living
from tests.gateway.wire import PTLOGIN, STATIC, Client, signed_in


@pytest.mark.parametrize("action", ["scan", "approve", "refuse"])
def test_stranger_cannot_say_anything(tmp_path: Path, action: str) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            client = Client(gateway.url, BOT, vfwebqq="00" * 40)
            await client.get(PTLOGIN, "/ptqrshow")
            assert (await say(client, code_of(gateway), action))["retcode"] == 100000

    asyncio.run(main())


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (phone,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            await Client(gateway.url, BOT).get(PTLOGIN, "/ptqrshow")
            assert (await say(phone, code_of(gateway), "steal"))["retcode"] == 100001
            assert (await say(phone, "nothing", "approve"))["retcode"] == 100001
            assert (await phone.post(STATIC, "/approve", vfwebqq=phone.vfwebqq)).json["retcode"] == 100001
            # A person may have typed it.
            assert (await say(phone, f" {code_of(gateway).upper()} ", "scan"))["retcode"] == 0

    asyncio.run(main())


def test_page_of_another_site_cannot_say_yes(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (phone,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            headers = {"Sec-Fetch-Site": "cross-site"}
            answer = await phone.call("POST", STATIC, "/approve", phone.envelope({}), headers=headers)
            assert answer.status == 403

    asyncio.run(main())


def test_page_that_shows_a_picture_learns_what_it_says(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            client = Client(gateway.url, BOT)
            assert (await client.get(PTLOGIN, "/page/qrcode")).json["retcode"] == 100001
            await client.get(PTLOGIN, "/ptqrshow")
            said = (await client.get(PTLOGIN, "/page/qrcode")).json["result"]
            assert said["code"] == code_of(gateway)
            assert said["address"].endswith(f"/#approve={said['code']}")
            assert (await Client(gateway.url, BOT).get(PTLOGIN, "/page/qrcode")).json["retcode"] == 100001

    asyncio.run(main())
