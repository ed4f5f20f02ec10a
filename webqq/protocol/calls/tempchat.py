"""The rows of temporary chats with strangers from a group or a discussion.

Source: WebQQ protocol, get_c2cmsg_sig2 and send_sess_msg2.
"""

from enum import IntEnum

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import ResultForm, SendForm
from webqq.protocol.events import SessionFlags
from webqq.protocol.ids import MessageId, Uin
from webqq.protocol.shape import Token

__all__ = [
    "GET_C2CMSG_SIG2",
    "SEND_SESS_MSG2",
    "ChatSignature",
    "ChatSignatureParams",
    "SendSessionParams",
    "ServiceType",
]


class ServiceType(IntEnum):
    """Through what a temporary chat runs."""

    GROUP = 0
    DISCUSSION = 1


class ChatSignatureParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_c2cmsg_sig2: a gid or did, as :class:`ServiceType` says, and the stranger."""

    id: int
    to_uin: Uin
    service_type: int = ServiceType.GROUP
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


class ChatSignature(Struct, frozen=True, kw_only=True):
    """The signature that a send of the chat carries, good for about five minutes."""

    type: int = 0
    value: str = ""
    flags: SessionFlags = SessionFlags()

    @property
    def is_allowed(self) -> bool:
        """False where the group forbids such chats."""
        return bool(self.value)


GET_C2CMSG_SIG2 = Call(
    name="get_c2cmsg_sig2",
    host=Host.DYNAMIC,
    path="/channel/get_c2cmsg_sig2",
    form=Form.QUERY,
    params=ChatSignatureParams,
    reply=ResultForm(ChatSignature),
)
"""Gives what a temporary chat needs; an empty value means that it is not allowed."""


class SendSessionParams(Struct, frozen=True, kw_only=True):
    """Parameters of send_sess_msg2, as those of the other sends. ``group_sig`` is the ``value`` of the signature;
    pictures are not possible.
    """

    to: Uin
    group_sig: str
    face: int | None = 0
    content: str
    msg_id: MessageId
    service_type: int = ServiceType.GROUP
    clientid: Token = ""
    psessionid: Token = ""


SEND_SESS_MSG2 = Call(
    name="send_sess_msg2",
    host=Host.DYNAMIC,
    path="/channel/send_sess_msg2",
    form=Form.ENVELOPE,
    params=SendSessionParams,
    reply=SendForm(),
)
"""Sends to a stranger. The service stopped taking it in 2016."""
