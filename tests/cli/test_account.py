"""``webqq account``."""

from pathlib import Path

import pytest

from tests.cli.process import call_here

PASSWORD = "secret"
BOT, PERSON = "100200300", "300400500"


def account(data: Path, *arguments: str, secret: str = PASSWORD) -> tuple[int, str, str]:
    environment = {"WEBQQ_PASSWORD": secret}
    result = call_here("account", *arguments, "--data", str(data), environment=environment)
    return result.returncode, result.stdout, result.stderr


def test_accounts_are_added_changed_and_listed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert account(data, "add", BOT, "机器人") == (0, "", "")
    assert account(data, "add", PERSON, "me", "--friend", BOT, "--signature", "hello") == (0, "", "")
    assert account(data, "rename", PERSON, "myself") == (0, "", "")
    assert account(data, "list") == (0, f"{BOT}\t机器人\t{PERSON}\t\n{PERSON}\tmyself\t{BOT}\t\n", "")
    assert account(data, "unfriend", BOT, PERSON) == (0, "", "")
    assert account(data, "befriend", BOT, PERSON) == (0, "", "")
    assert account(data, "passwd", PERSON, secret="other") == (0, "", "")
    assert account(data, "signout", PERSON) == (0, "", "")
    assert account(data, "remove", PERSON) == (0, "", "")
    assert account(data, "list") == (0, f"{BOT}\t机器人\t\t\n", "")


def test_generated_password_is_printed(tmp_path: Path) -> None:
    code, out, err = account(tmp_path, "add", BOT, "bot", "--generate")
    assert (code, err) == (0, "")
    assert len(out.strip()) == 16


def test_refusal_is_one_line(tmp_path: Path) -> None:
    assert account(tmp_path, "passwd", BOT) == (1, "", f"webqq: there is no account {BOT}\n")


@pytest.mark.parametrize("arguments", [("add", "5", "x"), ("add", BOT), ("add", "x", "y")])
def test_wrong_call_is_told_as_one(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, _, err = account(tmp_path, *arguments)
    assert (code, len(err.splitlines())) == (2, 1)


def test_no_password_and_no_terminal_is_a_wrong_call_here(tmp_path: Path) -> None:
    code, _, err = account(tmp_path, "add", BOT, "bot", secret="")
    assert (code, len(err.splitlines())) == (2, 1)
    assert f"no password for {BOT}: set WEBQQ_PASSWORD" in err


def test_profile_and_picture_are_set_shown_and_taken_away(tmp_path: Path) -> None:
    account(tmp_path, "add", BOT, "bot")
    given = ("--city", "青岛", "--birthday", "1989-01-30", "--gender", "male", "--blood", "3")
    assert account(tmp_path, "profile", BOT, *given) == (0, "", "")
    assert account(tmp_path, "profile", BOT) == (0, "birthday\t1989-01-30\ngender\tmale\nblood\t3\ncity\t青岛\n", "")
    picture = tmp_path / "a.png"
    picture.write_bytes(b"<svg>")
    complaint = "webqq: the picture is none of PNG, JPEG and GIF\n"
    assert account(tmp_path, "avatar", BOT, str(picture)) == (1, "", complaint)
    assert account(tmp_path, "avatar", BOT, "--none") == (0, "", "")
    code, _, err = account(tmp_path, "avatar", BOT, str(picture), "--none")
    assert (code, len(err.splitlines())) == (2, 1)
