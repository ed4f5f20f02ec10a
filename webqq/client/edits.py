"""What the account changes: its presence and signature, its own names for others, friendships and memberships.

Source: WebQQ protocol, change_status2, set_long_nick2, friend requests, group requests, edits.
"""

from collections.abc import Sequence

from webqq.client.link import stamp
from webqq.client.opening import SessionOpener
from webqq.client.roster import Roster
from webqq.client.sessioncalls import SessionCalls
from webqq.protocol.calls import (
    ADD_NEED_VERIFY2,
    ADD_NO_VERIFY2,
    ALLOW_ADDED_REQUEST2,
    ALLOW_AND_ADD2,
    APPLY_JOIN_GROUP2,
    CHANGE_DISCU_MEM,
    CHANGE_MARK_NAME2,
    CHANGE_STATUS2,
    CREATE_DISCU,
    DELETE_FRIEND,
    DENY_ADDED_REQUEST2,
    INPUT_NOTIFY2,
    MESSAGEFILTER,
    MODIFY_DISCU_INFO,
    MODIFY_FRIEND_GROUP,
    OP_GROUP_JOIN_REQ,
    QUIT_DISCU,
    QUIT_GROUP2,
    SET_LONG_NICK2,
    SHAKE2,
    UPDATE_GROUP_INFO2,
    AddFriendParams,
    AllowAndAddParams,
    AllowParams,
    AskFriendParams,
    ChangeDiscussParams,
    ChangeStatusParams,
    CreateDiscussParams,
    DeleteFriendParams,
    DenyParams,
    GroupJoinParams,
    GroupJoinVerdict,
    GroupJoinVerdictParams,
    GroupMarkParams,
    MarkNameParams,
    MasksParams,
    ModifyDiscussParams,
    MoveFriendParams,
    QuitDiscussParams,
    QuitGroupParams,
    SetLongNickParams,
    SignalParams,
    group_masks,
)
from webqq.protocol.events import BuddyRequest, GroupJoinRequest
from webqq.protocol.ids import Did, Gid, GroupCode, GroupNumber, QQNumber, Uin
from webqq.protocol.status import Status

__all__ = ["Edits"]


class Edits:
    """Changes what the service keeps for the account.

    Each method raises :class:`CallFailed` where the service refuses, and :class:`Unreachable` where it does not answer:
    then the change may have been made all the same.
    """

    def __init__(self, calls: SessionCalls, roster: Roster, opener: SessionOpener) -> None:
        self._calls = calls
        self._roster = roster
        self._opener = opener

    # Oneself.

    async def set_status(self, status: Status) -> None:
        """Change the own presence; it lasts over a relink and a new login.

        :raises ValueError: ``status`` is offline, which ends the session: close the client instead.
        """
        if status is Status.OFFLINE:
            raise ValueError("a client that is offline has no session: close it instead")
        await self._calls.do(
            CHANGE_STATUS2,
            lambda session: ChangeStatusParams(
                newstatus=status, clientid=session.clientid, psessionid=session.psessionid, t=stamp()
            ),
        )
        self._opener.status = status

    async def set_signature(self, text: str) -> None:
        """Change the own signature."""
        await self._calls.do(SET_LONG_NICK2, lambda session: SetLongNickParams(nlk=text, vfwebqq=session.vfwebqq))

    # Signals.

    async def shake(self, uin: Uin) -> None:
        """Shake a friend's window."""
        await self._calls.do(
            SHAKE2,
            lambda session: SignalParams(
                to_uin=uin, clientid=session.clientid, psessionid=session.psessionid, t=stamp()
            ),
        )

    async def notify_typing(self, uin: Uin) -> None:
        """Tell a friend that one is typing."""
        await self._calls.do(
            INPUT_NOTIFY2,
            lambda session: SignalParams(
                to_uin=uin, clientid=session.clientid, psessionid=session.psessionid, t=stamp()
            ),
        )

    # Friends.

    async def accept_friend(
        self, request: BuddyRequest, *, add: bool = True, category: int = 0, markname: str = ""
    ) -> None:
        """Accept who asked to be a friend, and, with ``add``, add them in return into ``category`` as ``markname``."""
        if add:
            await self._calls.do(
                ALLOW_AND_ADD2,
                lambda session: AllowAndAddParams(
                    account=request.account, gid=category, mname=markname, vfwebqq=session.vfwebqq
                ),
            )
        else:
            await self._calls.do(
                ALLOW_ADDED_REQUEST2, lambda session: AllowParams(account=request.account, vfwebqq=session.vfwebqq)
            )
        self._roster.expire()

    async def refuse_friend(self, request: BuddyRequest, reason: str = "") -> None:
        """Refuse who asked to be a friend."""
        await self._calls.do(
            DENY_ADDED_REQUEST2,
            lambda session: DenyParams(account=request.account, msg=reason, vfwebqq=session.vfwebqq),
        )

    async def ask_friend(self, account: QQNumber, token: str, message: str = "", *, category: int = 0) -> None:
        """Ask somebody to be a friend; ``token`` is of their profile (:meth:`Roster.stranger`,
        :meth:`Roster.search`).
        """
        await self._calls.do(
            ADD_NEED_VERIFY2,
            lambda session: AskFriendParams(
                account=account, groupid=category, msg=message, token=token, vfwebqq=session.vfwebqq
            ),
        )

    async def add_friend(self, account: QQNumber, token: str, *, category: int = 0, markname: str = "") -> None:
        """Add somebody whose profile allows it to anybody (``allow`` 0)."""
        await self._calls.do(
            ADD_NO_VERIFY2,
            lambda session: AddFriendParams(
                account=account, groupid=category, mname=markname, token=token, vfwebqq=session.vfwebqq
            ),
        )
        self._roster.expire()

    async def remove_friend(self, uin: Uin) -> None:
        """End a friendship."""
        await self._calls.do(DELETE_FRIEND, lambda session: DeleteFriendParams(tuin=uin, vfwebqq=session.vfwebqq))
        self._roster.expire()

    async def mark_friend(self, uin: Uin, markname: str) -> None:
        """Change the own name for a friend; an empty one takes it away."""
        await self._calls.do(
            CHANGE_MARK_NAME2, lambda session: MarkNameParams(tuin=uin, markname=markname, vfwebqq=session.vfwebqq)
        )
        self._roster.expire()

    async def move_friend(self, uin: Uin, category: int) -> None:
        """Move a friend to the category with this index."""
        await self._calls.do(
            MODIFY_FRIEND_GROUP, lambda session: MoveFriendParams(tuin=uin, newid=category, vfwebqq=session.vfwebqq)
        )
        self._roster.expire()

    # Groups.

    async def accept_member(self, request: GroupJoinRequest) -> None:
        """Let somebody into a group, as its administrator."""
        await self._judge(request, GroupJoinVerdict.ACCEPT, "")

    async def refuse_member(self, request: GroupJoinRequest, reason: str = "") -> None:
        """Do not let somebody into a group, as its administrator."""
        await self._judge(request, GroupJoinVerdict.REFUSE, reason)

    async def _judge(self, request: GroupJoinRequest, verdict: GroupJoinVerdict, reason: str) -> None:
        await self._calls.do(
            OP_GROUP_JOIN_REQ,
            lambda session: GroupJoinVerdictParams(
                group_uin=request.gid,
                req_uin=request.request_uin,
                msg=reason,
                op_type=verdict,
                clientid=session.clientid,
                psessionid=session.psessionid,
                t=stamp(),
            ),
        )

    async def mark_group(self, gid: Gid, markname: str) -> None:
        """Change the own name for a group.

        :raises UnknownContact: the account has no such group.
        """
        code = self._roster.group(gid).code
        await self._calls.do(
            UPDATE_GROUP_INFO2, lambda session: GroupMarkParams(gcode=code, markname=markname, vfwebqq=session.vfwebqq)
        )
        self._roster.expire()

    async def mask_group(self, gid: Gid, mask: int) -> None:
        """Say whether a group's messages come: 0 yes, 1 silently, 2 no.

        :raises UnknownContact: the account has no such group. :raises ValueError: it is another number.
        """
        if mask not in (0, 1, 2):
            raise ValueError(f"mask must be 0, 1 or 2, not {mask!r}")
        self._roster.group(gid)
        # The service takes the masks of all groups that have one, and forgets those that are not among them.
        masks = {group.gid: group.mask for group in self._roster.groups.values() if group.mask} | {gid: mask}
        await self._calls.do(
            MESSAGEFILTER,
            lambda session: MasksParams(
                itemlist=group_masks(masks, session.index, session.port), vfwebqq=session.vfwebqq
            ),
        )
        self._roster.expire()

    async def join_group(self, group: GroupNumber, message: str = "") -> None:
        """Ask to be a member of a group, by its public number. The answer comes as an event."""
        await self._calls.do(
            APPLY_JOIN_GROUP2,
            # A number that is no alias of this session stands for itself at a gateway; aliases of others' groups
            # were told by the search of the service, which was another one.
            lambda session: GroupJoinParams(gcode=GroupCode(group), msg=message, vfwebqq=session.vfwebqq),
        )

    async def leave_group(self, gid: Gid) -> None:
        """Leave a group.

        :raises UnknownContact: the account has no such group.
        """
        code = self._roster.group(gid).code
        await self._calls.do(QUIT_GROUP2, lambda session: QuitGroupParams(gcode=code, vfwebqq=session.vfwebqq))
        self._roster.expire()

    # Discussions.

    async def create_discussion(self, name: str, friends: Sequence[Uin]) -> Did:
        """Make a discussion with friends, and return its number."""
        result = await self._calls.ask(
            CREATE_DISCU,
            lambda session: CreateDiscussParams(
                discu_name=name,
                mem_list=tuple(friends),
                clientid=session.clientid,
                psessionid=session.psessionid,
                vfwebqq=session.vfwebqq,
            ),
        )
        self._roster.expire()
        return result.did

    async def invite_to_discussion(self, did: Did, friends: Sequence[Uin]) -> None:
        """Add friends to a discussion."""
        await self._calls.do(
            CHANGE_DISCU_MEM,
            lambda session: ChangeDiscussParams(
                did=did,
                mem_list=tuple(friends),
                clientid=session.clientid,
                psessionid=session.psessionid,
                vfwebqq=session.vfwebqq,
            ),
        )
        self._roster.expire(did)

    async def rename_discussion(self, did: Did, name: str) -> None:
        """Give a discussion another name."""
        await self._calls.do(
            MODIFY_DISCU_INFO,
            lambda session: ModifyDiscussParams(
                did=did,
                discu_name=name,
                clientid=session.clientid,
                psessionid=session.psessionid,
                vfwebqq=session.vfwebqq,
            ),
        )
        self._roster.expire(did)

    async def leave_discussion(self, did: Did) -> None:
        """Leave a discussion."""
        await self._calls.do(
            QUIT_DISCU,
            lambda session: QuitDiscussParams(
                did=did,
                clientid=session.clientid,
                psessionid=session.psessionid,
                vfwebqq=session.vfwebqq,
                t=stamp(),
            ),
        )
        self._roster.expire(did)
