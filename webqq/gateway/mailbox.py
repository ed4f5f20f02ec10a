"""Letters on their way to one account, in memory: what the data file holds for it, oldest first.

A *letter* is a message as the gateway keeps it: numbers of accounts and groups, not the aliases of a session, so
that whoever signs in next can read it. A mailbox belongs to the account, not to a session; letters for somebody
who is away wait in it. It knows nothing of sessions, polls or the disk: who reads sets ``listener``, who keeps the
data file passes ``on_removed``. Pure.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webqq.gateway.notes import Note
from webqq.protocol.content import Content
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["MAILBOX_BYTES", "MAILBOX_LETTERS", "MAILBOX_SECONDS", "Letter", "Mailbox"]

MAILBOX_LETTERS = 2_000
"""Most letters that wait for one account: what a busy group writes in a day or two, and little memory."""

MAILBOX_BYTES = 4 * 2**20
"""Most bytes of content that wait for one account."""

MAILBOX_SECONDS = 90 * 86400.0
"""How long a letter waits for an account that does not fetch it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, the same object in the mailboxes of all who get it.

    :param id: number in the data file, rising in the order of arrival, never used twice.
    :param group: None for a message to a friend.
    :param seq: running number in the group; 0 to a friend.
    :param at: seconds since the epoch.
    :param size: bytes of content and note, for the bound of a mailbox.
    :param note: what it is where it is no plain message to a friend or a group.
    """

    id: int
    sender: QQNumber
    group: GroupNumber | None
    seq: int
    at: int
    content: Content
    size: int
    note: Note | None = None


class Mailbox:
    """The letters that wait for one account.

    :param on_removed: told which letters are not needed any more.
    :param on_told: called when the account has heard how many letters are missing.
    """

    def __init__(
        self,
        owner: QQNumber,
        on_removed: Callable[[QQNumber, Sequence[Letter]], None],
        on_told: Callable[["Mailbox"], None] = lambda mailbox: None,
    ) -> None:
        self.owner = owner
        self.missed = 0
        """How many letters were not kept of which the account has not heard yet."""
        self._on_told = on_told
        self.listener: Callable[[], None] | None = None
        """Called after each letter that was added; the receiver of the account's live session."""
        self._on_removed = on_removed
        self._letters: deque[Letter] = deque()
        self._bytes = 0
        self._reserved_letters = 0
        self._reserved_bytes = 0

    def __len__(self) -> int:
        return len(self._letters)

    def reserve(self, size: int) -> bool:
        """Keep room for a letter that is being written to the disk; False when the mailbox is full."""
        letters = len(self._letters) + self._reserved_letters + 1
        if letters > MAILBOX_LETTERS or self._bytes + self._reserved_bytes + size > MAILBOX_BYTES:
            return False
        self._reserved_letters += 1
        self._reserved_bytes += size
        return True

    def release(self, size: int) -> None:
        """Give back what :meth:`reserve` kept, because the letter is there or will not come."""
        self._reserved_letters -= 1
        self._reserved_bytes -= size

    def add(self, letter: Letter) -> None:
        """Append a letter and tell the listener. Its id must be above all that are there."""
        if self._letters and letter.id <= self._letters[-1].id:
            raise ValueError(f"letter {letter.id} does not come after letter {self._letters[-1].id}")
        self._letters.append(letter)
        self._bytes += letter.size
        if self.listener is not None:
            self.listener()

    def head(self, letters: int, size: int) -> tuple[Letter, ...]:
        """Return the oldest letters, ``letters`` at most and up to ``size`` bytes together, but one at least."""
        chosen: list[Letter] = []
        room = size
        for letter in self._letters:
            room -= letter.size
            if len(chosen) == letters or (chosen and room < 0):
                break
            chosen.append(letter)
        return tuple(chosen)

    def clear(self) -> None:
        """Remove all letters."""
        if self._letters:
            self.remove_through(self._letters[-1].id)

    def expire(self, before: int) -> int:
        """Remove the letters from before this time and count them as missed; return how many they were.

        :param before: seconds since the epoch.
        """
        old = [letter for letter in self._letters if letter.at < before]
        if old:
            self.missed += len(old)
            self.remove_through(old[-1].id)
        return len(old)

    def tell_missed(self, count: int) -> None:
        """The account has heard that so many letters are missing."""
        self.missed -= min(count, self.missed)
        self._on_told(self)

    def remove_through(self, last_id: int) -> None:
        """Remove all letters up to this id; those that are gone already do not matter."""
        removed: list[Letter] = []
        while self._letters and self._letters[0].id <= last_id:
            letter = self._letters.popleft()
            self._bytes -= letter.size
            removed.append(letter)
        if removed:
            self._on_removed(self.owner, removed)
