"""What was said, for the chat page on whichever device: the newest messages of each conversation of each account.

A *talk* is one account's side of a conversation: with a friend, in a group or a discussion. Delivery (:mod:`.post`)
keeps a letter until it has arrived; history keeps what was said besides, in tables of its own, until :data:`KEPT` newer
messages have come. An account sees what it sent and what was delivered to it, nothing else: who joins a group later
does not see what was said before. All functions here are jobs of the store.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from webqq.protocol.content import Content, parse_sent
from webqq.protocol.ids import GroupNumber, MessageId, QQNumber

__all__ = [
    "KEPT",
    "Kind",
    "Said",
    "Talk",
    "forget_account",
    "forget_discuss",
    "forget_group",
    "forget_talk",
    "keep",
    "newest",
    "parties",
    "read",
]

KEPT = 1_000
"""How many messages of each conversation are kept for each account: months of talk, and with the longest messages that
a gateway takes 16 MiB."""

Kind: TypeAlias = Literal["friend", "group", "discussion"]


@dataclass(frozen=True, slots=True)
class Talk:
    """One account's conversation with a friend, in a group or in a discussion, by account or group number or row."""

    account: QQNumber
    kind: Kind
    peer: int


@dataclass(frozen=True, slots=True)
class Said:
    """A message.

    :param id: of its letter. :param msg_id: the number that its sender's client gave it.
    :param seq: running number in the group; 0 to a friend. :param at: seconds since the epoch.
    """

    id: int
    sender: QQNumber
    msg_id: MessageId
    seq: int
    at: int
    content: Content


def parties(
    sender: QQNumber, recipients: Sequence[QQNumber], group: GroupNumber | None, discuss: int | None = None
) -> list[Talk]:
    """Return the talks that a message belongs to: its sender's, and that of everybody who gets it.

    :param discuss: row of the discussion that it was said in.
    """
    everybody = {sender: None, **dict.fromkeys(recipients)}
    if group is not None:
        return [Talk(account, "group", group) for account in everybody]
    if discuss is not None:
        return [Talk(account, "discussion", discuss) for account in everybody]
    (friend,) = recipients
    return [Talk(sender, "friend", friend), Talk(friend, "friend", sender)]


def keep(db: sqlite3.Connection, talks: Iterable[Talk], said: Said, text: str) -> None:
    """Add a message to talks; what is over :data:`KEPT` goes.

    :param text: its content string.
    """
    db.execute(
        "INSERT INTO said (id, sender, msg_id, seq, at, content) VALUES (?, ?, ?, ?, ?, ?)",
        (said.id, said.sender, said.msg_id, said.seq, said.at, text),
    )
    # A group's message goes to hundreds of talks: three statements for all of them.
    db.executemany(
        "INSERT INTO talk (account, kind, peer, place, said) SELECT :account, :kind, :peer,"
        " 1 + coalesce(max(place), 0), :said FROM talk WHERE account = :account AND kind = :kind AND peer = :peer",
        [{"account": talk.account, "kind": talk.kind, "peer": talk.peer, "said": said.id} for talk in talks],
    )
    _drop_over(db, said.id)


def _drop_over(db: sqlite3.Connection, newest: int) -> None:
    """Remove what the newest message pushes out of its talks; a message goes with the last talk that has it."""
    # Places are counted without gaps, so there is never more than one too many.
    over = db.execute(
        "SELECT old.account, old.kind, old.peer, old.place, old.said FROM talk AS new CROSS JOIN talk AS old"
        " ON old.account = new.account AND old.kind = new.kind AND old.peer = new.peer AND old.place = new.place - ?"
        " WHERE new.said = ?",
        (KEPT, newest),
    ).fetchall()
    db.executemany(
        "DELETE FROM talk WHERE account = ? AND kind = ? AND peer = ? AND place = ?", [key for *key, _ in over]
    )
    _forget_unheard(db, {id_ for *_, id_ in over})


def _forget_unheard(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    db.executemany(
        "DELETE FROM said WHERE id = ? AND NOT EXISTS (SELECT 1 FROM talk WHERE talk.said = said.id)",
        [(id_,) for id_ in ids],
    )


def read(db: sqlite3.Connection, talk: Talk, before: int, count: int) -> tuple[list[Said], bool]:
    """Return the newest ``count`` messages of a talk with an id below ``before``, oldest first, and whether there are
    older ones. ``before`` 0 means the newest of all.
    """
    rows = db.execute(
        "SELECT said.id, sender, msg_id, seq, at, content FROM talk JOIN said ON said.id = talk.said"
        " WHERE account = ? AND kind = ? AND peer = ? AND (? = 0 OR said.id < ?) ORDER BY place DESC LIMIT ?",
        (talk.account, talk.kind, talk.peer, before, before, count + 1),
    ).fetchall()
    return [_said(*row) for row in reversed(rows[:count])], len(rows) > count


def newest(db: sqlite3.Connection, account: QQNumber) -> list[tuple[Talk, Said]]:
    """Return the newest message of each talk of an account."""
    rows = db.execute(
        "SELECT kind, peer, said.id, sender, msg_id, seq, at, content FROM talk JOIN said ON said.id = talk.said"
        " WHERE (account, kind, peer, place) IN"
        " (SELECT account, kind, peer, max(place) FROM talk WHERE account = ? GROUP BY kind, peer) ORDER BY said.id",
        (account,),
    )
    return [(Talk(account, kind, peer), _said(*fields)) for kind, peer, *fields in rows]


def forget_talk(db: sqlite3.Connection, talk: Talk) -> None:
    """Remove what one account has of one conversation; the other side keeps its own."""
    gone = db.execute(
        "DELETE FROM talk WHERE account = ? AND kind = ? AND peer = ? RETURNING said",
        (talk.account, talk.kind, talk.peer),
    ).fetchall()
    _forget_unheard(db, {id_ for (id_,) in gone})


def forget_account(db: sqlite3.Connection, number: QQNumber) -> None:
    """Remove the talks of an account and with it; whoever gets the number later finds nothing."""
    _forget(db, "account = ? OR (kind = 'friend' AND peer = ?)", (number, number))


def forget_group(db: sqlite3.Connection, number: GroupNumber) -> None:
    """Remove what was said in a group."""
    _forget(db, "kind = 'group' AND peer = ?", (number,))


def forget_discuss(db: sqlite3.Connection, row: int) -> None:
    """Remove what was said in a discussion."""
    _forget(db, "kind = 'discussion' AND peer = ?", (row,))


def _forget(db: sqlite3.Connection, which: str, values: tuple[int, ...]) -> None:
    db.execute(f"DELETE FROM talk WHERE {which}", values)  # noqa: S608  # only the texts above
    db.execute("DELETE FROM said WHERE NOT EXISTS (SELECT 1 FROM talk WHERE talk.said = said.id)")


def _said(id_: int, sender: int, msg_id: int, seq: int, at: int, text: str) -> Said:
    return Said(id_, QQNumber(sender), MessageId(msg_id), seq, at, parse_sent(text))
