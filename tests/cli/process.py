"""The command as a process of its own, as its users start it, or in this one."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from webqq.cli import commands, run

COMMAND = (sys.executable, "-c", "from webqq.cli import main; main()")
DAEMON = (sys.executable, "-m", "webqq.cli.daemon")

GUARD = 60.0
"""Seconds after which a process that hangs fails its test; none comes near."""


def call(
    *arguments: str, program: tuple[str, ...] = COMMAND, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run to the end. What it prints is text."""
    return subprocess.run(
        [*program, *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )


def call_here(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """As :func:`call`, in this process: for what is told by the exit code and by what is printed alone."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        mock.patch.dict(os.environ, environment or {}),
        Path(os.devnull).open() as nothing,
        mock.patch.object(sys, "stdin", nothing),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = run(commands, arguments, "webqq")
    printed = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]  # a BytesIO
    return subprocess.CompletedProcess(arguments, code, *printed)


@contextmanager
def running(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process that has printed its first line; killed at the end where it still runs."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def gateway(data: Path) -> Iterator[str]:
    """A gateway with its data in ``data``; gives its URL."""
    with running("gateway", "--listen", "127.0.0.1:0", "--data", str(data)) as process:
        yield first_line(process)
        stop(process)


def first_line(process: subprocess.Popen[str]) -> str:
    """What the process printed first."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    """Ask the process to end; gives its exit code and what it printed since."""
    process.send_signal(number)
    out, err = process.communicate(timeout=GUARD)
    return process.returncode, out, err


def passwords(data: Path) -> list[str]:
    """The passwords of the community in a gateway's data folder, in the order of the file."""
    lines = (data / "community.toml").read_text(encoding="utf-8").splitlines()
    return [line.split('"')[1] for line in lines if line.startswith("password")]
