"""Where messages go and come from: a friend, a group, a discussion, or a stranger from one of these two."""

from dataclasses import dataclass
from typing import TypeAlias

from webqq.protocol.calls import ServiceType
from webqq.protocol.events import DiscussMessage, FriendMessage, GroupMessage, SessionMessage
from webqq.protocol.ids import Did, Gid, Uin

__all__ = ["Chat", "DiscussChat", "FriendChat", "GroupChat", "StrangerChat", "chat_of", "sender_of"]


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


@dataclass(frozen=True, slots=True)
class DiscussChat:
    """The talk in one discussion."""

    did: Did

    def __str__(self) -> str:
        return f"discussion {self.did}"


@dataclass(frozen=True, slots=True)
class StrangerChat:
    """A temporary talk with a member of a group or a discussion who is no friend.

    :param uin: the stranger. :param via: the gid or did through which the talk runs, as ``service`` says.
    """

    uin: Uin
    via: int
    service: int = ServiceType.GROUP

    def __str__(self) -> str:
        return f"stranger {self.uin}"


Chat: TypeAlias = FriendChat | GroupChat | DiscussChat | StrangerChat


def chat_of(event: object) -> Chat | None:
    """Return the chat that an event belongs to; None for what is no message."""
    match event:
        case FriendMessage():
            return FriendChat(event.from_uin)
        case GroupMessage():
            return GroupChat(event.gid)
        case DiscussMessage():
            return DiscussChat(event.did)
        case SessionMessage():
            return StrangerChat(event.from_uin, event.id, event.service_type)
    return None


def sender_of(event: FriendMessage | GroupMessage | DiscussMessage | SessionMessage) -> Uin:
    """Return who wrote a message; 0 or the own number is oneself (WebQQ protocol, messages)."""
    return event.send_uin if isinstance(event, GroupMessage | DiscussMessage) else event.from_uin
