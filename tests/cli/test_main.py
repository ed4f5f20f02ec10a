"""The command itself: help, version, errors in one line."""

import click
import pytest

import webqq
from tests.cli.process import call
from webqq.cli import _SUBCOMMANDS, commands, run
from webqq.protocol.errors import WebQQError


@pytest.mark.parametrize("arguments", [(), ("gateway",), ("bot",), ("run",), ("send",)])
def test_help_tells_all(arguments: tuple[str, ...]) -> None:
    result = call(*arguments, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage: webqq")


def test_without_a_command_it_shows_the_help_and_fails() -> None:
    result = call()
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: webqq")


def test_list_of_subcommands_says_what_they_say_themselves() -> None:
    context = click.Context(commands)
    own = {name: commands.get_command(context, name) for name in commands.list_commands(context)}
    listed = {name: command.get_short_help_str(200) for name, command in own.items() if command is not None}
    assert listed == _SUBCOMMANDS
    assert commands.get_command(context, "nosuch") is None


def test_version() -> None:
    assert call("--version").stdout == f"webqq, version {webqq.__version__}\n"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (WebQQError("a\nb"), 1, "prog: a b\n"),
        (click.ClickException("x"), 1, "prog: x\n"),
        (click.UsageError("y"), 2, "prog: y\n"),
        (click.Abort(), 1, "prog: cancelled\n"),
    ],
)
def test_errors_are_one_line(error: Exception, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def fail() -> None:
        raise error

    assert run(fail, [], "prog") == code
    assert capsys.readouterr().err == line


def test_what_a_command_returns_is_the_exit_code() -> None:
    assert run(click.command()(lambda: 3), [], "prog") == 3
    assert run(click.command()(lambda: None), [], "prog") == 0
