"""Bodies that are not in the coding that they name, or are far larger than they look."""

import gzip
import zlib
from functools import lru_cache

import brotli
import zstandard

from tests.hostile.case import Case, fails, gives, raw
from webqq.httpstream import ConnectionLost, DecodingError, ResponseTooLarge
from webqq.testing import Close, Freeze

LIMIT = {"max_body": 1 << 20}
TEXT = b"hello " * 100
ZIPPED = gzip.compress(TEXT)


def coded(name: bytes, body: bytes, *lines: bytes, start: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return raw(b"Content-Encoding: " + name, b"Content-Length: %d" % len(body), *lines, body=body, start=start)


@lru_cache
def bomb(size: int = 16 << 20) -> bytes:
    """Zeros, a thousand times smaller."""
    return gzip.compress(bytes(size), 9)


def moved(body: bytes, status: bytes = b"302 Found") -> bytes:
    return coded(b"gzip", body, b"Location: /after", start=b"HTTP/1.1 " + status)


BOMBS: list[Case] = [
    fails("gzip of zeros", ResponseTooLarge, coded(b"gzip", bomb()), fetch=LIMIT),
    fails("gzip of zeros, whatever the size", ResponseTooLarge, coded(b"gzip", bomb()), fetch={"max_body": None}),
    fails("deflate of zeros", ResponseTooLarge, coded(b"deflate", zlib.compress(bytes(16 << 20))), fetch=LIMIT),
    fails("brotli of zeros", ResponseTooLarge, coded(b"br", brotli.compress(bytes(16 << 20))), fetch=LIMIT),
    fails("zstd of zeros", ResponseTooLarge, coded(b"zstd", zstandard.compress(bytes(16 << 20))), fetch=LIMIT),
    fails("gzip of gzip of zeros", ResponseTooLarge, coded(b"gzip, gzip", gzip.compress(bomb(64 << 20))), fetch=LIMIT),
    fails(
        "members of zeros, one after the other",
        ResponseTooLarge,
        coded(b"gzip", gzip.compress(bytes(4096)) * 999),
        fetch=LIMIT,
    ),
    fails(
        "gzip of zeros, chunked",
        ResponseTooLarge,
        raw(
            b"Content-Encoding: gzip",
            b"Transfer-Encoding: chunked",
            body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(bomb()), bomb()),
        ),
        fetch=LIMIT,
    ),
    fails("gzip of zeros until the end", ResponseTooLarge, raw(b"Content-Encoding: gzip", body=bomb()), fetch=LIMIT),
    fails("gzip of zeros that leads on", ResponseTooLarge, moved(bomb()), fetch=LIMIT),
    fails(
        "gzip of zeros that leads on for a POST",
        ResponseTooLarge,
        moved(bomb(), b"303 Other"),
        fetch=LIMIT,
        method="POST",
    ),
    fails(
        "gzip of zeros that wants credentials",
        ResponseTooLarge,
        coded(b"gzip", bomb(), b'WWW-Authenticate: Digest realm="a", nonce="b"', start=b"HTTP/1.1 401 No"),
        fetch={**LIMIT, "auth": ("a", "b")},
    ),
    fails(
        "a window beyond what zstd may have",
        DecodingError,
        coded(b"zstd", bytes.fromhex("28b52ffd 00 f8 010000")),
        fetch=LIMIT,
    ),
]

CODINGS: list[Case] = [
    fails("gzip that is none", DecodingError, coded(b"gzip", b"hello")),
    fails("gzip cut short", DecodingError, coded(b"gzip", ZIPPED[:-9])),
    fails("gzip without its checksum", DecodingError, coded(b"gzip", ZIPPED[:-8])),
    fails("gzip with a wrong checksum", DecodingError, coded(b"gzip", ZIPPED[:-8] + b"12345678")),
    fails("bytes after gzip", DecodingError, coded(b"gzip", ZIPPED + b"hello")),
    fails("deflate that is none", DecodingError, coded(b"deflate", b"\xff" * 9)),
    fails("deflate cut short", DecodingError, coded(b"deflate", zlib.compress(TEXT)[:-5])),
    fails("bytes after deflate", DecodingError, coded(b"deflate", zlib.compress(TEXT) + b"hello")),
    fails("brotli that is none", DecodingError, coded(b"br", b"\xff" * 9)),
    fails("brotli cut short", DecodingError, coded(b"br", brotli.compress(TEXT)[:-2])),
    fails("zstd that is none", DecodingError, coded(b"zstd", b"hello")),
    fails("zstd cut short", DecodingError, coded(b"zstd", zstandard.compress(TEXT)[:-2])),
    fails("three codings", DecodingError, coded(b"gzip, gzip, gzip", ZIPPED)),
    fails("hundreds of codings", DecodingError, coded(b"gzip, " * 500, ZIPPED)),
    fails("gzip whose length is cut", ConnectionLost, coded(b"gzip", ZIPPED)[:-9], Close()),
    fails(
        "gzip until an end that comes early", DecodingError, raw(b"Content-Encoding: gzip", body=ZIPPED[:-9]), Close()
    ),
    gives("a coding nobody knows", coded(b"magic", b"hello"), body=b"hello", keeps=True),
    gives("a coding nobody knows over gzip", coded(b"gzip, magic", ZIPPED), body=ZIPPED),
    gives("a coding whose name only looks like gzip", coded(b"\xa0gzip", ZIPPED), body=ZIPPED, keeps=True),
    gives("gzip in capitals, by its old name", coded(b"X-GZip", ZIPPED), body=TEXT, keeps=True),
    gives("gzip of nothing at all", coded(b"gzip", b""), keeps=True),
    gives("gzip for HEAD", raw(b"Content-Encoding: gzip", b"Content-Length: 99"), method="HEAD", keeps=True),
    gives("gzip that is left alone", coded(b"gzip", b"hello"), body=b"hello", fetch={"decompress": False}),
    gives("two members", coded(b"gzip", ZIPPED + ZIPPED), body=TEXT + TEXT, keeps=True),
    gives("zeros after gzip", coded(b"gzip", ZIPPED + bytes(99)), body=TEXT, keeps=True),
    gives("bare deflate", coded(b"deflate", zlib.compress(TEXT)[2:-4]), body=TEXT, keeps=True),
    gives("gzip over gzip", coded(b"gzip, gzip", gzip.compress(ZIPPED)), body=TEXT, keeps=True),
    gives("identity", coded(b"identity, ,", b"hello"), body=b"hello", keeps=True),
    gives("a page of blanks", coded(b"gzip", gzip.compress(b" " * 1_000_000)), body=b" " * 1_000_000, fetch=LIMIT),
    fails("a body that says it is large", ResponseTooLarge, raw(b"Content-Length: 2000000"), Freeze(), fetch=LIMIT),
]
