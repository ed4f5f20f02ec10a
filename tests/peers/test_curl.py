"""Odd answers that are valid, or that all take: curl and the engine make the same of them."""

import asyncio
import gzip
import subprocess
import zlib
from urllib.request import Request

import pytest

from tests.hostile.case import raw
from tests.peers.process import find, run
from webqq.httpstream import HTTPStream
from webqq.testing import Close, ScriptedServer
from webqq.testing.steps import Step

CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: 5"
TEXT = b"hello " * 100

ANSWERS: dict[str, list[Step]] = {
    "a length said twice": [raw(LENGTH, LENGTH, body=b"hello")],
    "a body until the end": [raw(body=b"hello"), Close()],
    "HTTP/1.0 until the end": [raw(start=b"HTTP/1.0 200 OK", body=b"hello"), Close()],
    "interim answers": [raw(b"Link: </a>", start=b"HTTP/1.1 103 Early") * 3 + raw(LENGTH, body=b"hello")],
    "no reason": [raw(LENGTH, start=b"HTTP/1.1 200 ", body=b"hello")],
    "no reason and no blank": [raw(LENGTH, start=b"HTTP/1.1 200", body=b"hello")],
    "a status nobody knows": [raw(LENGTH, start=b"HTTP/1.1 799 What", body=b"hello")],
    "chunks with extensions": [raw(CHUNKED, body=b'5;a="b"\r\nhello\r\n0;c\r\n\r\n')],
    "chunks with trailers": [raw(CHUNKED, body=b"5\r\nhello\r\n0\r\nX: y\r\nZ: w\r\n\r\n")],
    "sizes of chunks in capitals, with zeros": [raw(CHUNKED, body=b"000A\r\n0123456789\r\n0000\r\n\r\n")],
    "chunks and a length": [raw(LENGTH, CHUNKED, body=b"3\r\nabc\r\n0\r\n\r\n")],
    "names of headers in odd case": [raw(b"cOnTeNt-LeNgTh:5", body=b"hello")],
    "a continued header": [raw(b"X: a", b"\tb", LENGTH, body=b"hello")],
    "no blank after the colon, many before the end": [raw(b"Content-Length:5   \t", body=b"hello")],
    "204 with a length": [raw(LENGTH, start=b"HTTP/1.1 204 No"), Close()],
    "304 with a length": [raw(LENGTH, start=b"HTTP/1.1 304 No"), Close()],
    "gzip": [raw(b"Content-Encoding: gzip", body=gzip.compress(TEXT)), Close()],
    "gzip by its old name": [raw(b"Content-Encoding: x-gzip", body=gzip.compress(TEXT)), Close()],
    "bare deflate": [raw(b"Content-Encoding: deflate", body=zlib.compress(TEXT)[2:-4]), Close()],
    "gzip in chunks": [
        raw(
            b"Content-Encoding: gzip",
            CHUNKED,
            body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(TEXT)), gzip.compress(TEXT)),
        )
    ],
    "a redirect in one": [raw(b"Location: /there", b"Content-Length: 0", start=b"HTTP/1.1 302 Found")],
    "a redirect with dots and a query": [
        raw(b"Location: ./x/../there?a=b", b"Content-Length: 0", start=b"HTTP/1.1 301 M")
    ],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_same_status_and_body(name: str) -> None:
    curl = find("curl")

    async def test(url: str) -> None:
        command = [curl, "--silent", "--show-error", "--disable", "--noproxy", "*", "--compressed", "--location"]
        asked = await asyncio.to_thread(
            subprocess.run,
            [*command, "--max-time", "10", "--write-out", "%{stderr}%{http_code}", url],
            capture_output=True,
            check=False,
        )
        async with HTTPStream() as stream:
            response = await stream.fetch(Request(url))
            assert (b"%d" % response.status, response.read()) == (asked.stderr, asked.stdout)

    with ScriptedServer() as server:
        server.on("/here", *ANSWERS[name], repeat=True)
        server.on("/there", raw(LENGTH, body=b"there"), repeat=True)
        run(lambda: test(server.url("/here")))
