"""When the next of many waiting things is due."""

from dataclasses import dataclass
from math import inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.deadlines import SLOT, Deadlines


@dataclass(eq=False)
class Item:
    deadline: float
    slot: int | None = None


def watching(*times: float) -> tuple[Deadlines[Item], list[Item]]:
    deadlines: Deadlines[Item] = Deadlines()
    items = [Item(time) for time in times]
    for item in items:
        deadlines.add(item)
    return deadlines, items


def test_nothing_waits_nothing_is_due() -> None:
    deadlines, _ = watching()
    assert deadlines.next_due() is None
    assert deadlines.pop_due(1e9) == []


def test_due_items_come_in_the_order_of_their_deadlines() -> None:
    deadlines, (late, early, middle) = watching(30, 10, 20)
    assert deadlines.pop_due(9.999) == []
    assert deadlines.pop_due(25) == [early, middle]
    assert deadlines.pop_due(30) == [late]
    assert len(deadlines) == 0


def test_deadlines_of_one_slot_are_exact() -> None:
    deadlines, (first, second) = watching(10.01, 10.02)
    assert int(10.01 / SLOT) == int(10.02 / SLOT)
    assert deadlines.next_due() == 10.01
    assert deadlines.pop_due(10.01) == [first]
    assert deadlines.next_due() == 10.02
    assert deadlines.pop_due(10.02) == [second]


def test_infinite_deadline_is_not_watched() -> None:
    deadlines, (item,) = watching(inf)
    assert (len(deadlines), deadlines.next_due(), item.slot) == (0, None, None)
    deadlines.discard(item)


def test_discarded_item_is_never_due() -> None:
    deadlines, (item, other) = watching(10, 10)
    deadlines.discard(item)
    deadlines.discard(item)
    assert deadlines.pop_due(10) == [other]
    assert deadlines.next_due() is None


def test_item_moved_to_a_later_time_needs_no_call() -> None:
    deadlines, (moved, other) = watching(10, 10 + 2 * SLOT)
    moved.deadline = 100
    due = deadlines.next_due()
    assert due is not None
    assert due <= 10 + SLOT, "another may be due soon after its old slot"
    assert deadlines.pop_due(due) == []
    assert deadlines.next_due() == other.deadline
    assert deadlines.pop_due(99) == [other]
    assert deadlines.pop_due(100) == [moved]


def test_item_moved_to_never_is_let_go() -> None:
    deadlines, (item,) = watching(10)
    item.deadline = inf
    assert deadlines.pop_due(11) == []
    assert (item.slot, len(deadlines)) == (None, 0)


@given(st.lists(st.floats(0, 100), max_size=30), st.lists(st.floats(0, 120), max_size=10), st.data())
def test_it_agrees_with_a_plain_list(times: list[float], moments: list[float], data: st.DataObject) -> None:
    deadlines, items = watching(*times)
    kept = [item for item in items if data.draw(st.booleans())]
    for item in items:
        if item not in kept:
            deadlines.discard(item)
    for now in sorted(moments):
        due = deadlines.pop_due(now)
        assert set(map(id, due)) == {id(item) for item in kept if item.deadline <= now}
        assert [item.deadline for item in due] == sorted(item.deadline for item in due)
        kept = [item for item in kept if item not in due]
        following = deadlines.next_due()
        assert (following is None) == (not kept)
        if following is not None:
            assert now <= following <= min(item.deadline for item in kept)


moves = st.lists(st.tuples(st.sampled_from(["later", "earlier", "drop", "pass"]), st.floats(0, 40)), max_size=25)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=8), moves, st.randoms())
def test_it_agrees_with_a_plain_list_while_deadlines_move(
    times: list[float], changes: list[tuple[str, float]], chance: Any
) -> None:
    deadlines, kept = watching(*times)
    now = 0.0
    for change, amount in changes:
        if change == "pass":
            now += amount
            assert set(map(id, deadlines.pop_due(now))) == {id(item) for item in kept if item.deadline <= now}
            kept = [item for item in kept if item.deadline > now]
        elif kept:
            item = chance.choice(kept)
            if change == "later":
                item.deadline += amount
            else:
                # As the stream does it: an earlier time must be told.
                deadlines.discard(item)
                if change == "drop":
                    kept.remove(item)
                else:
                    item.deadline = max(now, item.deadline - amount)
                    deadlines.add(item)
        following = deadlines.next_due()
        assert (following is None) == (not kept)
        if following is not None:
            assert following <= min(item.deadline for item in kept)
        assert len(deadlines) == len(kept)


def test_slots_are_let_go_with_their_items() -> None:
    deadlines, items = watching(*(SLOT * number for number in range(100)))
    for item in items:
        deadlines.discard(item)
    assert deadlines.next_due() is None
    assert (deadlines._slots, deadlines._order) == ({}, [])


def test_watching_a_thousand_looks_at_few() -> None:
    """What is due next is found in one slot, however many wait elsewhere."""
    looked = 0

    class Counting(Item):
        def __getattribute__(self, name: str) -> Any:
            nonlocal looked
            looked += name == "deadline"
            return super().__getattribute__(name)

    deadlines: Deadlines[Item] = Deadlines()
    for number in range(1000):
        deadlines.add(Counting(100 + number))
    looked = 0
    for now in range(100):
        deadlines.next_due()
        assert deadlines.pop_due(now) == []
    assert looked <= 100


def test_young_item_moved_within_its_youth_is_not_in_time() -> None:
    deadlines: Deadlines[Item] = Deadlines()
    item, old = Item(100.0), Item(100.0)
    assert deadlines.watch(item, now=10.0) == 10.0 + SLOT
    item.deadline = 10.0 + SLOT
    assert deadlines.is_in_time(item)
    item.deadline = 10.0 + SLOT / 2
    assert not deadlines.is_in_time(item)
    deadlines.add(old)
    old.deadline = 50.0
    assert not deadlines.is_in_time(old), "its slot comes up when its old deadline is near"


def test_item_that_grew_up_has_the_deadline_it_was_moved_to() -> None:
    deadlines: Deadlines[Item] = Deadlines()
    item = Item(100.0)
    deadlines.watch(item, now=10.0)
    item.deadline = 12.0
    assert deadlines.pop_due(11.0) == []
    assert deadlines.next_due() == 12.0
    assert deadlines.pop_due(12.0) == [item]


def test_young_item_that_ended_is_not_kept() -> None:
    deadlines: Deadlines[Item] = Deadlines()
    item = Item(100.0)
    deadlines.watch(item, now=10.0)
    deadlines.discard(item)
    assert (len(deadlines), deadlines.next_due(), item.slot) == (0, None, None)
