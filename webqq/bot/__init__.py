"""A bot for one account: handlers by decorator, plugins by name, a clean end.

::

    bot = Bot(WebQQClient(stream, 100200300, password))

    @bot.on_message
    async def answer(message: Message) -> None:
        await message.reply("收到")

    await bot.run()
"""

from webqq.bot.bot import Bot
from webqq.bot.message import Message
from webqq.bot.plugin import PluginError

__all__ = ["Bot", "Message", "PluginError"]
