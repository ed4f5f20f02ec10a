"""Says what it was told: each message of a friend, and in groups what begins with ``/echo`` or ``@`` and its name."""

from webqq.bot.bot import Bot
from webqq.bot.message import Message
from webqq.protocol.content import Content, Face

__all__ = ["setup"]


def setup(bot: Bot) -> None:
    """Register the handlers."""

    @bot.on_friend_message
    async def echo(message: Message) -> None:
        await _say(message, _sendable(message))

    @bot.on_group_message
    async def echo_when_asked(message: Message) -> None:
        for prefix in ("/echo ", f"@{bot.client.nick} "):
            if message.text.startswith(prefix):
                await _say(message, _without(_sendable(message), prefix))
                return


def _sendable(message: Message) -> Content:
    """The content where it can be sent as it is, else what a person reads: a picture cannot be sent on."""
    is_plain = all(isinstance(part, str | Face) for part in message.content.parts)
    return message.content if is_plain else Content((message.text,), message.content.font)


def _without(content: Content, prefix: str) -> Content:
    first, *rest = content.parts
    assert isinstance(first, str)
    return Content((first.removeprefix(prefix), *rest), content.font)


async def _say(message: Message, content: Content) -> None:
    if content.text.strip():
        await message.reply(content)
