"""Messages, and the small events around them: presence, typing, shaking, being thrown out.

Source: WebQQ protocol, poll2: messages, sess_message, buddies_status_change, input_notify and shake_message,
kick_message.
"""

import re
from typing import Any

from msgspec import Struct

from webqq.protocol.content import Content
from webqq.protocol.events.row import Header, MessageHeader, Row
from webqq.protocol.ids import Did, Gid, GroupCode, GroupNumber, MessageId, QQNumber, Uin
from webqq.protocol.shape import EntityText

__all__ = [
    "ROWS",
    "BuddyStatus",
    "DiscussMessage",
    "FriendMessage",
    "GroupMessage",
    "InputNotify",
    "Kick",
    "SessionFlags",
    "SessionMessage",
    "Shake",
    "Tips",
    "gap_text",
]

_GAP_TEXT = "您的信箱已满或消息已过期，有 {} 条消息未能保留。"
_GAP = re.compile(re.escape(_GAP_TEXT).replace(r"\{\}", "([0-9]{1,18})"), re.ASCII)


class FriendMessage(MessageHeader, frozen=True, kw_only=True):
    """A friend wrote. ``from_uin`` is the friend; oneself, or 0, when another device of one's own sent it."""

    content: Content


class _GroupHeader(MessageHeader, frozen=True, kw_only=True):
    group_code: GroupCode
    """2013: the code. 2016 delivers the gid here; look the group up by :attr:`gid`."""
    send_uin: Uin
    seq: int | None = None
    """Running number in the group (2013): a gap is a lost message."""
    info_seq: GroupNumber | None = None
    """The group's public number (2013)."""


class GroupMessage(_GroupHeader, frozen=True, kw_only=True):
    """A member wrote in a group. ``from_uin`` is the gid, ``send_uin`` the member."""

    content: Content

    @property
    def gid(self) -> Gid:
        """The group, in both flavours."""
        return Gid(self.from_uin)


class _DiscussHeader(MessageHeader, frozen=True, kw_only=True):
    did: Did
    send_uin: Uin
    seq: int | None = None
    info_seq: int | None = None
    """Version of the list of members (2013)."""


class DiscussMessage(_DiscussHeader, frozen=True, kw_only=True):
    """A member wrote in a discussion; ``from_uin`` says nothing of use."""

    content: Content


class SessionFlags(Struct, frozen=True, kw_only=True):
    """What a temporary chat allows, 1 each."""

    text: int = 1
    pic: int = 1
    file: int = 1
    audio: int = 1
    video: int = 1


class _SessionHeader(MessageHeader, frozen=True, kw_only=True):
    id: int
    """The gid (service type 0) or did (service type 1) through which the chat runs."""
    service_type: int
    ruin: QQNumber | None = None
    flags: SessionFlags | None = None


class SessionMessage(_SessionHeader, frozen=True, kw_only=True):
    """A stranger from a group or discussion wrote in a temporary chat. ``ruin`` is the stranger's account."""

    content: Content


class BuddyStatus(Struct, frozen=True, kw_only=True):
    """A friend's presence changed; ``status`` is one of :class:`webqq.protocol.status.Status`."""

    uin: Uin
    status: str
    client_type: int = 1


class InputNotify(Header, frozen=True, kw_only=True):
    """A friend is typing."""


class Shake(Header, frozen=True, kw_only=True):
    """A friend shook the window."""


class Kick(Struct, frozen=True, kw_only=True):
    """This session was ended; do not log in again by yourself, two clients would throw each other out for
    ever.
    """

    show_reason: int
    reason: EntityText
    way: str | None = None
    msg_type: int | None = None
    from_uin: Uin | None = None
    to_uin: QQNumber | None = None
    msg_id: MessageId | None = None
    msg_id2: int | None = None
    reply_ip: int | None = None


class Tips(Struct, frozen=True, kw_only=True):
    """A hint of the service. No source knows its fields; all are guessed, ``tips`` being the text."""

    tips: EntityText = ""
    from_uin: Uin | None = None
    to_uin: QQNumber | None = None
    msg_id: MessageId | None = None
    msg_id2: int | None = None
    reply_ip: int | None = None

    @property
    def missed(self) -> int | None:
        """How many messages a gateway could not keep, where the hint says that (:func:`gap_text`); else None."""
        found = _GAP.fullmatch(self.tips)
        return None if found is None else int(found[1])


def gap_text(messages: int) -> str:
    """Return the hint that so many messages could not be kept. The protocol has no event for it, so a person reads it.

    >>> Tips(tips=gap_text(3)).missed
    3
    """
    return _GAP_TEXT.format(messages)


ROWS: tuple[Row[Any], ...] = (
    Row("message", FriendMessage, MessageHeader, msg_type=9, slim=True),
    Row("group_message", GroupMessage, _GroupHeader, msg_type=43, slim=True),
    Row("discu_message", DiscussMessage, _DiscussHeader, msg_type=42, slim=True),
    Row("sess_message", SessionMessage, _SessionHeader, msg_type=140),
    Row("buddies_status_change", BuddyStatus),
    Row("input_notify", InputNotify, msg_type=121),
    Row("shake_message", Shake, msg_type=9),
    Row("kick_message", Kick),
    Row("tips", Tips, msg_type=48),
)
"""The poll types of this module."""
