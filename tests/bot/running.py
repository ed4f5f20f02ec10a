"""A bot on the scripted service, as a test drives it."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.client.service import Service
from webqq.bot import Bot


class Running:
    """A bot whose ``run`` is under way from :meth:`start` on."""

    def __init__(self, service: Service, set_up: Callable[[Bot], object] | None = None, **options: Any) -> None:
        self.service = service
        client_options = {name: options.pop(name) for name in ("data", "interval") if name in options}
        client = service.client(**client_options)

        async def make() -> Bot:
            return Bot(client, **options)

        self.bot = service.run(make())
        self.is_ready = False
        if set_up is not None:
            set_up(self.bot)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> "Running":
        self.service.answer_whole_login()
        self.service.answer_sends()
        self.service.answer_logout()

        async def start() -> None:
            ready = asyncio.Event()
            self._task = asyncio.ensure_future(self.bot.run(ready.set, signals=()))
            waiting = asyncio.ensure_future(ready.wait())
            await asyncio.wait([self._task, waiting], return_when=asyncio.FIRST_COMPLETED)
            self.is_ready = ready.is_set()
            waiting.cancel()

        self.service.run(start())
        self.service.loop.settle()
        return self

    def end(self) -> None:
        """Stop the bot; raises what its ``run`` raised."""
        self.bot.stop()
        self.wait()

    def wait(self) -> None:
        assert self._task is not None
        self.service.run(self._task)
