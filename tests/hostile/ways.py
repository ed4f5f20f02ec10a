"""Redirects, credentials that are asked for, and other ways to lead a client astray."""

from tests.hostile.case import Case, fails, gives, raw
from webqq.httpstream import BadResponse, RedirectError, ResolveError, ResponseTooLarge, Retry
from webqq.httpstream.digest import MAX_CHALLENGES, Digest
from webqq.httpstream.retry import Backoff
from webqq.testing import Answer, Freeze
from webqq.testing.received import ReceivedRequest
from webqq.testing.steps import Step

__all__ = ["CREDENTIALS", "REDIRECTS", "RETRIES"]


def moved(location: bytes, *lines: bytes, status: bytes = b"302 Found", body: bytes = b"") -> bytes:
    length = b"Content-Length: %d" % len(body)
    return raw(b"Location: " + location, length, *lines, start=b"HTTP/1.1 " + status, body=body)


def one_step_further(request: ReceivedRequest) -> Step:
    """A redirect with a long head to a path that is longer by one."""
    return moved(request.path.encode() + b"x", *[b"X: " + b"y" * 60_000] * 4)


ONCE: dict[str, object] = {"data": lambda: iter([b"once"]), "method": "POST"}

REDIRECTS: list[Case] = [
    fails("a redirect to itself", RedirectError, moved(b"/case"), match="circle", most_requests=12),
    fails(
        "two that lead to each other",
        RedirectError,
        moved(b"/there"),
        also={"/there": [moved(b"/case")]},
        most_requests=6,
    ),
    *(
        fails(f"a redirect to {location!r}", RedirectError, moved(location))
        for location in (
            *(b"javascript:alert(1)", b"file:///etc/passwd", b"ftp://127.0.0.1/", b"data:,hello", b"ws://127.0.0.1/"),
            *(b"http://", b"http://:80/", b"http://[::1/", b"http://127.0.0.1:99999/", b"http://127.0.0.1:port/"),
            *(b"http://user:secret@127.0.0.1/", b"http://user@127.0.0.1/", b"//user@127.0.0.1/", b"http://a b/"),
            *(b"mailto:x@example.com", b"about:blank", b"http:///", b"http://%00/", b"http://\xff\xff/"),
        )
    ),
    fails("CR in a Location", BadResponse, moved(b"/after\rSet-Cookie: evil=1")),
    fails("NUL in a Location", BadResponse, moved(b"/after\0")),
    fails("a host that is none", ResolveError, moved(b"http://no.such.host.invalid/")),
    fails(
        "long heads all the way",
        RedirectError,
        one_step_further,
        match="heads",
        most_requests=12,
        also={"/case" + "x" * n: [one_step_further] for n in range(1, 12)},
    ),
    fails(
        "an endless redirect",
        ResponseTooLarge,
        raw(b"Location: /after", start=b"HTTP/1.1 302 Found", body=b"x" * 20_000),
        Freeze(),
        fetch={"max_body": 10_000},
    ),
    fails(
        "more redirects than are wanted",
        RedirectError,
        moved(b"/there"),
        fetch={"redirects": 1},
        also={"/there": [moved(b"/after")]},
    ),
    gives("a Location split in two headers", moved(b"/after\r\nX-Injected: 1"), body=b"/after"),
    gives("a continued Location", moved(b"\r\n /after"), body=b"/after"),
    gives("blanks, tabs and controls around a Location", moved(b" \t/after \t"), body=b"/after"),
    gives("a Location with backslashes", moved(b"\\after"), body=b"/after"),
    gives("a Location that climbs too high", moved(b"/../../../after"), body=b"/after"),
    gives("a Location with a fragment", moved(b"/after#there"), body=b"/after"),
    gives("a Location in UTF-8", moved("/é".encode()), body=b"found", also={"/%C3%A9": [Answer(200, b"found")]}),
    gives("a Location with blanks", moved(b"/a b"), body=b"found", also={"/a%20b": [Answer(200, b"found")]}),
    gives("no Location", raw(b"Content-Length: 2", body=b"ok", start=b"HTTP/1.1 302 F"), status=302, body=b"ok"),
    gives("an empty Location", moved(b"", body=b"ok"), status=302, body=b"ok"),
    gives("300 with a Location", moved(b"/after", status=b"300 M", body=b"ok"), status=300, body=b"ok"),
    gives("304 with a Location", raw(b"Location: /after", start=b"HTTP/1.1 304 Not"), status=304),
    gives("200 with a Location", moved(b"/after", status=b"200 OK", body=b"ok"), body=b"ok"),
    gives("303 after what can be sent once", moved(b"/after", status=b"303 S"), body=b"/after", **ONCE),
    gives("307 after what can be sent once", moved(b"/after", status=b"307 T"), status=307, **ONCE),
    gives("redirects that are not wanted", moved(b"/after"), status=302, fetch={"redirects": 0}),
    gives(
        "a redirect before all is sent",
        moved(b"/after"),
        body=b"/after",
        early=True,
        method="POST",
        data=lambda: bytes(20_000_000),
    ),
]


def asks(challenge: bytes, status: bytes = b"401 Unauthorized", name: bytes = b"WWW-Authenticate") -> bytes:
    return raw(name + b": " + challenge, b"Content-Length: 2", start=b"HTTP/1.1 " + status, body=b"no")


DIGEST = {"auth": Digest("user", "secret")}

CREDENTIALS: list[Case] = [
    *(
        gives(f"a challenge {challenge[:40]!r}", asks(challenge), status=401, body=b"no", fetch=DIGEST, most_requests=2)
        for challenge in (
            *(b"", b"Digest", b"Digest ,,,", b"Digest realm", b'Digest realm="open', b"Negotiate YWJj", b"\xff\xfe"),
            *(
                b'Digest nonce="a", algorithm=ROT13',
                b'Digest nonce="a", qop="auth-int"',
                b"Digest nonce=" + b"x" * 60_000,
            ),
            *(b"Basic, " * 5_000, b'Digest realm="a", nonce="\\"quoted\\\\"', b'Digest nonce="a", nonce="b", qop=auth'),
        )
    ),
    gives(
        "a nonce that is always too old",
        asks(b'Digest realm="a", nonce="b", stale=true, qop=auth'),
        status=401,
        body=b"no",
        fetch=DIGEST,
        most_requests=1 + MAX_CHALLENGES,
    ),
    gives("407 without a proxy", asks(b"Basic", b"407 P", b"Proxy-Authenticate"), status=407, body=b"no", fetch=DIGEST),
]

RETRY = {"retry": Retry(attempts=2, backoff=Backoff(0, jitter=0))}


def busy(retry_after: bytes) -> bytes:
    return raw(b"Retry-After: " + retry_after, b"Content-Length: 4", start=b"HTTP/1.1 503 Busy", body=b"busy")


RETRIES: list[Case] = [
    *(
        gives(f"Retry-After {value[:20]!r}", busy(value), status=503, body=b"busy", fetch=RETRY)
        for value in (
            *(
                b"9" * 400,
                b"-1",
                b"nan",
                b"inf",
                b"1e9",
                b"0x10",
                b"",
                b"soon",
                b"\xff",
                b"Fri, 31 Dec 9999 23:59:59 GMT",
            ),
            *(b"Thu, 01 Jan 1970 00:00:00 GMT", b"99999 " * 9_000, b"Mon, 99 Foo 0000 99:99:99"),
        )
    ),
]
