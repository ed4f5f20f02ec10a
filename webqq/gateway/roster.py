"""The community as one login sees it: its own people and groups, under its own aliases.

Every number that a client sends goes through here, so a client reaches nobody but whom its account knows: an alias
that stands for a stranger, or for a group it is not in, is as good as none.
"""

from webqq.gateway.aliases import Kind
from webqq.gateway.community import Account, Group
from webqq.gateway.directory import Directory
from webqq.gateway.sessions import Login
from webqq.protocol.ids import Did, Gid, GroupCode, GroupNumber, QQNumber, Uin

__all__ = ["Roster"]


class Roster:
    """What the account of a login knows."""

    def __init__(self, directory: Directory, login: Login) -> None:
        self._directory = directory
        self._aliases = login.aliases
        self._community = directory.community
        self.account = directory.community.accounts[login.account]
        """The own account."""

    @property
    def friends(self) -> tuple[Account, ...]:
        """All friends, in the order of the community file."""
        return tuple(self._community.accounts[number] for number in self.account.friends)

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups that the account is in."""
        return self._community.groups_of(self.account.number)

    def members(self, group: Group) -> tuple[Account, ...]:
        """All members of a group."""
        return tuple(self._community.accounts[number] for number in group.members)

    def uin(self, number: QQNumber) -> Uin:
        """Return the uin of an account; also of one that has left the community, for its old letters."""
        return Uin(self._aliases.alias(Kind.PERSON, self._directory.account_rows[number]))

    def gid(self, number: GroupNumber) -> Gid:
        """Return the gid of a group."""
        return Gid(self._aliases.alias(Kind.GROUP, self._directory.group_rows[number]))

    def code(self, number: GroupNumber) -> GroupCode:
        """Return the code of a group."""
        return GroupCode(self._aliases.alias(Kind.GROUP_CODE, self._directory.group_rows[number]))

    def did(self, row: int) -> Did:
        """Return the did of a discussion."""
        return Did(self._aliases.alias(Kind.DISCUSS, row))

    def discuss_row(self, did: int) -> int | None:
        """Return the row of the discussion that a did stands for; who is in it, and whether there is one, tells
        :mod:`.discusses`.
        """
        return self._aliases.row(Kind.DISCUSS, did)

    def anybody(self, uin: int) -> Account | None:
        """Return whom a uin stands for, also if the account does not know him: somebody whose message or question it
        got.
        """
        row = self._aliases.row(Kind.PERSON, uin)
        number = None if row is None else self._directory.accounts_by_row.get(row)
        return None if number is None else self._community.accounts.get(number)

    def any_group(self, code: int) -> Group | None:
        """Return the group that a code, or else a public number, stands for, also if the account is not in it."""
        row = self._aliases.row(Kind.GROUP_CODE, code)
        number = None if row is None else self._directory.groups_by_row.get(row)
        group = None if number is None else self._community.groups.get(number)
        return group or self._community.groups.get(GroupNumber(code))

    def person(self, uin: int) -> Account | None:
        """Return whom a uin stands for, if it is somebody the account knows."""
        row = self._aliases.row(Kind.PERSON, uin)
        number = None if row is None else self._directory.accounts_by_row.get(row)
        if number is None or not self._community.knows(self.account.number, number):
            return None
        return self._community.accounts[number]

    def friend(self, uin: int) -> Account | None:
        """Return the friend that a uin stands for."""
        person = self.person(uin)
        return person if person is not None and person.number in self.account.friends else None

    def group(self, gid: int) -> Group | None:
        """Return the group that a gid stands for, if the account is in it."""
        return self._own_group(self._aliases.row(Kind.GROUP, gid))

    def group_of_code(self, code: int) -> Group | None:
        """Return the group that a code stands for, if the account is in it."""
        return self._own_group(self._aliases.row(Kind.GROUP_CODE, code))

    def _own_group(self, row: int | None) -> Group | None:
        number = None if row is None else self._directory.groups_by_row.get(row)
        group = None if number is None else self._community.groups.get(number)
        return group if group is not None and self.account.number in group.members else None
