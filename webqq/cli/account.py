"""``webqq account``: who is in a gateway's community."""

import secrets
from datetime import datetime
from pathlib import Path

import click

from webqq.cli import help_without_command, options
from webqq.gateway import Administration
from webqq.protocol.ids import QQNumber

__all__ = ["command"]

_GENERATED_BYTES = 12


@click.group("account", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """See and change who is in a gateway's community.

    It may run meanwhile: it takes a change over within two seconds. Where a community file tells the community, change
    that instead.
    """
    help_without_command(ctx)


_number = click.argument("number", type=options.number)
_generate = click.option("--generate", is_flag=True, help="Make a random password and print it.")


@command.command("add")
@_number
@click.argument("nick")
@click.option("--signature", default="", metavar="TEXT", help="A line below the nick.")
@click.option(
    "--friend", "friends", multiple=True, type=options.number, metavar="N", help="An account; may be given again."
)
@_generate
@options.gateway_data
def add(number: int, nick: str, signature: str, friends: tuple[int, ...], generate: bool, data: Path) -> None:
    """Add the account NUMBER.

    The password is taken from WEBQQ_PASSWORD, or asked for, or made with --generate.
    """
    password = _password(number, generate)
    others = [QQNumber(friend) for friend in friends]
    Administration(data).add_account(QQNumber(number), nick, password, signature=signature, friends=others)
    _show(password, generate)


@command.command("passwd")
@_number
@_generate
@options.gateway_data
def passwd(number: int, generate: bool, data: Path) -> None:
    """Give an account another password, and sign it out everywhere.

    The password is taken from WEBQQ_PASSWORD, or asked for, or made with --generate.
    """
    password = _password(number, generate)
    Administration(data).set_password(QQNumber(number), password)
    _show(password, generate)


@command.command("list")
@options.gateway_data
def list_(data: Path) -> None:
    """Print a line for each account: number, nick, friends, groups, with tabs between."""
    community = Administration(data).community()
    for account in community.accounts.values():
        friends = ",".join(map(str, account.friends))
        groups = ",".join(str(group.number) for group in community.groups_of(account.number))
        click.echo(f"{account.number}\t{account.nick}\t{friends}\t{groups}")


@command.command("rename")
@_number
@click.argument("nick")
@options.gateway_data
def rename(number: int, nick: str, data: Path) -> None:
    """Give an account another nick."""
    Administration(data).rename_account(QQNumber(number), nick)


@command.command("signout")
@_number
@options.gateway_data
def signout(number: int, data: Path) -> None:
    """End all sessions of an account, for instance when a device was lost. Its password stays."""
    Administration(data).sign_out(QQNumber(number))


@command.command("remove")
@_number
@options.gateway_data
def remove(number: int, data: Path) -> None:
    """Remove an account, and the messages that wait for it.

    One that owns a group stays: first give the group another owner, or remove it.
    """
    Administration(data).remove_account(QQNumber(number))


@command.command("profile")
@_number
@click.option("--birthday", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD")
@click.option("--gender", type=click.Choice(["male", "female", "unknown"]))
@click.option("--face", type=int, metavar="N", help="Number of a picture that clients have.")
@click.option("--blood", type=int, metavar="N", help="1 A, 2 B, 3 O, 4 AB, 5 another, 0 not told.")
@click.option("--shengxiao", type=int, metavar="N", help="1 rat to 12 pig, 0 not told.")
@click.option("--country", metavar="TEXT")
@click.option("--province", metavar="TEXT")
@click.option("--city", metavar="TEXT")
@click.option("--college", metavar="TEXT")
@click.option("--occupation", metavar="TEXT")
@click.option("--personal", metavar="TEXT", help="What the account says about itself.")
@click.option("--homepage", metavar="TEXT")
@click.option("--phone", metavar="TEXT", help="For friends alone, like the next two.")
@click.option("--mobile", metavar="TEXT")
@click.option("--email", metavar="TEXT")
@options.gateway_data
def profile(number: int, birthday: datetime | None, data: Path, **fields: object) -> None:
    """Change what an account tells of itself; without options, print it.

    An option that is left out changes nothing; an empty text takes it away.
    """
    administration = Administration(data)
    given = {name: value for name, value in fields.items() if value is not None}
    if birthday is not None:
        given["birthday"] = (birthday.year, birthday.month, birthday.day)
    if given:
        administration.set_profile(QQNumber(number), **given)
        return
    for name, value in administration.profile(QQNumber(number)).told():
        click.echo(f"{name}\t{value}")


@command.command("avatar")
@_number
@options.picture
@options.gateway_data
def avatar(number: int, picture: bytes | None, data: Path) -> None:
    """Give an account a picture: PNG, JPEG or GIF."""
    Administration(data).set_avatar(QQNumber(number), picture)


@command.command("befriend")
@_number
@click.argument("friend", type=options.number)
@options.gateway_data
def befriend(number: int, friend: int, data: Path) -> None:
    """Make two accounts friends of each other."""
    Administration(data).befriend(QQNumber(number), QQNumber(friend))


@command.command("unfriend")
@_number
@click.argument("friend", type=options.number)
@options.gateway_data
def unfriend(number: int, friend: int, data: Path) -> None:
    """End the friendship of two accounts."""
    Administration(data).unfriend(QQNumber(number), QQNumber(friend))


def _password(number: int, generate: bool) -> str:
    return secrets.token_urlsafe(_GENERATED_BYTES) if generate else options.new_password(number)


def _show(password: str, generate: bool) -> None:
    if generate:
        click.echo(password)
