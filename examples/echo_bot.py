"""A bot that says what it was told, with a gateway to live in, so that it runs as it stands.

Prints the address of a chat page, and a link that signs a browser in there as a person who may talk to the bot. End it
with Ctrl-C. At another gateway, only its address, the account and the password change.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from webqq.bot import Bot, Message
from webqq.client import WebQQClient, gateway_stream
from webqq.gateway import COMMUNITY_FILE, SEED_BOT, SEED_PERSON, Gateway, read_community


async def serve(gateway: Gateway, password: str) -> None:
    async with gateway_stream(gateway.url) as stream:
        bot = Bot(WebQQClient(stream, SEED_BOT, password))

        @bot.on_friend_message
        async def echo(message: Message) -> None:
            await message.reply(message.content)

        def tell() -> None:
            print(gateway.url, flush=True)
            print("sign in, once:", gateway.sign_in_link(SEED_PERSON), flush=True)

        await bot.run(tell)  # until SIGTERM or Ctrl-C


async def main() -> None:
    with TemporaryDirectory() as folder:
        gateway = Gateway(Path(folder))
        await gateway.start()
        try:
            first = read_community(Path(folder) / COMMUNITY_FILE)  # made at the start, with random passwords
            await serve(gateway, first.accounts[SEED_BOT].password)
        finally:
            await gateway.stop()


if __name__ == "__main__":
    asyncio.run(main())
