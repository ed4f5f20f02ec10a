"""From a send call to the mailboxes: a letter is on disk for everybody it is for, and only then answered.

Repeats: clients number their messages, and one whose answer got lost may be sent again. A message of the same session
with the same number, recipient and content within :data:`REPEAT_SECONDS` is the same message; it is answered like the
first and delivered once. The number alone does not tell: some clients count from the same start after a restart.

A full mailbox refuses a friend's message, so that its sender knows. A group's message passes by a member whose
mailbox is full, since one who is away for good must not silence the group; older letters, which were promised, stay.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from hashlib import blake2b
from typing import TypeAlias

from webqq.gateway import history
from webqq.gateway.community import Group
from webqq.gateway.mailbox import Letter, Mailbox
from webqq.gateway.sessions import Session
from webqq.gateway.store import Store
from webqq.protocol.content import Content, parse_sent, serialize_sent
from webqq.protocol.ids import GroupNumber, MessageId, QQNumber

__all__ = ["REPEAT_SECONDS", "KeptLetters", "Outcome", "Post", "read_letters"]

_log = logging.getLogger(__name__)

KeptLetters: TypeAlias = Sequence[tuple[QQNumber, Letter]]
"""Letters and whom they are for, oldest first."""

REPEAT_SECONDS = 600.0
"""How long a repeat is known as one: longer than any client goes on trying."""


class Outcome(Enum):
    """What became of a message."""

    DELIVERED = auto()
    """It is on disk for all recipients, now or since an earlier try."""
    FULL = auto()
    """The friend's mailbox has no room; nothing was kept."""


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as it was sent. ``recipients`` have kept room for it."""

    session: int
    sender: QQNumber
    group: GroupNumber | None
    msg_id: MessageId
    at: float
    content: Content
    text: str
    digest: bytes
    recipients: tuple[QQNumber, ...]

    @property
    def size(self) -> int:
        return len(self.text.encode())


class Post:
    """Takes messages in and puts them into mailboxes. ``mailboxes`` has one for each account of the community.

    :param clock: seconds since the epoch.
    """

    def __init__(self, store: Store, accounts: Iterable[QQNumber], clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._full: set[QQNumber] = set()
        self._mailboxes = {account: Mailbox(account, self._forget) for account in accounts}
        self.mailboxes: Mapping[QQNumber, Mailbox] = self._mailboxes

    def load(self) -> int:
        """Fill the mailboxes from the data file, before the store is started; return the highest letter id ever."""
        self._fill(self._store.run(lambda db: read_letters(db, set(self._mailboxes))))
        return self._store.run(_last_letter)

    def admit(self, accounts: Iterable[QQNumber], letters: KeptLetters) -> None:
        """Make mailboxes for accounts that have none yet, with the letters that were kept for them."""
        for account in accounts:
            if account not in self._mailboxes:
                self._mailboxes[account] = Mailbox(account, self._forget)
        self._fill(letters)

    def dismiss(self, accounts: Iterable[QQNumber]) -> None:
        """Empty the mailboxes of accounts that were removed. They stay, for what is under way to them."""
        for account in accounts:
            self._mailboxes[account].clear()

    async def to_friend(self, session: Session, friend: QQNumber, msg_id: MessageId, content: Content) -> Outcome:
        """Deliver to one account.

        :raises StoreError: the message could not be written; it was not delivered.
        """
        message = self._message(session, None, msg_id, content, (friend,))
        if not self._reserve(friend, message.size):
            return Outcome.FULL
        await self._deliver(message)
        return Outcome.DELIVERED

    async def to_group(
        self, session: Session, group: Group, msg_id: MessageId, content: Content, *, echo: bool
    ) -> Outcome:
        """Deliver to the members of a group.

        :param echo: to the sender as well.
        :raises StoreError: as :meth:`to_friend`.
        """
        recipients = tuple(member for member in group.members if echo or member != session.account)
        message = self._message(session, group.number, msg_id, content, recipients)
        with_room = tuple(member for member in recipients if self._reserve(member, message.size))
        await self._deliver(replace(message, recipients=with_room))
        return Outcome.DELIVERED

    def _message(
        self,
        session: Session,
        group: GroupNumber | None,
        msg_id: MessageId,
        content: Content,
        recipients: tuple[QQNumber, ...],
    ) -> _Message:
        text = serialize_sent(content)
        to = f"group {group}" if group is not None else f"friend {recipients[0]}"
        digest = blake2b(f"{to}\n{text}".encode(), digest_size=16).digest()
        return _Message(session.id, session.account, group, msg_id, self._clock(), content, text, digest, recipients)

    def _reserve(self, account: QQNumber, size: int) -> bool:
        if self.mailboxes[account].reserve(size):
            self._full.discard(account)
            return True
        if account not in self._full:
            self._full.add(account)
            _log.warning("the mailbox of %s is full; new messages for it are not kept", account)
        return False

    async def _deliver(self, message: _Message) -> None:
        future = self._store.write(partial(_write, message))
        # Runs in the order of the commits, and before the sender is answered. Shielded, since a commit cannot be called
        # back when nobody waits for it any more.
        future.add_done_callback(partial(self._deposit, message))
        await asyncio.shield(future)

    def _deposit(self, message: _Message, written: "asyncio.Future[Letter | None]") -> None:
        letter = None if written.exception() else written.result()
        for account in message.recipients:
            mailbox = self.mailboxes[account]
            mailbox.release(message.size)
            if letter is not None:
                mailbox.add(letter)

    def _forget(self, owner: QQNumber, letters: Sequence[Letter]) -> None:
        """Letters have arrived: remove them from the disk as well, some time soon."""
        ids = [letter.id for letter in letters]
        self._store.later(lambda db: _delete_mail(db, owner, ids))

    def _fill(self, letters: KeptLetters) -> None:
        for account, letter in letters:
            self._mailboxes[account].add(letter)


def read_letters(db: sqlite3.Connection, accounts: Container[QQNumber]) -> KeptLetters:
    """Return the letters that are kept for these accounts, oldest first; one for several is the same object."""
    letters: dict[int, Letter] = {}
    found = []
    for account, *fields in db.execute(
        "SELECT mail.account, letter.id, sender, grp, seq, at, content FROM mail JOIN letter"
        " ON letter.id = mail.letter ORDER BY letter.id"
    ):
        if account in accounts:
            letter = letters.get(fields[0]) or _read_letter(*fields)
            letters[letter.id] = letter
            found.append((QQNumber(account), letter))
    return found


def _last_letter(db: sqlite3.Connection) -> int:
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'letter'").fetchone()
    return int(last[0]) if last is not None else 0


def _read_letter(id_: int, sender: int, group: int | None, seq: int, at: int, text: str) -> Letter:
    number = None if group is None else GroupNumber(group)
    return Letter(id_, QQNumber(sender), number, seq, at, parse_sent(text), len(text.encode()))


def _write(message: _Message, db: sqlite3.Connection) -> Letter | None:
    """Write the message and return its letter, or None when it is a repeat."""
    db.execute("DELETE FROM sent WHERE at < ?", (message.at - REPEAT_SECONDS,))
    sent = (message.session, message.msg_id, message.digest, message.at)
    if not db.execute("INSERT OR IGNORE INTO sent (session, msg_id, digest, at) VALUES (?, ?, ?, ?)", sent).rowcount:
        return None
    seq = _next_seq(db, message.group) if message.group is not None else 0
    at = int(message.at)
    cursor = db.execute(
        "INSERT INTO letter (sender, grp, seq, at, content) VALUES (?, ?, ?, ?, ?)",
        (message.sender, message.group, seq, at, message.text),
    )
    id_ = cursor.lastrowid or 0
    mails = [(account, id_) for account in message.recipients]
    db.executemany("INSERT INTO mail (account, letter) VALUES (?, ?)", mails)
    if not mails:
        db.execute("DELETE FROM letter WHERE id = ?", (id_,))
    said = history.Said(id_, message.sender, message.msg_id, seq, at, message.content)
    history.keep(db, history.parties(message.sender, message.recipients, message.group), said, message.text)
    return Letter(id_, message.sender, message.group, seq, at, message.content, message.size)


def _next_seq(db: sqlite3.Connection, group: GroupNumber) -> int:
    db.execute("UPDATE grp SET seq = seq + 1 WHERE number = ?", (group,))
    (seq,) = db.execute("SELECT seq FROM grp WHERE number = ?", (group,)).fetchone()
    return int(seq)


def _delete_mail(db: sqlite3.Connection, owner: QQNumber, letters: Sequence[int]) -> None:
    db.executemany("DELETE FROM mail WHERE account = ? AND letter = ?", [(owner, id_) for id_ in letters])
    # The last recipient takes the letter itself along.
    db.executemany(
        "DELETE FROM letter WHERE id = ? AND NOT EXISTS (SELECT 1 FROM mail WHERE mail.letter = letter.id)",
        [(id_,) for id_ in letters],
    )
