"""``webqq group``: the groups of a gateway's community."""

from pathlib import Path

import click

from webqq.cli import help_without_command, options
from webqq.gateway import Administration, Group
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["command"]


@click.group("group", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """See and change the groups of a gateway's community.

    It may run meanwhile: it takes a change over within two seconds. Where a community file tells the community, change
    that instead.
    """
    help_without_command(ctx)


_number = click.argument("number", type=options.number)
_account = click.argument("account", type=options.number)


@command.command("add")
@_number
@click.argument("name")
@click.option("--owner", type=options.number, required=True, metavar="N", help="The account that owns it, a member.")
@click.option(
    "--member", "members", multiple=True, type=options.number, metavar="N", help="A further member; may be given again."
)
@click.option("--notice", default="", metavar="TEXT", help="What members read about it.")
@options.gateway_data
def add(number: int, name: str, owner: int, members: tuple[int, ...], notice: str, data: Path) -> None:
    """Add the group NUMBER."""
    accounts = tuple(QQNumber(member) for member in dict.fromkeys((owner, *members)))
    Administration(data).add_group(Group(GroupNumber(number), name, QQNumber(owner), accounts, notice))


@command.command("list")
@options.gateway_data
def list_(data: Path) -> None:
    """Print a line for each group: number, name, owner, members, with tabs between."""
    for group in Administration(data).community().groups.values():
        click.echo(f"{group.number}\t{group.name}\t{group.owner}\t{','.join(map(str, group.members))}")


@command.command("rename")
@_number
@click.argument("name")
@options.gateway_data
def rename(number: int, name: str, data: Path) -> None:
    """Give a group another name."""
    Administration(data).rename_group(GroupNumber(number), name)


@command.command("avatar")
@_number
@options.picture
@options.gateway_data
def avatar(number: int, picture: bytes | None, data: Path) -> None:
    """Give a group a picture: PNG, JPEG or GIF."""
    Administration(data).set_group_avatar(GroupNumber(number), picture)


@command.command("remove")
@_number
@options.gateway_data
def remove(number: int, data: Path) -> None:
    """Remove a group. Messages that wait for its members stay."""
    Administration(data).remove_group(GroupNumber(number))


@command.command("join")
@_number
@_account
@options.gateway_data
def join(number: int, account: int, data: Path) -> None:
    """Put ACCOUNT into a group."""
    Administration(data).join_group(GroupNumber(number), QQNumber(account))


@command.command("leave")
@_number
@_account
@options.gateway_data
def leave(number: int, account: int, data: Path) -> None:
    """Take ACCOUNT out of a group. Its owner stays."""
    Administration(data).leave_group(GroupNumber(number), QQNumber(account))


@command.command("owner")
@_number
@_account
@options.gateway_data
def owner(number: int, account: int, data: Path) -> None:
    """Make ACCOUNT, a member, the owner of a group."""
    Administration(data).set_owner(GroupNumber(number), QQNumber(account))
