"""When the next of many waiting things is due: one timer can serve them all.

Items lie in slots of :data:`SLOT` seconds. Adding and dropping one costs the same however many wait, and an item
whose deadline was moved to a later time needs no call at all: it is put into its new slot when the old one comes up.
Young ones lie apart at first: most have ended before anybody would look at them.
Pure: the time is an argument.
"""

import heapq
from math import inf
from typing import Generic, Protocol, TypeVar

__all__ = ["SLOT", "YOUNG", "Deadlines", "Expiring"]

SLOT = 0.25
"""Seconds that share a slot: wide, since most deadlines never pass. Deadlines themselves are exact."""

YOUNG = -1
"""In place of a slot: the item has none yet."""


class Expiring(Protocol):
    """What can be watched: ``deadline`` is absolute, in seconds; ``slot`` belongs to :class:`Deadlines`."""

    deadline: float
    slot: int | None


T = TypeVar("T", bound=Expiring)


class Deadlines(Generic[T]):
    """Items by the time at which each must have ended."""

    __slots__ = ("_order", "_slots", "_young", "_young_due")

    def __init__(self) -> None:
        self._slots: dict[int, set[T]] = {}
        self._order: list[int] = []
        self._young: set[T] = set()
        self._young_due = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._slots.values())) + len(self._young)

    def watch(self, item: T, now: float) -> float | None:
        """As :meth:`add`, for an item that will probably have ended within :data:`SLOT` seconds.

        Returns when to look, where that has changed.
        """
        if item.deadline < now + SLOT:
            self.add(item)
            return item.deadline
        item.slot = YOUNG
        young = self._young
        if young:
            young.add(item)
            return None
        young.add(item)
        self._young_due = now + SLOT
        return self._young_due

    def add(self, item: T) -> None:
        """Watch ``item`` until its ``deadline``; an infinite one is not watched."""
        if item.deadline == inf:
            return
        slot = int(item.deadline / SLOT)
        items = self._slots.get(slot)
        if items is None:
            self._slots[slot] = {item}
            heapq.heappush(self._order, slot)
        else:
            items.add(item)
        item.slot = slot

    def is_in_time(self, item: T) -> bool:
        """Whether ``item``, watched and moved to an earlier deadline, will be looked at before that all the same."""
        return item.slot == YOUNG and item.deadline >= self._young_due

    def discard(self, item: T) -> None:
        """Stop watching ``item``; it need not have been watched."""
        slot = item.slot
        if slot is not None:
            item.slot = None
            (self._young if slot == YOUNG else self._slots[slot]).discard(item)

    def next_due(self) -> float | None:
        """The earliest time at which :meth:`pop_due` can have something to do, or None while nothing waits."""
        due = self._next_slot_due()
        if self._young:
            return self._young_due if due is None else min(due, self._young_due)
        return due

    def _next_slot_due(self) -> float | None:
        while self._order:
            items = self._slots[self._order[0]]
            if items:
                # Items may have been moved to a later time: then the slot's end is when to look again.
                return min(min(item.deadline for item in items), (self._order[0] + 1) * SLOT)
            del self._slots[heapq.heappop(self._order)]
        return None

    def pop_due(self, now: float) -> list[T]:
        """Stop watching, and return, each item whose deadline is not after ``now``."""
        if self._young and now >= self._young_due:
            self._grow_up()
        due: list[T] = []
        later: list[T] = []
        while self._order and self._order[0] * SLOT <= now:
            for item in self._slots.pop(heapq.heappop(self._order)):
                item.slot = None
                (due if item.deadline <= now else later).append(item)
        for item in later:
            self.add(item)
        return sorted(due, key=lambda item: item.deadline)

    def _grow_up(self) -> None:
        young, self._young = self._young, set()
        for item in young:
            item.slot = None
            self.add(item)
