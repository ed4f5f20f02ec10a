"""What poll2 delivers, as typed values.

Knows every poll type that has a row below; the others come as :class:`UnknownEvent`. It turns the array of
an answer, newest first, into events in the order in which they happened. A faulty event never costs the
others: it comes as an :class:`UnknownEvent` that tells the fault. Source: WebQQ protocol, poll2: result,
messages, poll types; 2013 against 2016.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct, structs

from webqq.protocol.content import Content, parse_received, serialize_received
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, GroupCode, GroupNumber, MessageId, QQNumber, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import EntityText, Shape

__all__ = [
    "SYSTEM_UIN",
    "BuddyStatus",
    "DiscussMessage",
    "Event",
    "FriendMessage",
    "GroupMessage",
    "InputNotify",
    "Kick",
    "SessionFlags",
    "SessionMessage",
    "Shake",
    "UnknownEvent",
    "parse_event",
    "parse_events",
    "serialize_event",
    "serialize_events",
]

S = TypeVar("S", bound=Struct)

SYSTEM_UIN = Uin(10000)
"""Sender of what the service itself says, and of discussion messages in 2013."""


class _Header(Struct, frozen=True, kw_only=True):
    """What all messages carry. ``msg_id2`` and ``reply_ip`` exist in 2013 only, and clients tell repeats by
    the pair of message ids there: a server must give both.
    """

    from_uin: Uin
    to_uin: QQNumber
    msg_id: MessageId
    msg_id2: int | None = None
    reply_ip: int | None = None


class _MessageHeader(_Header, frozen=True, kw_only=True):
    time: int
    """Seconds since the epoch."""


class FriendMessage(_MessageHeader, frozen=True, kw_only=True):
    """A friend wrote. ``from_uin`` is the friend; oneself, or 0, when another device of one's own sent it."""

    content: Content


class _GroupHeader(_MessageHeader, frozen=True, kw_only=True):
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


class _DiscussHeader(_MessageHeader, frozen=True, kw_only=True):
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


class _SessionHeader(_MessageHeader, frozen=True, kw_only=True):
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


class InputNotify(_Header, frozen=True, kw_only=True):
    """A friend is typing."""


class Shake(_Header, frozen=True, kw_only=True):
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


class UnknownEvent(Struct, frozen=True, kw_only=True):
    """An event of a type without a row here, or one that is not formed as its type should be.

    ``value`` is as it came. ``problem`` is empty, or says what was wrong with an event of a known type.
    """

    poll_type: str
    value: object
    problem: str = ""


Event: TypeAlias = (
    FriendMessage
    | GroupMessage
    | DiscussMessage
    | SessionMessage
    | BuddyStatus
    | InputNotify
    | Shake
    | Kick
    | UnknownEvent
)

_GONE_IN_2016 = ("msg_id2", "reply_ip", "seq", "info_seq")


class _Row(Generic[S]):
    """One poll type and the struct it comes as.

    :param header: the struct's fields without the content array; the struct itself where it has none.
    :param msg_type: what the field of that name says; ``None`` where there is no such field.
    :param slim: 2016 says 0 there and leaves the fields above out.
    """

    def __init__(
        self, poll_type: str, kind: type[S], header: type[Struct], msg_type: int | None, *, slim: bool = False
    ) -> None:
        self.poll_type = poll_type
        self.kind = kind
        self._header = header
        self._has_content = header is not kind
        self._msg_type = msg_type
        self._slim = slim
        self._shape = Shape(header)

    def parse(self, value: object) -> S:
        typed = self._shape.parse(value, self.poll_type)
        fields = structs.asdict(typed)
        if self._has_content:
            elements = value.get("content") if isinstance(value, dict) else None
            if not isinstance(elements, list):
                raise MalformedMessage(self.poll_type, "content", "expected an array")
            fields["content"] = parse_received(elements)
        return self.kind(**fields)

    def serialize(self, event: S, flavour: Flavour) -> JSONObject:
        fields = {name: getattr(event, name) for name in self._header.__struct_fields__}
        value = self._shape.serialize_object(self._header(**fields))
        slim = self._slim and flavour is Flavour.SMARTQQ_2016
        if slim:
            value = {name: field for name, field in value.items() if name not in _GONE_IN_2016}
        if self._msg_type is not None:
            value["msg_type"] = 0 if slim else self._msg_type
        if self._has_content:
            value["content"] = serialize_received(event.content)  # type: ignore[attr-defined]  # has_content says so
        return value


_ROWS: tuple[_Row[Any], ...] = (
    _Row("message", FriendMessage, _MessageHeader, 9, slim=True),
    _Row("group_message", GroupMessage, _GroupHeader, 43, slim=True),
    _Row("discu_message", DiscussMessage, _DiscussHeader, 42, slim=True),
    _Row("sess_message", SessionMessage, _SessionHeader, 140),
    _Row("buddies_status_change", BuddyStatus, BuddyStatus, None),
    _Row("input_notify", InputNotify, InputNotify, 121),
    _Row("shake_message", Shake, Shake, 9),
    _Row("kick_message", Kick, Kick, None),
)
_BY_TYPE = MappingProxyType({row.poll_type: row for row in _ROWS})
_BY_KIND = MappingProxyType({row.kind: row for row in _ROWS})


def parse_event(item: object) -> Event:
    """Return one element of a poll answer as an event. Never raises: what does not fit is an
    :class:`UnknownEvent`.

    ``item`` must be fresh from the JSON parser; parts of it may be changed.
    """
    poll_type = item.get("poll_type") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(poll_type, str):
        return UnknownEvent(poll_type="", value=item, problem="poll2: expected an object with a poll_type")
    value = item.get("value")
    row = _BY_TYPE.get(poll_type)
    if row is None:
        return UnknownEvent(poll_type=poll_type, value=value)
    try:
        event: Event = row.parse(value)
    except MalformedMessage as error:
        return UnknownEvent(poll_type=poll_type, value=value, problem=str(error))
    return event


def serialize_event(event: Event, flavour: Flavour) -> JSONObject:
    """Return an event as an element of a poll answer. Inverse of :func:`parse_event` in the same flavour.

    What a flavour does not have is left out; group and discussion messages get the ids that it puts in
    their place.
    """
    if isinstance(event, UnknownEvent):
        return {"poll_type": event.poll_type, "value": event.value}
    row = _BY_KIND[type(event)]
    value = row.serialize(event, flavour)
    slim = flavour is Flavour.SMARTQQ_2016
    if isinstance(event, GroupMessage) and slim:
        value["group_code"] = event.from_uin
    if isinstance(event, DiscussMessage):
        value["from_uin"] = event.did if slim else SYSTEM_UIN
    return {"poll_type": row.poll_type, "value": value}


def parse_events(result: object) -> tuple[Event, ...]:
    """Return the events of a poll answer's ``result``, in the order in which they happened.

    The array comes newest first. A result that is missing, or anything but an array, holds no events.
    """
    return tuple(map(parse_event, reversed(result))) if isinstance(result, list) else ()


def serialize_events(events: Iterable[Event], flavour: Flavour) -> list[JSONObject]:
    """Return a poll answer's ``result`` for events in the order in which they happened: newest first."""
    return [serialize_event(event, flavour) for event in events][::-1]
