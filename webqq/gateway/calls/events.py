"""Letters and notices as events, in the words of the session that gets them.

Source: WebQQ protocol, poll2.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from webqq.gateway.delivery import Batch, GapNotice, KickNotice, KickReason, Notice, SignalNotice, StatusNotice
from webqq.gateway.mailbox import Letter
from webqq.gateway.notes import (
    FileAnswered,
    FileOffered,
    FriendAccepted,
    FriendAdded,
    FriendAsked,
    FriendsChanged,
    GroupChange,
    GroupChanged,
    InDiscuss,
    InSession,
    OfflineFileAnswered,
    OfflineFileLeft,
    Told,
)
from webqq.gateway.roster import Roster
from webqq.protocol.calls import ServiceType
from webqq.protocol.content import Content, GroupPicture, Part
from webqq.protocol.events import (
    SYSTEM_UIN,
    AddedFriend,
    BuddyAdded,
    BuddyListChange,
    BuddyRequest,
    BuddyStatus,
    BuddyVerified,
    BuddyVerifiedAdded,
    DiscussMessage,
    Event,
    FileAccepted,
    FileOffer,
    FileRefused,
    FriendMessage,
    GroupAdmin,
    GroupCreated,
    GroupJoinAgreed,
    GroupJoinDenied,
    GroupJoined,
    GroupJoinRequest,
    GroupLeft,
    GroupMessage,
    InputNotify,
    Kick,
    LeaveKind,
    OfflineFile,
    OfflineFileAnswer,
    RemovedFriend,
    SessionFlags,
    SessionMessage,
    Shake,
    Tips,
    gap_text,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import GroupNumber, MessageId, QQNumber, Uin

__all__ = ["Words", "events_of", "kick_event"]

_KICK_TEXTS = {
    KickReason.TAKEN_OVER: "您的帐号在另一地点登录，您已被迫下线。",
    KickReason.SIGNED_OUT: "您的密码已更改，或您已被管理员下线，请重新登录。",
    KickReason.REMOVED: "您的帐号已被管理员删除。",
}
_KICK_TYPE = 48
_OWNER, _ADMIN = "创建者", "管理员"
_TAKEN, _REFUSED = 1, 2


@dataclass(frozen=True, slots=True)
class Words:
    """What puts a session's words around a letter.

    :param server: host and port at which the client reaches the gateway, for pictures and files (:mod:`..addresses`).
    :param stat_of: gives an account's status as a number, and its kind of client.
    :param rkey_of: gives the key with which this account fetches a file, by the file's row.
    """

    roster: Roster
    flavour: Flavour
    server: tuple[str, int]
    stat_of: Callable[[QQNumber], tuple[int, int]]
    rkey_of: Callable[[int], str]


def events_of(batch: Batch, words: Words) -> tuple[Event, ...]:
    """Return a batch as events, oldest first, with the aliases of one login."""
    letters: list[Event] = [_letter_event(letter, words) for letter in batch.letters]
    return (*letters, *(_notice_event(notice, words) for notice in batch.notices))


def _letter_event(letter: Letter, words: Words) -> Event:
    roster, sender = words.roster, words.roster.uin(letter.sender)
    match letter.note:
        case None:
            if letter.group is not None:
                return _group_message(letter, letter.group, words)
            return FriendMessage(from_uin=sender, **_message(letter, words))
        case InDiscuss(discuss=row, version=version):
            did = roster.did(row)
            source = SYSTEM_UIN if words.flavour is Flavour.WEBQQ_2013 else Uin(did)
            message = _message(letter, words)
            return DiscussMessage(
                from_uin=source, did=did, send_uin=sender, seq=letter.seq, info_seq=version, **message
            )
        case InSession() as note:
            return _session_message(letter, note, words)
        case FriendAsked() | FriendAdded() | FriendAccepted() as note:
            return _system_event(letter, note, words)
        case FriendsChanged(added=added, removed=removed, category=category):
            return BuddyListChange(
                added_friends=tuple(AddedFriend(uin=roster.uin(QQNumber(n)), groupid=category) for n in added),
                removed_friends=tuple(RemovedFriend(uin=roster.uin(QQNumber(n))) for n in removed),
            )
        case GroupChanged() as note:
            return _group_event(letter, note, words)
        case Told(text=text):
            return Tips(tips=text, **{**_header(letter, words), "from_uin": SYSTEM_UIN})
        case FileOffered() | FileAnswered() | OfflineFileLeft() | OfflineFileAnswered() as note:
            return _file_event(letter, note, words)


def _header(letter: Letter, words: Words) -> dict[str, Any]:
    # Clients tell repeats apart by these two; a letter's id is never used twice and stays when it comes again.
    return {
        "to_uin": words.roster.account.number,
        "msg_id": MessageId(letter.id),
        "msg_id2": letter.id,
        "reply_ip": 0,
    }


def _message(letter: Letter, words: Words) -> dict[str, Any]:
    return {**_header(letter, words), "time": letter.at, "content": _content(letter.content, words)}


def _content(content: Content, words: Words) -> Content:
    """Return a content with the gateway's address in its pictures."""
    server = "{}:{}".format(*words.server)

    def told(part: Part) -> Part:
        if not isinstance(part, GroupPicture):
            return part
        return GroupPicture(part.name, _file_id(part.name), part.name[:16], server)

    return replace(content, parts=tuple(map(told, content.parts)))


def _file_id(name: str) -> int:
    """A number for clients to carry along; the name says it all."""
    try:
        return int(name[:8], 16)
    except ValueError:
        return 0


def _group_message(letter: Letter, group: GroupNumber, words: Words) -> Event:
    return GroupMessage(
        from_uin=Uin(words.roster.gid(group)),
        group_code=_group_code(group, words),
        send_uin=words.roster.uin(letter.sender),
        seq=letter.seq,
        info_seq=group,
        **_message(letter, words),
    )


def _group_code(group: GroupNumber, words: Words) -> Any:
    # 2016 has the gid in both fields.
    return words.roster.code(group) if words.flavour is Flavour.WEBQQ_2013 else words.roster.gid(group)


def _session_message(letter: Letter, note: InSession, words: Words) -> Event:
    roster = words.roster
    is_group = note.group is not None
    through = roster.gid(GroupNumber(note.group)) if note.group is not None else roster.did(note.discuss or 0)
    return SessionMessage(
        from_uin=roster.uin(letter.sender),
        id=through,
        service_type=ServiceType.GROUP if is_group else ServiceType.DISCUSSION,
        ruin=letter.sender,
        flags=SessionFlags(pic=0, file=0, audio=0, video=0),
        **_message(letter, words),
    )


def _system_event(letter: Letter, note: FriendAsked | FriendAdded | FriendAccepted, words: Words) -> Event:
    stat, client_type = words.stat_of(letter.sender)
    common: dict[str, Any] = {
        "seq": letter.id,
        "from_uin": words.roster.uin(letter.sender),
        "account": letter.sender,
        "stat": stat,
        "client_type": client_type,
    }
    match note:
        case FriendAsked(message=message):
            return BuddyRequest(msg=message, allow=1, **common)
        case FriendAdded():
            return BuddyAdded(**common)
        case FriendAccepted(has_added=True, category=category):
            return BuddyVerifiedAdded(group_id=category, **common)
        case FriendAccepted(category=category):
            return BuddyVerified(group_id=category, **common)


def _group_event(letter: Letter, note: GroupChanged, words: Words) -> Event:
    roster, number, member = words.roster, GroupNumber(note.group), QQNumber(note.member)
    common: dict[str, Any] = {
        **_header(letter, words),
        "from_uin": Uin(roster.gid(number)),
        "gcode": roster.code(number),
        "t_gcode": number,
    }
    uin, admin = roster.uin(member), roster.uin(letter.sender)
    nick = _OWNER if note.is_by_owner else _ADMIN
    match note.change:
        case GroupChange.CREATED:
            return GroupCreated(owner_uin=uin, **common)
        case GroupChange.JOINED:
            return GroupJoined(new_member=uin, admin_uin=admin, admin_nick=nick, **common)
        case GroupChange.LEFT:
            return GroupLeft(op_type=LeaveKind.LEFT, old_member=uin, **common)
        case GroupChange.REMOVED:
            by: dict[str, Any] = {"admin_uin": admin, "t_admin_uin": "", "admin_nick": nick}
            return GroupLeft(op_type=LeaveKind.REMOVED, old_member=uin, **by, **common)
        case GroupChange.ASKED:
            return GroupJoinRequest(request_uin=uin, msg=note.message, **common)
        case GroupChange.AGREED:
            return GroupJoinAgreed(admin_uin=admin, msg=note.message, **common)
        case GroupChange.DENIED:
            return GroupJoinDenied(admin_uin=admin, msg=note.message, **common)
        case GroupChange.ADMIN | GroupChange.NO_ADMIN:
            op_type = int(note.change is GroupChange.ADMIN)
            return GroupAdmin(op_type=op_type, uin=uin, t_uin=member, uin_flag=op_type, **common)


def _file_event(
    letter: Letter, note: FileOffered | FileAnswered | OfflineFileLeft | OfflineFileAnswered, words: Words
) -> Event:
    common: dict[str, Any] = {**_header(letter, words), "from_uin": words.roster.uin(letter.sender)}
    match note:
        case FileOffered(session_id=session_id, title=title):
            return FileOffer(session_id=session_id, name=title, time=letter.at, inet_ip=0, **common)
        case FileAnswered(session_id=session_id, is_taken=True):
            return FileAccepted(session_id=session_id, time=letter.at, **common)
        case FileAnswered(session_id=session_id):
            return FileRefused(session_id=session_id, time=letter.at, cancel_type=2, **common)
        case OfflineFileAnswered(title=title, size=size, is_taken=is_taken):
            action = _TAKEN if is_taken else _REFUSED
            return OfflineFileAnswer(action=action, filename=title, filesize=size, **common)
        case OfflineFileLeft():
            host, port = words.server
            place: dict[str, Any] = {"ip": host, "port": port, "rkey": words.rkey_of(note.file)}
            file: dict[str, Any] = {"name": note.title, "size": note.size, "expire_time": note.expires}
            return OfflineFile(time=letter.at, **file, **place, **common)


def _notice_event(notice: Notice, words: Words) -> Event:
    roster = words.roster
    match notice:
        case StatusNotice():
            return BuddyStatus(uin=roster.uin(notice.number), status=notice.status, client_type=notice.client_type)
        case SignalNotice():
            kind = Shake if notice.is_shake else InputNotify
            ids: dict[str, Any] = {"msg_id": MessageId(notice.id), "msg_id2": notice.id, "reply_ip": 0}
            return kind(from_uin=roster.uin(notice.number), to_uin=roster.account.number, **ids)
        case GapNotice(letters=letters):
            return Tips(tips=gap_text(letters), **_from_system(roster.account.number))
        case KickNotice():
            return kick_event(notice, roster.account.number)


def kick_event(notice: KickNotice, own: QQNumber) -> Kick:
    """Return the end of a session as an event; of an account that may be gone already."""
    return Kick(show_reason=1, reason=_KICK_TEXTS[notice.reason], way="poll", msg_type=_KICK_TYPE, **_from_system(own))


def _from_system(own: QQNumber) -> dict[str, Any]:
    return {"from_uin": SYSTEM_UIN, "to_uin": own, "msg_id": MessageId(0), "msg_id2": 0, "reply_ip": 0}
