"""The request of each kind of send, and the signatures that some of them carry (WebQQ protocol, sending; pictures)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from urllib.request import Request

from webqq.client.calling import read_reply
from webqq.client.chat import Chat, DiscussChat, FriendChat, GroupChat, StrangerChat
from webqq.client.errors import NotAllowed
from webqq.client.link import stamp
from webqq.client.session import Session
from webqq.client.sessioncalls import SessionCalls
from webqq.httpstream import Response
from webqq.protocol.calls import (
    GET_C2CMSG_SIG2,
    GET_GFACE_SIG2,
    SEND_BUDDY_MSG2,
    SEND_DISCU_MSG2,
    SEND_QUN_MSG2,
    SEND_SESS_MSG2,
    Call,
    ChatSignatureParams,
    GfaceSignature,
    GfaceSignatureParams,
    Reply,
    SendBuddyParams,
    SendDiscussParams,
    SendGroupParams,
    SendSessionParams,
)
from webqq.protocol.content import Content, CustomFace, GroupPicture, OfflinePicture, serialize_sent
from webqq.protocol.ids import Gid, GroupCode, MessageId

__all__ = ["SIGNATURE_LIFETIME", "SendRequests"]

SIGNATURE_LIFETIME = 300.0
"""Seconds for which the signature of a temporary chat is used again."""

MAX_SIGNATURES = 1000
"""Signatures that are kept."""

_Read: TypeAlias = Callable[[Response], Reply[None]]


@dataclass(slots=True)
class _Gface:
    """What sends of custom faces carry, of one login."""

    mark: str
    signature: GfaceSignature


class SendRequests:
    """Makes the requests of sends.

    :param code_of: tells the code of a group, which a send with a picture carries; None where it is not known.
    """

    def __init__(self, calls: SessionCalls, code_of: Callable[[Gid], GroupCode | None] = lambda gid: None) -> None:
        self._calls = calls
        self._code_of = code_of
        self._gface: _Gface | None = None
        self._signatures: dict[StrangerChat, tuple[float, str]] = {}

    async def make(self, chat: Chat, piece: Content, msg_id: MessageId) -> tuple[Request, _Read]:
        """Return the request of a send, and what reads its answer.

        :raises NotAllowed: the chat does not take such a message. :raises CallFailed: a signature is refused.
        :raises Unreachable: one cannot be got.
        """
        session = self._calls.link.session
        common: dict[str, Any] = {
            "content": serialize_sent(piece),
            "clientid": session.clientid,
            "msg_id": msg_id,
            "psessionid": session.psessionid,
        }
        match chat:
            case FriendChat():
                return self._request(SEND_BUDDY_MSG2, SendBuddyParams(to=chat.uin, **common))
            case GroupChat():
                proof = await self._picture_proof(session, piece)
                code = self._code_of(chat.gid) if proof else None
                params = SendGroupParams(group_uin=chat.gid, group_code=code, **common, **proof)
                return self._request(SEND_QUN_MSG2, params)
            case DiscussChat():
                common |= await self._picture_proof(session, piece)
                return self._request(SEND_DISCU_MSG2, SendDiscussParams(did=chat.did, **common))
        if any(isinstance(part, GroupPicture | OfflinePicture | CustomFace) for part in piece.parts):
            raise NotAllowed("a temporary chat takes no pictures")
        signature = await self._signature(chat)
        to_stranger = SendSessionParams(to=chat.uin, group_sig=signature, service_type=chat.service, **common)
        return self._request(SEND_SESS_MSG2, to_stranger)

    def _request(self, call: Call[Any, None], params: Any) -> tuple[Request, _Read]:
        return self._calls.caller.request(call, params), partial(read_reply, call)

    async def _picture_proof(self, session: Session, piece: Content) -> dict[str, Any]:
        """Key and signature of a message with a picture, asked for once a login."""
        if not any(isinstance(part, GroupPicture) for part in piece.parts):
            return {}
        if self._gface is None or self._gface.mark != session.mark:
            signature = await self._calls.ask(
                GET_GFACE_SIG2,
                lambda session: GfaceSignatureParams(
                    clientid=session.clientid, psessionid=session.psessionid, t=stamp()
                ),
            )
            self._gface = _Gface(session.mark, signature)
        return {"key": self._gface.signature.gface_key, "sig": self._gface.signature.gface_sig}

    async def _signature(self, chat: StrangerChat) -> str:
        now = self._calls.caller.stream.ioloop.time()
        got_at, value = self._signatures.get(chat, (-SIGNATURE_LIFETIME, ""))
        if now - got_at < SIGNATURE_LIFETIME:
            return value
        found = await self._calls.ask(
            GET_C2CMSG_SIG2,
            lambda session: ChatSignatureParams(
                id=chat.via,
                to_uin=chat.uin,
                service_type=chat.service,
                clientid=session.clientid,
                psessionid=session.psessionid,
                t=stamp(),
            ),
        )
        if not found.is_allowed:
            raise NotAllowed(f"no temporary chat is allowed with {chat}")
        if len(self._signatures) >= MAX_SIGNATURES:
            self._signatures.clear()
        self._signatures[chat] = (now, found.value)
        return found.value
