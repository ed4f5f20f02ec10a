"""A gateway for a browser to talk to: it runs in a thread, since the browser is driven without a loop."""

import asyncio
import threading
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tests.gateway.helpers import CHEAP
from webqq.gateway import history
from webqq.gateway.app import Gateway
from webqq.protocol.ids import QQNumber

BOT, PERSON, ALICE, LONER = (QQNumber(number) for number in (100200300, 300400500, 500600700, 700800900))

PASSWORDS = {BOT: "机器", PERSON: "person's", ALICE: "wonder land", LONER: "alone"}

COMMUNITY = """
[[account]]
number = 100200300
nick = "机器人"
password = "机器"
friends = [300400500, 500600700]
[[account]]
number = 300400500
nick = "小明"
password = "person's"
[[account]]
number = 500600700
nick = "Alice <i>&</i>"
password = "wonder land"
friends = [300400500]
[[account]]
number = 700800900
nick = "路人"
password = "alone"
[[group]]
number = 900100
name = "测试群"
owner = 300400500
members = [100200300, 300400500, 500600700]
"""
"""Everybody is a friend of everybody, but for one whom nobody knows."""


class GatewayThread:
    """A gateway that is up; :meth:`restart` comes back at the same address with the same data."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._data.mkdir()
        # In the data folder: one that a file outside tells could not be changed by anybody.
        (self._data / "community.toml").write_text(COMMUNITY, "utf-8")
        self.url = ""
        self.start()

    def start(self) -> None:
        started: Future[str] = Future()
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(started),))
        self._thread.start()
        self.url = started.result(timeout=30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    def restart(self) -> None:
        self.stop()
        self.start()

    def sign_in_link(self, account: QQNumber) -> str:
        link: Future[str] = Future()
        self._loop.call_soon_threadsafe(lambda: link.set_result(self._gateway.sign_in_link(account)))
        return link.result(timeout=30)

    def forget_history(self) -> None:
        """Nobody has said anything yet."""
        done: Future[None] = Future()

        async def forget() -> None:
            services = self._gateway._running()
            for number in PASSWORDS:
                await services.store.write(partial(history.forget_account, number=number))
            done.set_result(None)

        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(forget()))
        done.result(timeout=30)

    async def _run(self, started: "Future[str]") -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        self._gateway = Gateway(self._data, hasher=CHEAP)
        try:
            started.set_result(await self._gateway.start(port=urlsplit(self.url).port or 0))
            await self._leave.wait()
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise
        finally:
            await self._gateway.stop()
