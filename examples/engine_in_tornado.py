"""The engine inside a Tornado web application: a page that asks two other services at once.

Prints its address; end it with Ctrl-C.
"""

import asyncio
import signal
from urllib.request import Request

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from webqq.httpstream import HTTPStream, HTTPStreamError


class Weather(RequestHandler):
    """One of the services asked, here in the same process."""

    def get(self, city: str) -> None:
        self.write({"city": city, "degrees": len(city)})


class Page(RequestHandler):
    def initialize(self, stream: HTTPStream, home: str) -> None:
        self.stream = stream
        self.home = home

    async def get(self) -> None:
        cities = ["Qingdao", "Beijing"]
        try:
            answers = await asyncio.gather(
                *(self.stream.fetch(Request(f"{self.home}/weather/{city}"), timeout=5) for city in cities)
            )
        except HTTPStreamError as error:
            self.set_status(502)
            self.write(f"a service did not answer: {error}")
            return
        self.write({answer.json()["city"]: answer.json()["degrees"] for answer in answers})


async def main() -> None:
    (listener,) = bind_sockets(0, "127.0.0.1")
    home = f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with HTTPStream(max_per_host=20) as stream:
        application = Application(
            [("/", Page, {"stream": stream, "home": home}), ("/weather/(.*)", Weather)],
        )
        server = HTTPServer(application)
        server.add_socket(listener)
        print(home + "/", flush=True)
        await stop.wait()
        server.stop()
        await server.close_all_connections()


if __name__ == "__main__":
    asyncio.run(main())
