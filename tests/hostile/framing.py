"""Answers that disagree with themselves about where they end: the stuff of smuggling and splitting."""

from tests.hostile.case import POISON, Case, fails, gives, raw
from webqq.httpstream import BadResponse, ConnectionLost, ResponseTooLarge
from webqq.httpstream.connection import RECEIVE_SIZE
from webqq.testing import Close, Freeze, HalfClose, Reset, Send

CHUNKED = b"Transfer-Encoding: chunked"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"


def length(value: bytes, **more: bytes) -> bytes:
    return raw(b"Content-Length: " + value, body=more.get("body", b"hello"))


def coded(value: bytes) -> bytes:
    return raw(b"Transfer-Encoding: " + value, body=HELLO)


def chunks(body: bytes) -> bytes:
    return raw(CHUNKED, body=body)


def filling() -> bytes:
    """An answer that is whole with the last byte of one read, when more has come already."""
    head = length(b"%d" % RECEIVE_SIZE, body=b"")
    size = RECEIVE_SIZE - len(head)
    return length(b"%d" % size, body=b"x" * size)


LENGTHS: list[Case] = [
    *(
        fails(f"length {value!r}", BadResponse, length(value), match="Content-Length")
        for value in (b"+5", b"-5", b"0x5", b"1_0", b"5 5", b"5.0", b"", b"five", b"9" * 19, b"5;", b"5, 6", b",")
    ),
    fails("two lengths that differ", BadResponse, raw(b"Content-Length: 5", b"Content-Length: 6", body=b"hello!")),
    fails("length over the limit", ResponseTooLarge, length(b"9" * 18), fetch={"max_body": 10**9}),
    fails("100 MB that do not come", ConnectionLost, length(b"%d" % (100 << 20)), Close(), match="body of known"),
    fails("end within the body", ConnectionLost, length(b"6"), Close()),
    fails("end of one side within the body", ConnectionLost, length(b"6"), HalfClose(), Freeze()),
    fails("reset within the body", ConnectionLost, length(b"6"), Reset()),
    fails("reset at once", ConnectionLost, Reset()),
    gives("one length, twice", raw(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"), body=b"hello"),
    gives("one length, twice in a line", length(b"5, 5"), body=b"hello"),
    gives("leading zeros", length(b"0000005"), body=b"hello", keeps=True),
    gives("end of one side after the answer", length(b"5"), HalfClose(), body=b"hello"),
    gives("reset after the answer", length(b"5"), Reset(), body=b"hello"),
    gives("a body until the end", raw(body=b"hello"), Close(), body=b"hello", keeps=False),
    gives("a body until the end of one side", raw(body=b"hello"), HalfClose(), Freeze(), body=b"hello", keeps=False),
    gives("keep-alive without any framing", raw(b"Connection: keep-alive", body=b"hello"), Close(), body=b"hello"),
    fails("reset of a body until the end", ConnectionLost, raw(body=b"hello"), Reset()),
    fails("an endless body", ResponseTooLarge, raw(body=b"x" * 200_000), Freeze(), fetch={"max_body": 100_000}),
]

BEYOND: list[Case] = [
    gives("a second answer", length(b"5") + POISON, body=b"hello", keeps=False),
    gives("an answer split in its cookie", raw(b"Set-Cookie: a=b", b"Content-Length: 0") + POISON, keeps=False),
    gives("one byte too many", length(b"5", body=b"hello!"), body=b"hello", keeps=False),
    gives("an empty line too many", length(b"5", body=b"hello\r\n"), body=b"hello", keeps=False),
    gives("bytes after an empty body", raw(b"Content-Length: 0") + POISON, keeps=False),
    gives("bytes after the last chunk", chunks(HELLO) + POISON, body=b"hello", keeps=False),
    gives("bytes after close", raw(b"Connection: close", b"Content-Length: 5", body=b"hello" + POISON), body=b"hello"),
    gives("204 with a body", raw(b"Content-Length: 8", body=b"poisoned", start=b"HTTP/1.1 204 No"), status=204),
    gives(
        "204 whose body comes later",
        Send(raw(b"Content-Length: %d" % len(POISON), start=b"HTTP/1.1 204 No")),
        Send(POISON),
        status=204,
        keeps=False,
    ),
    gives("204 of no length", raw(b"Content-Length: 0", start=b"HTTP/1.1 204 No"), status=204, keeps=True),
    gives("204 with chunks", raw(CHUNKED, body=HELLO, start=b"HTTP/1.1 204 No"), status=204, keeps=False),
    gives("304 with a body", raw(b"Content-Length: 8", body=b"poisoned", start=b"HTTP/1.1 304 No"), status=304),
    gives("304 that tells a length", raw(b"Content-Length: 8", start=b"HTTP/1.1 304 No"), status=304, keeps=True),
    gives("a body for HEAD", length(b"8", body=POISON), method="HEAD", keeps=False),
    gives("a length for HEAD", length(b"8", body=b""), method="HEAD", keeps=True),
    gives("a length over the limit for HEAD", length(b"9" * 18, body=b""), method="HEAD", keeps=True),
    gives("HEAD is told of chunks", raw(CHUNKED), method="HEAD", keeps=True),
    gives(
        "205 with a body", raw(b"Content-Length: 5", body=b"hello", start=b"HTTP/1.1 205 R"), status=205, body=b"hello"
    ),
    gives(
        "a second answer after a full read",
        filling() + POISON,
        body=b"x" * filling().count(b"x"),
        keeps=False,
    ),
]

CODINGS_OF_TRANSFER: list[Case] = [
    gives("length and chunks", raw(b"Content-Length: 3", CHUNKED, body=HELLO), body=b"hello", keeps=False),
    gives("chunks and length", raw(CHUNKED, b"Content-Length: 500", body=HELLO), body=b"hello", keeps=False),
    gives("chunks in capitals", coded(b"ChuNKed"), body=b"hello", keeps=True),
    *(
        fails(f"transfer coding {value!r}", BadResponse, coded(value), match="Transfer-Encoding")
        for value in (
            *(b"gzip, chunked", b"chunked, gzip", b"xchunked", b"identity", b"chunked, chunked", b"", b"chunked;a=b"),
            *(b"'chunked'", b"chunked\x80", b"chunked,"),
        )
    ),
    fails("transfer coding behind a vertical tab", BadResponse, coded(b"\x0bchunked")),
    fails("two lines of transfer coding", BadResponse, raw(CHUNKED, CHUNKED, body=HELLO)),
    fails("transfer coding in HTTP/1.0", BadResponse, raw(CHUNKED, body=HELLO, start=b"HTTP/1.0 200 OK")),
    fails("blank after Transfer-Encoding", BadResponse, raw(b"Transfer-Encoding : chunked", body=HELLO)),
    fails(
        "transfer coding behind a bare CR", BadResponse, raw(b"Content-Length: 5", b"X: y\rTransfer-Encoding: chunked")
    ),
]

CHUNKS: list[Case] = [
    *(
        fails(f"chunk size {size!r}", BadResponse, chunks(size + b"\r\nhello\r\n0\r\n\r\n"))
        for size in (b"0x5", b"+5", b" 5", b"-5", b"0_5", b"g", b"5,", b"\xef\xbc\x95", b"F" * 16, b"5\0", b"5\r")
    ),
    fails("no chunk size", BadResponse, chunks(b"\r\nhello\r\n0\r\n\r\n")),
    fails(
        "chunk over the limit", ResponseTooLarge, chunks(b"F" * 15 + b"\r\nhello"), Freeze(), fetch={"max_body": 10**9}
    ),
    fails("chunk longer than its size", BadResponse, chunks(b"5\r\nhello!\r\n0\r\n\r\n")),
    fails("chunk shorter than its size", BadResponse, chunks(b"6\r\nhello\r\n0\r\n\r\n")),
    fails("chunk size ends in LF", BadResponse, chunks(b"5\nhello\r\n0\r\n\r\n")),
    fails("chunk ends in LF", BadResponse, chunks(b"5\r\nhello\n0\r\n\r\n")),
    fails("chunk ends in CR", BadResponse, chunks(b"5\r\nhello\r0\r\n\r\n")),
    fails("LF in an extension", BadResponse, chunks(b"5;a\nhello\r\n0\r\n\r\n")),
    fails("CR in an extension", BadResponse, chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n")),
    fails("last chunk ends in LF", BadResponse, chunks(b"5\r\nhello\r\n0\n\n"), Freeze()),
    fails("an endless extension", ResponseTooLarge, chunks(b"5;" + b"a" * 66_000), Freeze(), match="extension"),
    fails("endless blanks after a size", ResponseTooLarge, chunks(b"5" + b" " * 66_000), Freeze()),
    fails("endless zeros before a size", BadResponse, chunks(b"0" * 66_000), Freeze()),
    fails("an extension for each byte", ResponseTooLarge, chunks(b"1;aaaaaaaa\r\nx\r\n" * 4000), Freeze()),
    fails("end without the last chunk", ConnectionLost, chunks(b"5\r\nhello\r\n"), Close()),
    fails("end within a chunk", ConnectionLost, chunks(b"5\r\nhell"), Close()),
    fails("end within a size", ConnectionLost, chunks(b"5"), Close()),
    fails("end after the last chunk", ConnectionLost, chunks(b"5\r\nhello\r\n0\r\n"), Close()),
    fails("end within the trailers", ConnectionLost, chunks(b"0\r\nX: y\r\n"), Close()),
    fails("endless trailers", ResponseTooLarge, chunks(b"0\r\n" + b"X: y\r\n" * 3000), Freeze()),
    fails("an endless trailer", ResponseTooLarge, chunks(b"0\r\nX: " + b"y" * 17_000), Freeze(), match="trailers"),
    fails("too many trailers", ResponseTooLarge, chunks(b"0\r\n" + b"X: y\r\n" * 101), Freeze(), match="100 trailers"),
    fails("trailer without colon", BadResponse, chunks(b"0\r\nno colon\r\n\r\n")),
    fails("trailer ends in LF", BadResponse, chunks(b"0\r\nX: y\n\r\n"), Freeze()),
    fails("continued trailer first", BadResponse, chunks(b"0\r\n X: y\r\n\r\n")),
    fails("an answer as trailer", BadResponse, chunks(b"0\r\n" + POISON)),
    fails(
        "an endless body in chunks", ResponseTooLarge, chunks(b"1\r\nx\r\n" * 9000), Freeze(), fetch={"max_body": 8000}
    ),
    gives("blanks after a size", chunks(b"5 \t\r\nhello\r\n0\r\n\r\n"), body=b"hello", keeps=True),
    gives("extensions", chunks(b'5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'), body=b"hello", keeps=True),
    gives("sizes with zeros before", chunks(b"00005\r\nhello\r\n000\r\n\r\n"), body=b"hello", keeps=True),
    gives(
        "trailers that would change the framing",
        chunks(b"5\r\nhello\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\n"),
        body=b"hello",
        keeps=True,
    ),
    gives("continued trailer", chunks(b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n"), body=b"hello", keeps=True),
    gives("trailers that set a cookie", chunks(b"0\r\nSet-Cookie: evil=1\r\n\r\n"), keeps=True),
    gives(
        "chunks of a byte, one at a time", Send(chunks(b"1\r\nx\r\n" * 500 + b"0\r\n\r\n"), piece=1), body=b"x" * 500
    ),
]
