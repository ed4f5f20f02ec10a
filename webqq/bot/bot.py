"""The bot: handlers and plugins over one client, until it is told to stop."""

import asyncio
import inspect
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from webqq.bot.dispatch import Dispatcher
from webqq.bot.message import Message
from webqq.bot.plugin import PluginError, find_plugin
from webqq.client import Delivery, Friend, FriendChat, GroupChat, Member, WebQQClient, chat_of
from webqq.protocol.errors import WebQQError
from webqq.protocol.events import Event, FriendMessage, GroupMessage
from webqq.protocol.ids import Uin

__all__ = ["HANDLER_TIMEOUT", "STOP_SIGNALS", "STOP_TIMEOUT", "Bot"]

logger = logging.getLogger("webqq.bot")

H = TypeVar("H", bound=Callable[[Message], object])
E = TypeVar("E")

HANDLER_TIMEOUT = 600.0
"""Seconds after which a handler counts as hanging and is stopped; its chat would be silent for ever."""

STOP_TIMEOUT = 10.0
"""Seconds that running handlers have to end when the bot stops."""

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_MessageEvent: TypeAlias = FriendMessage | GroupMessage

_NOBODY = 0
"""Sender of what another device of one's own account wrote (WebQQ protocol, messages)."""


@dataclass(frozen=True, slots=True)
class _Handler:
    """A function and what it wants. ``takes_message`` tells a handler of messages from one of raw events."""

    plugin: str
    wanted: tuple[type, ...]
    takes_message: bool
    function: Callable[..., object]

    def __str__(self) -> str:
        name = getattr(self.function, "__name__", repr(self.function))
        return f"plugin {self.plugin}, {name}"


class Bot:
    """Answers for one account.

    ::

        bot = Bot(client)

        @bot.on_friend_message
        async def greet(message):
            await message.reply(f"你好，{message.sender.name}")

        await bot.run()

    Handlers are functions or coroutine functions; a plain function runs on the loop's thread and must be quick. Those
    for one message run one after the other in the order in which they were registered; messages of one chat are
    handled in order, different chats side by side. What a handler raises is logged, and the bot goes on.

    What the account itself wrote comes to no message handler.

    :param client: signed in by :meth:`run`, and closed at its end.
    :param handler_timeout: see :data:`HANDLER_TIMEOUT`. :param stop_timeout: see :data:`STOP_TIMEOUT`.
    """

    def __init__(
        self,
        client: WebQQClient,
        *,
        handler_timeout: float = HANDLER_TIMEOUT,
        stop_timeout: float = STOP_TIMEOUT,
    ) -> None:
        self.client = client
        self._handler_timeout = handler_timeout
        self._stop_timeout = stop_timeout
        self._handlers: list[_Handler] = []
        self._plugin: str | None = None
        self._dispatcher: Dispatcher[Delivery] = Dispatcher(self._handle)
        self._stop = asyncio.Event()

    # Handlers.

    def on_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message`, of friends and in groups."""
        return self._register(handler, (FriendMessage, GroupMessage), takes_message=True)

    def on_friend_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message` of a friend."""
        return self._register(handler, (FriendMessage,), takes_message=True)

    def on_group_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message` in a group."""
        return self._register(handler, (GroupMessage,), takes_message=True)

    def on_event(self, kind: type[E]) -> Callable[[Callable[[E], object]], Callable[[E], object]]:
        """Decorate a function to get each event of a type of :mod:`webqq.protocol.events`, as it is."""

        def register(handler: Callable[[E], object]) -> Callable[[E], object]:
            return self._register(handler, (kind,), takes_message=False)

        return register

    def _register(self, function: E, wanted: tuple[type, ...], *, takes_message: bool) -> E:
        if not callable(function):
            raise TypeError(f"a handler is a function, not {function!r}")
        plugin = self._plugin or getattr(function, "__module__", None) or "?"
        self._handlers.append(_Handler(plugin, wanted, takes_message, function))
        return function

    def load(self, plugin: str) -> None:
        """Set a plugin up, by its name; see :mod:`webqq.bot.plugin`.

        :raises PluginError: there is no such plugin, or it failed.
        """
        setup = find_plugin(plugin)
        with self._setting_up(plugin):
            setup(self)

    @contextmanager
    def _setting_up(self, plugin: str) -> Iterator[None]:
        self._plugin = plugin
        try:
            yield
        except Exception as error:
            raise PluginError(f"plugin {plugin!r} could not be set up: {type(error).__name__}: {error}") from error
        finally:
            self._plugin = None

    # Life.

    async def run(
        self,
        on_ready: Callable[[], object] | None = None,
        *,
        signals: Iterable[signal.Signals] = STOP_SIGNALS,
    ) -> None:
        """Sign in and answer until :meth:`stop`, or until one of ``signals`` arrives; then end cleanly.

        ``on_ready`` is called once the bot is signed in.

        :raises WebQQError: why it could not sign in, or why the session ended: :class:`webqq.client.Kicked`, ...
        """
        loop = asyncio.get_running_loop()
        caught = list(signals)
        for number in caught:
            loop.add_signal_handler(number, self.stop)
        try:
            await self._until_stopped(self._serve(on_ready))
        finally:
            try:
                await self._shut_down()
            finally:
                for number in caught:
                    loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Make :meth:`run` end. What is running then may finish, within the bot's ``stop_timeout``."""
        self._stop.set()

    async def _serve(self, on_ready: Callable[[], object] | None) -> None:
        self.client.on_delivery = self._take
        await self.client.start()
        logger.info("signed in as %d (%s)", self.client.account, self.client.nick)
        if on_ready is not None:
            on_ready()
        await self.client.wait_ended()

    async def _until_stopped(self, serving: Awaitable[None]) -> None:
        tasks = [asyncio.ensure_future(serving), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not tasks[0].cancelled():
            tasks[0].result()

    async def _shut_down(self) -> None:
        self.client.stop_receiving()
        left = await self._dispatcher.drain(self._stop_timeout)
        if left:
            logger.warning("%d messages were not handled to their end; they come again if there is a data folder", left)
        await self.client.close()

    # Events.

    async def _take(self, delivery: Delivery) -> None:
        """What the client hands over goes into line; the next poll waits while the line is full."""
        if self._wanted(delivery.event):
            await self._dispatcher.put(chat_of(delivery.event), delivery)
        else:
            await self._done(delivery)

    def _wanted(self, event: Event) -> list[_Handler]:
        handlers = [handler for handler in self._handlers if isinstance(event, handler.wanted)]
        if isinstance(event, _MessageEvent) and not self._is_for_handlers(event):
            return [handler for handler in handlers if not handler.takes_message]
        return handlers

    def _is_for_handlers(self, event: _MessageEvent) -> bool:
        """Whether it is a message of somebody else, and one at all."""
        sender = event.send_uin if isinstance(event, GroupMessage) else event.from_uin
        return sender not in (_NOBODY, self.client.account) and not event.content.is_broken_font_block

    async def _handle(self, delivery: Delivery) -> None:
        event, handlers = delivery.event, self._wanted(delivery.event)
        message = None
        if isinstance(event, _MessageEvent) and any(handler.takes_message for handler in handlers):
            message = await self._message(event, delivery.redelivered)
        for handler in handlers:
            await self._call(handler, message if handler.takes_message else event)
        await self._done(delivery)

    async def _call(self, handler: _Handler, argument: object) -> None:
        try:
            async with asyncio.timeout(self._handler_timeout):
                result = handler.function(argument)
                if inspect.isawaitable(result):
                    await result
        except Exception:
            logger.exception("%s raised", handler)

    async def _done(self, delivery: Delivery) -> None:
        try:
            await self.client.done(delivery)
        except WebQQError as error:
            logger.error("%s", error)

    async def _message(self, event: _MessageEvent, redelivered: bool) -> Message:
        if isinstance(event, GroupMessage):
            sender: Friend | Member = await self._member(event)
            return Message(GroupChat(event.gid), sender, event, redelivered, _client=self.client)
        uin = Uin(event.from_uin)
        friend = self.client.roster.friends.get(uin, Friend(uin))
        return Message(FriendChat(uin), friend, event, redelivered, _client=self.client)

    async def _member(self, event: GroupMessage) -> Member:
        try:
            return await self.client.roster.member(event.gid, event.send_uin)
        except WebQQError as error:
            logger.info("the members of group %d are not known: %s", event.gid, error)
            return Member(event.send_uin)
