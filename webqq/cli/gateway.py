"""``webqq gateway``: the service, for the accounts of a community."""

import asyncio
from pathlib import Path

import click

from webqq.cli import options
from webqq.cli.running import run_stoppable
from webqq.gateway import SEED_PERSON, Gateway

__all__ = ["announce", "command"]


@click.command("gateway")
@options.listen
@click.option(
    "--community",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="TOML file with the accounts and groups. Without it the data folder gets one: a bot, a person, a group.",
)
@options.data(options.default_folder("gateway"), "messages, sessions and keys")
@options.verbose
def command(listen: tuple[str, int], community: Path | None, data: Path) -> None:
    """Serve the WebQQ protocol and a chat page.

    Prints the address once it accepts connections; for a community of its own also a link that signs a browser in as
    the person, once.
    """

    async def serve(stop: asyncio.Event) -> None:
        gateway = Gateway(data, community)
        try:
            await gateway.start(*listen)
            announce(gateway)
            await stop.wait()
        finally:
            await gateway.stop()

    run_stoppable(serve)


def announce(gateway: Gateway) -> None:
    """Print the address of a gateway and, where it made its community itself, a sign-in link."""
    click.echo(gateway.url)
    if gateway.is_seeded and SEED_PERSON in gateway.community.accounts:
        click.echo(f"Sign in as {SEED_PERSON}, once: {gateway.sign_in_link(SEED_PERSON)}")
