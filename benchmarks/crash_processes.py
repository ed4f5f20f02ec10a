"""The processes of the crash test, from their start to their death and their next start."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.processes import ROOT

__all__ = ["Child"]

# Far longer than a start takes on a machine that is busy.
STARTED_WITHIN = 60.0


class Child:
    """A process that says when it is at work, and is started again after each death.

    :param log: gets what it writes to the standard error, of all its lives.
    """

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name = name
        self._arguments = arguments
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._killed_at = 0.0
        self.starts = 0
        self.longest_outage = 0.0
        """Seconds from a kill until it was at work again."""

    async def start(self) -> None:
        """Start it and wait until it is at work.

        :raises RuntimeError: it is not.
        """
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", f"benchmarks.crash_{self.name}", *self._arguments),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.starts += 1
        assert self._process.stdout is not None
        async with asyncio.timeout(STARTED_WITHIN):
            if await self._process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"the {self.name} does not start: {self._last_words()}")
        if self._killed_at:
            self.longest_outage = max(self.longest_outage, time.monotonic() - self._killed_at)

    def aim(self, point: str, passes: int) -> None:
        """Let it die at a point of its own work."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([point, passes]).encode() + b"\n")

    def kill(self) -> None:
        """Send it SIGKILL."""
        if self._process is not None:
            # It may have ended by itself, which wait_killed() tells.
            with suppress(ProcessLookupError):
                self._process.kill()

    async def wait_ended(self) -> None:
        """Wait until it is dead, of whatever."""
        assert self._process is not None
        await self._process.wait()

    async def wait_killed(self) -> None:
        """Wait until it is dead.

        :raises RuntimeError: it ended in another way than by SIGKILL.
        """
        assert self._process is not None
        code = await self._process.wait()
        self._killed_at = time.monotonic()
        if code != -signal.SIGKILL:
            raise RuntimeError(f"the {self.name} ended by itself with code {code}: {self._last_words()}")

    async def end(self) -> None:
        """Kill it, for good."""
        if self._process is not None:
            self.kill()
            await self._process.wait()

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-5:])
