"""One gateway that many tests share, each with people of its own: what client and gateway say to each other, over HTTP.

A house is three accounts: two friends, and a third who is in a group with both. A test takes a house, and no other
test lives there, so that what it changes is nobody else's.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.gateway.helpers import CHEAP, Clock, until
from webqq.client import Delivery, WebQQClient, gateway_stream
from webqq.client.contacts import RosterChange
from webqq.gateway import Gateway
from webqq.protocol.events import Event
from webqq.protocol.ids import GroupNumber, QQNumber

E = TypeVar("E")

HOUSES = 120
PASSWORD = "house key"
_FIRST, _FIRST_GROUP = 200_000_000, 900_000


@dataclass(frozen=True, slots=True)
class House:
    """Three accounts; ``owner`` and ``friend`` are friends, and the group is the owner's."""

    owner: QQNumber
    friend: QQNumber
    member: QQNumber
    group: GroupNumber

    @property
    def group_name(self) -> str:
        return f"群 & {self.group}"


class Resident:
    """A client that notes what it gets."""

    def __init__(self, client: WebQQClient) -> None:
        self.client = client
        self.got: list[Event | RosterChange] = []
        client.on_delivery = self._take

    async def _take(self, delivery: Delivery) -> None:
        self.got.append(delivery.event)
        await self.client.done(delivery)

    def all(self, kind: type[E]) -> list[E]:
        """The events of a kind so far."""
        return [event for event in self.got if isinstance(event, kind)]

    async def next(self, kind: type[E]) -> E:
        """The first event of a kind, once it is there; it is not given again."""
        await until(lambda: self.all(kind))
        event = self.all(kind)[0]
        self.got.remove(event)  # type: ignore[arg-type]  # it is one of those that are there
        return event


class Town:
    """The gateway and its houses, on a loop that goes on while a test plays."""

    def __init__(self, runner: asyncio.Runner, gateway: Gateway, clock: Clock, houses: list[House]) -> None:
        self._runner = runner
        self._houses = houses
        self.gateway = gateway
        self.clock = clock

    @property
    def url(self) -> str:
        return self.gateway.url

    def house(self) -> House:
        """A house that nobody has lived in."""
        return self._houses.pop()

    def play(self, script: Callable[[], Awaitable[None]]) -> None:
        """Run a test's script to its end, within twenty seconds."""

        async def main() -> None:
            async with asyncio.timeout(20):
                await script()

        self._runner.run(main())

    @asynccontextmanager
    async def resident(self, account: QQNumber, **options: Any) -> AsyncIterator[Resident]:
        """Somebody who is signed in and polls, and leaves at the end."""
        async with gateway_stream(self.url) as stream:
            password = "" if "qr" in options else PASSWORD
            options = {"interval": 0, "chat_interval": 0, **options}
            resident = Resident(WebQQClient(stream, account, password, **options))
            await resident.client.start()
            try:
                yield resident
            finally:
                await resident.client.close()


@contextmanager
def running_town(folder: Path) -> Iterator[Town]:
    """A town whose gateway stops in the end."""
    houses = [_house(number) for number in range(HOUSES)]
    (folder / "community.toml").write_text("".join(map(_toml, houses)), encoding="utf-8")
    clock = Clock()
    with asyncio.Runner() as runner:
        gateway = Gateway(folder, hasher=CHEAP, clock=clock)
        runner.run(gateway.start())
        try:
            yield Town(runner, gateway, clock, houses)
        finally:
            runner.run(gateway.stop())


def _house(number: int) -> House:
    owner, friend, member = (QQNumber(_FIRST + 10 * number + place) for place in range(3))
    return House(owner, friend, member, GroupNumber(_FIRST_GROUP + number))


def _toml(house: House) -> str:
    people = "".join(
        f'[[account]]\nnumber = {number}\nnick = "{nick} {number}"\npassword = "{PASSWORD}"\nfriends = {friends}\n'
        for number, nick, friends in (
            (house.owner, "主人", [house.friend]),
            (house.friend, "朋友", []),
            (house.member, "成员", []),
        )
    )
    members = [house.owner, house.friend, house.member]
    group = f'number = {house.group}\nname = "{house.group_name}"\nowner = {house.owner}\nmembers = {members}\n'
    return f"{people}[[group]]\n{group}"
