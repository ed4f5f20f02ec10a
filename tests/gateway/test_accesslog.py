import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.calls.test_poll import pair
from tests.gateway.helpers import BOT, PASSWORDS, PERSON, living, running
from tests.gateway.wire import D_2013, STATIC, Client

LOGGER = "webqq.gateway.accesslog"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.fields for record in caplog.records if record.name == LOGGER]  # type: ignore[attr-defined]  # ours


def test_each_request_has_a_line_with_its_call_code_and_account(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, _ = await pair(gateway)
            caplog.clear()
            await bot.send(await bot.friend(), "hello")
            await bot.get(D_2013, "/")
            await bot.get(D_2013, "/nothing")

    with caplog.at_level(logging.INFO, LOGGER):
        asyncio.run(main())
    found = [(line["call"], line["status"], line["code"], line["account"]) for line in lines(caplog)]
    assert found == [
        ("get_user_friends2", 200, 0, BOT),
        ("send_buddy_msg2", 200, 0, BOT),
        ("page", 200, None, None),
        ("unknown", 404, None, None),
    ]
    assert all(line["address"] == "127.0.0.1" and line["seconds"] >= 0 for line in lines(caplog))


def test_failed_login_is_told_with_whom_and_from_where(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            await Client(gateway.url, BOT).login("wrong")

    with caplog.at_level(logging.INFO, "webqq.gateway"):
        asyncio.run(main())
    assert f"a login of {BOT} from 127.0.0.1 failed: WRONG_PASSWORD" in caplog.messages
    assert ("login", 3, BOT) in [(line["call"], line["code"], line["account"]) for line in lines(caplog)]


def test_log_at_its_finest_holds_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secrets: list[str] = []

    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "a private word")
            await bot.poll()
            await Client(gateway.url, PERSON).login("a wrong guess")
            answer = await Client(gateway.url, PERSON).login(PASSWORDS[PERSON])
            secrets.extend(answer.args[2].split("ptsig=")[1].split("&")[:1])
            for client in (bot, person):
                secrets.extend((client.ptwebqq, client.vfwebqq, client.psessionid or "?", client.cookies["skey"]))

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    told = "\n".join([*caplog.messages, *map(str, lines(caplog))])
    assert [secret for secret in (*secrets, *PASSWORDS.values(), "a private word", "guess") if secret in told] == []
    assert len(secrets) == 9


def test_refused_call_is_told_with_the_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
            for r in ({"account": PERSON}, {"account": "nobody"}):
                await bot.post(STATIC, "/api/allow_added_request2", **r, vfwebqq=bot.vfwebqq)

    with caplog.at_level(logging.INFO, LOGGER):
        asyncio.run(main())
    refused, malformed = lines(caplog)[-2:]
    assert (refused["code"], refused["reason"]) == (108, f"{PERSON} did not ask friend {BOT}")
    assert malformed["code"] == 100001
    assert "account" in malformed["reason"]
