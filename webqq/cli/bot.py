"""``webqq bot``: a bot at a gateway."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from webqq.bot import Bot
from webqq.cli import options
from webqq.cli.running import naming_gateway, run_stoppable
from webqq.client import ShowQR, WebQQClient, gateway_stream, save_qr, show_qr

__all__ = ["BotSettings", "command", "serve_bot"]


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Which bot to run, where, and what it can do. With ``qr`` it signs in by QR code, and ``password`` is empty."""

    gateway: str
    account: int
    password: str = field(repr=False)
    plugins: tuple[str, ...]
    data: Path
    qr: ShowQR | None = None


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
@click.option("--qr", is_flag=True, help="Sign in by a QR code, drawn in the terminal, in place of a password.")
@click.option(
    "--qr-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="As --qr, but write the code to FILE, as PNG.",
)
@options.verbose
def command(gateway: str, account: int, plugins: tuple[str, ...], data: Path, qr: bool, qr_file: Path | None) -> None:
    """Sign in at a gateway and answer messages.

    The password is taken from WEBQQ_PASSWORD, or asked for. With a QR code there is none: the code is for the phone of
    the account.
    """
    show = save_qr(qr_file) if qr_file is not None else show_qr() if qr else None
    password = "" if show is not None else options.ask_password(account)
    settings = BotSettings(gateway, account, password, plugins or ("echo",), data, show)
    run_stoppable(lambda stop: serve_bot(settings, stop, lambda: click.echo(f"{account} is online")))


async def serve_bot(settings: BotSettings, stop: asyncio.Event, on_ready: Callable[[], object]) -> None:
    """Run a bot until ``stop`` is set; ``on_ready`` is called once it is signed in.

    :raises WebQQError: a plugin is not there, the service refused, or the session was lost.
    """
    async with gateway_stream(settings.gateway) as stream:
        client = WebQQClient(stream, settings.account, settings.password, data=settings.data, qr=settings.qr)
        bot = Bot(client)
        for name in settings.plugins:
            bot.load(name)
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: bot.stop())
        try:
            with naming_gateway(settings.gateway):
                await bot.run(on_ready, signals=())
        finally:
            stopping.cancel()
