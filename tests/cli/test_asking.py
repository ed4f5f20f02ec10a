"""Codes and captchas before a person: at a terminal, or by a command."""

import asyncio
import inspect
import io
import os
import sys
from pathlib import Path

import pytest

from tests.client.pictures import code, png_of
from webqq.cli import asking
from webqq.cli.asking import HookFailed, captcha_by_hook, captcha_by_terminal, no_captcha, qr_by_hook, qr_by_terminal
from webqq.client import Captcha, CaptchaRequired, LoginError, QRPicture

ACCOUNT = 100200300
PNG = b"\x89PNG picture"


class Screen(io.StringIO):
    """A terminal, or what is none."""

    def __init__(self, is_terminal: bool = True) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def read(captcha: Captcha, picture: bytes = PNG) -> str:
    async def main() -> str:
        letters = captcha(picture)
        return await letters if inspect.isawaitable(letters) else letters

    return asyncio.run(main())


def hook(folder: Path, script: str) -> list[str]:
    """A command that runs Python."""
    path = folder / "hook.py"
    path.write_text(f"import os, pathlib, sys\n{script}\n", encoding="utf-8")
    return [sys.executable, str(path), "word"]


def test_command_gets_the_captcha_and_prints_its_letters(tmp_path: Path) -> None:
    words = hook(
        tmp_path,
        "path = pathlib.Path(sys.argv[2])\n"
        f"assert path.read_bytes() == {PNG!r}\n"
        "print(sys.argv[1], path.suffix, os.environ['WEBQQ_ACCOUNT'])",
    )
    assert read(captcha_by_hook(ACCOUNT, words)) == f"word .png {ACCOUNT}"


def test_command_gets_the_code_and_how_many_there_will_be(tmp_path: Path) -> None:
    words = hook(
        tmp_path,
        f"pathlib.Path({str(tmp_path / 'seen')!r}).write_bytes(\n"
        "    pathlib.Path(sys.argv[2]).read_bytes() + os.environ['WEBQQ_CODE'].encode()\n)",
    )

    async def show() -> None:
        result = qr_by_hook(words)(QRPicture(PNG, ACCOUNT, 2, 3))
        assert result is not None
        await result

    asyncio.run(show())
    assert (tmp_path / "seen").read_bytes() == PNG + b"2 of 3"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["./no-such-command"], "the command ./no-such-command cannot be run: No such file"),
        (["false"], "the command false ended with code 1"),
    ],
)
def test_command_that_fails_is_named(words: list[str], told: str) -> None:
    with pytest.raises(HookFailed, match=told):
        read(captcha_by_hook(ACCOUNT, words))


def test_command_that_hangs_is_ended_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "READ_SECONDS", 0.05)
    with pytest.raises(HookFailed, match=r"the command sh did not end within 0.05 s"):
        read(captcha_by_hook(ACCOUNT, ["sh", "-c", "exec sleep 600"]))


@pytest.mark.parametrize(("typed", "letters"), [(b" abcd \n", "abcd"), (b"", "")])
def test_letters_are_read_from_the_terminal(typed: bytes, letters: str) -> None:
    reading, writing = os.pipe()
    os.write(writing, typed)
    os.close(writing)
    screen = Screen()
    try:
        assert read(captcha_by_terminal(ACCOUNT, reading, screen)) == letters
    finally:
        os.close(reading)
    told, _, asked = screen.getvalue().partition("\n")
    path = Path(told.rpartition(": ")[2])
    assert (path.suffix, asked) == (".png", f"Letters for {ACCOUNT}: ")
    assert not path.exists(), "it is of no use any more"


def test_picture_lies_where_it_is_said_to_while_letters_are_typed() -> None:
    reading, writing = os.pipe()

    class Typist(Screen):
        def flush(self) -> None:
            path = Path(self.getvalue().partition("\n")[0].rpartition(": ")[2])
            os.write(writing, path.read_bytes()[-4:] + b"\n")

    assert read(captcha_by_terminal(ACCOUNT, reading, Typist()), b"\xff\xd8 WXYZ") == "WXYZ"
    for fd in (reading, writing):
        os.close(fd)


def test_nobody_who_types_is_no_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "READ_SECONDS", 0.01)
    reading, writing = os.pipe()
    assert read(captcha_by_terminal(ACCOUNT, reading, Screen())) == ""
    for fd in (reading, writing):
        os.close(fd)


def test_without_a_person_there_is_advice() -> None:
    with pytest.raises(CaptchaRequired, match=f"login of {ACCOUNT} needs the letters of a captcha: do this"):
        read(no_captcha(ACCOUNT, "do this"))


def test_code_is_drawn_in_a_terminal_and_nowhere_else() -> None:
    rows = code()
    lines = [b"\0" + bytes(255 * (char == ".") for char in row) for row in rows]
    picture = QRPicture(png_of(lines, len(rows[0]), 8, 0), ACCOUNT)
    screen = Screen()
    qr_by_terminal("do this", screen)(picture)
    assert "█" in screen.getvalue()
    with pytest.raises(LoginError, match=r"no terminal .* do this"):
        qr_by_terminal("do this", Screen(is_terminal=False))(picture)
