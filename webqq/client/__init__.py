"""A client of the WebQQ protocol on the engine: login, session, roster, receiving, sending.

:class:`WebQQClient` is one account; :func:`gateway_stream` makes the engine that finds the service at a gateway.
"""

from webqq.client.chat import Chat, FriendChat, GroupChat, chat_of
from webqq.client.client import OnDelivery, WebQQClient
from webqq.client.errors import (
    AccountFrozen,
    CallFailed,
    CaptchaRequired,
    ClientError,
    Kicked,
    LoginError,
    LoginRefused,
    SessionLost,
    StorageError,
    UnknownContact,
    Unreachable,
    WrongPassword,
)
from webqq.client.gateway_address import GatewayResolver, gateway_stream, parse_gateway_address
from webqq.client.inbox import Delivery
from webqq.client.login import Captcha
from webqq.client.outbox import Outcome, SendResult
from webqq.client.roster import Friend, Group, Member, Roster
from webqq.client.state import SessionState

__all__ = [
    "AccountFrozen",
    "CallFailed",
    "Captcha",
    "CaptchaRequired",
    "Chat",
    "ClientError",
    "Delivery",
    "Friend",
    "FriendChat",
    "GatewayResolver",
    "Group",
    "GroupChat",
    "Kicked",
    "LoginError",
    "LoginRefused",
    "Member",
    "OnDelivery",
    "Outcome",
    "Roster",
    "SendResult",
    "SessionLost",
    "SessionState",
    "StorageError",
    "UnknownContact",
    "Unreachable",
    "WebQQClient",
    "WrongPassword",
    "chat_of",
    "gateway_stream",
    "parse_gateway_address",
]
