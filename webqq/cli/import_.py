"""``webqq import``: a whole community from one file."""

from pathlib import Path

import click

from webqq.cli import options
from webqq.gateway import Administration, ArchiveError, GatewayError

__all__ = ["command"]


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put it in place of the community that is there.")
@click.option(
    "--key-of",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Data folder of the gateway that FILE comes from: with its server.key people keep their passwords.",
)
@options.gateway_data
def command(file: Path, replace: bool, key_of: Path | None, data: Path) -> None:
    """Put the community in FILE, which `webqq export` wrote, into a gateway's data folder.

    All of it or, where something is wrong, nothing. The gateway may run meanwhile. Accounts whose password cannot be
    taken over, for want of the server.key under which it was sealed, are named; `webqq account passwd` gives them one.
    """
    try:
        document = file.read_bytes()
    except OSError as error:
        raise GatewayError(f"{file} cannot be read: {error.strerror}") from error
    try:
        result = Administration(data).import_(document, replace=replace, key_of=key_of)
    except ArchiveError as error:
        raise GatewayError(f"{file}, {error}") from error
    click.echo(f"{result.accounts} accounts and {result.groups} groups")
    if result.locked:
        click.echo(f"These need a new password: {', '.join(map(str, result.locked))}", err=True)
