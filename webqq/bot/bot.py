"""The bot: handlers and plugins over one client, until it is told to stop."""

import asyncio
import inspect
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from webqq.bot.dispatch import Dispatcher
from webqq.bot.message import Message
from webqq.bot.plugin import PluginError, find_plugin
from webqq.bot.watchdog import Watchdog
from webqq.client import (
    Chat,
    Delivery,
    DiscussChat,
    Friend,
    FriendChat,
    Gap,
    GroupChat,
    Member,
    RosterChange,
    WebQQClient,
    chat_of,
    sender_of,
)
from webqq.protocol.errors import WebQQError
from webqq.protocol.events import DiscussMessage, Event, FriendMessage, GroupMessage, SessionMessage
from webqq.protocol.ids import Uin

__all__ = ["BLOCK_LIMIT", "HANDLER_TIMEOUT", "STOP_SIGNALS", "STOP_TIMEOUT", "Bot"]

logger = logging.getLogger("webqq.bot")

H = TypeVar("H", bound=Callable[[Message], object])
E = TypeVar("E")

HANDLER_TIMEOUT = 600.0
"""Seconds after which a handler counts as hanging and is stopped; its chat would be silent for ever."""

BLOCK_LIMIT = 5.0
"""Seconds for which a handler may hold the loop before the log names it: meanwhile there is no poll and no answer."""

STOP_TIMEOUT = 10.0
"""Seconds that running handlers have to end when the bot stops."""

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_MessageEvent: TypeAlias = FriendMessage | GroupMessage | DiscussMessage | SessionMessage

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

    Handlers are functions or coroutine functions; both run on the loop's thread, so between two awaits they must be
    quick: one that holds the loop for longer than ``block_limit`` is named in the log, with the calls that it is in.
    Those for one message run one after the other in the order in which they were registered; messages of one chat are
    handled in order, different chats side by side. What a handler raises is logged with its name, and the bot goes on;
    with a data folder the next run hands the message to that handler again, in three runs at most. A handler that runs
    for longer than ``handler_timeout`` is stopped, and counts as failed.

    What the account itself wrote comes to no message handler.

    :param client: signed in by :meth:`run`, and closed at its end.
    :param handler_timeout: see :data:`HANDLER_TIMEOUT`. :param stop_timeout: see :data:`STOP_TIMEOUT`.
    :param block_limit: see :data:`BLOCK_LIMIT`; None looks for none, and needs no thread that does.
    """

    def __init__(
        self,
        client: WebQQClient,
        *,
        handler_timeout: float = HANDLER_TIMEOUT,
        stop_timeout: float = STOP_TIMEOUT,
        block_limit: float | None = BLOCK_LIMIT,
    ) -> None:
        self.client = client
        self._handler_timeout = handler_timeout
        self._stop_timeout = stop_timeout
        self._handlers: list[_Handler] = []
        self._plugin: str | None = None
        self._dispatcher: Dispatcher[Delivery] = Dispatcher(self._handle)
        self._stop = asyncio.Event()
        self._watchdog = None if block_limit is None else Watchdog(block_limit)

    # Handlers.

    def on_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message`: of friends and strangers, in groups and discussions."""
        wanted = (FriendMessage, GroupMessage, DiscussMessage, SessionMessage)
        return self._register(handler, wanted, takes_message=True)

    def on_friend_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message` of a friend."""
        return self._register(handler, (FriendMessage,), takes_message=True)

    def on_group_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message` in a group."""
        return self._register(handler, (GroupMessage,), takes_message=True)

    def on_discussion_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message` in a discussion."""
        return self._register(handler, (DiscussMessage,), takes_message=True)

    def on_stranger_message(self, handler: H) -> H:
        """Decorate a function to get each :class:`Message` of a member of a group or a discussion who is no friend."""
        return self._register(handler, (SessionMessage,), takes_message=True)

    def on_event(self, kind: type[E]) -> Callable[[Callable[[E], object]], Callable[[E], object]]:
        """Decorate a function to get each event of a type of :mod:`webqq.protocol.events`, as it is, or each
        :class:`webqq.client.RosterChange` or :class:`webqq.client.Gap`.
        """

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
        if self._watchdog is not None:
            self._watchdog.start()
        try:
            await self._until_stopped(self._serve(on_ready))
        finally:
            try:
                await self._shut_down()
            finally:
                for number in caught:
                    loop.remove_signal_handler(number)
                if self._watchdog is not None:
                    self._watchdog.stop()

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

    def _wanted(self, event: Event | RosterChange | Gap) -> list[_Handler]:
        handlers = [handler for handler in self._handlers if isinstance(event, handler.wanted)]
        if isinstance(event, _MessageEvent) and not self._is_for_handlers(event):
            return [handler for handler in handlers if not handler.takes_message]
        return handlers

    def _is_for_handlers(self, event: _MessageEvent) -> bool:
        """Whether it is a message of somebody else, and one at all."""
        return sender_of(event) not in (_NOBODY, self.client.account) and not event.content.is_broken_font_block

    async def _handle(self, delivery: Delivery) -> None:
        event, handlers = delivery.event, self._wanted(delivery.event)
        if delivery.handlers:
            handlers = [handler for handler in handlers if str(handler) in delivery.handlers]
        message = None
        if isinstance(event, _MessageEvent) and any(handler.takes_message for handler in handlers):
            message = await self._message(event, delivery.redelivered)
        failed = [
            str(handler)
            for handler in handlers
            if not await self._call(handler, message if handler.takes_message else event)
        ]
        if failed:
            await self._fail(delivery, failed)
        else:
            await self._done(delivery)

    async def _call(self, handler: _Handler, argument: object) -> bool:
        """Run a handler; tell whether it came to its end."""
        try:
            async with asyncio.timeout(self._handler_timeout) as limit:
                with nullcontext() if self._watchdog is None else self._watchdog.watching(str(handler)):
                    result = handler.function(argument)
                    if inspect.isawaitable(result):
                        await result
        except Exception:
            if limit.expired():
                logger.exception("%s hung for %g s and was stopped here", handler, self._handler_timeout)
            else:
                logger.exception("%s raised", handler)
            return False
        return True

    async def _fail(self, delivery: Delivery, handlers: list[str]) -> None:
        try:
            await self.client.failed(delivery, handlers)
        except WebQQError as error:
            logger.error("%s", error)

    async def _done(self, delivery: Delivery) -> None:
        try:
            await self.client.done(delivery)
        except WebQQError as error:
            logger.error("%s", error)

    async def _message(self, event: _MessageEvent, redelivered: bool) -> Message:
        chat = chat_of(event)
        assert chat is not None
        return Message(chat, await self._sender(chat, sender_of(event)), event, redelivered, _client=self.client)

    async def _sender(self, chat: Chat, uin: Uin) -> Friend | Member:
        """Who wrote, with a name where the service tells one."""
        roster = self.client.roster
        is_friend = isinstance(chat, FriendChat)
        try:
            if is_friend:
                return await roster.friend(uin)
            if isinstance(chat, GroupChat):
                return await roster.member(chat.gid, uin)
            if isinstance(chat, DiscussChat):
                return await roster.discussion_member(chat.did, uin)
        except WebQQError as error:
            logger.info("who wrote in %s is not known: %s", chat, error)
        return Friend(uin) if is_friend else Member(uin)
