"""What one turn of the loop brings, done together."""

from collections.abc import Callable

import mock
import pytest

from webqq.httpstream.turn import FEW, GROUP, Turn

READ = 1


class Loop:
    """What is called in the next turn, called when told."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []

    def turn(self) -> None:
        soon, self.soon = self.soon, []
        for callback in soon:
            callback()


class Connection:
    """Notes when it is served, and lets ``then`` follow."""

    def __init__(self, name: str, log: list[str], then: Callable[[], None] = lambda: None) -> None:
        self.name, self.log, self.then = name, log, then

    def read_ahead(self) -> None:
        self.log.append(f"{self.name} read")

    def serve(self, events: int) -> None:
        assert events == READ
        self.log.append(self.name)
        self.then()


class Request:
    def __init__(self, name: str, log: list[str]) -> None:
        self.name, self.log = name, log

    def send(self) -> None:
        self.log.append(f"{self.name} sent")


class Setting:
    def __init__(self, under_way: int = FEW + 1) -> None:
        self.loop = Loop()
        self.log: list[str] = []
        self.turn = Turn(lambda callback: self.loop.soon.append(callback), range(under_way))

    def take(self, name: str, then: Callable[[], None] = lambda: None) -> None:
        self.turn.take(Connection(name, self.log, then), READ)

    def send(self, name: str) -> None:
        self.turn.put_off(Request(name, self.log))


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_first_is_served_at_once_and_the_others_in_their_order_in_the_next_turn(setting: Setting) -> None:
    for name in "abc":
        setting.take(name)
    assert setting.log == ["a"]
    setting.loop.turn()
    assert setting.log == ["a", "b read", "c read", "b", "c"]


def test_what_is_put_off_is_sent_after_all_are_served(setting: Setting) -> None:
    setting.take("a")
    setting.take("b", lambda: setting.send("1"))
    setting.take("c", lambda: setting.send("2"))
    setting.loop.turn()
    assert setting.log == ["a", "b read", "c read", "b", "c", "1 sent", "2 sent"]


def test_what_is_put_off_beside_the_served_goes_out_in_the_next_turn(setting: Setting) -> None:
    setting.take("a")
    setting.send("1")
    setting.loop.turn()
    assert setting.log == ["a", "1 sent"]


def test_turn_ends_when_nothing_came_any_more(setting: Setting) -> None:
    setting.take("a")
    assert setting.turn.is_open
    setting.take("b")
    setting.loop.turn()
    assert setting.turn.is_open
    setting.loop.turn()
    assert not setting.turn.is_open
    assert not setting.loop.soon
    setting.take("c")
    assert setting.log == ["a", "b read", "b", "c"]


def test_no_more_than_a_group_is_read_before_it_is_served(setting: Setting) -> None:
    names = [str(number) for number in range(GROUP + 2)]
    setting.take("a")
    for name in names:
        setting.take(name)
    setting.loop.turn()
    first, rest = names[:GROUP], names[GROUP:]
    told = [f"{name} read" for name in first] + first + [f"{name} read" for name in rest] + rest
    assert setting.log == ["a", *told]


def test_tasks_that_were_woken_come_before_the_end_of_the_turn(setting: Setting) -> None:
    setting.take("a")
    setting.take("b", lambda: setting.loop.soon.append(lambda: setting.send("1")))
    setting.loop.turn()
    setting.loop.turn()
    assert setting.log == ["a", "b read", "b", "1 sent"]


def test_where_few_exchanges_are_under_way_no_turn_is_opened() -> None:
    setting = Setting(under_way=FEW)
    setting.take("a")
    assert not setting.turn.is_open
    assert not setting.loop.soon


def test_without_a_next_turn_nothing_is_put_off() -> None:
    turn = Turn(None, range(9))
    log: list[str] = []
    for name in "ab":
        turn.take(Connection(name, log), READ)
    assert log == ["a", "b"]
    assert not turn.is_open


def test_what_one_raises_the_loop_is_told_and_the_others_are_served(setting: Setting) -> None:
    setting.take("a")
    setting.take("b", mock.Mock(side_effect=LookupError("b")))
    setting.take("c", lambda: setting.send("1"))
    with pytest.raises(LookupError):
        setting.loop.turn()
    setting.loop.turn()
    assert [said for said in setting.log if "read" not in said] == ["a", "b", "c", "1 sent"]


def test_what_sending_leads_to_is_put_off_to_the_turn_after(setting: Setting) -> None:
    setting.take("a")
    again = mock.Mock()
    again.send.side_effect = lambda: setting.turn.put_off(again)
    setting.turn.put_off(again)
    setting.loop.turn()
    assert again.send.call_count == 1


def test_repr_tells_what_is_put_off(setting: Setting) -> None:
    setting.take("a")
    setting.take("b")
    setting.send("1")
    assert repr(setting.turn) == "<Turn 1 ready, 1 unsent>"
