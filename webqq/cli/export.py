"""``webqq export``: a whole community as one file."""

import sys
from pathlib import Path

import click

from webqq.cli import options
from webqq.gateway import Administration, GatewayError, write_private

__all__ = ["command"]


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@options.gateway_data
def command(file: Path, force: bool, data: Path) -> None:
    """Write the community of a gateway to FILE, as JSON; `-` is standard output.

    Accounts, friends and groups go along, and passwords as hashes; messages and sessions do not. The gateway may run
    meanwhile.
    """
    document = Administration(data).export()
    if str(file) == "-":
        sys.stdout.buffer.write(document)
        return
    if file.exists() and not force:
        raise click.UsageError(f"{file} is there already; --force writes over it")
    try:
        write_private(file, document)
    except OSError as error:
        raise GatewayError(f"{file} cannot be written: {error.strerror}") from error
