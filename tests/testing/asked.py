"""A request as a server has it."""

from email.message import Message

from webqq.testing.received import ReceivedRequest


def asked(url: str = "http://h/", method: str = "GET", body: bytes = b"body") -> ReceivedRequest:
    return ReceivedRequest(method, url, Message(), body)
