"""A server that misbehaves as its paths say: ``/WHAT`` or ``/WHAT/N``; the table :data:`BEHAVIOURS` has each WHAT.

``python -m benchmarks.faulty --cert FILE --key FILE`` prints its ports as a line of JSON and runs until its standard
input ends.
"""

import argparse
import asyncio
import json
import logging
import socket
import ssl
import struct
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Mapping

__all__ = ["BEHAVIOURS"]

TICK = 0.01
ABORT = struct.pack("ii", 1, 0)


def body(length: int) -> bytes:
    """What a body of that length consists of, so that a client can tell it from another."""
    return (b"%d " % length * (length // 2 + 1))[:length]


def head(*fields: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode()


def whole(length: int, *fields: str) -> bytes:
    return head(f"Content-Length: {length}", *fields) + body(length)


class Ended(Exception):
    """The connection has had its last answer."""


async def ok(writer: StreamWriter, length: int) -> None:
    """A whole answer."""
    writer.write(whole(length))


async def chunked(writer: StreamWriter, length: int) -> None:
    """In chunks of all sizes, with a trailer."""
    writer.write(head("Transfer-Encoding: chunked", "Trailer: X-Sum"))
    data, size = body(length), 1
    while data:
        piece, data = data[:size], data[size:]
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        size = min(size * 3, 20000)
    writer.write(b"0\r\nX-Sum: %d\r\n\r\n" % length)


async def until_close(writer: StreamWriter, length: int) -> None:
    """A body that ends with the connection."""
    writer.write(head("Connection: close") + body(length))
    raise Ended


async def redirect(writer: StreamWriter, count: int) -> None:
    """So many redirects, then a small answer."""
    if not count:
        await ok(writer, 100)
        return
    writer.write(head(f"Location: /redirect/{count - 1}", "Content-Length: 0", status="302 Found"))


async def reset(writer: StreamWriter, _: int) -> None:
    """RST instead of an answer."""
    abort(writer)


async def reset_within(writer: StreamWriter, length: int) -> None:
    """RST after half of the body."""
    writer.write(whole(length)[: -length // 2])
    await writer.drain()
    abort(writer)


async def truncated(writer: StreamWriter, length: int) -> None:
    """FIN after half of the body."""
    writer.write(whole(length)[: -length // 2])
    raise Ended


async def empty(writer: StreamWriter, _: int) -> None:
    """FIN instead of an answer."""
    raise Ended


async def half_close(writer: StreamWriter, length: int) -> None:
    """A whole answer and FIN, but the connection is read on for a while."""
    writer.write(whole(length))
    if writer.can_write_eof():
        writer.write_eof()
        await asyncio.sleep(10 * TICK)
    raise Ended


async def slow(writer: StreamWriter, length: int) -> None:
    """A whole answer in ten pieces."""
    answer = whole(length)
    size = len(answer) // 10 + 1
    for start in range(0, len(answer), size):
        writer.write(answer[start : start + size])
        await asyncio.sleep(TICK)


async def late_close(writer: StreamWriter, length: int) -> None:
    """A whole answer, and soon after it a close that was not announced: the next request may meet it."""
    writer.write(whole(length))
    await writer.drain()
    await asyncio.sleep(TICK / 5)
    raise Ended


async def hang(writer: StreamWriter, _: int) -> None:
    """Nothing, for a long while."""
    await asyncio.sleep(30)
    raise Ended


async def stall(writer: StreamWriter, length: int) -> None:
    """Half of the body, then nothing for a long while."""
    writer.write(whole(length)[: -length // 2])
    await asyncio.sleep(30)
    raise Ended


async def garbage(writer: StreamWriter, _: int) -> None:
    """No HTTP."""
    writer.write(b"220 mail.example.com ESMTP\r\n\r\n")
    raise Ended


async def surplus(writer: StreamWriter, length: int) -> None:
    """A whole answer and one that nobody asked for."""
    writer.write(whole(length) + whole(7))


async def interim(writer: StreamWriter, length: int) -> None:
    """103 before the answer."""
    writer.write(head("Link: </style.css>; rel=preload", status="103 Early Hints") + whole(length))


async def error_page(writer: StreamWriter, length: int) -> None:
    """503 with a body."""
    writer.write(head(f"Content-Length: {length}", status="503 Service Unavailable") + body(length))


BEHAVIOURS: Mapping[str, Callable[[StreamWriter, int], Awaitable[None]]] = {
    behaviour.__name__.replace("_", "-"): behaviour
    for behaviour in (
        *(ok, chunked, until_close, redirect, reset, reset_within, truncated, empty, half_close, slow),
        *(late_close, hang, stall, garbage, surplus, interim, error_page),
    )
}


def abort(writer: StreamWriter) -> None:
    """Close with RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    writer.transport.abort()
    raise Ended


async def serve(reader: StreamReader, writer: StreamWriter) -> None:
    """One connection, until a behaviour or the client ends it."""
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ", 2)[1].decode()
            _, name, number = f"{path}/0".split("/")[:3]
            await BEHAVIOURS[name](writer, int(number))
            await writer.drain()
    except (Ended, OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description="Misbehave for the soak test.")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    # That clients go away at any time is what this server is for.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.cert, options.key)
    plain = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    secure = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024, ssl=tls)
    ports = {"plain": plain.sockets[0].getsockname()[1], "tls": secure.sockets[0].getsockname()[1]}
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
