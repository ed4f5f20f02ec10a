"""The command ``webqq``: reads options and calls the floors below. One module a subcommand.

An error is one line on standard error: exit code 1 where the work failed, 2 where the command was called wrongly.
"""

import importlib
import sys
from collections.abc import Sequence

import click

import webqq
from webqq.protocol.errors import WebQQError

__all__ = ["main"]

_MODULES = {
    "account": "webqq.cli.account",
    "bot": "webqq.cli.bot",
    "export": "webqq.cli.export",
    "fetch": "webqq.cli.fetch",
    "gateway": "webqq.cli.gateway",
    "group": "webqq.cli.group",
    "import": "webqq.cli.import_",
    "run": "webqq.cli.run",
    "send": "webqq.cli.send",
}


class _Commands(click.Group):
    """Loads a subcommand's module when it is called: ``webqq send`` does not pay for the gateway."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _MODULES.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


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
