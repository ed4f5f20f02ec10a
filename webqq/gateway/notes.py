"""What a letter says that is no plain message to a friend or a group: whom it went through, or what happened.

Notes are kept in the data file as JSON, with the numbers of accounts and groups and with the rows of discussions; the
words of a session are put around them when they are delivered. Who did it is the letter's sender. Pure.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from webqq.gateway.errors import StoreError

__all__ = [
    "FileAnswered",
    "FileOffered",
    "FriendAccepted",
    "FriendAdded",
    "FriendAsked",
    "FriendsChanged",
    "GroupChange",
    "GroupChanged",
    "InDiscuss",
    "InSession",
    "Note",
    "OfflineFileAnswered",
    "OfflineFileLeft",
    "Told",
    "parse_note",
    "serialize_note",
]


class _Note(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class InDiscuss(_Note, frozen=True, kw_only=True):
    """A message to a discussion, at the version that its list of members had."""

    discuss: int
    version: int


class InSession(_Note, frozen=True, kw_only=True):
    """A message of a temporary chat, through a group or a discussion."""

    group: int | None = None
    discuss: int | None = None


class FriendAsked(_Note, frozen=True, kw_only=True):
    """The sender asks to be a friend."""

    message: str


class FriendAdded(_Note, frozen=True, kw_only=True):
    """The sender has added this account as a friend."""


class FriendAccepted(_Note, frozen=True, kw_only=True):
    """The sender is a friend now, as was asked.

    :param has_added: the sender filed the asker in return.
    """

    has_added: bool
    category: int = 0


class FriendsChanged(_Note, frozen=True, kw_only=True):
    """The list of friends is another one. ``category`` is where those added were filed."""

    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    category: int = 0


class GroupChange(StrEnum):
    """What can happen to a group."""

    CREATED = "created"
    JOINED = "joined"
    LEFT = "left"
    REMOVED = "removed"
    ASKED = "asked"
    AGREED = "agreed"
    DENIED = "denied"
    ADMIN = "admin"
    NO_ADMIN = "no admin"


class GroupChanged(_Note, frozen=True, kw_only=True):
    """Something happened to a member, or to somebody who would be one; the sender did it."""

    group: int
    change: GroupChange
    member: int
    message: str = ""
    is_by_owner: bool = False


class FileOffered(_Note, frozen=True, kw_only=True):
    """A file can be fetched directly."""

    session_id: int
    title: str


class FileAnswered(_Note, frozen=True, kw_only=True):
    """The sender of this letter took or refused a file that was offered."""

    session_id: int
    is_taken: bool


class OfflineFileLeft(_Note, frozen=True, kw_only=True):
    """A file was left here, at a row of the table of media. ``expires`` in seconds since the epoch."""

    file: int
    title: str
    size: int
    expires: int


class OfflineFileAnswered(_Note, frozen=True, kw_only=True):
    """The sender of this letter took or refused a file that was left here."""

    title: str
    size: int
    is_taken: bool


class Told(_Note, frozen=True, kw_only=True):
    """A hint of the gateway itself, in words."""

    text: str


Note: TypeAlias = (
    InDiscuss
    | InSession
    | FriendAsked
    | FriendAdded
    | FriendAccepted
    | FriendsChanged
    | GroupChanged
    | FileOffered
    | FileAnswered
    | OfflineFileLeft
    | OfflineFileAnswered
    | Told
)

_decoder: msgspec.json.Decoder[Note] = msgspec.json.Decoder(Note)


def serialize_note(note: Note) -> str:
    """Return a note as text for the data file."""
    return msgspec.json.encode(note).decode()


def parse_note(text: str) -> Note:
    """Inverse of :func:`serialize_note`.

    :raises StoreError: the text is no note.
    """
    try:
        return _decoder.decode(text)
    except msgspec.MsgspecError as error:
        raise StoreError(f"the data file holds a note that cannot be read: {error}") from error
