"""A client that costs as little as can be: one connection, requests as ready bytes, answers cut by their length.

What is measured is the gateway; a whole client beside it would be the slower of the two.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.request import Request

from webqq.httpstream.serialize import serialize_request
from webqq.protocol.calls import (
    NO_BATCH,
    POLL2,
    SEND_BUDDY_MSG2,
    SEND_QUN_MSG2,
    PollParams,
    SendBuddyParams,
    SendGroupParams,
)
from webqq.protocol.content import Content, serialize_sent
from webqq.protocol.flavour import Flavour

__all__ = ["Line", "poll_request", "send_request"]

_CONTENT = "a message of usual length"


class Line(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: Any = None

    @classmethod
    async def open(cls, port: int) -> "Line":
        """Connect, and make sure that the server has taken the connection out of its backlog: one that waits there may
        be reset later.
        """
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        await line.ask(poll_request({"psessionid": "none"}))
        return line

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        """Send a request; the future is done with the answer's body, and fails where it is not a 200."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, blank, body = self._buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
        if len(body) < length or self._answer is None:
            return
        self._buffer, answer, self._answer = body[length:], self._answer, None
        if head.startswith(b"HTTP/1.1 200"):
            answer.set_result(body[:length])
        else:
            answer.set_exception(ConnectionError(head.partition(b"\r")[0].decode()))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the gateway closed a connection"))

    def close(self) -> None:
        self._transport.close()


def poll_request(session: Mapping[str, Any], key: str = NO_BATCH) -> bytes:
    """A poll that acknowledges batch ``key``."""
    params = PollParams(psessionid=session["psessionid"], clientid="1", key=key)
    return _serialize(POLL2.request(params, Flavour.WEBQQ_2013))


def send_request(session: Mapping[str, Any], msg_id: int, *, to_group: bool = False) -> bytes:
    """A message to the session's friend, or to its group."""
    content = serialize_sent(Content.from_text(_CONTENT))
    known: dict[str, Any] = {"content": content, "msg_id": msg_id, "psessionid": session["psessionid"]}
    if to_group:
        group = SendGroupParams(group_uin=session["gid"], clientid="1", **known)
        return _serialize(SEND_QUN_MSG2.request(group, Flavour.WEBQQ_2013))
    friend = SendBuddyParams(to=session["friend"], clientid="1", **known)
    return _serialize(SEND_BUDDY_MSG2.request(friend, Flavour.WEBQQ_2013))


def _serialize(wire: Any) -> bytes:
    return serialize_request(Request(wire.url, wire.body, dict(wire.headers), method=wire.method))
