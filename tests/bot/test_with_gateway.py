"""The main job: a bot that answers a person through the gateway, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.client.test_with_gateway import Person, signed_in
from tests.gateway.helpers import BOT, PASSWORDS, PERSON, THIRD, running, until
from webqq.bot import Bot, Message
from webqq.client import Kicked, Outcome, WebQQClient, gateway_stream


@asynccontextmanager
async def answering(url: str, data: Path | None, set_up: Callable[[Bot], object]) -> AsyncIterator[asyncio.Task[None]]:
    """A bot that is signed in; its end is waited for."""
    async with gateway_stream(url) as stream:
        bot = Bot(WebQQClient(stream, BOT, PASSWORDS[BOT], data=data, interval=0, chat_interval=0))
        set_up(bot)
        ready = asyncio.Event()
        task = asyncio.ensure_future(bot.run(ready.set, signals=()))
        await until(lambda: ready.is_set() or task.done())
        yield task
        bot.stop()
        await task


def echo(bot: Bot) -> None:
    bot.load("echo")


def play(script: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(50):
            await script()

    asyncio.run(main())


async def tell(person: Person, text: str) -> None:
    assert await person.tell("机器人", text) is Outcome.SENT


@pytest.mark.parametrize("text", ["你好", "<b>&amp;</b> \"quoted\" 'too'", "😀 [微笑]\nsecond line "])
def test_friend_gets_the_echo_whole(tmp_path: Path, text: str):
    async def script() -> None:
        async with (
            running(tmp_path) as gateway,
            answering(gateway.url, None, echo),
            signed_in(gateway.url, PERSON) as person,
        ):
            await tell(person, text)
            await until(lambda: person.texts == [text])

    play(script)


def test_member_gets_the_echo_in_the_group(tmp_path: Path):
    async def script() -> None:
        async with (
            running(tmp_path) as gateway,
            answering(gateway.url, None, echo),
            signed_in(gateway.url, PERSON) as person,
            signed_in(gateway.url, THIRD) as third,
        ):
            assert await person.tell("测试 & 群", "/echo 大家好") is Outcome.SENT
            await until(lambda: person.texts == ["大家好"])
            await until(lambda: third.texts == ["/echo 大家好", "大家好"])

    play(script)


def test_bot_answers_what_came_while_it_was_away(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway, signed_in(gateway.url, PERSON) as person:
            for number in ("一", "二"):
                await tell(person, number)
                async with answering(gateway.url, tmp_path / "bot", echo):
                    await until(lambda number=number: number in person.texts)
            assert person.texts == ["一", "二"]

    play(script)


def test_senders_have_the_names_that_people_see(tmp_path: Path):
    seen: list[tuple[str, str]] = []

    def set_up(bot: Bot) -> None:
        @bot.on_message
        def note(message: Message) -> None:
            seen.append((message.sender.name, message.text))

    async def script() -> None:
        async with (
            running(tmp_path) as gateway,
            answering(gateway.url, None, set_up),
            signed_in(gateway.url, PERSON) as person,
            signed_in(gateway.url, THIRD) as third,
        ):
            await tell(person, "hallo")
            await third.tell("测试 & 群", "alle")
            await until(lambda: len(seen) == 2)
        assert sorted(seen) == [("小明 <&\"'>", "hallo"), ("路人甲", "alle")]

    play(script)


def test_bot_that_is_kicked_says_so_and_stays_away(tmp_path: Path):
    async def script() -> None:
        async with running(tmp_path) as gateway:
            with suppress(Kicked):
                async with answering(gateway.url, None, echo) as task, signed_in(gateway.url, BOT) as other:
                    await until(task.done)
                    assert other.client.state.name == "ONLINE"
            assert isinstance(task.exception(), Kicked)

    play(script)
