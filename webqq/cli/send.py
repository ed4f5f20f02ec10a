"""``webqq send``: one message from a script."""

import asyncio

import click

from webqq.cli import options
from webqq.cli.running import run_stoppable
from webqq.cli.signin import SignIn, naming_gateway, sign_in
from webqq.client import Chat, Delivery, Outcome, WebQQClient, chat_of
from webqq.protocol.events import FriendMessage, GroupMessage

__all__ = ["QUIET", "command"]

QUIET = 0.3
"""Seconds without a message after which all that waited for the account has come."""


@click.command("send")
@sign_in
@click.option("--to", "target", required=True, metavar="N|NICK", help="A friend or a group, by number or name.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Wait that long for an answer, and print it.",
)
@click.argument("text")
@options.verbose
def command(login: SignIn, target: str, wait: float | None, text: str) -> int:
    """Send TEXT to a friend or a group.

    The password is taken from WEBQQ_PASSWORD, or asked for; with a QR code there is none. Exit code 1: not sent, or no
    answer within SECONDS. Signing in ends another session of the account; with --wait, what others wrote to it is shown
    on standard error.
    """

    async def work(stop: asyncio.Event) -> int:
        async with login.stream() as stream:
            client = login.client(stream)
            sending = asyncio.ensure_future(_send(client, target, text, wait))
            stopped = asyncio.ensure_future(stop.wait())
            try:
                await asyncio.wait({sending, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not sending.done():
                    raise click.Abort
                with naming_gateway(login.gateway):
                    return sending.result()
            finally:
                for task in (sending, stopped):
                    task.cancel()
                await client.close()

    return run_stoppable(work)


async def _send(client: WebQQClient, target: str, text: str, wait: float | None) -> int:
    answers: asyncio.Queue[Delivery] = asyncio.Queue()
    client.on_delivery = answers.put_nowait
    await (client.sign_in() if wait is None else client.start())
    chat = await client.roster.find(target)
    if wait is not None:
        await _show_what_waited(client, answers)
    result = await client.send(chat, text)
    if result.outcome is not Outcome.SENT:
        raise click.ClickException(f"the message to {target} is {result.outcome}: {result.reason}")
    if wait is None:
        return 0
    try:
        await asyncio.wait_for(_print_answer(client, answers, chat), wait)
    except TimeoutError:
        raise click.ClickException(f"no answer from {target} within {wait:g} s") from None
    return 0


async def _show_what_waited(client: WebQQClient, answers: "asyncio.Queue[Delivery]") -> None:
    """Take what was written before: it answers nothing. A gateway that has something for a poll says so at once."""
    while True:
        try:
            delivery = await asyncio.wait_for(answers.get(), QUIET)
        except TimeoutError:
            return
        await _show(client, delivery)


async def _print_answer(client: WebQQClient, answers: "asyncio.Queue[Delivery]", chat: Chat) -> None:
    while True:
        delivery = await answers.get()
        event = delivery.event
        if isinstance(event, FriendMessage | GroupMessage) and chat_of(event) == chat:
            click.echo(event.content.text)
            await client.done(delivery)
            return
        await _show(client, delivery)


async def _show(client: WebQQClient, delivery: Delivery) -> None:
    """Show what is no answer: it will not come again, and whoever runs the script shall see it."""
    event = delivery.event
    if isinstance(event, FriendMessage | GroupMessage):
        click.echo(f"from {_name(client, event)}: {event.content.text}", err=True)
    await client.done(delivery)


def _name(client: WebQQClient, event: FriendMessage | GroupMessage) -> str:
    if isinstance(event, GroupMessage):
        group = client.roster.groups.get(event.gid)
        return group.name if group is not None else str(event.gid)
    friend = client.roster.friends.get(event.from_uin)
    return friend.name if friend is not None else str(event.from_uin)
