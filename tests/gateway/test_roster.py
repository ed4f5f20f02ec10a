import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, GROUP, LONER, PERSON, THIRD, Clock, services
from webqq.gateway.roster import Roster
from webqq.gateway.services import Services
from webqq.protocol.ids import QQNumber


def run(folder: Path, check: Callable[[Callable[[QQNumber], Roster], Services], None]) -> None:
    """Run ``check`` with a maker of rosters, each of a login of its own."""

    async def main() -> None:
        async with services(folder, Clock()) as parts:
            check(lambda number: parts.roster(parts.sessions.issue_link(number, "/")), parts)

    asyncio.run(main())


def test_roster_knows_friends_groups_and_members(tmp_path: Path) -> None:
    def check(roster_of: Callable[[QQNumber], Roster], parts: Services) -> None:
        roster = roster_of(BOT)
        assert roster.account.number == BOT
        assert [friend.number for friend in roster.friends] == [PERSON]
        assert [group.number for group in roster.groups] == [GROUP]
        assert [member.number for member in roster.members(roster.groups[0])] == [BOT, PERSON, THIRD]

    run(tmp_path, check)


def test_numbers_lead_back_to_whom_they_stand_for(tmp_path: Path) -> None:
    def check(roster_of: Callable[[QQNumber], Roster], parts: Services) -> None:
        roster = roster_of(BOT)
        friend, member = roster.person(roster.uin(PERSON)), roster.person(roster.uin(THIRD))
        assert friend is not None
        assert member is not None
        assert (friend.number, member.number) == (PERSON, THIRD)
        assert int(roster.uin(BOT)) == int(BOT)
        by_gid, by_code = roster.group(roster.gid(GROUP)), roster.group_of_code(roster.code(GROUP))
        assert by_gid is not None
        assert by_gid is by_code

    run(tmp_path, check)


def test_only_friends_are_friends(tmp_path: Path) -> None:
    def check(roster_of: Callable[[QQNumber], Roster], parts: Services) -> None:
        roster = roster_of(BOT)
        assert roster.friend(roster.uin(PERSON)) is not None
        assert roster.friend(roster.uin(THIRD)) is None
        assert roster.friend(BOT) is None

    run(tmp_path, check)


def test_strangers_and_other_peoples_groups_are_as_good_as_none(tmp_path: Path) -> None:
    def check(roster_of: Callable[[QQNumber], Roster], parts: Services) -> None:
        roster = roster_of(LONER)
        assert roster.person(roster.uin(PERSON)) is None
        assert roster.group(roster.gid(GROUP)) is None
        assert roster.group_of_code(roster.code(GROUP)) is None

    run(tmp_path, check)


def test_numbers_of_another_login_stand_for_nobody(tmp_path: Path) -> None:
    def check(roster_of: Callable[[QQNumber], Roster], parts: Services) -> None:
        one, other = roster_of(BOT), roster_of(PERSON)
        assert other.person(one.uin(THIRD)) is None
        assert other.group(one.gid(GROUP)) is None

    run(tmp_path, check)


@pytest.mark.parametrize("number", [0, -1, 2**40, 123_456_789])
def test_any_other_number_stands_for_nobody(tmp_path: Path, number: int) -> None:
    def check(roster_of: Callable[[QQNumber], Roster], parts: Services) -> None:
        roster = roster_of(BOT)
        assert roster.person(number) is None
        assert roster.group(number) is None
        assert roster.group_of_code(number) is None

    run(tmp_path, check)


def test_gid_and_code_differ_and_are_not_each_other(tmp_path: Path) -> None:
    def check(roster_of: Callable[[QQNumber], Roster], parts: Services) -> None:
        roster = roster_of(BOT)
        assert roster.group(roster.code(GROUP)) is None
        assert roster.group_of_code(roster.gid(GROUP)) is None
        assert int(roster.gid(GROUP)) != int(roster.code(GROUP))

    run(tmp_path, check)
