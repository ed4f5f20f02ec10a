"""The programs of the tutorial "Write a bot", one after the other, with a gateway to live in.

Each runs until it has answered one message, which another account of the same gateway writes to it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from webqq.bot import Bot, Message
from webqq.client import DataFolder, Outcome, WebQQClient, chat_of, gateway_stream
from webqq.gateway import COMMUNITY_FILE, SEED_BOT, SEED_PERSON, Gateway, read_community
from webqq.httpstream import RFC6265CookieJar
from webqq.protocol.events import BuddyStatus, FriendMessage, Shake


async def by_coroutines(url: str, account: int, password: str) -> None:
    async with gateway_stream(url) as stream, WebQQClient(stream, account, password) as qq:
        async for event in qq.events():
            if isinstance(event, FriendMessage):
                chat = chat_of(event)
                assert chat is not None
                result = await qq.send(chat, f"你说：{event.content.text}")
                print(result.outcome, result.reason)
                return


async def by_handlers(url: str, account: int, password: str, data: Path) -> None:
    async with gateway_stream(url) as stream:
        bot = Bot(WebQQClient(stream, account, password, data=data))

        @bot.on_friend_message
        async def greet(message: Message) -> None:
            outcome = await message.reply(f"你好，{message.sender.name}")
            if outcome is Outcome.UNKNOWN:
                print("it may have arrived: not sent again")
            bot.stop()

        @bot.on_event(Shake)
        async def shake_back(event: Shake) -> None:
            await bot.client.edits.shake(event.from_uin)

        @bot.on_event(BuddyStatus)
        def note(event: BuddyStatus) -> None:
            print(bot.client.roster.friends[event.uin].name, "is", event.status)

        await bot.run(signals=())


async def many_accounts(url: str, passwords: dict[int, str], data: Path) -> None:
    folder = DataFolder(data)
    async with gateway_stream(url) as stream:

        async def one(account: int, password: str) -> None:
            jar = RFC6265CookieJar()
            async with WebQQClient(stream, account, password, cookiejar=jar, data=folder) as qq:
                print(qq.account, "has", len(qq.roster.friends), "friends")

        await asyncio.gather(*(one(account, password) for account, password in passwords.items()))


async def write_to(url: str, account: int, password: str, name: str) -> None:
    """What the other person does, until there is an answer."""
    async with gateway_stream(url) as stream, WebQQClient(stream, account, password) as person:
        await person.send(await person.roster.find(name), "在吗")
        async for event in person.events():
            if isinstance(event, FriendMessage):
                print(name, "answered:", event.content.text)
                return


async def main() -> None:
    with TemporaryDirectory() as folder:
        gateway = Gateway(Path(folder, "gateway"))
        await gateway.start()
        try:
            community = read_community(Path(folder, "gateway", COMMUNITY_FILE))
            passwords = {number: community.accounts[number].password for number in (SEED_BOT, SEED_PERSON)}
            programs: list[Callable[[], Awaitable[None]]] = [
                lambda: by_coroutines(gateway.url, SEED_BOT, passwords[SEED_BOT]),
                lambda: by_handlers(gateway.url, SEED_BOT, passwords[SEED_BOT], Path(folder, "bot")),
            ]
            name = community.accounts[SEED_BOT].nick
            for program in programs:
                await asyncio.gather(program(), write_to(gateway.url, SEED_PERSON, passwords[SEED_PERSON], name))
            await many_accounts(gateway.url, passwords, Path(folder, "many"))
        finally:
            await gateway.stop()


if __name__ == "__main__":
    asyncio.run(main())
