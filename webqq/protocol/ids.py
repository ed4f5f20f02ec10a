"""Distinct types for the protocol's numbers, so that one is never passed for another.

All of them are unsigned and go up to 2^32-1 at least; values above 2^31 are normal (WebQQ protocol,
identifiers).
"""

from typing import NewType

__all__ = ["Did", "Gid", "GroupCode", "GroupNumber", "MessageId", "QQNumber", "Uin", "first_message_id"]

QQNumber = NewType("QQNumber", int)
"""An account: the public number of a person, stable for ever."""

Uin = NewType("Uin", int)
"""A person as one session sees them. For oneself it equals the account number."""

Gid = NewType("Gid", int)
"""A group as one session sees it: sends go to it, received group messages come from it."""

GroupCode = NewType("GroupCode", int)
"""The second session number of a group: group details are asked with it, never with the :data:`Gid`."""

GroupNumber = NewType("GroupNumber", int)
"""The public number of a group, stable for ever."""

Did = NewType("Did", int)
"""A discussion, to read and to send."""

MessageId = NewType("MessageId", int)
"""The number a sender gives to its message; one counter serves all send calls of a session."""


def first_message_id(now_ms: int) -> MessageId:
    """Return the first message id of a session that began at ``now_ms`` (milliseconds since the epoch).

    The next ones add 1 each (WebQQ protocol, msg_id, as the service's own script counts).
    """
    return MessageId(now_ms // 1000 % 10000 * 10000 + 1)
