"""``webqq gateway``: the service, for the accounts of a community."""

import asyncio
from pathlib import Path

import click

from webqq.cli import options
from webqq.cli.running import collect_rarely, run_stoppable
from webqq.gateway import SEED_PERSON, Gateway, hosts_lines
from webqq.protocol.ids import QQNumber

__all__ = ["announce", "command", "https_port_beside"]

_HTTP_PORT, _HTTPS_PORT = 80, 443
_HIGH_HTTPS_PORT = 8443


@click.command("gateway")
@options.listen
@click.option("--tls", "with_tls", is_flag=True, help="Serve https, too, with an authority made for this data folder.")
@options.tls_listen
@click.option(
    "--tls-old", is_flag=True, help="Let clients that know only TLS 1.0 or 1.1 in, which is weaker for all of them."
)
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="Take clients' addresses from X-Real-IP; only where none but a reverse proxy can connect.",
)
@options.public
@options.admin_listen
@options.community
@options.data(options.default_folder("gateway"), "messages, sessions and keys")
@options.verbose
@click.option("--log-json", is_flag=True, help="Log as JSON lines, with one for each request.")
def command(
    listen: tuple[str, int],
    with_tls: bool,
    tls_listen: tuple[str, int] | None,
    tls_old: bool,
    behind_proxy: bool,
    public: tuple[str, int] | None,
    admin_listen: tuple[str, int] | None,
    community: Path | None,
    data: Path,
    log_json: bool,
) -> None:
    """Serve the WebQQ protocol and a chat page.

    Prints the address once it accepts connections; for a community of its own also a link that signs a browser in as
    the person, once. With --tls it prints what a machine needs on which an unchanged client of the service shall find
    this gateway instead.
    """
    if not with_tls and (tls_listen is not None or tls_old):
        raise click.UsageError("--tls-listen and --tls-old need --tls")
    if log_json:
        options.start_json_log()
    https = (tls_listen or (listen[0], https_port_beside(listen[1]))) if with_tls else None

    async def serve(stop: asyncio.Event) -> None:
        gateway = Gateway(data, community, is_behind_proxy=behind_proxy, public=public, serves_old_tls=tls_old)
        try:
            await gateway.start(*listen, https=https, admin=admin_listen)
            announce(gateway, SEED_PERSON if gateway.is_seeded else None)
            if https is not None:
                _announce_tls(gateway)
            if gateway.admin_url:
                click.echo(f"{gateway.admin_url}/healthz and /metrics")
            await stop.wait()
        finally:
            await gateway.stop()

    collect_rarely()
    run_stoppable(serve)


def https_port_beside(port: int) -> int:
    """Return the port of https where none is given: 443 beside 80, a free one beside a free one, else 8443."""
    return {_HTTP_PORT: _HTTPS_PORT, 0: 0}.get(port, _HIGH_HTTPS_PORT)


def announce(gateway: Gateway, person: QQNumber | None) -> None:
    """Print the address of a gateway and, where ``person`` is in its community, a link to sign in as them."""
    click.echo(gateway.url)
    if person is not None and person in gateway.community.accounts:
        click.echo(f"Sign in as {person}, once: {gateway.sign_in_link(person)}")


def _announce_tls(gateway: Gateway) -> None:
    host = gateway.https_url.removeprefix("https://").rpartition(":")[0].strip("[]")
    click.echo(gateway.https_url)
    click.echo(f"Clients have to trust this authority: {gateway.authority_file.absolute()}")
    click.echo("and to find the service here, with these lines in their hosts file (on another machine, this one's")
    click.echo("address in the network comes first in each):")
    for line in hosts_lines(host):
        click.echo(line)
    if not gateway.https_url.endswith(f":{_HTTPS_PORT}") or not gateway.url.endswith(f":{_HTTP_PORT}"):
        click.echo(f"They ask ports {_HTTP_PORT} and {_HTTPS_PORT}: listen there, or lead these ports here.")
