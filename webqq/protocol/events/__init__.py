"""What poll2 delivers, as typed values.

A struct stands in the module of its subject, with its row; :mod:`.table` has all rows and reads and builds what an
answer holds. :mod:`.row` is the mechanism.
"""

from webqq.protocol.events.files import (
    VIDEO_CALL,
    FileAccepted,
    FileOffer,
    FileRefused,
    FileState,
    FileTransfer,
    OfflineFile,
    OfflineFileAnswer,
)
from webqq.protocol.events.messages import (
    BuddyStatus,
    DiscussMessage,
    FriendMessage,
    GroupMessage,
    InputNotify,
    Kick,
    SessionFlags,
    SessionMessage,
    Shake,
    Tips,
)
from webqq.protocol.events.notices import (
    GroupNotice,
    NoticeElement,
    parse_notice,
    serialize_notice,
)
from webqq.protocol.events.requests import (
    AddedFriend,
    BuddyAdded,
    BuddyListChange,
    BuddyRequest,
    BuddyVerified,
    BuddyVerifiedAdded,
    GroupAdmin,
    GroupCreated,
    GroupJoinAgreed,
    GroupJoinDenied,
    GroupJoined,
    GroupJoinRequest,
    GroupLeft,
    LeaveKind,
    RemovedFriend,
)
from webqq.protocol.events.row import (
    SYSTEM_UIN,
)
from webqq.protocol.events.table import (
    Event,
    UnknownEvent,
    parse_event,
    parse_events,
    serialize_event,
    serialize_events,
)

__all__ = [
    "SYSTEM_UIN",
    "VIDEO_CALL",
    "AddedFriend",
    "BuddyAdded",
    "BuddyListChange",
    "BuddyRequest",
    "BuddyStatus",
    "BuddyVerified",
    "BuddyVerifiedAdded",
    "DiscussMessage",
    "Event",
    "FileAccepted",
    "FileOffer",
    "FileRefused",
    "FileState",
    "FileTransfer",
    "FriendMessage",
    "GroupAdmin",
    "GroupCreated",
    "GroupJoinAgreed",
    "GroupJoinDenied",
    "GroupJoinRequest",
    "GroupJoined",
    "GroupLeft",
    "GroupMessage",
    "GroupNotice",
    "InputNotify",
    "Kick",
    "LeaveKind",
    "NoticeElement",
    "OfflineFile",
    "OfflineFileAnswer",
    "RemovedFriend",
    "SessionFlags",
    "SessionMessage",
    "Shake",
    "Tips",
    "UnknownEvent",
    "parse_event",
    "parse_events",
    "parse_notice",
    "serialize_event",
    "serialize_events",
    "serialize_notice",
]
