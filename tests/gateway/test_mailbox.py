from collections.abc import Sequence

import pytest

from tests.gateway.helpers import BOT, PERSON
from webqq.gateway.mailbox import MAILBOX_BYTES, MAILBOX_LETTERS, Letter, Mailbox
from webqq.protocol.content import Content
from webqq.protocol.ids import QQNumber


def letter(id_: int, size: int = 10) -> Letter:
    return Letter(id_, PERSON, None, 0, 1_700_000_000, Content((f"text {id_}",)), size)


class Box:
    """A mailbox, and what it said."""

    def __init__(self, *letters: Letter) -> None:
        self.removed: list[int] = []
        self.box = Mailbox(BOT, self._on_removed)
        for each in letters:
            self.box.add(each)

    def _on_removed(self, owner: QQNumber, letters: Sequence[Letter]) -> None:
        assert owner == BOT
        self.removed += [each.id for each in letters]

    def ids(self, letters: int = 100, size: int = 1000) -> list[int]:
        return [each.id for each in self.box.head(letters, size)]


def test_letters_come_out_oldest_first() -> None:
    assert Box(letter(3), letter(5), letter(9)).ids() == [3, 5, 9]


def test_looking_at_letters_leaves_them_there() -> None:
    box = Box(letter(1))
    assert box.ids() == box.ids() == [1]
    assert len(box.box) == 1


def test_head_is_bounded_by_number_and_by_size() -> None:
    box = Box(*(letter(id_) for id_ in range(1, 6)))
    assert box.ids(letters=2) == [1, 2]
    assert box.ids(size=35) == [1, 2, 3]


def test_head_gives_one_letter_however_large() -> None:
    assert Box(letter(1, size=5000), letter(2)).ids() == [1]
    assert Box().ids() == []


def test_removed_are_all_up_to_an_id_and_reported() -> None:
    box = Box(letter(1), letter(2), letter(5))
    box.box.remove_through(3)
    assert box.ids() == [5]
    assert box.removed == [1, 2]
    box.box.remove_through(3)
    assert box.removed == [1, 2]


def test_listener_hears_of_each_letter() -> None:
    box, heard = Box(letter(1)), list[int]()
    box.box.listener = lambda: heard.append(len(box.box))
    box.box.add(letter(2))
    assert heard == [2]


def test_letter_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="letter 4 does not come after letter 4"):
        Box(letter(4), letter(4))


def test_number_of_letters_is_bounded() -> None:
    box = Box(*(letter(id_, size=1) for id_ in range(1, MAILBOX_LETTERS)))
    assert box.box.reserve(1)
    assert not box.box.reserve(1)
    box.box.release(1)
    assert box.box.reserve(1)


def test_bytes_of_letters_are_bounded_and_given_back() -> None:
    box = Box(letter(1, size=MAILBOX_BYTES - 10))
    assert not box.box.reserve(11)
    assert box.box.reserve(10)
    assert not box.box.reserve(1)
    box.box.remove_through(1)
    assert box.box.reserve(MAILBOX_BYTES - 10)


def test_letters_that_wait_too_long_go_and_are_counted() -> None:
    removed: list[int] = []
    told: list[int] = []
    box = Mailbox(
        BOT, lambda owner, letters: removed.extend(each.id for each in letters), lambda box: told.append(box.missed)
    )
    for number in (1, 2, 3):
        box.add(Letter(number, PERSON, None, 0, number * 10, Content(("x",)), 1))
    assert box.expire(25) == 2
    assert (removed, len(box), box.missed) == ([1, 2], 1, 2)
    assert box.expire(25) == 0
    box.tell_missed(5)
    assert (box.missed, told) == (0, [0])
