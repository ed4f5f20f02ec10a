import asyncio
import logging
import os
import signal
import socket
import ssl
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.gateway.calls.test_poll import begin_held, pair, receiver
from tests.gateway.helpers import BOT, CHEAP, COMMUNITY, PASSWORDS, PERSON, running, write_community
from tests.gateway.wire import Answer, Client, Line, digest, texts
from webqq.gateway import SEED_BOT, SEED_PERSON
from webqq.gateway.app import COMMUNITY_FILE, Gateway
from webqq.gateway.community import read_community
from webqq.gateway.errors import CommunityError, DataInUse, GatewayError, ListenError, StoreError
from webqq.gateway.hosts import SERVICE_HOSTS
from webqq.protocol.ids import QQNumber

SERVE = """
import asyncio, sys
from pathlib import Path
from tests.gateway.helpers import CHEAP
from webqq.gateway.app import Gateway

async def main():
    gateway = Gateway(Path(sys.argv[1]), Path(sys.argv[2]), hasher=CHEAP)
    print(await gateway.start(), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A gateway in a process of its own, and its address; killed in the end."""
    root = Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": str(root)}
    arguments = (sys.executable, "-c", SERVE, str(folder / "data"), str(write_community(folder)))
    running_ = await asyncio.create_subprocess_exec(*arguments, env=env, stdout=asyncio.subprocess.PIPE)
    assert running_.stdout is not None
    try:
        async with asyncio.timeout(30):
            yield (await running_.stdout.readline()).decode().strip(), running_
    finally:
        if running_.returncode is None:
            running_.kill()
        await running_.wait()


# Start.


def test_start_takes_a_free_port_and_tells_the_address(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            port = urlsplit(gateway.url).port
            assert port
            assert gateway.url == f"http://127.0.0.1:{port}"

    asyncio.run(main())


def test_gateway_on_all_addresses_tells_one_that_works(tmp_path: Path) -> None:
    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
        url = await gateway.start("0.0.0.0", 0)  # noqa: S104  # what is tested
        assert url.startswith("http://127.0.0.1:")
        assert (await Client(url, BOT).check())[0] == "0"
        await gateway.stop()

    asyncio.run(main())


def test_port_in_use_is_told_and_nothing_stays_open(tmp_path: Path) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
            with pytest.raises(ListenError, match=f"127.0.0.1:{port} cannot be listened on: Address already in use"):
                await gateway.start(port=port)
        async with running(tmp_path):
            pass

    asyncio.run(main())


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no.such.host.invalid", 0), ("192.0.2.1", 0)])
def test_address_that_cannot_be_listened_on_is_told(tmp_path: Path, host: str, port: int) -> None:
    async def main() -> None:
        with pytest.raises(ListenError, match=f"{host}:{port} cannot be listened on"):
            await Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP).start(host, port)

    asyncio.run(main())


def test_mistake_in_the_community_starts_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        path = write_community(tmp_path, COMMUNITY.replace("nick", "name", 1))
        with pytest.raises(CommunityError, match=r"\[\[account\]\] 1, name"):
            await Gateway(tmp_path / "data", path, hasher=CHEAP).start()

    asyncio.run(main())
    assert not (tmp_path / "data").exists()


def test_second_gateway_on_the_same_data_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path):
            with pytest.raises(DataInUse):
                await Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP).start()

    asyncio.run(main())


def test_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        asyncio.run(Gateway(tmp_path / "file" / "data", hasher=CHEAP).start())


# Behind a proxy.


@pytest.mark.parametrize(("is_behind_proxy", "seen"), [(False, "127.0.0.1"), (True, "192.0.2.7")])
def test_address_from_a_header_is_believed_behind_a_proxy_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_behind_proxy: bool, seen: str
) -> None:
    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP, is_behind_proxy=is_behind_proxy)
        await gateway.start()
        headers = {"X-Real-IP": "192.0.2.7", "X-Forwarded-Proto": "https"}
        await Client(gateway.url, BOT).call("GET", "d.web2.qq.com", f"/check?uin={BOT}", headers=headers)
        await gateway.stop()

    with caplog.at_level(logging.INFO, "webqq.gateway.accesslog"):
        asyncio.run(main())
    fields = caplog.records[-1].fields  # type: ignore[attr-defined]  # the gateway's own
    assert (fields["address"], fields["scheme"]) == (seen, "https" if is_behind_proxy else "http")


# https.


def trusting(gateway: Gateway) -> ssl.SSLContext:
    """What a client uses that trusts the gateway's authority and nobody else."""
    return ssl.create_default_context(cafile=str(gateway.authority_file))


async def ask_https(gateway: Gateway, host: str, target: str, known_as: str | None = None) -> Answer:
    """Ask as a client does that has all names lead here."""
    port = urlsplit(gateway.https_url).port
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=trusting(gateway), server_hostname=known_as or host
    )
    line = Line(reader, writer)
    await line.send("GET", target, {"Host": host})
    answer = await line.receive()
    line.close()
    return answer


def test_every_name_of_the_service_is_answered_over_https(tmp_path: Path) -> None:
    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
        await gateway.start(https=("127.0.0.1", 0))
        try:
            for host in (*SERVICE_HOSTS, "127.0.0.1", "localhost"):
                assert (await ask_https(gateway, host, f"/check?uin={BOT}")).args[0] == "0", host
        finally:
            await gateway.stop()

    asyncio.run(main())


def test_https_side_stands_beside_http_and_both_end_with_a_stop(tmp_path: Path) -> None:
    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
        await gateway.start(https=("127.0.0.1", 0))
        assert (await Client(gateway.url, BOT).check())[0] == "0"
        port = urlsplit(gateway.https_url).port
        await gateway.stop()
        for url in (gateway.url, f"http://127.0.0.1:{port}"):
            with pytest.raises(ConnectionRefusedError):
                await Line.open(url)

    asyncio.run(main())


def test_stop_answers_polls_that_are_held_over_https(tmp_path: Path) -> None:
    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP, hold=3600)
        await gateway.start(https=("127.0.0.1", 0))
        bot, _ = await pair(gateway)
        port = urlsplit(gateway.https_url).port
        held = Line(
            *await asyncio.open_connection("127.0.0.1", port, ssl=trusting(gateway), server_hostname="d.web2.qq.com")
        )
        await begin_held(gateway, bot, held)
        await gateway.stop()
        assert (await held.receive()).json == {"retcode": 102, "errmsg": ""}
        assert await held.ended()
        held.close()

    asyncio.run(main())


def test_login_over_https_on_a_port_goes_on_there(tmp_path: Path) -> None:
    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
        await gateway.start(https=("127.0.0.1", 0))
        try:
            port = urlsplit(gateway.https_url).port
            salt = (await ask_https(gateway, "check.ptlogin2.qq.com", f"/check?uin={BOT}")).args
            p = digest(PASSWORDS[BOT], salt[2], salt[1])
            query = f"/login?u={BOT}&p={p}&verifycode={salt[1]}&daid=164"
            here = await ask_https(gateway, f"ssl.ptlogin2.qq.com:{port}", query, "ssl.ptlogin2.qq.com")
            assert here.args[2].startswith(f"https://ptlogin4.web2.qq.com:{port}/check_sig?")
        finally:
            await gateway.stop()

    asyncio.run(main())


def test_https_port_in_use_starts_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
            with pytest.raises(ListenError):
                await gateway.start(https=("127.0.0.1", taken.getsockname()[1]))
        async with running(tmp_path):
            pass

    asyncio.run(main())


def test_gateway_without_https_has_no_authority(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            assert gateway.https_url == ""
            with pytest.raises(GatewayError, match="does not serve https"):
                gateway.authority_file  # noqa: B018  # what is tested

    asyncio.run(main())


def test_certificate_that_cannot_be_renewed_is_logged_and_ends_nothing(
    tmp_path: Path, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.gateway.app", r"was not renewed: .*ca\.key cannot be read")

    async def main() -> None:
        gateway = Gateway(tmp_path / "data", write_community(tmp_path), hasher=CHEAP)
        await gateway.start(https=("127.0.0.1", 0))
        try:
            gateway.authority_file.with_name("ca.key").unlink()
            await gateway._renew()
            assert (await ask_https(gateway, "d.web2.qq.com", f"/check?uin={BOT}")).status == 200
        finally:
            await gateway.stop()

    asyncio.run(main())


# The first community.


def test_gateway_without_a_community_makes_one_and_keeps_it(tmp_path: Path) -> None:
    async def main() -> list[str]:
        gateway = Gateway(tmp_path / "data", hasher=CHEAP)
        await gateway.start()
        assert gateway.is_seeded
        file = read_community(tmp_path / "data" / COMMUNITY_FILE)
        passwords = [account.password for account in file.accounts.values()]
        for number, password in zip((SEED_BOT, SEED_PERSON), passwords, strict=True):
            await Client(gateway.url, number).sign_in(password)
        await gateway.stop()
        return passwords

    assert asyncio.run(main()) == asyncio.run(main())
    assert stat.S_IMODE((tmp_path / "data" / COMMUNITY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_mistake_in_the_first_community_frees_the_folder(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "data").mkdir()
        path = tmp_path / "data" / COMMUNITY_FILE
        path.write_text("x = 1", "utf-8")
        with pytest.raises(CommunityError):
            await Gateway(tmp_path / "data", hasher=CHEAP).start()
        path.unlink()
        again = Gateway(tmp_path / "data", hasher=CHEAP)
        await again.start()
        await again.stop()

    asyncio.run(main())


def test_first_community_that_is_changed_later_is_not_read_and_that_is_told(
    tmp_path: Path, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.gateway.app", r"community\.toml was changed, but is read at the first start alone")

    async def main() -> None:
        for change in (False, True):
            path = tmp_path / "data" / COMMUNITY_FILE
            if change:
                path.write_text(path.read_text("utf-8").replace("小明", "小红"), "utf-8")
            gateway = Gateway(tmp_path / "data", hasher=CHEAP)
            await gateway.start()
            assert gateway.community.accounts[SEED_PERSON].nick == "小明"
            await gateway.stop()

    asyncio.run(main())


def test_community_of_a_file_stays_when_it_is_not_told_any_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path):
            pass
        gateway = Gateway(tmp_path / "data", hasher=CHEAP)
        await gateway.start()
        assert set(gateway.community.accounts) == set(PASSWORDS)
        assert not gateway.is_seeded
        await gateway.stop()

    asyncio.run(main())


# The sign-in link.


def test_sign_in_link_signs_a_browser_in_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            link = urlsplit(gateway.sign_in_link(PERSON))
            assert f"http://{link.netloc}" == gateway.url
            client = Client(gateway.url, PERSON)
            answer = await client.call("GET", link.netloc, f"{link.path}?{link.query}")
            assert (answer.status, answer.headers["Location"]) == (302, "/")
            assert "HttpOnly" not in answer.cookies["ptwebqq"]
            client.ptwebqq = client.cookies["ptwebqq"]
            assert (await client.login2())["result"]["uin"] == PERSON
            again = await client.call("GET", link.netloc, f"{link.path}?{link.query}")
            assert (again.status, again.cookies) == (302, {})

    asyncio.run(main())


def test_sign_in_link_is_for_accounts_of_a_gateway_that_runs(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(GatewayError, match="was not started"):
            Gateway(tmp_path / "data").sign_in_link(BOT)
        async with running(tmp_path) as gateway:
            with pytest.raises(GatewayError, match="no account 12345"):
                gateway.sign_in_link(QQNumber(12345))

    asyncio.run(main())


def test_password_is_told_right_or_wrong_to_who_runs_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            assert gateway.is_password_of(BOT, PASSWORDS[BOT])
            assert not gateway.is_password_of(BOT, PASSWORDS[PERSON])
            assert not gateway.is_password_of(QQNumber(12345), "")

    asyncio.run(main())


# Stop.


def test_stop_answers_held_polls_and_closes(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, _ = await pair(gateway)
            held, idle = await Line.open(gateway.url), await Line.open(gateway.url)
            await begin_held(gateway, bot, held)
            await gateway.stop()
            answer = await held.receive()
            assert answer.json == {"retcode": 102, "errmsg": ""}
            assert answer.headers["Connection"] == "close"
            assert await held.ended()
            assert await idle.ended()
            with pytest.raises(ConnectionRefusedError):
                await Line.open(gateway.url)
            held.close()
            idle.close()

    asyncio.run(main())


def test_stop_may_come_twice_and_before_a_start(tmp_path: Path) -> None:
    async def main() -> None:
        await Gateway(tmp_path / "data").stop()
        async with running(tmp_path) as gateway:
            await gateway.stop()
            await gateway.stop()

    asyncio.run(main())


# After a stop, and after a kill.


def test_restart_keeps_sessions_letters_and_aliases(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await bot.friend()
            await person.send(await person.friend(), "before")
        async with running(tmp_path) as gateway:
            bot.url = person.url = gateway.url
            await person.send(await person.friend(), "after")
            assert texts(await bot.poll()) == ["before", "after"]
            assert await bot.friend() == uin

    asyncio.run(main())


def test_message_answered_before_a_kill_is_delivered_after_it_to_the_same_session(tmp_path: Path) -> None:
    async def main() -> None:
        async with process(tmp_path) as (url, killed):
            bot = await Client(url, BOT).sign_in(PASSWORDS[BOT])
            person = await Client(url, PERSON).sign_in(PASSWORDS[PERSON])
            uin = await bot.friend()
            assert (await person.send(await person.friend(), "durable 🎉")).json["retcode"] == 0
            killed.send_signal(signal.SIGKILL)
            assert await killed.wait() == -signal.SIGKILL
        async with process(tmp_path) as (url, _):
            bot.url = url
            assert (await bot.online())["retcode"] == 0
            reply = await bot.poll()
            assert texts(reply) == ["durable 🎉"]
            assert [event["value"]["from_uin"] for event in reply["result"] if event["poll_type"] == "message"] == [uin]

    asyncio.run(main())


def test_batch_that_was_not_acknowledged_before_a_kill_comes_again_and_an_acknowledged_does_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with process(tmp_path) as (url, killed):
            bot = await Client(url, BOT).sign_in(PASSWORDS[BOT])
            person = await Client(url, PERSON).sign_in(PASSWORDS[PERSON])
            for text in ("first", "second"):
                await person.send(await person.friend(), text)
                reply = await bot.poll(bot.cookies.get("key", 0))
                bot.cookies.setdefault("key", reply["key"])
            killed.kill()
            await killed.wait()
        async with process(tmp_path) as (url, _):
            bot.url = url
            assert texts(await bot.poll(bot.cookies["key"])) == ["second"]

    asyncio.run(main())


def test_waiting_poll_keeps_somebody_online(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, person = await pair(gateway)
            line = await Line.open(gateway.url)
            await begin_held(gateway, bot, line)
            assert receiver(gateway, BOT).is_waiting
            assert [buddy["status"] for buddy in (await person.online())["result"]] == ["online"]
            line.close()

    asyncio.run(main())
