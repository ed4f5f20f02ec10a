"""The crash test runs and its verdict is right: a few kills for real, the judgement on made-up journals."""

import asyncio
import json
from pathlib import Path

import pytest

from benchmarks import crash
from benchmarks.crash_aim import Aim
from benchmarks.crash_bot import AimedInbox
from benchmarks.crash_ledger import Handled, Ledger, Sent, read_journal
from benchmarks.crash_plan import ACKNOWLEDGED, POINTS, draw_kills
from benchmarks.crash_processes import Child
from tests.client.service import KICK
from webqq.client import Delivery, Outcome
from webqq.client.inbox import MemoryInbox

FIRST, AGAIN = Handled(False, 1, ("FriendMessage", 1)), Handled(True, 2, ("FriendMessage", 1))


def ledger(outcome: Outcome) -> Ledger:
    return Ledger({"1-1": Sent(outcome, "", 0.5)})


def test_no_message_is_lost_over_a_few_kills(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture):
    caplog.set_level("CRITICAL", "webqq")
    assert crash.main(["--kills", "2", "--seed", "9", "--senders", "2"]) == 0, capsys.readouterr().out
    assert "kills: 3" in capsys.readouterr().out


def test_same_seed_kills_alike():
    assert draw_kills(50, 3) == draw_kills(50, 3) != draw_kills(50, 4)


def test_each_point_is_aimed_at():
    aimed = {(act.targets[0], act.point) for act in draw_kills(300, 1) if act.point not in (None, ACKNOWLEDGED)}
    assert aimed == {(name, point) for name, points in POINTS.items() for point in points}


@pytest.mark.parametrize(
    ("outcome", "calls"),
    [
        (Outcome.SENT, [FIRST]),
        (Outcome.SENT, [FIRST, AGAIN, AGAIN]),
        # Stored, and killed before its handler ran.
        (Outcome.SENT, [AGAIN]),
        (Outcome.UNKNOWN, [FIRST]),
    ],
)
def test_what_may_be_is_no_finding(outcome: Outcome, calls: list[Handled]):
    assert ledger(outcome).findings({"1-1": calls}) == []


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.FAILED])
def test_what_was_not_acknowledged_need_not_arrive(outcome: Outcome):
    assert ledger(outcome).findings({}) == []


@pytest.mark.parametrize(
    ("outcome", "handled", "finding"),
    [
        (Outcome.SENT, {}, "lost: 1-1"),
        (Outcome.SENT, {"1-1": [FIRST, FIRST]}, "doubled: 1-1"),
        (Outcome.UNKNOWN, {"1-1": [AGAIN, FIRST]}, "doubled: 1-1"),
        (Outcome.FAILED, {"1-1": [FIRST]}, "said to have failed: 1-1"),
        (Outcome.UNKNOWN, {"1-2": [FIRST]}, "never sent: 1-2"),
    ],
)
def test_what_may_not_be_is_a_finding(outcome: Outcome, handled: dict[str, list[Handled]], finding: str):
    [found] = ledger(outcome).findings(handled)
    assert found.startswith(finding)


def test_tally_counts_each_message_once():
    made = Ledger({name: Sent(Outcome.SENT, "", 0) for name in "abc"} | {"d": Sent(Outcome.UNKNOWN, "", 0)})
    assert made.tally({"a": [FIRST, AGAIN], "b": [FIRST, FIRST]}) == {
        "sent": 4,
        "acknowledged": 3,
        "unknown": 1,
        "failed": 0,
        "handled": 2,
        "handled again": 2,
        "lost": 1,
        "doubled": 1,
    }


def test_journal_is_read_up_to_its_last_whole_line():
    line = json.dumps({"text": "a", "redelivered": True, "process": 2, "event": ["FriendMessage", 1]})
    assert read_journal([line + "\n", line[:20]]) == {"a": [AGAIN]}


class Passed(Aim):
    """Notes the points instead."""

    def __init__(self) -> None:
        super().__init__()
        self.points: list[str] = []

    def passing(self, point: str) -> None:
        self.points.append(point)


def test_bot_passes_a_point_on_each_side_of_each_write():
    aim = Passed()

    class Noted(MemoryInbox):
        async def put(self, events: object) -> list[Delivery]:
            aim.points.append("put")
            return []

        async def done(self, delivery: Delivery) -> None:
            aim.points.append("done with")

    async def pass_all() -> None:
        inbox = AimedInbox(Noted(), aim)
        await inbox.put([])
        await inbox.done(Delivery(KICK))

    asyncio.run(pass_all())
    assert aim.points == ["polled", "put", "stored", "done with", "done"]


def test_process_that_ends_by_itself_is_told(tmp_path: Path):
    async def start() -> None:
        child = Child("gateway", ("--data",), tmp_path / "log")
        with pytest.raises(RuntimeError, match="expected one argument"):
            await child.start()
        with pytest.raises(RuntimeError, match="ended by itself with code 2"):
            await child.wait_killed()

    asyncio.run(start())
