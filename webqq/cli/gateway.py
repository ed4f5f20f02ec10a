"""``webqq gateway``: the service, for the accounts of a community."""

import asyncio
from pathlib import Path

import click

from webqq.cli import options
from webqq.cli.running import run_stoppable
from webqq.gateway import SEED_PERSON, Gateway
from webqq.protocol.ids import QQNumber

__all__ = ["announce", "command"]


@click.command("gateway")
@options.listen
@options.community
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
            announce(gateway, SEED_PERSON if gateway.is_seeded else None)
            await stop.wait()
        finally:
            await gateway.stop()

    run_stoppable(serve)


def announce(gateway: Gateway, person: QQNumber | None) -> None:
    """Print the address of a gateway and, where ``person`` is in its community, a link to sign in as them."""
    click.echo(gateway.url)
    if person is not None and person in gateway.community.accounts:
        click.echo(f"Sign in as {person}, once: {gateway.sign_in_link(person)}")
