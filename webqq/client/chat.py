"""Where messages go and come from: a friend or a group, and who wrote."""

from dataclasses import dataclass
from typing import TypeAlias

from webqq.protocol.events import Event, FriendMessage, GroupMessage
from webqq.protocol.ids import Gid, Uin

__all__ = ["Chat", "FriendChat", "GroupChat", "chat_of"]


@dataclass(frozen=True, slots=True)
class FriendChat:
    """The talk with one friend, by the session's alias."""

    uin: Uin

    def __str__(self) -> str:
        return f"friend {self.uin}"


@dataclass(frozen=True, slots=True)
class GroupChat:
    """The talk in one group, by the session's alias."""

    gid: Gid

    def __str__(self) -> str:
        return f"group {self.gid}"


Chat: TypeAlias = FriendChat | GroupChat


def chat_of(event: Event) -> Chat | None:
    """Return the chat that an event belongs to; None for one that is no message of a friend or a group."""
    if isinstance(event, FriendMessage):
        return FriendChat(event.from_uin)
    return GroupChat(event.gid) if isinstance(event, GroupMessage) else None
