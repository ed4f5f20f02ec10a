import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from tests.gateway.calls.test_poll import begin_held, pair
from tests.gateway.helpers import BOT, CHEAP, PASSWORDS, PERSON, write_community
from tests.gateway.wire import Answer, Client, Line
from webqq.gateway import operations
from webqq.gateway.app import Gateway
from webqq.gateway.errors import StoreError


@asynccontextmanager
async def operated(folder: Path, *, https: bool = False) -> AsyncIterator[Gateway]:
    gateway = Gateway(folder / "data", write_community(folder), hasher=CHEAP)
    await gateway.start(admin=("127.0.0.1", 0), https=("127.0.0.1", 0) if https else None)
    try:
        yield gateway
    finally:
        await gateway.stop()


async def get(url: str, target: str) -> Answer:
    line = await Line.open(url)
    await line.send("GET", target, {"Host": "d.web2.qq.com"})
    answer = await line.receive()
    line.close()
    return answer


def test_gateway_that_reaches_its_disk_is_healthy(tmp_path: Path) -> None:
    async def main() -> None:
        async with operated(tmp_path) as gateway:
            answer = await get(gateway.admin_url, "/healthz")
            assert (answer.status, answer.json) == (200, {"status": "ok"})

    asyncio.run(main())


def test_gateway_that_cannot_write_or_stops_is_not_healthy(tmp_path: Path) -> None:
    async def refuse(job: object) -> None:
        raise StoreError("full")

    async def hang(job: object) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        async with operated(tmp_path) as gateway:
            services = gateway._running()
            with patch.object(services.store, "write", refuse):
                answer = await get(gateway.admin_url, "/healthz")
                assert (answer.status, answer.json) == (503, {"status": "the data file cannot be written"})
            with patch.object(services.store, "write", hang), patch.object(operations, "HEALTH_SECONDS", 0.0):
                assert (await get(gateway.admin_url, "/healthz")).json == {"status": "the disk does not answer"}
            services.is_stopping = True
            assert (await get(gateway.admin_url, "/healthz")).json == {"status": "stopping"}

    asyncio.run(main())


def test_metrics_tell_calls_logins_and_who_waits_without_names(tmp_path: Path) -> None:
    async def main() -> None:
        async with operated(tmp_path, https=True) as gateway:
            bot, person = await pair(gateway)
            await Client(gateway.url, BOT).login("wrong")
            await bot.send(await bot.friend(), "kept")
            line = await Line.open(gateway.url)
            await begin_held(gateway, bot, line)
            answer = await get(gateway.admin_url, "/metrics")
            lines = answer.body.decode().splitlines()
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert 'webqq_gateway_calls_total{call="send_buddy_msg2",code="0"} 1' in lines
            assert 'webqq_gateway_logins_total{result="ok"} 2' in lines
            assert 'webqq_gateway_logins_total{result="wrong_password"} 1' in lines
            assert "webqq_gateway_accounts 4" in lines
            assert "webqq_gateway_sessions 2" in lines
            assert "webqq_gateway_polls_waiting 1" in lines
            assert "webqq_gateway_letters_waiting 1" in lines
            assert 'webqq_gateway_in_memory{what="sessions"} 2' in lines
            assert any(each.startswith("webqq_gateway_certificate_expires_seconds ") for each in lines)
            for secret in (str(BOT), str(PERSON), "kept", PASSWORDS[BOT], person.psessionid or "?"):
                assert secret not in answer.body.decode()
            line.close()

    asyncio.run(main())


def test_neither_is_reached_where_clients_connect(tmp_path: Path) -> None:
    async def main() -> None:
        async with operated(tmp_path) as gateway:
            for target in ("/metrics", "/healthz"):
                assert (await get(gateway.url, target)).status == 404
            assert (await get(gateway.admin_url, "/check?uin=100200300")).status == 404

    asyncio.run(main())


def test_without_an_address_there_is_neither(tmp_path: Path) -> None:
    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
        await gateway.start()
        assert gateway.admin_url == ""
        await gateway.stop()

    asyncio.run(main())
