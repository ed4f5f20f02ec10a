"""The command behind ``scripts/crash``: kills a gateway and a bot under load, and looks for messages that got lost.

Senders of their own accounts write to the bot and to a group that it is in. The gateway and the bot are processes that
die by SIGKILL, at any moment and at points around each of their writes, and are started again. Between our client and
our gateway no message that was acknowledged may be lost, and none may be handled twice unless it is marked as
redelivered; and none that is said to have failed may arrive.

The kills, and what each sender sends, follow from the seed; which moment they meet does not.
"""

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crash_ledger import Handled, Ledger, read_journal
from benchmarks.crash_load import Sender
from benchmarks.crash_plan import ACKNOWLEDGED, Kill, draw_kills
from benchmarks.crash_processes import Child
from benchmarks.processes import free_ports
from webqq.client import WebQQClient, gateway_stream

__all__ = ["main"]

BOT, GROUP, FIRST_SENDER = 100_000, 900_100, 200_000
# Seconds from when a kill is aimed until it is done from outside, where its point is not passed.
AIMED_WITHIN = 5.0
# Seconds without a message handled after which no more will come: a poll waits at most 30 after an outage.
SETTLED_AFTER = 60.0


@dataclass
class Crash:
    """The run's state.

    :param trigger: what waits for an acknowledgement, if anything does.
    """

    folder: Path
    gateway: Child
    bot: Child
    ledger: Ledger = field(default_factory=Ledger)
    killed: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    is_over: bool = False
    trigger: "Trigger | None" = None

    def child(self, name: str) -> Child:
        return {"gateway": self.gateway, "bot": self.bot}[name]

    def handled(self) -> dict[str, list[Handled]]:
        """What the bot's journal tells by now."""
        try:
            with (self.folder / "journal").open(encoding="utf-8") as lines:
                return read_journal(lines)
        except FileNotFoundError:
            return {}

    def note_acknowledged(self) -> None:
        """A sender has read that a message was taken."""
        if self.trigger is not None:
            self.trigger.passing()


class Trigger:
    """Kills when a sender has read the so-manieth acknowledgement."""

    def __init__(self, children: Sequence[Child], passes: int) -> None:
        self._children = children
        self._left = passes

    def passing(self) -> None:
        self._left -= 1
        if self._left == 0:
            for child in self._children:
                child.kill()


async def kill(crash: Crash, act: Kill) -> None:
    """Kill as planned, and start again what died: the gateway first, since a bot does not start without."""
    children = [crash.child(name) for name in act.targets]
    await asyncio.sleep(act.calm)
    if act.point == ACKNOWLEDGED:
        crash.trigger = Trigger(children, act.passes)
    elif act.point is not None:
        children[0].aim(act.point, act.passes)
    if act.point is None or not await died(children):
        for child in children:
            child.kill()
        crash.killed[act.kind if act.point is None else f"{' and '.join(act.targets)}, point not reached"] += 1
    else:
        crash.killed[act.kind] += 1
    crash.trigger = None
    for child in children:
        try:
            await child.wait_killed()
        except RuntimeError as error:
            crash.findings.append(str(error))
        await child.start()


async def died(children: Sequence[Child]) -> bool:
    """Whether all die of themselves, soon."""
    try:
        async with asyncio.timeout(AIMED_WITHIN):
            for child in children:
                await child.wait_ended()
    except TimeoutError:
        return False
    return True


def write_community(folder: Path, senders: Sequence[int]) -> Path:
    """Senders who are friends of the bot, and a group of all."""
    accounts = [(BOT, "bot"), *((number, f"sender {number}") for number in senders)]
    lines = []
    for number, nick in accounts:
        friends = list(senders) if number == BOT else [BOT]
        lines += ["[[account]]", f"number = {number}", f'nick = "{nick}"', f'password = "{number}"']
        lines.append(f"friends = {friends}")
    members = [number for number, _ in accounts]
    lines += ["[[group]]", f"number = {GROUP}", 'name = "group"', f"owner = {BOT}", f"members = {members}", ""]
    path = folder / "community.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def prepare(folder: Path, senders: Sequence[int]) -> tuple[str, Crash]:
    """The gateway's address, and processes that are not started yet."""
    community = write_community(folder, senders)
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    served = ("--data", str(folder / "gateway"), "--community", str(community), "--port", str(port))
    files = ("--data", str(folder / "bot"), "--journal", str(folder / "journal"))
    answering = ("--url", url, "--account", str(BOT), "--password", str(BOT), *files)
    gateway = Child("gateway", served, folder / "gateway.log")
    return url, Crash(folder, gateway, Child("bot", answering, folder / "bot.log"))


@asynccontextmanager
async def signed_in(url: str, number: int) -> AsyncIterator[WebQQClient]:
    """A sender's client, which receives what the group gets, and forgets it."""
    async with gateway_stream(url) as stream:
        client = WebQQClient(stream, number, str(number), interval=0)
        await client.start()
        try:
            yield client
        finally:
            await client.close()


async def run(options: argparse.Namespace, folder: Path) -> Crash:
    """All kills, and the end of all messages."""
    numbers = [FIRST_SENDER + index for index in range(options.senders)]
    url, crash = prepare(folder, numbers)
    async with AsyncExitStack() as stack:
        for child in (crash.bot, crash.gateway):
            stack.push_async_callback(child.end)
        await crash.gateway.start()
        await crash.bot.start()
        clients = [await stack.enter_async_context(signed_in(url, number)) for number in numbers]
        senders = [
            Sender(
                client,
                crash.ledger,
                random.Random(f"{options.seed} {client.account}"),  # noqa: S311  # nothing secret hangs on it
                len(numbers) / options.rate,
                crash.note_acknowledged,
            )
            for client in clients
        ]
        sending = [asyncio.ensure_future(sender.run(lambda: crash.is_over)) for sender in senders]
        for number, act in enumerate(draw_kills(options.kills, options.seed), 1):
            await kill(crash, act)
            if number % 10 == 0:
                print(f"{number} kills, {len(crash.ledger.sent)} messages", flush=True)
        crash.is_over = True
        await asyncio.gather(*sending)
        await settle(crash, senders)
    return crash


async def settle(crash: Crash, senders: Sequence[Sender]) -> None:
    """Let everything that is to come come: what was sent, then, on processes that begin anew, a last message."""
    await until_handled(crash)
    await kill(crash, Kill(("gateway", "bot"), None, 0.0))
    # Whatever would come again has come by the time that these are there: mailboxes and inbox keep the order.
    for sender in senders:
        await sender.send_last()
    await until_handled(crash)


async def until_handled(crash: Crash) -> None:
    """Wait until all acknowledged messages are handled, or until no more comes."""
    missing, since = len(crash.ledger.sent), time.monotonic()
    while left := len(crash.ledger.missing(crash.handled())):
        if left != missing:
            missing, since = left, time.monotonic()
        elif time.monotonic() - since > SETTLED_AFTER:
            return
        await asyncio.sleep(0.2)


def report(crash: Crash, handled: Mapping[str, list[Handled]]) -> list[str]:
    """The tally, line by line."""
    lines = [f"{name}: {count}" for name, count in crash.ledger.tally(handled).items()]
    lines.append(f"kills: {crash.killed.total()}")
    lines += [f"  {kind}: {count}" for kind, count in sorted(crash.killed.items())]
    for child in (crash.gateway, crash.bot):
        lines.append(f"{child.name}: started {child.starts} times, longest outage {child.longest_outage:.1f} s")
    return lines


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/crash", description="Kill gateway and bot, and look for messages.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--rate", type=float, default=40.0, help="messages a second of all senders, about")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 where the invariant holds; else the folder with all files stays."""
    options = parse(arguments)
    folder = Path(tempfile.mkdtemp(prefix="crash-", dir="/var/tmp"))
    crash = asyncio.run(run(options, folder))
    handled = crash.handled()
    findings = crash.findings + crash.ledger.findings(handled)
    print("\n".join(report(crash, handled)))
    for finding in findings:
        print(f"WRONG: {finding}")
    if findings:
        print(f"verdict: something is wrong; see {folder}")
        return 1
    shutil.rmtree(folder)
    print("verdict: no message is lost, and none is handled twice without a mark")
    return 0


if __name__ == "__main__":
    # Outages are the subject; the outcomes are judged, not the log.
    logging.getLogger("webqq").setLevel(logging.CRITICAL)
    sys.exit(main())
