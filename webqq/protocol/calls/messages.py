"""The rows of receiving and sending: poll2, send_buddy_msg2, send_qun_msg2, send_discu_msg2.

Source: WebQQ protocol, poll2, and sending.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import PollForm, SendForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, GroupCode, MessageId, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import Token

__all__ = [
    "NO_BATCH",
    "POLL2",
    "SEND_BUDDY_MSG2",
    "SEND_DISCU_MSG2",
    "SEND_QUN_MSG2",
    "PollParams",
    "SendBuddyParams",
    "SendDiscussParams",
    "SendGroupParams",
]


NO_BATCH = "new"
"""``key`` of a poll by a client that acknowledges batches and has none to acknowledge yet. A batch of which such a
client says nothing was lost on the way; of an old client, which never says anything, it is taken to have arrived."""


class PollParams(Struct, frozen=True, kw_only=True):
    """Parameters of poll2.

    ``key`` acknowledges a batch of events: the ``key`` of the reply that brought it, or :data:`NO_BATCH`. Old clients
    send 0 or nothing; both are read as empty.
    """

    ptwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    key: Token = ""

    @property
    def acknowledged(self) -> str:
        """Number of the batch that has arrived, or :data:`NO_BATCH`; empty from a client that acknowledges none."""
        return "" if self.key == "0" else self.key


def _arrange_poll(fields: JSONObject, flavour: Flavour) -> JSONObject:
    """2013 clients write 0 for an empty key and add an empty list of ids."""
    if flavour is Flavour.SMARTQQ_2016:
        return fields
    return {**fields, "key": fields["key"] or 0, "ids": []}


POLL2 = Call(
    name="poll2",
    host=Host.DYNAMIC,
    path="/channel/poll2",
    form=Form.ENVELOPE,
    params=PollParams,
    reply=PollForm(),
    bare=frozenset({"clientid", "psessionid"}),
    only={"ptwebqq": Flavour.SMARTQQ_2016},
    arrange=_arrange_poll,
)
"""Waits for events, about a minute at most; always exactly one at a time."""


class SendBuddyParams(Struct, frozen=True, kw_only=True):
    """Parameters of send_buddy_msg2.

    ``content`` is the content string (:func:`webqq.protocol.content.serialize_sent`), ``face`` the number
    of the own system avatar; any number does.
    """

    to: Uin
    content: str
    face: int | None = 0
    clientid: Token = ""
    msg_id: MessageId
    psessionid: Token = ""


SEND_BUDDY_MSG2 = Call(
    name="send_buddy_msg2",
    host=Host.DYNAMIC,
    path="/channel/send_buddy_msg2",
    form=Form.ENVELOPE,
    params=SendBuddyParams,
    reply=SendForm(),
    aliases=("/channel/send_msg2",),  # WebQQ 2
)
"""Sends to a friend."""


class SendGroupParams(Struct, frozen=True, kw_only=True):
    """Parameters of send_qun_msg2, as :class:`SendBuddyParams`; a message with a picture (2013) adds the
    last three.
    """

    group_uin: Gid
    content: str
    face: int | None = 0
    clientid: Token = ""
    msg_id: MessageId
    psessionid: Token = ""
    group_code: GroupCode | None = None
    key: str | None = None
    sig: str | None = None


SEND_QUN_MSG2 = Call(
    name="send_qun_msg2",
    host=Host.DYNAMIC,
    path="/channel/send_qun_msg2",
    form=Form.ENVELOPE,
    params=SendGroupParams,
    reply=SendForm(),
    aliases=("/channel/send_group_msg2",),  # WebQQ 2
)
"""Sends to a group."""


class SendDiscussParams(Struct, frozen=True, kw_only=True):
    """Parameters of send_discu_msg2, as :class:`SendBuddyParams`; a message with a picture (2013) adds the last two."""

    did: Did
    content: str
    face: int | None = 0
    clientid: Token = ""
    msg_id: MessageId
    psessionid: Token = ""
    key: str | None = None
    sig: str | None = None


SEND_DISCU_MSG2 = Call(
    name="send_discu_msg2",
    host=Host.DYNAMIC,
    path="/channel/send_discu_msg2",
    form=Form.ENVELOPE,
    params=SendDiscussParams,
    reply=SendForm(),
)
"""Sends to a discussion."""
