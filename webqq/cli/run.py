"""``webqq run``: a gateway and a bot in one process, talking over real HTTP."""

import asyncio
from pathlib import Path

import click

from webqq.cli import options
from webqq.cli.bot import BotSettings, serve_bot
from webqq.cli.gateway import announce
from webqq.cli.running import run_stoppable
from webqq.gateway import SEED_BOT, Gateway

__all__ = ["command"]


@click.command("run")
@options.listen
@options.community
@click.option("--plugin", "plugins", multiple=True, metavar="NAME", help="As for `webqq bot`.  [default: echo]")
@options.data(options.default_folder(), "both: messages, sessions, keys")
@options.verbose
def command(listen: tuple[str, int], community: Path | None, plugins: tuple[str, ...], data: Path) -> None:
    """Serve a community of its own, with a bot in it.

    Open the address it prints: the link signs you in as a person, once. The bot is account 100200300 or, in a community
    without it, the first account of the file.
    """

    async def serve(stop: asyncio.Event) -> None:
        gateway = Gateway(data / "gateway", community)
        try:
            await gateway.start(*listen)
            await _serve_both(gateway, data / "bot", plugins or ("echo",), stop)
        finally:
            await gateway.stop()

    run_stoppable(serve)


async def _serve_both(gateway: Gateway, data: Path, plugins: tuple[str, ...], stop: asyncio.Event) -> None:
    accounts = gateway.community.accounts
    bot = accounts.get(SEED_BOT) or next(iter(accounts.values()))
    person = next(iter(bot.friends), None)
    settings = BotSettings(_reachable(gateway.url), bot.number, bot.password, plugins, data)
    await serve_bot(settings, stop, lambda: announce(gateway, person))


def _reachable(url: str) -> str:
    """Return an address of this machine for one that stands for all of them."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
