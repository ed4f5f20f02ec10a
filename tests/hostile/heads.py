"""Status lines and headers that are none, that are odd, or that never end."""

from tests.hostile.case import POISON, fails, gives, raw
from webqq.httpstream import BadResponse, ConnectionLost, ResponseTooLarge
from webqq.testing import Close, Freeze, Send

OK = b"Content-Length: 2"

STATUS_LINES = [
    fails("no HTTP at all", BadResponse, b"garbage\r\n\r\n", match="HTTP/1"),
    fails("a body without head, as HTTP/0.9", BadResponse, b"<html>hello</html>", Close()),
    fails("HTTP/2", BadResponse, raw(OK, body=b"ok", start=b"HTTP/2.0 200 OK")),
    fails("HTTP/1 in small letters", BadResponse, raw(OK, body=b"ok", start=b"http/1.1 200 OK")),
    fails("HTTP/1.10", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.10 200 OK")),
    fails("shoutcast", BadResponse, raw(OK, body=b"ok", start=b"ICY 200 OK")),
    fails("status of two digits", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1 20 OK")),
    fails("status of four digits", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1 2000 OK")),
    fails("status with a sign", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1 +200 OK")),
    fails("status below 100", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1 099 OK")),
    fails("status in other digits", BadResponse, raw(OK, body=b"ok", start="HTTP/1.1 ２００ OK".encode())),
    fails("two blanks before the status", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1  200 OK")),
    fails("tabs in the status line", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1\t200\tOK")),
    fails("an empty line first", BadResponse, b"\r\n" + raw(OK, body=b"ok")),
    fails("NUL in the reason", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1 200 O\0K")),
    fails("bare CR in the reason", BadResponse, raw(OK, body=b"ok", start=b"HTTP/1.1 200 O\rK")),
    fails("a TLS alert in the clear", BadResponse, b"\x15\x03\x01\x00\x02\x02\x28", Close()),
    fails("an SSH greeting, and silence", BadResponse, b"SSH-2.0-OpenSSH_9.2\r\n", Freeze()),
    fails("UTF-16", BadResponse, raw(OK, body=b"ok").decode().encode("utf-16"), Freeze()),
    fails("a request in place of an answer", BadResponse, b"GET / HTTP/1.1\r\nHost: you\r\n\r\n", Freeze()),
    fails("an endless reason", ResponseTooLarge, b"HTTP/1.1 200 " + b"O" * 70_000, Freeze(), match="longer than"),
    gives("status line without reason", raw(OK, body=b"ok", start=b"HTTP/1.1 200"), body=b"ok", keeps=True),
    gives("reason in UTF-8", raw(OK, body=b"ok", start="HTTP/1.1 200 好".encode()), body=b"ok", keeps=True),
    gives("HTTP/1.9 counts as 1.1", raw(OK, body=b"ok", start=b"HTTP/1.9 200 OK"), body=b"ok", keeps=True),
    gives("a status nobody knows", raw(OK, body=b"ok", start=b"HTTP/1.1 999 "), body=b"ok", status=999, keeps=True),
    gives("HTTP/1.0 is not kept", raw(OK, body=b"ok", start=b"HTTP/1.0 200 OK"), body=b"ok", keeps=False),
    gives(
        "HTTP/1.0 is kept where it says so",
        raw(OK, b"Connection: Keep-Alive", body=b"ok", start=b"HTTP/1.0 200 OK"),
        body=b"ok",
        keeps=True,
    ),
]

HEADERS = [
    fails("header without colon", BadResponse, raw(OK, b"no colon", body=b"ok")),
    fails("header without name", BadResponse, raw(OK, b": value", body=b"ok")),
    fails("blank before the colon", BadResponse, raw(b"Content-Length : 2", body=b"ok")),
    fails("name that is no token", BadResponse, raw(OK, b"X(y): z", body=b"ok")),
    fails("name in UTF-8", BadResponse, raw(OK, "Ü: z".encode(), body=b"ok")),
    fails("NUL in a value", BadResponse, raw(OK, b"X: a\0b", body=b"ok")),
    fails("bare CR in a value", BadResponse, raw(OK, b"X: a\rSet-Cookie: evil=1", body=b"ok")),
    fails("lines end in LF alone", BadResponse, raw(OK, body=b"ok").replace(b"\r\n", b"\n"), Freeze()),
    fails("one line ends in LF alone", BadResponse, raw(OK, b"X: a\nY: b", body=b"ok")),
    fails("a continued line first", BadResponse, raw(b" folded", OK, body=b"ok")),
    fails("too many headers", ResponseTooLarge, raw(OK, *[b"X: y"] * 1001, body=b"ok"), match="1000 headers"),
    fails("a header line too long", ResponseTooLarge, raw(OK, b"X: " + b"y" * 65_537, body=b"ok"), match="longer"),
    fails("an endless header line", ResponseTooLarge, b"HTTP/1.1 200 OK\r\nX: " + b"y" * 66_000, Freeze()),
    fails("an endless head", ResponseTooLarge, raw(*[b"X: " + b"y" * 60_000] * 5)[:-2], Freeze(), match="of head"),
    fails("an endless name", ResponseTooLarge, b"HTTP/1.1 200 OK\r\n" + b"X" * 66_000, Freeze()),
    fails("end within the head", ConnectionLost, b"HTTP/1.1 200 OK\r\nContent-Le", Close()),
    fails("end after one letter", ConnectionLost, b"H", Close()),
    fails("end instead of an answer", ConnectionLost, Close()),
    gives("a continued value", raw(OK, b"X: a", b"  b", body=b"ok"), body=b"ok"),
    gives("a continued length", raw(b"Content-Length:", b" 2", body=b"ok"), body=b"ok"),
    gives("a thousand headers", raw(OK, *[b"X: y"] * 999, body=b"ok"), body=b"ok", keeps=True),
    gives("values of any bytes above ASCII", raw(OK, b"X: " + bytes(range(0x80, 0x100)), body=b"ok"), body=b"ok"),
    gives("empty values", raw(OK, b"X:", b"Y:  \t ", body=b"ok"), body=b"ok"),
    gives("the end, before it is due", raw(b"Connection: close, keep-alive", OK, body=b"ok"), body=b"ok", keeps=False),
    gives("keep-alive of no time", raw(OK, b"Keep-Alive: timeout=0", body=b"ok"), body=b"ok", keeps=False),
    gives("keep-alive for ever", raw(OK, b"Keep-Alive: timeout=" + b"9" * 40, body=b"ok"), body=b"ok", keeps=True),
    gives("keep-alive before now", raw(OK, b"Keep-Alive: timeout=-5", body=b"ok"), body=b"ok", keeps=True),
    gives("hundreds of cookies", raw(OK, *[b"Set-Cookie: c%d=1" % n for n in range(900)], body=b"ok"), body=b"ok"),
    gives("a cookie of 60 KB", raw(OK, b"Set-Cookie: c=" + b"x" * 60_000, body=b"ok"), body=b"ok"),
    gives(
        "cookies that together are no header",
        raw(OK, *[b"Set-Cookie: c%d=" % n + b"x" * 4000 for n in range(40)], body=b"ok"),
        body=b"ok",
    ),
    gives("a cookie with a control character", raw(OK, b"Set-Cookie: a=b\tc; Path=/", body=b"ok"), body=b"ok"),
]

INTERIM = [
    fails("101, which nobody asked for", BadResponse, raw(b"Upgrade: x", start=b"HTTP/1.1 101 Now") + POISON),
    fails("17 times 100", ResponseTooLarge, b"HTTP/1.1 100 Continue\r\n\r\n" * 17 + POISON, match="interim"),
    fails(
        "endless 103", ResponseTooLarge, Send(raw(b"Link: </a>", start=b"HTTP/1.1 103 H") * 999, piece=600), Freeze()
    ),
    fails("100 and the end", ConnectionLost, b"HTTP/1.1 100 Continue\r\n\r\n", Close()),
    fails("100 with a body", BadResponse, raw(OK, start=b"HTTP/1.1 100 Continue", body=b"ok") + POISON),
    gives(
        "16 times 102, then the answer", b"HTTP/1.1 102 P\r\n\r\n" * 16 + raw(OK, body=b"ok"), body=b"ok", keeps=True
    ),
    gives(
        "100 that seems to frame a body",
        raw(b"Transfer-Encoding: chunked", start=b"HTTP/1.1 100 Continue") + raw(OK, body=b"ok"),
        body=b"ok",
    ),
]
