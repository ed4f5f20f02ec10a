"""``webqq run``: a gateway and a bot in one process, talking over real HTTP."""

import asyncio
import os
from pathlib import Path

import click

from webqq.cli import options
from webqq.cli.bot import BotSettings, serve_bot
from webqq.cli.gateway import announce
from webqq.cli.running import collect_rarely, run_stoppable
from webqq.cli.signin import SignIn, usual_captcha
from webqq.gateway import COMMUNITY_FILE, SEED_BOT, Gateway, read_community
from webqq.protocol.ids import QQNumber

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
    without it, the first account. Its password is that of the community file, or WEBQQ_PASSWORD where that was changed.
    """

    async def serve(stop: asyncio.Event) -> None:
        gateway = Gateway(data / "gateway", community)
        try:
            await gateway.start(*listen)
            file = community or data / "gateway" / COMMUNITY_FILE
            await _serve_both(gateway, file, data / "bot", plugins or ("echo",), stop)
        finally:
            await gateway.stop()

    collect_rarely()
    run_stoppable(serve)


async def _serve_both(gateway: Gateway, file: Path, data: Path, plugins: tuple[str, ...], stop: asyncio.Event) -> None:
    accounts = gateway.community.accounts
    bot = accounts.get(SEED_BOT) or next(iter(accounts.values()))
    person = next(iter(bot.friends), None)
    captcha = usual_captcha(bot.number, (), "start it again")
    login = SignIn(_reachable(gateway.url), bot.number, _password(gateway, file, bot.number), captcha=captcha)
    settings = BotSettings(login, plugins, data)
    await serve_bot(settings, stop, lambda: announce(gateway, person))


def _password(gateway: Gateway, file: Path, bot: QQNumber) -> str:
    """Return the password of the bot: as the community file has it, or, where a command changed it, from the
    environment.
    """
    told = read_community(file).accounts.get(bot) if file.exists() else None
    for password in ("" if told is None else told.password, os.environ.get("WEBQQ_PASSWORD", "")):
        if gateway.is_password_of(bot, password):
            return password
    raise click.UsageError(f"the password of {bot} is not that of {file}: set WEBQQ_PASSWORD to it")


def _reachable(url: str) -> str:
    """Return an address of this machine for one that stands for all of them."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
