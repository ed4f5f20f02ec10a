"""The service that the tutorial's programs talk to: a small Tornado server on a free port of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

HOLD = 0.1
"""Seconds for which a poll is held. A real service holds it for a minute."""


class Hello(RequestHandler):
    """Greets; of a POST it tells what came."""

    def get(self) -> None:
        self.write({"hello": self.get_argument("name", "world")})

    def post(self) -> None:
        self.write({"fields": sorted(self.request.arguments), "files": sorted(self.request.files)})


class Poll(RequestHandler):
    """Gives one letter after the other, each after a while."""

    letters = ("one", "two", "the end")

    async def get(self) -> None:
        left = self.settings["letters"]
        await asyncio.sleep(HOLD)
        self.write({"letter": left.pop(0) if left else None})


class Moody(Poll):
    """As Poll, but each second request is refused."""

    async def get(self) -> None:
        self.settings["asked"] += 1
        if self.settings["asked"] % 2:
            await super().get()
        else:
            self.send_error(503)

    def log_exception(self, *args: object) -> None:
        pass


class Count(RequestHandler):
    """Says how many bytes came."""

    def post(self) -> None:
        self.write(str(len(self.request.body)))


class Lines(RequestHandler):
    """Three lines, one after the other."""

    async def get(self) -> None:
        for number in (1, 2, 3):
            self.write(f"line {number}\n")
            await self.flush()
            await asyncio.sleep(0.01)


class Events(RequestHandler):
    """An event stream."""

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        for number in (1, 2, 3):
            self.write(f"id: {number}\ndata: news {number}\n\n")
            await self.flush()


@asynccontextmanager
async def service() -> AsyncIterator[str]:
    """Runs while the block does; gives the address to ask."""
    routes = [
        ("/hello", Hello),
        ("/poll", Poll),
        ("/moody", Moody),
        ("/count", Count),
        ("/lines", Lines),
        ("/events", Events),
    ]
    (listener,) = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application(routes, letters=list(Poll.letters), asked=0, log_function=lambda handler: None))
    server.add_socket(listener)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        await server.close_all_connections()
