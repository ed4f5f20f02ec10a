"""The client and the gateway, over real HTTP: they meet on the wire alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.request import Request

import pytest

from tests.client.service import friend_message
from tests.gateway.helpers import BOT, CHEAP, GROUP, LONER, PASSWORDS, PERSON, THIRD, running, until, write_community
from webqq.client import (
    Delivery,
    FriendChat,
    Kicked,
    Outcome,
    SessionState,
    Unreachable,
    WebQQClient,
    WrongPassword,
    gateway_stream,
)
from webqq.client.poll import Poll
from webqq.gateway import Gateway
from webqq.httpstream import Response
from webqq.protocol.content import Content, Face
from webqq.protocol.events import BuddyStatus, FriendMessage, GroupMessage
from webqq.protocol.ids import QQNumber


class Person:
    """A client that notes what it gets."""

    def __init__(self, client: WebQQClient) -> None:
        self.client = client
        self.got: list[Delivery] = []
        client.on_delivery = self.got.append

    @property
    def messages(self) -> list[FriendMessage | GroupMessage]:
        events = [delivery.event for delivery in self.got]
        return [event for event in events if isinstance(event, FriendMessage | GroupMessage)]

    @property
    def texts(self) -> list[str]:
        return [message.content.text for message in self.messages]

    async def tell(self, wanted: str, message: str | Content) -> Outcome:
        return (await self.client.send(await self.client.roster.find(wanted), message)).outcome


@asynccontextmanager
async def signed_in(url: str, account: QQNumber, data: Path | None = None) -> AsyncIterator[Person]:
    """A person who polls, and leaves at the end."""
    async with gateway_stream(url) as stream:
        person = Person(WebQQClient(stream, account, PASSWORDS[account], data=data, interval=0, chat_interval=0))
        await person.client.start()
        try:
            yield person
        finally:
            await person.client.close()


@asynccontextmanager
async def killed(url: str, account: QQNumber, data: Path) -> AsyncIterator[Person]:
    """A person whose process ends without a word: nothing is saved, logged out or closed in order."""
    stream = gateway_stream(url)
    person = Person(WebQQClient(stream, account, PASSWORDS[account], data=data, interval=0, chat_interval=0))
    await person.client.start()
    yield person
    stream.close()
    # What the kernel does for a process that is gone.
    await person.client._inbox.close()
    assert person.client._storage is not None
    await person.client._storage.close()


def play(script: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(50):
            await script()

    asyncio.run(main())


def test_messages_arrive_whole(tmp_path: Path):
    contents = [
        Content.from_text("你好，<b>&amp; \"quoted\" 'too' 😀\n\ttwo lines "),
        Content(("faces ", Face(14), "[微笑]", Face(0), " end")),
        Content.from_text("长" * 1000),
    ]

    async def script() -> None:
        async with (
            running(tmp_path) as gateway,
            signed_in(gateway.url, BOT) as bot,
            signed_in(gateway.url, PERSON) as person,
        ):
            for content in contents:
                assert await person.tell("机器人", content) is Outcome.SENT
            await until(lambda: "".join(bot.texts) == "".join(content.text for content in contents))
            assert [message.content.parts for message in bot.messages[:2]] == [
                content.parts for content in contents[:2]
            ]

    play(script)


def test_roster_is_that_of_the_community(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway, signed_in(gateway.url, BOT) as bot:
            roster = bot.client.roster
            [friend], [group] = roster.friends.values(), roster.groups.values()
            assert (friend.name, group.name) == ("小明 <&\"'>", "测试 & 群")
            assert await roster.account_of(friend.uin) == PERSON
            assert await roster.number_of(group.gid) == GROUP
            members = await roster.members(group.gid)
            assert [member.name for member in members.values()] == ["机器人", "小明 <&\"'>", "路人甲"]
            assert bot.client.nick == "机器人"

    play(script)


def test_groups_and_friends_are_found_by_number_and_name(tmp_path: Path):
    async def script() -> None:
        async with (
            running(tmp_path) as gateway,
            signed_in(gateway.url, PERSON) as person,
            signed_in(gateway.url, THIRD) as third,
        ):
            for wanted in (str(GROUP), "测试 & 群"):
                assert await person.tell(wanted, f"to {wanted}") is Outcome.SENT
            await until(lambda: third.texts == [f"to {GROUP}", "to 测试 & 群"])
            assert isinstance(await person.client.roster.find(str(BOT)), FriendChat)

    play(script)


def test_friends_coming_and_going_is_told(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway, signed_in(gateway.url, BOT) as bot:

            def told() -> list[str]:
                return [delivery.event.status for delivery in bot.got if isinstance(delivery.event, BuddyStatus)]

            async with signed_in(gateway.url, PERSON):
                await until(lambda: told() == ["online"])
            await until(lambda: told() == ["online", "offline"])

    play(script)


def test_second_login_kicks_the_first_which_stays_away(tmp_path: Path):
    async def script() -> None:
        async with (
            running(tmp_path) as gateway,
            signed_in(gateway.url, BOT) as first,
            signed_in(gateway.url, BOT) as second,
        ):
            with pytest.raises(Kicked, match="另一地点登录"):
                await first.client.wait_ended()
            assert first.client.state is SessionState.KICKED
            assert second.client.state is SessionState.ONLINE

    play(script)


@pytest.mark.parametrize("account", [BOT, QQNumber(123456789)])
def test_wrong_password_and_unknown_account_are_one_error(tmp_path: Path, account: QQNumber):
    async def script() -> None:
        async with running(tmp_path) as gateway, gateway_stream(gateway.url) as stream:
            client = WebQQClient(stream, account, "not it")
            with pytest.raises(WrongPassword, match="您输入的帐号或密码不正确"):
                await client.start()
            await client.close()

    play(script)


def test_gateway_that_is_not_there_is_unreachable():
    async def script() -> None:
        async with gateway_stream("http://127.0.0.1:1") as stream:
            client = WebQQClient(stream, BOT, PASSWORDS[BOT])
            with pytest.raises(Unreachable, match="Connection refused"):
                await client.start()
            await client.close()

    play(script)


def test_session_is_resumed_with_its_aliases(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway:
            async with signed_in(gateway.url, BOT, tmp_path / "bot") as bot:
                friends = list(bot.client.roster.friends)
            async with signed_in(gateway.url, BOT, tmp_path / "bot") as bot:
                assert list(bot.client.roster.friends) == friends

    play(script)


def test_message_to_who_is_away_waits(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway:
            async with signed_in(gateway.url, PERSON) as person:
                assert await person.tell("机器人", "bist du da?") is Outcome.SENT
            async with signed_in(gateway.url, BOT) as bot:
                await until(lambda: bot.texts == ["bist du da?"])

    play(script)


def test_gateway_may_be_restarted_under_its_clients(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async def script() -> None:
        community = write_community(tmp_path)
        first = Gateway(tmp_path / "data", community, hasher=CHEAP)
        url = await first.start()
        async with signed_in(url, BOT) as bot, signed_in(url, PERSON) as person:
            await person.tell("机器人", "before")
            await until(lambda: bot.texts == ["before"])
            await first.stop()
            await until(lambda: "poll2: no connection" in caplog.text)
            second = Gateway(tmp_path / "data", community, hasher=CHEAP)
            assert await second.start(port=int(url.rpartition(":")[2])) == url
            try:
                assert await person.tell("机器人", "after") is Outcome.SENT
                await until(lambda: bot.texts == ["before", "after"])
            finally:
                await second.stop()

    play(script)


def test_message_that_was_stored_and_not_done_comes_again_once(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway, signed_in(gateway.url, PERSON) as person:
            async with killed(gateway.url, BOT, tmp_path / "bot") as bot:
                await person.tell("机器人", "once")
                await until(lambda: bot.texts == ["once"])
            async with signed_in(gateway.url, BOT, tmp_path / "bot") as bot:
                await person.tell("机器人", "more")
                await until(lambda: len(bot.texts) > 1)
                assert bot.texts == ["once", "more"]
                assert [delivery.redelivered for delivery in bot.got if isinstance(delivery.event, FriendMessage)] == [
                    True,
                    False,
                ]

    play(script)


def test_message_that_was_done_does_not_come_again(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway, signed_in(gateway.url, PERSON) as person:
            async with killed(gateway.url, BOT, tmp_path / "bot") as bot:
                await person.tell("机器人", "once")
                await until(lambda: bot.texts == ["once"])
                for delivery in bot.got:
                    await bot.client.done(delivery)
            async with signed_in(gateway.url, BOT, tmp_path / "bot") as bot:
                await person.tell("机器人", "more")
                await until(lambda: "more" in bot.texts)
                assert bot.texts == ["more"]

    play(script)


def test_batch_that_was_never_stored_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The program dies between the answer's last byte and the commit, on the first batch of its session."""
    lost: list[bytes] = []

    async def die(self: Poll, response: Response) -> None:
        lost.append(response.read())

    async def script() -> None:
        async with running(tmp_path) as gateway, signed_in(gateway.url, PERSON) as person:
            with monkeypatch.context() as patch:
                patch.setattr(Poll, "_on_response", die)
                async with killed(gateway.url, BOT, tmp_path / "bot") as bot:
                    await person.tell("机器人", "important")
                    await until(lambda: lost)
                    assert json.loads(lost[0])["result"]
                    assert bot.got == []
            async with signed_in(gateway.url, BOT, tmp_path / "bot") as bot:
                await until(lambda: bot.texts == ["important"])

    play(script)


def test_stranger_is_not_reached(tmp_path: Path, expect_log):
    expect_log("webqq.client", "message to friend .*: failed, the service answered 100001")

    async def script() -> None:
        async with running(tmp_path) as gateway, signed_in(gateway.url, LONER) as loner:
            assert list(loner.client.roster.friends) == []
            chat = FriendChat(friend_message("").from_uin)
            assert (await loner.client.send(chat, "hallo")).outcome is Outcome.FAILED

    play(script)


def test_service_hosts_are_asked_by_their_names(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway, gateway_stream(gateway.url) as stream:
            response = await stream.fetch(Request("http://d1.web2.qq.com/channel/get_online_buddies2?psessionid="))
            assert json.loads(response.read())["retcode"] == 103

    play(script)
