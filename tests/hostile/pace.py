"""Servers that say nothing, too little at a time, too early, or not all; over TLS as well."""

from io import BytesIO

from tests.hostile.case import POISON, Case, fails, gives, raw
from webqq.httpstream import (
    BetweenBytesTimeout,
    ConnectError,
    ConnectionLost,
    File,
    FirstByteTimeout,
    Timeouts,
    TLSError,
    TLSTimeout,
    TotalTimeout,
    WriteTimeout,
)
from webqq.testing import Answer, Close, CutHandshake, Freeze, Reset, Send

SHORT = 0.05
"""Seconds of a timeout that is meant to pass."""

FIRST = {"timeout": Timeouts(first_byte=SHORT, total=20)}
BETWEEN = {"timeout": Timeouts(between_bytes=SHORT, total=20)}
WRITE = {"timeout": Timeouts(write=SHORT, total=20)}
TOTAL = {"timeout": 6 * SHORT}

OK = raw(b"Content-Length: 5", body=b"hello")
FULL_RECORD = raw(b"Content-Length: 16342", body=b"x" * 16342)
"""What TLS hands over at once, whatever has come after it."""
LONG = 20_000_000
"""Bytes that no buffer between client and server holds."""


def body() -> bytes:
    return bytes(LONG)


def pieces() -> File:
    """A body that goes out piece by piece, and can be sent again."""
    return File(BytesIO(bytes(LONG)))


SLOW: list[Case] = [
    fails("silence", FirstByteTimeout, Freeze(), fetch=FIRST),
    fails("silence after one byte", BetweenBytesTimeout, b"H", Freeze(), fetch=BETWEEN),
    fails("silence within the head", BetweenBytesTimeout, OK[:30], Freeze(), fetch=BETWEEN),
    fails("silence within the body", BetweenBytesTimeout, OK[:-1], Freeze(), fetch=BETWEEN),
    fails(
        "silence within a chunk",
        BetweenBytesTimeout,
        raw(b"Transfer-Encoding: chunked", body=b"5\r\nhel"),
        Freeze(),
        fetch=BETWEEN,
    ),
    fails(
        "silence after the chunks",
        BetweenBytesTimeout,
        raw(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n"),
        Freeze(),
        fetch=BETWEEN,
    ),
    # A 100 does not begin the answer.
    fails("silence after 100", FirstByteTimeout, b"HTTP/1.1 100 Continue\r\n\r\n", Freeze(), fetch=FIRST),
    fails(
        "silence in a redirect",
        BetweenBytesTimeout,
        raw(b"Location: /after", b"Content-Length: 9", start=b"HTTP/1.1 302 Found"),
        Freeze(),
        fetch=BETWEEN,
    ),
    fails("silence until nobody waits", TotalTimeout, Freeze(), fetch=TOTAL),
    fails("a head that drips", TotalTimeout, Send(raw(*[b"X: y"] * 900), piece=1, gap=0.01), fetch=TOTAL),
    fails("a body that drips", TotalTimeout, Send(raw(body=b"x" * 5000), piece=1, gap=0.01), fetch=TOTAL),
    fails(
        "chunks that drip",
        TotalTimeout,
        Send(raw(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n" * 5000), piece=6, gap=0.01),
        fetch=TOTAL,
    ),
    fails(
        "redirects that take their time",
        TotalTimeout,
        Answer(302, headers={"Location": "/case"}).slow(0.04),
        fetch=TOTAL,
        most_requests=20,
    ),
    gives("byte by byte, but in time", Send(OK, piece=1, gap=0.002), body=b"hello", fetch=BETWEEN, keeps=True),
    gives(
        "a redirect that is slow, but in time",
        Send(raw(b"Location: /after", b"Content-Length: 30", start=b"HTTP/1.1 302 Found", body=b"x" * 30), 1, 0.002),
        fetch={"timeout": Timeouts(first_byte=1, between_bytes=1)},
        body=b"/after",
    ),
]

UPLOADS: list[Case] = [
    *(
        case
        for how, data in (("bytes", body), ("pieces", pieces))
        for case in (
            gives(
                f"refused before all {how} are sent",
                raw(b"Content-Length: 2", b"Connection: close", body=b"no", start=b"HTTP/1.1 413 L"),
                Close(),
                status=413,
                body=b"no",
                early=True,
                method="POST",
                data=data,
                keeps=False,
            ),
            gives(
                f"refused with a reset before all {how} are sent",
                raw(b"Content-Length: 2", body=b"no", start=b"HTTP/1.1 413 L"),
                Reset(),
                status=413,
                body=b"no",
                early=True,
                method="POST",
                data=data,
                keeps=False,
            ),
            gives(
                f"answered before all {how} are sent, and kept",
                OK,
                Freeze(),
                body=b"hello",
                early=True,
                method="POST",
                data=data,
                keeps=False,
            ),
            fails(
                f"half an answer and a reset before all {how} are sent",
                ConnectionLost,
                OK[:-1],
                Reset(),
                early=True,
                method="POST",
                data=data,
                most_requests=1,
            ),
            fails(
                f"reset before all {how} are sent",
                ConnectionLost,
                Reset(),
                early=True,
                method="POST",
                data=data,
                most_requests=1,
            ),
            fails(
                f"end before all {how} are sent",
                ConnectionLost,
                Close(),
                early=True,
                method="POST",
                data=data,
                most_requests=1,
            ),
            fails(
                f"nobody takes the {how}",
                WriteTimeout,
                Freeze(is_deaf=True),
                early=True,
                method="POST",
                data=data,
                fetch=WRITE,
            ),
        )
    ),
    gives(
        "the leave is refused",
        raw(b"Content-Length: 2", body=b"no", start=b"HTTP/1.1 417 No"),
        status=417,
        body=b"no",
        early=True,
        method="POST",
        data=pieces,
        fetch={"expect": True},
        keeps=False,
    ),
    gives(
        "the leave is refused, and the connection ends",
        raw(body=b"no", start=b"HTTP/1.1 413 No"),
        Close(),
        status=413,
        body=b"no",
        early=True,
        method="POST",
        data=pieces,
        fetch={"expect": True},
        keeps=False,
    ),
    fails(
        "leave is given, and nothing more",
        FirstByteTimeout,
        Freeze(),
        method="POST",
        data=lambda: b"hello",
        fetch={"expect": True, **FIRST},
    ),
    fails(
        "the end in place of leave",
        ConnectionLost,
        Close(),
        early=True,
        method="POST",
        data=pieces,
        fetch={"expect": True},
        most_requests=1,
    ),
]

TLS: list[Case] = [
    fails("TLS cut off without notice", ConnectionLost, raw(body=b"hello"), Close(notify=False), tls=True),
    fails("TLS that ends within the body", ConnectionLost, OK[:-1], Close(), tls=True),
    fails("TLS cut off within the head", ConnectionLost, OK[:20], Close(notify=False), tls=True),
    fails("TLS reset within the body", ConnectionLost, OK[:-1], Reset(), tls=True),
    fails("TLS that ends at once", ConnectionLost, Close(), tls=True),
    gives("TLS cut off after the answer", OK, Close(notify=False), tls=True, body=b"hello"),
    gives("TLS that ends with the body", raw(body=b"hello"), Close(), tls=True, body=b"hello", keeps=False),
    gives("a second answer within TLS", OK + OK, tls=True, body=b"hello", keeps=False),
    gives(
        "a second answer after one that fills a record of TLS",
        FULL_RECORD + POISON,
        tls=True,
        body=b"x" * FULL_RECORD.count(b"x"),
        keeps=False,
    ),
    fails("no TLS but HTTP", TLSError, tls=True, opening=[OK, Close()]),
    fails("no TLS but noise", TLSError, tls=True, opening=[bytes(range(256)), Close()]),
    fails("the end in place of TLS", ConnectError, tls=True, opening=[Close()]),
    fails(
        "a handshake that is not answered",
        TLSTimeout,
        tls=True,
        opening=[Freeze()],
        fetch={"timeout": Timeouts(tls=SHORT)},
    ),
    fails("a handshake that is reset", ConnectError, tls=True, opening=[CutHandshake()]),
    fails("a handshake that is reset halfway", ConnectError, tls=True, opening=[CutHandshake(100)]),
    fails("a reset in place of TLS", ConnectError, tls=True, opening=[Reset()]),
]
