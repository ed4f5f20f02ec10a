"""What is public of a group, its notice, who of it is online, and one's own card in it (2013).

Source: WebQQ protocol, rarely used.
"""

from webqq.client.link import stamp
from webqq.client.roster import Roster
from webqq.client.sessioncalls import SessionCalls
from webqq.protocol.calls import (
    GET_GROUP_INFO,
    GET_GROUP_MEMBER_STAT2,
    GET_GROUP_PUBLIC_INFO2,
    GET_SELF_BUSINESS_CARD2,
    UPDATE_GROUP_BUSINESS_CARD2,
    BusinessCard,
    GroupCodeParams,
    GroupMemoParams,
    PublicGroupInfo,
    UpdateCardParams,
)
from webqq.protocol.ids import Gid, GroupCode, GroupNumber, Uin

__all__ = ["GroupDetails"]


class GroupDetails:
    """Asks about single groups, and changes the own card in one.

    Each method raises :class:`CallFailed` where the service refuses, :class:`Unreachable` where it does not answer,
    and, where it takes the alias of a group, :class:`UnknownContact` when the account has no such group.
    """

    def __init__(self, calls: SessionCalls, roster: Roster) -> None:
        self._calls = calls
        self._roster = roster

    async def public(self, group: Gid | GroupNumber) -> PublicGroupInfo:
        """Return what outsiders see of a group: one of the account's own by alias, another one by its public number."""
        known = self._roster.groups.get(Gid(group))
        code = known.code if known is not None else GroupCode(group)
        found = await self._calls.ask(
            GET_GROUP_PUBLIC_INFO2,
            lambda session: GroupCodeParams(gcode=code, vfwebqq=session.vfwebqq, t=stamp()),
        )
        return found.ginfo

    async def notice(self, gid: Gid) -> str:
        """Return the notice of a group; empty where it has none."""
        code = self._roster.group(gid).code
        found = await self._calls.ask(
            GET_GROUP_INFO,
            lambda session: GroupMemoParams(gcode=(code,), vfwebqq=session.vfwebqq, t=stamp()),
        )
        return next((group.memo for group in found if group.gid == gid), "")

    async def online(self, gid: Gid) -> tuple[Uin, ...]:
        """Return the members of a group who are online."""
        code = self._roster.group(gid).code
        found = await self._calls.ask(
            GET_GROUP_MEMBER_STAT2,
            lambda session: GroupCodeParams(gcode=code, vfwebqq=session.vfwebqq, t=stamp()),
        )
        return tuple(state.uin for state in found.stats)

    async def own_card(self, gid: Gid) -> BusinessCard:
        """Return the own card in a group."""
        code = self._roster.group(gid).code
        return await self._calls.ask(
            GET_SELF_BUSINESS_CARD2,
            lambda session: GroupCodeParams(gcode=code, vfwebqq=session.vfwebqq, t=stamp()),
        )

    async def set_own_card(
        self, gid: Gid, *, name: str = "", phone: str = "", email: str = "", remark: str = "", gender: int = 0
    ) -> None:
        """Change the own card in a group, all of it: what is left out is empty afterwards. ``name`` is what the other
        members see.
        """
        code = self._roster.group(gid).code
        await self._calls.do(
            UPDATE_GROUP_BUSINESS_CARD2,
            lambda session: UpdateCardParams(
                gcode=code,
                name=name,
                phone=phone,
                email=email,
                remark=remark,
                gender=gender,
                vfwebqq=session.vfwebqq,
            ),
        )
        self._roster.forget_members(gid)
