"""``webqq bot``: a bot at a gateway."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from webqq.bot import Bot
from webqq.cli import options
from webqq.cli.running import naming_gateway, run_stoppable
from webqq.client import WebQQClient, gateway_stream

__all__ = ["BotSettings", "command", "serve_bot"]


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Which bot to run, where, and what it can do."""

    gateway: str
    account: int
    password: str = field(repr=False)
    plugins: tuple[str, ...]
    data: Path


@click.command("bot")
@options.gateway
@options.account
@click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="NAME",
    help="A built-in plugin, one of an installed package, or a module's dotted path; may be given again.  "
    "[default: echo]",
)
@options.data(options.default_folder("bot"), "the session and what is received but not handled")
@options.verbose
def command(gateway: str, account: int, plugins: tuple[str, ...], data: Path) -> None:
    """Sign in at a gateway and answer messages.

    The password is taken from WEBQQ_PASSWORD, or asked for.
    """
    settings = BotSettings(gateway, account, options.ask_password(account), plugins or ("echo",), data)
    run_stoppable(lambda stop: serve_bot(settings, stop, lambda: click.echo(f"{account} is online")))


async def serve_bot(settings: BotSettings, stop: asyncio.Event, on_ready: Callable[[], object]) -> None:
    """Run a bot until ``stop`` is set; ``on_ready`` is called once it is signed in.

    :raises WebQQError: a plugin is not there, the service refused, or the session was lost.
    """
    async with gateway_stream(settings.gateway) as stream:
        bot = Bot(WebQQClient(stream, settings.account, settings.password, data=settings.data))
        for name in settings.plugins:
            bot.load(name)
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: bot.stop())
        try:
            with naming_gateway(settings.gateway):
                await bot.run(on_ready, signals=())
        finally:
            stopping.cancel()
