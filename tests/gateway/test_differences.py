from collections.abc import Sequence

import pytest

from webqq.gateway.community import Account, Community, Group
from webqq.gateway.differences import MEMBERS_TOLD, Difference, differences
from webqq.gateway.notes import FriendsChanged, GroupChange, GroupChanged, Note, Told
from webqq.protocol.ids import GroupNumber, QQNumber

A, B, C = (QQNumber(number) for number in (10_001, 10_002, 10_003))
G = GroupNumber(900100)


def community(friends: dict[QQNumber, tuple[QQNumber, ...]], *groups: Group) -> Community:
    return Community(
        {number: Account(number, f"nick {number}", "", friends[number]) for number in friends},
        {group.number: group for group in groups},
    )


def group(*members: QQNumber, owner: QQNumber = A, name: str = "we", notice: str = "") -> Group:
    return Group(G, name, owner, members, notice)


def change(what: GroupChange, member: QQNumber) -> Note:
    return GroupChanged(group=G, change=what, member=member, is_by_owner=True)


ALONE: dict[QQNumber, tuple[QQNumber, ...]] = {A: (), B: (), C: ()}
PAIR: dict[QQNumber, tuple[QQNumber, ...]] = {A: (B,), B: (A,), C: ()}

CASES: dict[str, tuple[Community, Community, Sequence[Difference]]] = {
    "nothing": (community(PAIR, group(A, B)), community(PAIR, group(A, B)), []),
    "names": (community(PAIR, group(A)), community(PAIR, group(A, name="us", notice="hi")), []),
    "friends made": (
        community(ALONE),
        community(PAIR),
        [Difference(A, (A,), FriendsChanged(added=(B,))), Difference(B, (B,), FriendsChanged(added=(A,)))],
    ),
    "friends parted": (
        community(PAIR),
        community(ALONE),
        [Difference(A, (A,), FriendsChanged(removed=(B,))), Difference(B, (B,), FriendsChanged(removed=(A,)))],
    ),
    "account added": (
        community({A: ()}),
        community({A: (B,), B: (A,)}),
        [Difference(A, (A,), FriendsChanged(added=(B,)))],
    ),
    "account removed": (
        community(PAIR, group(A, B, C)),
        community({A: (), C: ()}, group(A, C)),
        [
            Difference(A, (A,), FriendsChanged(removed=(B,))),
            Difference(A, (A, C), change(GroupChange.LEFT, B)),
        ],
    ),
    "group made": (
        community(ALONE),
        community(ALONE, group(B, A)),
        [Difference(A, (A,), change(GroupChange.CREATED, A)), Difference(A, (B,), change(GroupChange.JOINED, B))],
    ),
    "group removed": (
        community(ALONE, group(A, B)),
        community({A: (), C: ()}),
        [Difference(A, (A,), change(GroupChange.REMOVED, A))],
    ),
    "member came": (
        community(ALONE, group(A, B)),
        community(ALONE, group(A, B, C)),
        [Difference(A, (A, B, C), change(GroupChange.JOINED, C))],
    ),
    "new account came": (
        community({A: (), B: ()}, group(A, B)),
        community(ALONE, group(A, B, C)),
        [Difference(A, (A, B), change(GroupChange.JOINED, C))],
    ),
    "member went": (
        community(ALONE, group(A, B, C)),
        community(ALONE, group(A, B)),
        [Difference(A, (A, B, C), change(GroupChange.REMOVED, C))],
    ),
    "another owner": (
        community(ALONE, group(A, B, C)),
        community(ALONE, group(A, B, C, owner=B)),
        [Difference(B, (B, A), Told(text="群 we (900100) 的创建者现在是 nick 10002 (10002)。"))],
    ),
    "first community": (Community({}, {}), community(PAIR, group(A, B)), []),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_who_is_concerned_hears_what_happened(old: Community, new: Community, expected: Sequence[Difference]) -> None:
    assert differences(old, new) == expected


def test_of_a_crowd_that_comes_at_once_each_hears_of_himself_alone() -> None:
    crowd = [QQNumber(20_000 + each) for each in range(MEMBERS_TOLD + 1)]
    everybody = ALONE | dict.fromkeys(crowd, ())
    found = differences(community(everybody, group(A, B)), community(everybody, group(A, B, *crowd)))
    assert [each.recipients for each in found] == [(member,) for member in crowd]
