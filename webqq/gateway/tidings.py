"""Letters of nothing but a note, and what people have to be told of a change that no call made, but a command, or a
community file at a start.

Whoever makes the change puts them down in its transaction; the gateway makes letters of them in the transaction in
which it reads the change, since the numbers of letters are its own: a batch is acknowledged by the last of them, and
nothing may come in before that later. Jobs over the data file.
"""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from webqq.gateway.differences import Difference
from webqq.gateway.mailbox import Letter
from webqq.gateway.notes import Note, parse_note, serialize_note
from webqq.protocol.content import Content
from webqq.protocol.ids import QQNumber

__all__ = ["note_size", "put_down", "take_up", "write_note"]

_NOTHING, _NO_TEXT = Content(()), "[]"

_recipients: msgspec.json.Decoder[tuple[int, ...]] = msgspec.json.Decoder(tuple[int, ...])


def put_down(db: sqlite3.Connection, differences: Iterable[Difference]) -> None:
    """Note what a gateway has to tell."""
    db.executemany(
        "INSERT INTO tiding (sender, recipients, note) VALUES (?, ?, ?)",
        [
            (each.sender, msgspec.json.encode(each.recipients).decode(), serialize_note(each.note))
            for each in differences
        ],
    )


def take_up(db: sqlite3.Connection, at: int) -> list[tuple[QQNumber, Letter]]:
    """Make letters of what was put down, and return them with whom they are for: those who are accounts yet.

    :param at: seconds since the epoch.
    """
    members = {number for (number,) in db.execute("SELECT number FROM account WHERE is_member")}
    letters = []
    for sender, text, note in db.execute("DELETE FROM tiding RETURNING sender, recipients, note").fetchall():
        recipients = [QQNumber(number) for number in _recipients.decode(text) if number in members]
        letter = write_note(db, QQNumber(sender), recipients, parse_note(note), at)
        letters += [(recipient, letter) for recipient in recipients]
    return letters


def write_note(db: sqlite3.Connection, sender: QQNumber, recipients: Sequence[QQNumber], note: Note, at: int) -> Letter:
    """A job: write what happened for some accounts, and return its letter."""
    letter = (sender, at, _NO_TEXT, serialize_note(note))
    id_ = (
        db.execute("INSERT INTO letter (sender, seq, at, content, note) VALUES (?, 0, ?, ?, ?)", letter).lastrowid or 0
    )
    db.executemany("INSERT INTO mail (account, letter) VALUES (?, ?)", [(account, id_) for account in recipients])
    if not recipients:
        db.execute("DELETE FROM letter WHERE id = ?", (id_,))
    return Letter(id_, sender, None, 0, at, _NOTHING, note_size(note), note)


def note_size(note: Note) -> int:
    """Return what a letter of nothing but a note counts for in a mailbox."""
    return len(_NO_TEXT) + len(serialize_note(note).encode())
