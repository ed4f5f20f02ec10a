"""A message as handlers get it."""

from dataclasses import dataclass, field
from pathlib import Path

from webqq.client import Chat, Friend, GroupChat, Member, MessageEvent, Outcome, WebQQClient
from webqq.protocol.content import Content, CustomFace, GroupPicture, OfflinePicture

__all__ = ["Message"]


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wrote to the bot, or in a group or a discussion that it is in.

    :param chat: where an answer goes. :param sender: who wrote: a friend, or a member of the group or discussion; a
        stranger is a member of whom nothing is known.
    :param event: the message as the protocol has it.
    :param redelivered: whether an earlier run of the bot may have answered it already.
    """

    chat: Chat
    sender: Friend | Member
    event: MessageEvent
    redelivered: bool = False
    _client: WebQQClient = field(kw_only=True, repr=False)

    @property
    def content(self) -> Content:
        """What it says, with its faces and its font."""
        return self.event.content

    @property
    def text(self) -> str:
        """What it says, as a person reads it."""
        return self.event.content.text

    @property
    def is_group(self) -> bool:
        """Whether it was written in a group."""
        return isinstance(self.chat, GroupChat)

    async def reply(self, message: str | Content) -> Outcome:
        """Answer in the same chat; tells how the send ended."""
        return (await self._client.send(self.chat, message)).outcome

    @property
    def pictures(self) -> tuple[OfflinePicture | GroupPicture | CustomFace, ...]:
        """The pictures in it that can be fetched."""
        return tuple(
            part for part in self.content.parts if isinstance(part, OfflinePicture | GroupPicture | CustomFace)
        )

    async def fetch(self, picture: OfflinePicture | GroupPicture | CustomFace, path: Path) -> int:
        """Write one of :attr:`pictures` to ``path``; return its size. Raises as
        :meth:`webqq.client.Media.fetch_picture`.
        """
        return await self._client.media.fetch_picture(self.event, picture, path)
