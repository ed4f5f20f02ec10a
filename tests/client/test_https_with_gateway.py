"""The client at a gateway's https side, with the gateway's own authority and without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.client.test_edits_with_gateway import friend_of
from tests.client.test_with_gateway import play
from tests.client.town import Resident
from tests.gateway.helpers import BOT, CHEAP, PASSWORDS, PERSON, write_community
from webqq.client import FriendChat, Outcome, Unreachable, WebQQClient, gateway_stream
from webqq.gateway import Gateway
from webqq.protocol.events import FriendMessage, OfflineFile
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Gateway]:
    gateway = Gateway(folder / "data", write_community(folder), hasher=CHEAP)
    await gateway.start(https=("127.0.0.1", 0))
    try:
        yield gateway
    finally:
        await gateway.stop()


@asynccontextmanager
async def resident(gateway: Gateway, account: QQNumber, flavour: Flavour) -> AsyncIterator[Resident]:
    async with gateway_stream(gateway.https_url, ca_file=gateway.authority_file) as stream:
        client = WebQQClient(stream, account, PASSWORDS[account], flavour=flavour, interval=0)
        someone = Resident(client)
        await client.start()
        try:
            yield someone
        finally:
            await client.close()


@pytest.mark.parametrize("flavour", list(Flavour))
def test_everything_goes_by_https_where_the_gateway_is_asked_by_it(tmp_path: Path, flavour: Flavour):
    gift = tmp_path / "gift"
    gift.write_bytes(b"for you")

    async def script() -> None:
        async with (
            serving(tmp_path) as gateway,
            resident(gateway, BOT, flavour) as bot,
            resident(gateway, PERSON, Flavour.WEBQQ_2013) as person,
        ):
            assert (await bot.client.send(FriendChat(friend_of(bot)), "安全")).outcome is Outcome.SENT
            assert (await person.next(FriendMessage)).content.text == "安全"
            await person.client.uploads.file(friend_of(person), gift)
            await bot.client.media.fetch_file(await bot.next(OfflineFile), tmp_path / "got")

    play(script)
    assert (tmp_path / "got").read_bytes() == b"for you"


def test_gateway_that_is_not_vouched_for_gets_no_password(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Tornado tells in the log of the handshake that failed."""

    async def script() -> None:
        async with serving(tmp_path) as gateway, gateway_stream(gateway.https_url) as stream:
            client = WebQQClient(stream, BOT, PASSWORDS[BOT])
            with pytest.raises(Unreachable, match="certificate"):
                await client.sign_in()
            await client.close()

    play(script)
