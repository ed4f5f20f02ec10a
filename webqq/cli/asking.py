"""A person who is asked to scan a code or to read letters: at the terminal, by a file, or by a command of theirs.

Such a command, a hook, gets the path of the picture as its last argument, and the account as ``WEBQQ_ACCOUNT``.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from webqq.client import Captcha, CaptchaRequired, LoginError, QRPicture, ShowQR, show_qr
from webqq.protocol.errors import WebQQError

__all__ = ["HookFailed", "captcha_by_hook", "captcha_by_terminal", "no_captcha", "qr_by_hook", "qr_by_terminal"]

READ_SECONDS = 300.0
"""How long letters are waited for: a gateway takes them no longer."""

SHOW_SECONDS = 60.0
"""How long a command may take to show a code: it is good for some two minutes, and has to be scanned meanwhile."""

_LINE = 4096


class HookFailed(WebQQError):
    """The command that was to show a picture could not be run, failed, or took too long."""


def qr_by_hook(words: Sequence[str]) -> ShowQR:
    """Return what hands each code to the command ``words``, which shows it and ends."""

    async def show(picture: QRPicture) -> None:
        told = {"WEBQQ_ACCOUNT": str(picture.account), "WEBQQ_CODE": f"{picture.number} of {picture.limit}"}
        await _run(words, picture.png, told, SHOW_SECONDS)

    return show


def qr_by_terminal(advice: str, file: TextIO | None = None) -> ShowQR:
    """Return what draws each code where standard error is a terminal; elsewhere that is an error with ``advice``."""
    out = file or sys.stderr
    draw = show_qr(out)

    def show(picture: QRPicture) -> None:
        if not out.isatty():
            raise LoginError(f"there is no terminal to draw the QR code of {picture.account} in: {advice}")
        draw(picture)

    return show


def captcha_by_hook(account: int, words: Sequence[str]) -> Captcha:
    """Return what hands each captcha to the command ``words``, which writes the letters to standard output."""

    async def read(picture: bytes) -> str:
        return await _run(words, picture, {"WEBQQ_ACCOUNT": str(account)}, READ_SECONDS)

    return read


def captcha_by_terminal(account: int, stdin: int | None = None, file: TextIO | None = None) -> Captcha:
    """Return what saves each captcha, tells where, and reads its letters from the terminal ``stdin``, a descriptor."""
    fd, out = sys.stdin.fileno() if stdin is None else stdin, file or sys.stderr

    async def read(picture: bytes) -> str:
        with tempfile.TemporaryDirectory(prefix="webqq-") as folder:
            path = _write(Path(folder), picture)
            out.write(f"The service wants the letters in this picture: {path}\nLetters for {account}: ")
            out.flush()
            return await _read_line(fd)

    return read


def no_captcha(account: int, advice: str) -> Captcha:
    """Return what reads no captcha, and gives ``advice`` in the error."""

    def read(picture: bytes) -> str:
        raise CaptchaRequired(f"the login of {account} needs the letters of a captcha: {advice}")

    return read


async def _read_line(fd: int) -> str:
    """A line of a terminal; empty where it ends, or nobody types."""
    loop = asyncio.get_running_loop()
    is_there = asyncio.Event()
    # A thread that reads could not be stopped, and would keep the process from ending.
    loop.add_reader(fd, is_there.set)
    try:
        async with asyncio.timeout(READ_SECONDS):
            await is_there.wait()
    except TimeoutError:
        return ""
    finally:
        loop.remove_reader(fd)
    return os.read(fd, _LINE).decode("utf-8", "replace").strip()


async def _run(words: Sequence[str], picture: bytes, told: Mapping[str, str], timeout: float) -> str:
    """Run a command on a picture; return what it writes to standard output."""
    name = words[0]
    with tempfile.TemporaryDirectory(prefix="webqq-") as folder:
        path = _write(Path(folder), picture)
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                str(path),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, **told},
            )
        except OSError as error:
            raise HookFailed(f"the command {name} cannot be run: {error.strerror}") from error
        try:
            async with asyncio.timeout(timeout):
                out, _ = await process.communicate()
        except TimeoutError:
            raise HookFailed(f"the command {name} did not end within {timeout:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode:
        raise HookFailed(f"the command {name} ended with code {process.returncode}")
    return out.decode("utf-8", "replace").strip()


def _write(folder: Path, picture: bytes) -> Path:
    # The service's own were JPEG files.
    path = folder / ("picture.png" if picture.startswith(b"\x89PNG") else "picture.jpg")
    path.write_bytes(picture)
    return path
