"""Options for signing in, and what the errors of it name."""

from pathlib import Path
from typing import Any

import click
import pytest

from webqq.cli import signin
from webqq.cli.asking import HookFailed
from webqq.cli.signin import AuthorityUnusable, GatewayAway, SignIn, naming_gateway, sign_in
from webqq.client import CaptchaRequired, Unreachable, WrongPassword

ALWAYS = ("--gateway", "https://127.0.0.1:1", "--account", "100200300")


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBQQ_PASSWORD", "secret")


def parsed(*arguments: str) -> SignIn:
    taken: list[SignIn] = []

    @click.command()
    @sign_in
    def command(login: SignIn, **_: Any) -> None:
        taken.append(login)

    command.main([*ALWAYS, *arguments], standalone_mode=False)
    return taken[0]


def test_password_is_the_usual_way() -> None:
    login = parsed()
    assert (login.gateway, login.account) == ("https://127.0.0.1:1", 100200300)
    assert (login.password, login.qr) == ("secret", None)
    assert "secret" not in repr(login)


@pytest.mark.parametrize("way", [("--qr",), ("--qr-file", "x.png"), ("--qr-hook", "show --me")])
def test_each_way_to_show_a_code_takes_the_passwords_place(way: tuple[str, ...]) -> None:
    login = parsed(*way, "--qr-limit", "7")
    assert login.qr is not None
    assert (login.password, login.captcha, login.qr_limit) == ("", None, 7)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--qr", "--qr-file", "x"), "in one way each"),
        (("--qr-hook", "x", "--qr-file", "x"), "in one way each"),
        (("--qr", "--captcha-hook", "x"), "is for the login by password"),
        (("--qr-hook", ""), "expected a command"),
        (("--captcha-hook", "it's"), "No closing quotation"),
        (("--qr-limit", "0"), "range"),
        (("--gateway", "http://127.0.0.1:1", "--ca-file", "x"), "is for a gateway at https"),
    ],
)
def test_what_contradicts_itself_is_told(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(click.UsageError, match=told):
        parsed(*arguments)


def test_captcha_goes_to_the_command_else_the_terminal_else_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    captcha = parsed().captcha
    assert captcha is not None
    with pytest.raises(CaptchaRequired, match="or give --captcha-hook"):
        captcha(b"")
    monkeypatch.setattr(signin.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(signin.sys.stdin, "fileno", lambda: 0, raising=False)
    assert "captcha_by_terminal" in repr(parsed().captcha)
    assert "captcha_by_hook" in repr(parsed("--captcha-hook", "x").captcha)


def test_authority_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthorityUnusable, match=r"nosuch\.pem"):
        parsed("--ca-file", str(tmp_path / "nosuch.pem")).stream()


def test_gateway_that_is_away_is_named() -> None:
    with (
        pytest.raises(GatewayAway, match=r"the gateway http://a:1 does not answer: check: refused"),
        naming_gateway("http://a:1"),
    ):
        raise Unreachable("check: refused")


@pytest.mark.parametrize("error", [WrongPassword("no"), HookFailed("no")])
def test_other_errors_are_left_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error), match=r"^no$"), naming_gateway("http://a:1"):
        raise error
