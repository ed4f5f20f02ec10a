"""How one session gets its events: polls that wait, batches that are out, and the evidence that they arrived.

A *batch* is what one poll2 answer carries. Its letters stay in the mailbox until there is evidence that the client
has them; a batch without evidence goes out again. From the strongest evidence to the weakest:

- The client's next poll names the batch in its ``key`` field. A session that has sent a key once, be it the word
  for "none yet", is known to acknowledge, and for it nothing else counts. This is our clients' use of a field that is
  idle in the protocol.
- The answer was written without an error and the client polls again, or signs out. Old clients give no better
  sign; the service itself had no better one.

A connection that breaks before the answer is written means: not delivered.

Who acknowledges gets all there is in one answer. Who does not gets one event after the other, since many old clients
read the first event of an answer and no other: what they did not read would count as delivered.

::

    NONE --hand out--> OUT --finished--> WRITTEN
      ^                 |                   |
      +--- broken, confirmed, recalled -----+

A batch's number is the id of its last letter. Those ids only rise, so a number that a client kept from before a
restart of the gateway confirms exactly what it was meant for.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from webqq.gateway.mailbox import Letter, Mailbox
from webqq.protocol.ids import QQNumber
from webqq.protocol.status import Status

__all__ = [
    "BATCH_BYTES",
    "BATCH_LETTERS",
    "Batch",
    "BatchInput",
    "BatchState",
    "GapNotice",
    "KickNotice",
    "KickReason",
    "Notice",
    "Receiver",
    "SignalNotice",
    "StatusNotice",
    "Turn",
]

_log = logging.getLogger(__name__)

BATCH_LETTERS = 100
"""Most letters in one answer; the rest follows with the next poll, at once."""

BATCH_BYTES = 256 * 1024
"""Most bytes of content in one answer, unless a single letter has more."""

# A decimal number of 64 bits has no more digits.
_KEY_DIGITS = 19


@dataclass(frozen=True, slots=True)
class StatusNotice:
    """A friend's presence changed. Not kept over a restart; only the latest of a friend counts."""

    number: QQNumber
    status: Status
    client_type: int


@dataclass(frozen=True, slots=True)
class SignalNotice:
    """A friend types, or shook the window. Not kept over a restart; a second one before it was told is the same.

    :param id: another for each, since clients tell repeats apart by it.
    """

    number: QQNumber
    is_shake: bool
    id: int


@dataclass(frozen=True, slots=True)
class GapNotice:
    """So many letters were not kept, since the mailbox was full or they grew too old."""

    letters: int


class KickReason(Enum):
    """Why a session is over. SIGNED_OUT: by another password or by a command."""

    TAKEN_OVER = "taken over"
    SIGNED_OUT = "signed out"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class KickNotice:
    """The session is over; nothing comes after it."""

    reason: KickReason = KickReason.TAKEN_OVER


Notice: TypeAlias = StatusNotice | SignalNotice | GapNotice | KickNotice


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll2 answer carries, oldest first; notices after letters."""

    letters: tuple[Letter, ...]
    notices: tuple[Notice, ...]

    @property
    def number(self) -> int:
        """What acknowledges it; 0 when it holds no letter and needs no acknowledgement."""
        return self.letters[-1].id if self.letters else 0

    @property
    def kick(self) -> KickNotice | None:
        """The session's end, where the batch tells it."""
        return next((notice for notice in self.notices if isinstance(notice, KickNotice)), None)


class BatchState(Enum):
    """Where the newest batch is. OUT: being written. WRITTEN: the kernel has it, and perhaps the client."""

    NONE = "none"
    OUT = "out"
    WRITTEN = "written"


class BatchInput(Enum):
    """What can happen to a batch."""

    HAND_OUT = "hand out"
    FINISHED = "finished"
    BROKEN = "broken"
    CONFIRMED = "confirmed"
    RECALLED = "recalled"


MOVES: Mapping[tuple[BatchState, BatchInput], BatchState] = MappingProxyType(
    {
        (BatchState.NONE, BatchInput.HAND_OUT): BatchState.OUT,
        (BatchState.OUT, BatchInput.FINISHED): BatchState.WRITTEN,
        (BatchState.OUT, BatchInput.BROKEN): BatchState.NONE,
        # A poll on another connection came before this one's writing was reported.
        (BatchState.OUT, BatchInput.CONFIRMED): BatchState.NONE,
        (BatchState.OUT, BatchInput.RECALLED): BatchState.NONE,
        (BatchState.WRITTEN, BatchInput.CONFIRMED): BatchState.NONE,
        (BatchState.WRITTEN, BatchInput.RECALLED): BatchState.NONE,
    }
)


class Turn:
    """One poll2 call, from its arrival until its answer is written or lost. Made by :meth:`Receiver.begin`."""

    def __init__(self, receiver: "Receiver") -> None:
        self._receiver = receiver
        self._woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._batch: Batch | None = None

    async def wait(self, hold: float) -> Batch | None:
        """Return the next batch as soon as there is one, or None: nothing came in ``hold`` seconds, or another
        poll took this one's place, or the connection closed, or the gateway stops.
        """
        if not self._receiver.has_news:
            timer = asyncio.get_running_loop().call_later(hold, self.wake)
            try:
                await self._woken
            finally:
                timer.cancel()
        self._batch = self._receiver.hand_out(self)
        return self._batch

    def wake(self) -> None:
        """Make :meth:`wait` look again and return."""
        if not self._woken.done():
            self._woken.set_result(None)

    def drop(self) -> bool:
        """The connection closed: stop waiting; tell whether it waited."""
        return self._receiver.forget(self)

    def finished(self) -> None:
        """The answer was written without an error."""
        if self._batch is not None:
            self._receiver.finished(self._batch)

    def broken(self) -> None:
        """The answer could not be written."""
        if self._batch is not None:
            self._receiver.broken(self._batch)


class Receiver:
    """The receiving end of one session.

    :param mailbox: of the session's account.
    :param handed: highest letter id that may have been handed out to this session: 0 for a new one; after a
        restart of the gateway the highest id there is.
    """

    def __init__(self, mailbox: Mailbox, handed: int = 0) -> None:
        self._mailbox = mailbox
        self._handed = handed
        self._state = BatchState.NONE
        self._batch: Batch | None = None
        self._acknowledges = False
        self._notices: dict[tuple[QQNumber, bool | None], StatusNotice | SignalNotice] = {}
        self._kick: KickNotice | None = None
        self._turn: Turn | None = None
        self.on_told: Callable[[], None] | None = None
        """Called once a :class:`KickNotice` was written. Not before: a client that asks again and hears that there is
        no such session would sign in again, and kick the other.
        """

    @property
    def state(self) -> BatchState:
        """Where the newest batch is."""
        return self._state

    @property
    def is_waiting(self) -> bool:
        """Whether a poll is held."""
        return self._turn is not None

    @property
    def has_news(self) -> bool:
        """Whether a poll would be answered at once."""
        return bool(self._kick or self._notices or self._mailbox.missed or len(self._mailbox))

    def listen(self) -> None:
        """Be the one whom the mailbox tells of new letters, from now on."""
        self._mailbox.listener = self._wake

    def begin(self, key: str) -> Turn:
        """A poll arrived: weigh what it proves, end the poll that waited before it, and return its turn.

        :param key: what the call acknowledges; empty from a client that never does.
        """
        self._acknowledges = self._acknowledges or bool(key)
        self._weigh(int(key) if key.isascii() and key.isdigit() and len(key) <= _KEY_DIGITS else 0)
        previous, self._turn = self._turn, Turn(self)
        if previous is not None:
            previous.wake()
        return self._turn

    def notify(self, notice: StatusNotice | SignalNotice) -> None:
        """Queue a friend's change of presence, or a signal; it replaces an older one of the same friend."""
        self._notices[_key_of(notice)] = notice
        self._wake()

    def kick(self, reason: KickReason = KickReason.TAKEN_OVER) -> None:
        """The session is over: from now on only a :class:`KickNotice` comes, and letters stay for another one."""
        self._kick = KickNotice(reason)
        self._wake()

    def leave(self) -> None:
        """The client signs out: what was written to it counts as delivered, unless it knows to acknowledge."""
        if self._state is BatchState.WRITTEN and not self._acknowledges:
            self._confirm()
        self.stop()

    def stop(self) -> None:
        """End the poll that waits, if any, with nothing; one that was woken by a kick tells that."""
        if self._kick is not None:
            return
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.wake()

    # For Turn.

    def hand_out(self, turn: Turn) -> Batch | None:
        """Give the next batch to the turn whose time it is; None to any other, or when there is nothing."""
        if self._turn is not turn:
            return None
        self._turn = None
        if not self.has_news:
            return None
        self._move(BatchInput.HAND_OUT)
        self._batch = self._all_there_is() if self._acknowledges else self._next_one()
        self._handed = max(self._handed, self._batch.number)
        return self._batch

    def _all_there_is(self) -> Batch:
        if self._kick is not None:
            return Batch((), (self._kick,))
        notices: tuple[Notice, ...] = tuple(self._notices.values())
        self._notices = {}
        if self._mailbox.missed:
            notices = (GapNotice(self._mailbox.missed), *notices)
        return Batch(self._mailbox.head(BATCH_LETTERS, BATCH_BYTES), notices)

    def _next_one(self) -> Batch:
        """As :meth:`_all_there_is`, for an old client: many of them read the first event of an answer and no other."""
        if self._kick is not None:
            return Batch((), (self._kick,))
        if letters := self._mailbox.head(1, BATCH_BYTES):
            return Batch(letters, ())
        if self._mailbox.missed:
            return Batch((), (GapNotice(self._mailbox.missed),))
        return Batch((), (self._notices.pop(next(iter(self._notices))),))

    def forget(self, turn: Turn) -> bool:
        """The turn's client is gone: nobody is waiting there any more. Tell whether somebody was."""
        was_waiting = self._turn is turn
        if was_waiting:
            self._turn = None
        turn.wake()
        return was_waiting

    def finished(self, batch: Batch) -> None:
        """The batch was written. Nothing changes when the next poll came first and has decided about it."""
        if self._batch is not batch:
            return
        self._move(BatchInput.FINISHED)
        if batch.kick is not None and self.on_told is not None:
            self.on_told()

    def broken(self, batch: Batch) -> None:
        """The batch's connection broke; see :meth:`finished`."""
        if self._batch is batch:
            self._take_back(BatchInput.BROKEN)

    # Evidence.

    def _weigh(self, number: int) -> None:
        """Decide what became of the newest batch, now that the client polls again."""
        if 0 < number <= self._handed:
            self._mailbox.remove_through(number)
        if self._batch is None:
            return
        if self._batch.number <= number <= self._handed and self._batch.number > 0:
            self._confirm()
        elif self._state is BatchState.WRITTEN and (not self._acknowledges or self._batch.number == 0):
            # An old client, which cannot say more than that it is still there; or nothing worth a repeat.
            self._confirm()
        else:
            self._take_back(BatchInput.RECALLED)

    def _confirm(self) -> None:
        self._move(BatchInput.CONFIRMED)
        batch, self._batch = self._batch, None
        if batch is not None:
            self._mailbox.remove_through(batch.number)
            for notice in batch.notices:
                if isinstance(notice, GapNotice):
                    self._mailbox.tell_missed(notice.letters)

    def _take_back(self, why: BatchInput) -> None:
        """Forget the batch; its letters never left the mailbox, its notices return unless newer ones came."""
        self._move(why)
        batch, self._batch = self._batch, None
        for notice in batch.notices if batch is not None else ():
            if isinstance(notice, StatusNotice | SignalNotice):
                self._notices.setdefault(_key_of(notice), notice)

    def _wake(self) -> None:
        if self._turn is not None:
            self._turn.wake()

    def _move(self, event: BatchInput) -> None:
        try:
            state = MOVES[self._state, event]
        except KeyError:
            raise RuntimeError(f"a batch that is {self._state.value} cannot be {event.value}") from None
        _log.debug("batch of %s: %s -> %s (%s)", self._mailbox.owner, self._state.value, state.value, event.value)
        self._state = state


def _key_of(notice: StatusNotice | SignalNotice) -> tuple[QQNumber, bool | None]:
    """Notices with the same key replace each other."""
    return notice.number, notice.is_shake if isinstance(notice, SignalNotice) else None
