"""``webqq bot``: a bot at a gateway."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from webqq.bot import Bot
from webqq.cli import options
from webqq.cli.running import run_stoppable
from webqq.cli.signin import SignIn, naming_gateway, sign_in

__all__ = ["BotSettings", "command", "serve_bot"]


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Which bot to run, where, and what it can do."""

    login: SignIn
    plugins: tuple[str, ...]
    data: Path


@click.command("bot")
@sign_in
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
def command(login: SignIn, plugins: tuple[str, ...], data: Path) -> None:
    """Sign in at a gateway and answer messages.

    The password is taken from WEBQQ_PASSWORD, or asked for. With a QR code there is none: the code is for the phone of
    the account.
    """
    settings = BotSettings(login, plugins or ("echo",), data)
    run_stoppable(lambda stop: serve_bot(settings, stop, lambda: click.echo(f"{login.account} is online")))


async def serve_bot(settings: BotSettings, stop: asyncio.Event, on_ready: Callable[[], object]) -> None:
    """Run a bot until ``stop`` is set; ``on_ready`` is called once it is signed in.

    :raises WebQQError: a plugin is not there, the service refused, or the session was lost.
    """
    login = settings.login
    async with login.stream() as stream:
        bot = Bot(login.client(stream, settings.data))
        for name in settings.plugins:
            bot.load(name)
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: bot.stop())
        try:
            with naming_gateway(login.gateway):
                await bot.run(on_ready, signals=())
        finally:
            stopping.cancel()
