"""What the gateway's tests share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import argon2

from tests.gateway.wire import Answer, Line
from webqq.gateway.app import Gateway
from webqq.gateway.community import Account, Community, Group
from webqq.gateway.directory import Directory, open_directory
from webqq.gateway.services import Services, load_services
from webqq.gateway.store import Store
from webqq.gateway.vault import Vault
from webqq.protocol.ids import GroupNumber, QQNumber

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""An argon2 that costs nothing. Never for passwords of people."""

BOT, PERSON, THIRD, LONER = (QQNumber(number) for number in (100200300, 300400500, 500600700, 700800900))
GROUP = GroupNumber(900100)

COMMUNITY = """
[[account]]
number = 100200300
nick = "机器人"
password = "bot 密码"
friends = [300400500]
[[account]]
number = 300400500
nick = "小明 <&\\"'>"
password = "person's"
signature = "这是<签名>"
[[account]]
number = 500600700
nick = "路人甲"
password = "third"
[[account]]
number = 700800900
nick = "独行"
password = "loner"
[[group]]
number = 900100
name = "测试 & 群"
owner = 300400500
members = [100200300, 300400500, 500600700]
notice = "请<文明>发言"
"""
"""BOT and PERSON are friends; THIRD is in a group with both; LONER knows nobody."""

PASSWORDS = {BOT: "bot 密码", PERSON: "person's", THIRD: "third", LONER: "loner"}


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.5

    def __call__(self) -> float:
        return self.now


def small_community() -> Community:
    """The same people as in :data:`COMMUNITY`, without a file."""
    friends = {BOT: (PERSON,), PERSON: (BOT,)}
    accounts = {
        number: Account(number, f"nick {number}", password, friends.get(number, ()))
        for number, password in PASSWORDS.items()
    }
    return Community(accounts, {GROUP: Group(GROUP, "测试群", PERSON, (BOT, PERSON, THIRD))})


def write_community(folder: Path, text: str = COMMUNITY) -> Path:
    path = folder / "community.toml"
    path.write_text(text, encoding="utf-8")
    return path


@asynccontextmanager
async def opened(folder: Path, community: Community | None = None) -> AsyncIterator[tuple[Store, Directory]]:
    """A store with its directory, not yet started; closed in the end."""
    store = Store(folder)
    try:
        yield store, await open_directory(store, Vault(bytes(32), CHEAP), community or small_community())
    finally:
        await store.close()


@asynccontextmanager
async def services(folder: Path, clock: Callable[[], float], hold: float = 60.0) -> AsyncIterator[Services]:
    """The parts of a gateway at work, without HTTP."""
    async with opened(folder) as (store, directory):
        parts = load_services(store, Vault(bytes(32), CHEAP), directory, hold=hold, clock=clock)
        store.start()
        yield parts


@asynccontextmanager
async def running(
    folder: Path, *, hold: float = 60.0, clock: Callable[[], float] | None = None
) -> AsyncIterator[Gateway]:
    """A gateway of :data:`COMMUNITY` on a free port; stopped in the end."""
    gateway = Gateway(
        folder / "data", write_community(folder), hold=hold, hasher=CHEAP, **({"clock": clock} if clock else {})
    )
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@asynccontextmanager
async def living(
    folder: Path, *, hold: float = 60.0, clock: Callable[[], float] | None = None
) -> AsyncIterator[Gateway]:
    """As :func:`running`, but the community is in the data file, where calls may change it."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    write_community(data)
    gateway = Gateway(data, hold=hold, hasher=CHEAP, **({"clock": clock} if clock else {}))
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


async def until(condition: Callable[[], object]) -> None:
    """Let the loop go on until something is the case, ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # what is waited for knows nothing of events
            await asyncio.sleep(0)


def ask(folder: Path, method: str, target: str, body: bytes = b"", host: str = "", **headers: str) -> Answer:
    """One request to a fresh gateway; its own host unless another is given."""

    async def main() -> Answer:
        async with running(folder, hold=0.001) as gateway:
            own = urlsplit(gateway.url).netloc
            named = {name.replace("_", "-"): value.replace("OWN", own) for name, value in headers.items()}
            line = await Line.open(gateway.url)
            await line.send(method, target, {"Host": host or own, **named}, body)
            answer = await line.receive()
            line.close()
            return answer

    return asyncio.run(main())
