"""Other people's programs, run for the time of the tests."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import TypeVar

import pytest

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds that a program gets to listen, and a test to end; none comes near."""
STEP = 0.02
"""Seconds between two looks at a program that does not listen yet."""
PORTS = range(20_000, 30_000)
"""Below those that systems hand out by themselves: no socket of a test that runs beside these gets one by chance."""
LOG_SHOWN = 4000
"""Bytes of a log that a failed test shows: the last ones."""

# Programs for administrators are not on every user's PATH.
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"))


class Peer:
    """A program that runs, in a folder of its own that any user may use: some give up the rights of root."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.ports: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Peer {self.name} {self.ports}>"

    @property
    def log(self) -> str:
        """The end of what it wrote."""
        found = [path for path in sorted(self.folder.glob("*.log")) if path.stat().st_size]
        return "\n".join(f"{path.name}:\n{path.read_bytes()[-LOG_SHOWN:].decode('utf-8', 'replace')}" for path in found)

    def port(self, name: str = "") -> int:
        """A port that was free a moment ago, the same for each call with this name."""
        if name not in self.ports:
            self.ports[name] = next(port for port in SystemRandom().sample(PORTS, len(PORTS)) if _is_free(port))
        return self.ports[name]

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        """A file in its folder."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    @contextmanager
    def running(self, *command: str | Path) -> Iterator["Peer"]:
        """Run ``command`` and wait until it listens on all its ports."""
        with (self.folder / "output.log").open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder
            )
        try:
            for port in self.ports.values():
                self._wait_for(process, port)
            yield self
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait_for(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            with suppress(subprocess.TimeoutExpired):
                process.wait(STEP)
                pytest.fail(f"{self.name} ended with {process.returncode} when it was started\n{self.log}")
        pytest.fail(f"{self.name} does not listen on port {port}\n{self.log}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find(*names: str) -> str:
    """The path of the program that has one of these names. Skips the test where none is installed."""
    found = next(filter(None, (shutil.which(name, path=_PATH) for name in names)), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed")
    return found


@contextmanager
def peer(name: str) -> Iterator[Peer]:
    """One to be set up and run, and its folder, which goes afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"webqq-{name}-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o777)
        yield Peer(name, Path(folder))


def lines(*parts: str | Sequence[str]) -> str:
    """A configuration file."""
    return "".join(f"{part}\n" if isinstance(part, str) else lines(*part) for part in parts)


def run(test: Callable[[], Awaitable[T]]) -> T:
    """Run a test's coroutine, not for ever."""

    async def guarded() -> T:
        return await asyncio.wait_for(test(), PATIENCE)

    return asyncio.run(guarded())
