"""The row of a poll type: which struct it comes as, and how the struct becomes what is on the wire.

Source: WebQQ protocol, poll2: result, messages; 2013 against 2016.
"""

from typing import Generic, TypeVar

from msgspec import Struct, structs

from webqq.protocol.content import parse_received, serialize_received
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import MessageId, QQNumber, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import Shape

__all__ = ["SYSTEM_UIN", "Header", "MessageHeader", "Row"]

S = TypeVar("S", bound=Struct)

SYSTEM_UIN = Uin(10000)
"""Sender of what the service itself says, and of discussion messages in 2013."""


class Header(Struct, frozen=True, kw_only=True):
    """What all messages carry. ``msg_id2`` and ``reply_ip`` exist in 2013 only, and clients tell repeats by
    the pair of message ids there: a server must give both.
    """

    from_uin: Uin
    to_uin: QQNumber
    msg_id: MessageId
    msg_id2: int | None = None
    reply_ip: int | None = None


class MessageHeader(Header, frozen=True, kw_only=True):
    time: int
    """Seconds since the epoch."""


_GONE_IN_2016 = ("msg_id2", "reply_ip", "seq", "info_seq")


class Row(Generic[S]):
    """One poll type, or one kind of it, and the struct it comes as.

    :param kind: the struct; its field ``content`` is a content array on the wire.
    :param header: the struct's fields without the content; the struct itself where it has none.
    :param msg_type: what the field of that name says; ``None`` where there is no such field.
    :param tag: name and value of the field that tells the kinds of one poll type apart.
    :param slim: 2016 says 0 for ``msg_type`` there and leaves out what is gone.
    """

    def __init__(
        self,
        poll_type: str,
        kind: type[S],
        header: type[Struct] | None = None,
        *,
        msg_type: int | None = None,
        tag: tuple[str, str] | None = None,
        slim: bool = False,
    ) -> None:
        self.poll_type = poll_type
        self.kind = kind
        self.tag = tag
        self.header = header or kind
        self._has_content = header is not None
        self._msg_type = msg_type
        self.is_slim = slim
        self._shape = Shape(self.header)

    def parse(self, value: object) -> S:
        """Return the event.

        :param value: fresh from the JSON parser; it is changed on the way.
        :raises MalformedMessage: naming poll type and field.
        """
        typed = self._shape.parse(value, self.poll_type)
        fields = structs.asdict(typed)
        if self._has_content:
            elements = value.get("content") if isinstance(value, dict) else None
            if not isinstance(elements, list):
                raise MalformedMessage(self.poll_type, "content", "expected an array")
            fields["content"] = parse_received(elements)
        return self.kind(**fields)

    def serialize(self, event: S, flavour: Flavour) -> JSONObject:
        """Return the event's ``value`` in a flavour. Inverse of :meth:`parse`."""
        fields = {name: getattr(event, name) for name in self.header.__struct_fields__}
        value = self._shape.serialize_object(self.header(**fields))
        slim = self.is_slim and flavour is Flavour.SMARTQQ_2016
        if slim:
            value = {name: field for name, field in value.items() if name not in _GONE_IN_2016}
        if self.tag is not None:
            value[self.tag[0]] = self.tag[1]
        if self._msg_type is not None:
            value["msg_type"] = 0 if slim else self._msg_type
        if self._has_content:
            value["content"] = serialize_received(event.content)  # type: ignore[attr-defined]  # has_content says so
        return value
