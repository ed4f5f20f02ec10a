"""From a send call to the mailboxes: a letter is on disk for everybody it is for, and only then answered.

Repeats: clients number their messages, and one whose answer got lost may be sent again. A message of the same session
with the same number, recipient and content within :data:`REPEAT_SECONDS` is the same message; it is answered like the
first and delivered once. The number alone does not tell: some clients count from the same start after a restart. A
number that a session gave to different messages tells nothing at all: some clients give all of theirs the same one,
and say the same words twice on purpose.

A full mailbox refuses a friend's message, so that its sender knows. A group's message passes by a member whose
mailbox is full, since one who is away for good must not silence the group; older letters, which were promised, stay.
What passes by, and what waits for longer than :data:`~webqq.gateway.mailbox.MAILBOX_SECONDS`, is counted, and the
account hears how much is missing.

A letter can bring a change of the data file along, and a change any number of letters: all of it is one transaction, so
that no change is untold and nothing is told that did not happen.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from hashlib import blake2b
from typing import TypeAlias, TypeVar

from webqq.gateway import history, members, recents
from webqq.gateway.community import Group
from webqq.gateway.discusses import Discuss, next_discuss_seq
from webqq.gateway.mailbox import MAILBOX_SECONDS, Letter, Mailbox
from webqq.gateway.notes import InDiscuss, InSession, Note, parse_note, serialize_note
from webqq.gateway.sessions import Session
from webqq.gateway.store import Store
from webqq.gateway.tidings import note_size, write_note
from webqq.protocol.content import Content, parse_sent, serialize_sent
from webqq.protocol.ids import GroupNumber, MessageId, QQNumber

__all__ = ["REPEAT_SECONDS", "KeptLetters", "Outcome", "Post", "Tiding", "read_letters"]

_log = logging.getLogger(__name__)

KeptLetters: TypeAlias = Sequence[tuple[QQNumber, Letter]]
"""Letters and whom they are for, oldest first."""

Change: TypeAlias = Callable[[sqlite3.Connection], object]
"""A job that goes into the transaction of a letter."""

Tiding: TypeAlias = tuple[Iterable[QQNumber], Note]
"""Whom to tell, and what."""

T = TypeVar("T")

SEND_SECONDS = 30.0
"""How long a message waits for the disk before its sender is told that nobody knows: longer than for the lock of a
command, after which it is certain that nothing was kept.
"""

REPEAT_SECONDS = 600.0
"""How long a repeat is known as one: longer than any client goes on trying."""


class Outcome(Enum):
    """What became of a message."""

    DELIVERED = auto()
    """It is on disk for all recipients, now or since an earlier try."""
    FULL = auto()
    """The recipient's mailbox has no room; nothing was kept."""
    SILENCED = auto()
    """The sender may not speak in the group for the time being; nothing was kept."""
    UNKNOWN = auto()
    """It waits for the disk and cannot be called back: it may be delivered yet."""


class _Silenced(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as it was sent. ``recipients`` have kept room for it. ``session`` 0: not of one."""

    session: int
    sender: QQNumber
    group: GroupNumber | None
    msg_id: MessageId
    at: float
    content: Content
    text: str
    digest: bytes
    recipients: tuple[QQNumber, ...]
    note: Note | None = None
    change: Change | None = None

    @property
    def size(self) -> int:
        return len(self.text.encode()) + (len(serialize_note(self.note).encode()) if self.note else 0)


@dataclass(frozen=True, slots=True)
class _Notice:
    """What is told to whom: ``recipients`` have kept room for it, ``passed_by`` have none."""

    note: Note
    recipients: tuple[QQNumber, ...]
    passed_by: frozenset[QQNumber]


class Post:
    """Takes messages in and puts them into mailboxes. ``mailboxes`` has one for each account of the community.

    :param clock: seconds since the epoch.
    """

    def __init__(self, store: Store, accounts: Iterable[QQNumber], clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._full: set[QQNumber] = set()
        self._mailboxes = {account: Mailbox(account, self._forget, self._note_gap) for account in accounts}
        self.mailboxes: Mapping[QQNumber, Mailbox] = self._mailboxes

    def load(self) -> int:
        """Fill the mailboxes from the data file, before the store is started; return the highest letter id ever."""
        self._fill(self._store.run(lambda db: read_letters(db, set(self._mailboxes))))
        for account, letters in self._store.run(lambda db: db.execute("SELECT account, letters FROM gap").fetchall()):
            if account in self._mailboxes:
                self._mailboxes[account].missed = letters
        return self._store.run(_last_letter)

    def admit(self, accounts: Iterable[QQNumber], letters: KeptLetters) -> None:
        """Make mailboxes for accounts that have none yet, with the letters that were kept for them."""
        new = {account for account in accounts if account not in self._mailboxes}
        for account in new:
            self._mailboxes[account] = Mailbox(account, self._forget, self._note_gap)
        self._fill((account, letter) for account, letter in letters if account in new)

    def dismiss(self, accounts: Iterable[QQNumber]) -> None:
        """Empty the mailboxes of accounts that were removed. They stay, for what is under way to them."""
        for account in accounts:
            self._mailboxes[account].clear()

    async def to_friend(
        self,
        session: Session,
        friend: QQNumber,
        msg_id: MessageId,
        content: Content,
        *,
        change: Change | None = None,
    ) -> Outcome:
        """Deliver to one account.

        :param change: of the data file, to be made with it. What it raises is raised here, and nothing delivered.
        :raises StoreError: the message could not be written; it was not delivered.
        """
        message = _message(session, f"friend {friend}", msg_id, self._clock(), content, (friend,))
        return await self._to_one(replace(message, change=change))

    async def to_stranger(
        self, session: Session, stranger: QQNumber, through: InSession, msg_id: MessageId, content: Content
    ) -> Outcome:
        """Deliver to one account in a temporary chat.

        :raises StoreError: as :meth:`to_friend`.
        """
        message = _message(session, f"stranger {stranger}", msg_id, self._clock(), content, (stranger,))
        return await self._to_one(replace(message, note=through))

    async def to_group(
        self,
        session: Session,
        group: Group,
        msg_id: MessageId,
        content: Content,
        *,
        echo: bool,
        change: Change | None = None,
    ) -> Outcome:
        """Deliver to the members of a group.

        :param echo: to the sender as well.
        :raises StoreError: as :meth:`to_friend`.
        """
        recipients = tuple(member for member in group.members if echo or member != session.account)
        message = _message(session, f"group {group.number}", msg_id, self._clock(), content, recipients)
        return await self._to_many(replace(message, group=group.number, change=change))

    async def to_discuss(
        self,
        session: Session,
        discuss: Discuss,
        msg_id: MessageId,
        content: Content,
        *,
        echo: bool,
        change: Change | None = None,
    ) -> Outcome:
        """Deliver to the members of a discussion, as :meth:`to_group`."""
        recipients = tuple(member for member in discuss.members if echo or member != session.account)
        message = _message(session, f"discuss {discuss.id}", msg_id, self._clock(), content, recipients)
        note = InDiscuss(discuss=discuss.id, version=discuss.version)
        return await self._to_many(replace(message, note=note, change=change))

    async def tell(
        self, sender: QQNumber, recipients: Iterable[QQNumber], note: Note, change: Change | None = None
    ) -> None:
        """Let accounts know one thing that happened; else as :meth:`tell_all`."""
        await self.tell_all(sender, [(recipients, note)], change or (lambda db: None))

    async def tell_all(
        self,
        sender: QQNumber,
        tidings: Iterable[Tiding],
        change: Callable[[sqlite3.Connection], T],
        on_written: Callable[[T], None] | None = None,
    ) -> T:
        """Change the data file and let accounts know what happened, in one transaction; return what ``change`` did.

        :param change: what happened; where it fails, nobody hears of it.
        :param on_written: told the same once it is on disk, before anybody hears of it.
        :raises StoreError: it could not be written. Whatever ``change`` raises is raised here.
        """
        at, notices = int(self._clock()), [self._notice(recipients, note) for recipients, note in tidings]

        def job(db: sqlite3.Connection) -> tuple[T, list[Letter]]:
            return change(db), [write_note(db, sender, notice.recipients, notice.note, at) for notice in notices]

        def deposit(written: "asyncio.Future[tuple[T, list[Letter]]]") -> None:
            found = None if written.exception() else written.result()
            try:
                if found is not None and on_written is not None:
                    on_written(found[0])
            finally:
                for notice, letter in zip(notices, found[1] if found else [None] * len(notices), strict=True):
                    self._hand_in(notice.recipients, note_size(notice.note), letter)
                    if letter is not None:
                        self._pass_by(notice.passed_by)

        future = self._store.write(job)
        # As for a message.
        future.add_done_callback(deposit)
        result, _ = await asyncio.shield(future)
        return result

    def deposit(self, letters: KeptLetters) -> None:
        """Put letters that a job of the store has just written into the mailboxes there are; nobody kept room."""
        for account, letter in letters:
            if account in self._mailboxes:
                self._mailboxes[account].add(letter)

    def sweep(self) -> None:
        """Remove the letters that have waited for too long, and what is known of repeats that are none any more."""
        before = int(self._clock() - MAILBOX_SECONDS)
        for mailbox in self._mailboxes.values():
            if mailbox.expire(before):
                self._note_gap(mailbox)
        repeats = (self._clock() - REPEAT_SECONDS,)
        self._store.later(lambda db: db.execute("DELETE FROM sent WHERE at < ?", repeats))

    async def _to_one(self, message: _Message) -> Outcome:
        (recipient,) = message.recipients
        if not self._reserve(recipient, message.size):
            return Outcome.FULL
        try:
            await self._deliver(message)
        except TimeoutError:
            return Outcome.UNKNOWN
        return Outcome.DELIVERED

    async def _to_many(self, message: _Message) -> Outcome:
        with_room = self._with_room(message.recipients, message.size)
        try:
            letter = await self._deliver(replace(message, recipients=with_room))
        except _Silenced:
            return Outcome.SILENCED
        except TimeoutError:
            return Outcome.UNKNOWN
        if letter is not None:
            self._pass_by(set(message.recipients).difference(with_room))
        return Outcome.DELIVERED

    def _notice(self, recipients: Iterable[QQNumber], note: Note) -> "_Notice":
        everybody = tuple(recipients)
        with_room = self._with_room(everybody, note_size(note))
        return _Notice(note, with_room, frozenset(everybody).difference(with_room))

    def _with_room(self, recipients: Iterable[QQNumber], size: int) -> tuple[QQNumber, ...]:
        return tuple(account for account in recipients if account in self._mailboxes and self._reserve(account, size))

    def _pass_by(self, accounts: Iterable[QQNumber]) -> None:
        for account in accounts:
            if account in self._mailboxes:
                self._mailboxes[account].missed += 1
                self._note_gap(self._mailboxes[account])

    def _note_gap(self, mailbox: Mailbox) -> None:
        gap = (mailbox.owner, mailbox.missed)
        if mailbox.missed:
            self._store.later(lambda db: db.execute("INSERT OR REPLACE INTO gap (account, letters) VALUES (?, ?)", gap))
        else:
            self._store.later(lambda db: db.execute("DELETE FROM gap WHERE account = ?", gap[:1]))

    def _reserve(self, account: QQNumber, size: int) -> bool:
        if self.mailboxes[account].reserve(size):
            self._full.discard(account)
            return True
        if account not in self._full:
            self._full.add(account)
            _log.warning("the mailbox of %s is full; new messages for it are not kept", account)
        return False

    async def _deliver(self, message: _Message) -> Letter | None:
        future = self._store.write(partial(_write, message))
        # Runs in the order of the commits, and before the sender is answered. Shielded, since a commit cannot be called
        # back when nobody waits for it any more.
        future.add_done_callback(partial(self._deposit, message))
        async with asyncio.timeout(SEND_SECONDS):
            return await asyncio.shield(future)

    def _deposit(self, message: _Message, written: "asyncio.Future[Letter | None]") -> None:
        self._hand_in(message.recipients, message.size, None if written.exception() else written.result())

    def _hand_in(self, recipients: Iterable[QQNumber], size: int, letter: Letter | None) -> None:
        for account in recipients:
            mailbox = self.mailboxes[account]
            mailbox.release(size)
            if letter is not None:
                mailbox.add(letter)

    def _forget(self, owner: QQNumber, letters: Sequence[Letter]) -> None:
        """Letters have arrived: remove them from the disk as well, some time soon."""
        ids = [letter.id for letter in letters]
        self._store.later(lambda db: _delete_mail(db, owner, ids))

    def _fill(self, letters: Iterable[tuple[QQNumber, Letter]]) -> None:
        for account, letter in letters:
            self._mailboxes[account].add(letter)


def _message(
    session: Session, to: str, msg_id: MessageId, at: float, content: Content, recipients: tuple[QQNumber, ...]
) -> _Message:
    text = serialize_sent(content)
    digest = blake2b(f"{to}\n{text}".encode(), digest_size=16).digest()
    return _Message(session.id, session.account, None, msg_id, at, content, text, digest, recipients)


def read_letters(db: sqlite3.Connection, accounts: Container[QQNumber]) -> KeptLetters:
    """Return the letters that are kept for these accounts, oldest first; one for several is the same object."""
    letters: dict[int, Letter] = {}
    found = []
    for account, *fields in db.execute(
        "SELECT mail.account, letter.id, sender, grp, seq, at, content, note FROM mail JOIN letter"
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


def _read_letter(id_: int, sender: int, group: int | None, seq: int, at: int, text: str, note: str | None) -> Letter:
    number = None if group is None else GroupNumber(group)
    size = len(text.encode()) + len((note or "").encode())
    parsed = None if note is None else parse_note(note)
    return Letter(id_, QQNumber(sender), number, seq, at, parse_sent(text), size, parsed)


def _write(message: _Message, db: sqlite3.Connection) -> Letter | None:
    """Write the message and return its letter, or None when it is a repeat."""
    if message.session and not _is_first(db, message):
        return None
    at = int(message.at)
    seq = _note_sender(db, message, at)
    if message.change is not None:
        message.change(db)
    note = serialize_note(message.note) if message.note else None
    cursor = db.execute(
        "INSERT INTO letter (sender, grp, seq, at, content, note) VALUES (?, ?, ?, ?, ?, ?)",
        (message.sender, message.group, seq, at, message.text, note),
    )
    id_ = cursor.lastrowid or 0
    mails = [(account, id_) for account in message.recipients]
    db.executemany("INSERT INTO mail (account, letter) VALUES (?, ?)", mails)
    if not mails:
        db.execute("DELETE FROM letter WHERE id = ?", (id_,))
    discuss = message.note.discuss if isinstance(message.note, InDiscuss) else None
    if message.note is None or discuss is not None:
        said = history.Said(id_, message.sender, message.msg_id, seq, at, message.content)
        history.keep(
            db, history.parties(message.sender, message.recipients, message.group, discuss), said, message.text
        )
    return Letter(id_, message.sender, message.group, seq, at, message.content, message.size, message.note)


def _is_first(db: sqlite3.Connection, message: _Message) -> bool:
    known = db.execute(
        "SELECT digest FROM sent WHERE session = ? AND msg_id = ? AND at >= ?",
        (message.session, message.msg_id, message.at - REPEAT_SECONDS),
    )
    digests = {digest for (digest,) in known}
    sent = (message.session, message.msg_id, message.digest, message.at)
    db.execute("INSERT OR REPLACE INTO sent (session, msg_id, digest, at) VALUES (?, ?, ?, ?)", sent)
    return digests != {message.digest}


def _note_sender(db: sqlite3.Connection, message: _Message, at: int) -> int:
    """Note that the sender wrote, where that is told, and return the message's running number."""
    if message.group is not None:
        if members.is_silenced(db, message.group, message.sender, at):
            raise _Silenced
        members.note_spoken(db, message.group, message.sender, at)
        recents.note(db, message.sender, recents.RecentKind.GROUP, message.group, at)
        return _next_seq(db, message.group)
    if isinstance(message.note, InDiscuss):
        recents.note(db, message.sender, recents.RecentKind.DISCUSS, message.note.discuss, at)
        return next_discuss_seq(db, message.note.discuss)
    if message.note is None:
        (friend,) = message.recipients
        recents.note(db, message.sender, recents.RecentKind.FRIEND, friend, at)
        recents.note(db, friend, recents.RecentKind.FRIEND, message.sender, at)
    return 0


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
