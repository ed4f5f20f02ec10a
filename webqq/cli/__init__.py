"""The command ``webqq``: reads options and calls the floors below. One module a subcommand.

An error is one line on standard error: exit code 1 where the work failed, 2 where the command was called wrongly.
"""

import importlib
import keyword
import sys
from collections.abc import Sequence

import click

import webqq
from webqq.protocol.errors import WebQQError

__all__ = ["main"]

_SUBCOMMANDS = {
    "account": "See and change who is in a gateway's community.",
    "bot": "Sign in at a gateway and answer messages.",
    "export": "Write the community of a gateway to FILE, as JSON; `-` is standard output.",
    "fetch": "Fetch URLs, many at once.",
    "gateway": "Serve the WebQQ protocol and a chat page.",
    "group": "See and change the groups of a gateway's community.",
    "import": "Put the community in FILE, which `webqq export` wrote, into a gateway's data folder.",
    "run": "Serve a community of its own, with a bot in it.",
    "send": "Send TEXT to a friend or a group.",
}
"""The first line of each one's help, so that the list of them needs none of their modules."""


class _Commands(click.Group):
    """Loads a subcommand's module when it is called: ``webqq send`` does not pay for the gateway, nor ``webqq --help``
    for any of them.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _SUBCOMMANDS:
            return None
        # Some names are Python's own words.
        module = f"webqq.cli.{cmd_name}{'_' if keyword.iskeyword(cmd_name) else ''}"
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUBCOMMANDS.items()))


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(webqq.__version__, prog_name="webqq")
@click.pass_context
def commands(ctx: click.Context) -> None:
    """WebQQ: a gateway with its own community, and bots that talk in it."""
    help_without_command(ctx)


def help_without_command(ctx: click.Context) -> None:
    """End with the help on standard error and exit code 2 where a group was called without a subcommand."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with ``arguments``, those of the process by default, and end the process."""
    sys.exit(run(commands, arguments, "webqq"))


def run(command: click.Command, arguments: Sequence[str] | None, name: str) -> int:
    """Run ``command`` and return the exit code; an error is told in one line."""
    try:
        result = command.main(arguments, prog_name=name, standalone_mode=False)
    except click.exceptions.Abort:
        return _fail(name, "cancelled", 1)
    except click.ClickException as error:
        return _fail(name, error.format_message(), error.exit_code)
    except WebQQError as error:
        return _fail(name, str(error), 1)
    return result if isinstance(result, int) else 0


def _fail(name: str, message: str, code: int) -> int:
    click.echo(f"{name}: {' '.join(message.split())}", err=True)
    return code
