"""Many accounts in one process, on one stream and one data folder, at one gateway."""

import asyncio
import gc
import os
import threading
from pathlib import Path

import pytest

from tests.client.test_edits_with_gateway import friend_of
from tests.client.town import PASSWORD, Resident, Town
from tests.gateway.helpers import until
from webqq.client import DataFolder, FriendChat, Kicked, Outcome, SessionState, WebQQClient, gateway_stream
from webqq.httpstream import HTTPStream, RFC6265CookieJar
from webqq.protocol.events import FriendMessage
from webqq.protocol.ids import QQNumber

HOUSES = 10


def writers() -> list[str]:
    """The threads that write to data folders."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("webqq-inbox")]


def resident(stream: HTTPStream, account: QQNumber, data: DataFolder | None = None) -> Resident:
    jar = RFC6265CookieJar()
    return Resident(WebQQClient(stream, account, PASSWORD, cookiejar=jar, data=data, interval=0, chat_interval=0))


def test_twenty_accounts_share_a_stream_a_file_and_a_thread(town: Town, tmp_path: Path):
    houses = [town.house() for _ in range(HOUSES)]
    numbers = [number for house in houses for number in (house.owner, house.friend)]

    async def script() -> None:
        folder = DataFolder(tmp_path)
        async with gateway_stream(town.url) as stream:
            people = [resident(stream, number, folder) for number in numbers]
            await asyncio.gather(*(each.client.start() for each in people))
            texts = {each: f"from {each.client.account}" for each in people}
            results = await asyncio.gather(
                *(each.client.send(FriendChat(friend_of(each)), text) for each, text in texts.items())
            )
            assert {result.outcome for result in results} == {Outcome.SENT}
            for at, each in enumerate(people):
                message = await each.next(FriendMessage)
                assert message.content.text == texts[people[at ^ 1]]
            assert len(writers()) == 1
            await asyncio.gather(*(each.client.close() for each in people))
            assert not stream.audit().exchanges
            assert not writers()
            again = [resident(stream, number, folder) for number in numbers]
            await asyncio.gather(*(each.client.start() for each in again))
            # Aliases are those of one login: each goes on with its own session.
            assert list(map(friend_of, again)) == list(map(friend_of, people))
            await asyncio.gather(*(each.client.log_out() for each in again))

    town.play(script)


def test_one_of_them_that_is_kicked_costs_the_others_nothing(town: Town):
    house = town.house()

    async def script() -> None:
        async with gateway_stream(town.url) as stream:
            owner, friend = (resident(stream, number) for number in (house.owner, house.friend))
            for each in (owner, friend):
                await each.client.start()
            again = resident(stream, house.owner)
            await again.client.start()
            with pytest.raises(Kicked):
                await owner.client.wait_ended()
            assert (await again.client.send(FriendChat(friend_of(again)), "noch da")).outcome is Outcome.SENT
            assert (await friend.next(FriendMessage)).content.text == "noch da"
            await owner.client.close()
            assert friend.client.state is again.client.state is SessionState.ONLINE
            for each in (friend, again):
                await each.client.close()

    town.play(script)


def test_clients_that_were_closed_leave_nothing_behind(town: Town):
    house = town.house()

    async def script() -> None:
        async with gateway_stream(town.url) as stream:
            counts = []
            gc.collect()
            for _ in range(5):
                owner = resident(stream, house.owner)
                await owner.client.start()
                await owner.client.close()
                counts.append((len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))))
            await until(lambda: not stream.audit().exchanges)
            # The engine keeps connections for the next round; more with each would be a leak.
            assert counts[-1] <= max(counts[:2])

    town.play(script)
