"""A client of the WebQQ protocol on the engine: login, session, roster, receiving, sending.

:class:`WebQQClient` is one account; :func:`gateway_stream` makes the engine that finds the service at a gateway.
"""

from webqq.client.chat import Chat, DiscussChat, FriendChat, GroupChat, StrangerChat, chat_of, sender_of
from webqq.client.client import WebQQClient
from webqq.client.contacts import Discussion, Friend, Group, Member, RosterChange
from webqq.client.edits import Edits
from webqq.client.errors import (
    AccountFrozen,
    CallFailed,
    CaptchaRequired,
    ClientError,
    Kicked,
    LoginError,
    LoginRefused,
    NotAllowed,
    QRCodeExpired,
    QueueFull,
    SessionLost,
    StorageError,
    TooLarge,
    UnknownContact,
    Unreachable,
    WrongAccount,
    WrongPassword,
)
from webqq.client.gaps import Gap
from webqq.client.gateway_address import (
    GatewayAddress,
    GatewayResolver,
    GatewayStream,
    gateway_stream,
    parse_gateway_address,
)
from webqq.client.groupdetails import GroupDetails
from webqq.client.inbox import Delivery
from webqq.client.login import Captcha, PasswordDigest
from webqq.client.management import GroupManagement
from webqq.client.media import Media, MessageEvent
from webqq.client.outbox import Outcome, SendResult
from webqq.client.qrpicture import QRPicture, ShowQR, save_qr, show_qr
from webqq.client.queuedsends import OnSent
from webqq.client.receiving import OnDelivery
from webqq.client.roster import Roster
from webqq.client.state import SessionState
from webqq.client.storage import DataFolder
from webqq.client.uploads import Uploads

__all__ = [
    "AccountFrozen",
    "CallFailed",
    "Captcha",
    "CaptchaRequired",
    "Chat",
    "ClientError",
    "DataFolder",
    "Delivery",
    "DiscussChat",
    "Discussion",
    "Edits",
    "Friend",
    "FriendChat",
    "Gap",
    "GatewayAddress",
    "GatewayResolver",
    "GatewayStream",
    "Group",
    "GroupChat",
    "GroupDetails",
    "GroupManagement",
    "Kicked",
    "LoginError",
    "LoginRefused",
    "Media",
    "Member",
    "MessageEvent",
    "NotAllowed",
    "OnDelivery",
    "OnSent",
    "Outcome",
    "PasswordDigest",
    "QRCodeExpired",
    "QRPicture",
    "QueueFull",
    "Roster",
    "RosterChange",
    "SendResult",
    "SessionLost",
    "SessionState",
    "ShowQR",
    "StorageError",
    "StrangerChat",
    "TooLarge",
    "UnknownContact",
    "Unreachable",
    "Uploads",
    "WebQQClient",
    "WrongAccount",
    "WrongPassword",
    "chat_of",
    "gateway_stream",
    "parse_gateway_address",
    "save_qr",
    "sender_of",
    "show_qr",
]
