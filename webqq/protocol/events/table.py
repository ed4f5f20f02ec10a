"""What poll2 delivers, as typed values: all poll types in one table.

A poll type without a row comes as :class:`UnknownEvent`. The array of an answer, newest first, becomes events in
the order in which they happened. A faulty event never costs the others: it comes as an :class:`UnknownEvent` that
tells the fault. Source: WebQQ protocol, poll2: result, poll types; 2013 against 2016.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, TypeAlias

from msgspec import Struct

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.events import files, messages, notices, requests
from webqq.protocol.events.files import (
    FileAccepted,
    FileOffer,
    FileRefused,
    FileTransfer,
    OfflineFile,
    OfflineFileAnswer,
)
from webqq.protocol.events.messages import (
    BuddyStatus,
    DiscussMessage,
    FriendMessage,
    GroupMessage,
    InputNotify,
    Kick,
    SessionMessage,
    Shake,
    Tips,
)
from webqq.protocol.events.notices import GroupNotice
from webqq.protocol.events.requests import (
    BuddyAdded,
    BuddyListChange,
    BuddyRequest,
    BuddyVerified,
    BuddyVerifiedAdded,
    GroupAdmin,
    GroupCreated,
    GroupJoinAgreed,
    GroupJoinDenied,
    GroupJoined,
    GroupJoinRequest,
    GroupLeft,
)
from webqq.protocol.events.row import SYSTEM_UIN, Row
from webqq.protocol.flavour import Flavour
from webqq.protocol.jsontext import JSONObject

__all__ = ["Event", "UnknownEvent", "parse_event", "parse_events", "serialize_event", "serialize_events"]


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
    | Tips
    | BuddyRequest
    | BuddyAdded
    | BuddyVerified
    | BuddyVerifiedAdded
    | BuddyListChange
    | GroupCreated
    | GroupJoined
    | GroupLeft
    | GroupJoinRequest
    | GroupJoinAgreed
    | GroupJoinDenied
    | GroupAdmin
    | GroupNotice
    | FileOffer
    | FileRefused
    | FileAccepted
    | OfflineFile
    | OfflineFileAnswer
    | FileTransfer
    | UnknownEvent
)

_ROWS: tuple[Row[Any], ...] = (*messages.ROWS, *requests.ROWS, *notices.ROWS, *files.ROWS)
_BY_TYPE = MappingProxyType({(row.poll_type, row.tag and row.tag[1]): row for row in _ROWS})
_BY_KIND = MappingProxyType({row.kind: row for row in _ROWS})
_TAGS = MappingProxyType({row.poll_type: row.tag[0] for row in _ROWS if row.tag is not None})


def parse_event(item: object) -> Event:
    """Return one element of a poll answer as an event. Never raises: what does not fit is an
    :class:`UnknownEvent`.

    ``item`` must be fresh from the JSON parser; parts of it may be changed.
    """
    poll_type = item.get("poll_type") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(poll_type, str):
        return UnknownEvent(poll_type="", value=item, problem="poll2: expected an object with a poll_type")
    value = item.get("value")
    row = _row_of(poll_type, value)
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


def _row_of(poll_type: str, value: object) -> Row[Any] | None:
    """Return the row for a value; one with a tag that no row has is of an unknown type."""
    field = _TAGS.get(poll_type)
    tag = value.get(field) if field is not None and isinstance(value, dict) else None
    return _BY_TYPE.get((poll_type, tag if isinstance(tag, str) else None))


def parse_events(result: object) -> tuple[Event, ...]:
    """Return the events of a poll answer's ``result``, in the order in which they happened.

    The array comes newest first. A result that is missing, or anything but an array, holds no events.
    """
    return tuple(map(parse_event, reversed(result))) if isinstance(result, list) else ()


def serialize_events(events: Iterable[Event], flavour: Flavour) -> list[JSONObject]:
    """Return a poll answer's ``result`` for events in the order in which they happened: newest first."""
    return [serialize_event(event, flavour) for event in events][::-1]
