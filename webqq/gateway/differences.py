"""What became of a community, told to those whom it concerns: the events of the protocol for a change that has no call.

The service told of new and former friends, of who came to a group and who went, and of a group that was made. It had
no event for another nick, another name of a group or another notice, which clients see when they ask again, nor for
another owner, who is told in words. An account that is new hears nothing: it has yet to ask for the first time. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from webqq.gateway.community import Community, Group
from webqq.gateway.notes import FriendsChanged, GroupChange, GroupChanged, Note, Told
from webqq.protocol.ids import QQNumber

__all__ = ["MEMBERS_TOLD", "Difference", "differences"]

MEMBERS_TOLD = 20
"""Of more who come to a group, or go, at once only they themselves hear: an import must not fill all mailboxes."""

_OWNER_TEXT = "群 {name} ({number}) 的创建者现在是 {nick} ({owner})。"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that happened, as a letter of ``sender``, who is said to have done it."""

    sender: QQNumber
    recipients: tuple[QQNumber, ...]
    note: Note


def differences(old: Community, new: Community) -> list[Difference]:
    """Return what has to be told of a community that was ``old`` and is ``new``."""
    return [*_of_friends(old, new), *_of_groups(old, new)]


def _of_friends(old: Community, new: Community) -> Iterator[Difference]:
    for number, account in new.accounts.items():
        before = old.accounts.get(number)
        if before is None:
            continue
        added = tuple(friend for friend in account.friends if friend not in before.friends)
        removed = tuple(friend for friend in before.friends if friend not in account.friends)
        if added or removed:
            yield Difference(number, (number,), FriendsChanged(added=added, removed=removed))


def _of_groups(old: Community, new: Community) -> Iterator[Difference]:
    for number, group in new.groups.items():
        before = old.groups.get(number)
        if before is None:
            yield from _told(old, group.owner, [group.owner], _change(group, GroupChange.CREATED, group.owner))
            for member in group.members:
                if member != group.owner:
                    yield from _told(old, group.owner, [member], _change(group, GroupChange.JOINED, member))
        else:
            yield from _of_members(old, new, before, group)
    for number, group in old.groups.items():
        if number not in new.groups:
            for member in group.members:
                told = [member] if member in new.accounts else []
                yield from _told(old, group.owner, told, _change(group, GroupChange.REMOVED, member))


def _of_members(old: Community, new: Community, before: Group, group: Group) -> Iterator[Difference]:
    came = [member for member in group.members if member not in before.members]
    went = [member for member in before.members if member not in group.members]
    stayed = [member for member in group.members if member in before.members]
    witnesses = stayed if len(came) + len(went) <= MEMBERS_TOLD else []
    for member in came:
        yield from _told(old, group.owner, [*witnesses, member], _change(group, GroupChange.JOINED, member))
    for member in went:
        # Whose account is gone was not put out of the group by anybody.
        is_there = member in new.accounts
        change = _change(group, GroupChange.REMOVED if is_there else GroupChange.LEFT, member)
        yield from _told(old, group.owner, [*witnesses, *([member] if is_there else [])], change)
    if group.owner != before.owner:
        owner = new.accounts[group.owner]
        text = _OWNER_TEXT.format(name=group.name, number=group.number, nick=owner.nick, owner=owner.number)
        yield from _told(
            old, group.owner, [each for each in (group.owner, before.owner) if each in stayed], Told(text=text)
        )


def _change(group: Group, change: GroupChange, member: QQNumber) -> GroupChanged:
    return GroupChanged(group=group.number, change=change, member=member, is_by_owner=True)


def _told(old: Community, sender: QQNumber, recipients: list[QQNumber], note: Note) -> Iterator[Difference]:
    known = tuple(recipient for recipient in recipients if recipient in old.accounts)
    if known:
        yield Difference(sender, known, note)
