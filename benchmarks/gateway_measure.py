"""What a gateway costs: held polls, messages by pairs of accounts, and messages to a large group."""

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.clients.harness import PAGE
from benchmarks.gateway_line import Line, poll_request, send_request
from webqq.protocol.calls import NO_BATCH

__all__ = ["Holders", "PairsResult", "Server", "deliver_in_pairs", "deliver_to_group"]

Session = Mapping[str, Any]

# Connections opened at a time, so that the backlog does not overflow.
_BATCH = 200
_QUIET = 2.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A measured process."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of its processor time by now, in steps of 1/100."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident(self) -> int:
        """Bytes of its resident memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE


class Holders:
    """Polls of many sessions that wait, and are asked again whenever they are answered."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._tasks: list[asyncio.Task[None]] = []
        self._lines: list[Line] = []
        self._answered_at = time.perf_counter()
        self._messages: asyncio.Queue[float] = asyncio.Queue()

    def __len__(self) -> int:
        return len(self._lines)

    async def hold(self, sessions: Sequence[Session]) -> None:
        """Begin to poll for all of them, and wait until no answer comes for a while: presence has settled then."""
        for begin in range(0, len(sessions), _BATCH):
            some = sessions[begin : begin + _BATCH]
            lines = await asyncio.gather(*(Line.open(self._server.port) for _ in some))
            self._lines += lines
            self._tasks += [
                asyncio.ensure_future(self._poll(line, session)) for line, session in zip(lines, some, strict=True)
            ]
            await asyncio.sleep(0)
        while time.perf_counter() - self._answered_at < _QUIET:  # noqa: ASYNC110  # quiet is no event
            await asyncio.sleep(0.1)
        self.check()

    async def _poll(self, line: Line, session: Session) -> None:
        key = NO_BATCH
        while True:
            body = await line.ask(poll_request(session, key))
            self._answered_at = time.perf_counter()
            if number := json.loads(body).get("key"):
                key = number
                self._messages.put_nowait(self._answered_at)

    async def messages(self, number: int) -> list[float]:
        """Wait for so many answers with messages; return the moments at which they came."""
        return [await self._messages.get() for _ in range(number)]

    def check(self) -> None:
        """Raise what ended a poll, if anything did."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines:
            line.close()


@dataclass
class PairsResult:
    """Of one round.

    :param latencies: seconds from the moment a message is sent until its receiver has it.
    """

    pairs: int
    wall: float
    cpu: float
    latencies: list[float] = field(default_factory=list)


async def deliver_in_pairs(
    server: Server, sessions: Sequence[Session], pairs: int, ids: "count[int]", *, is_bare: bool = False
) -> PairsResult:
    """Send ``pairs`` messages in all, each taken by a poll: two requests. Accounts 2k + 1 send to accounts 2k.

    The bare handler gets the same requests, and answers both at once.
    """
    async with AsyncExitStack() as stack:
        lines = [await Line.open(server.port) for _ in sessions]
        for line in lines:
            stack.callback(line.close)
        couples = [_Couple(lines[at : at + 2], sessions[at : at + 2], is_bare) for at in range(0, len(lines), 2)]
        cpu, began = server.cpu(), time.perf_counter()
        latencies = await asyncio.gather(*(couple.talk(pairs // len(couples), ids) for couple in couples))
        wall, cpu = time.perf_counter() - began, server.cpu() - cpu
    done = [latency for of_one in latencies for latency in of_one]
    return PairsResult(len(done), wall, cpu, done)


class _Couple:
    def __init__(self, lines: Sequence[Line], sessions: Sequence[Session], is_bare: bool) -> None:
        self._to, self._by = lines
        self._receiver, self._sender = sessions
        self._is_bare = is_bare
        self._key = NO_BATCH

    async def talk(self, messages: int, ids: "count[int]") -> list[float]:
        latencies = []
        for _ in range(messages):
            received = asyncio.ensure_future(self._receive())
            began = time.perf_counter()
            sent = self._by.ask(send_request(self._sender, next(ids)))
            body = json.loads(await sent)
            if body["retcode"] != 0:
                raise RuntimeError(f"a message was refused: {body}")
            latencies.append(await received - began)
        return latencies

    async def _receive(self) -> float:
        """Poll until a message comes; what else comes is of no interest. When it came."""
        while True:
            answer = json.loads(await self._to.ask(poll_request(self._receiver, self._key)))
            came = time.perf_counter()
            if self._is_bare:
                return came
            if answer.get("key"):
                self._key = answer["key"]
                return came


async def deliver_to_group(
    server: Server, sender: Session, holders: Holders, members: int, messages: int, ids: "count[int]"
) -> list[dict[str, float]]:
    """Send to a group, one message after the other; seconds until each is acknowledged, and until the last of the
    ``members`` that hold a poll has it.
    """
    line = await Line.open(server.port)
    figures = []
    for _ in range(messages):
        cpu, began = server.cpu(), time.perf_counter()
        body = json.loads(await line.ask(send_request(sender, next(ids), to_group=True)))
        acknowledged = time.perf_counter() - began
        if body["retcode"] != 0:
            raise RuntimeError(f"a message to the group was refused: {body}")
        last = max(await holders.messages(members)) - began
        figures.append({"acknowledged": acknowledged, "last": last, "cpu": server.cpu() - cpu})
    line.close()
    return figures
