"""What a session receives: polled, kept, handed over; and what is done when the session is found gone."""

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeAlias
from urllib.request import Request

from webqq.client.calling import Caller
from webqq.client.chat import sender_of
from webqq.client.contacts import RosterChange
from webqq.client.echoes import Echoes
from webqq.client.errors import ClientError, Kicked
from webqq.client.gaps import Gap, with_gaps
from webqq.client.heartbeat import Heartbeat
from webqq.client.inbox import Delivery, Inbox
from webqq.client.link import Link
from webqq.client.poll import Poll
from webqq.client.roster import Roster
from webqq.client.session import Session
from webqq.client.state import SessionInput, SessionState
from webqq.client.unread import Unread
from webqq.protocol.calls import POLL2, PollParams
from webqq.protocol.errors import WebQQError
from webqq.protocol.events import DiscussMessage, Event, FriendMessage, GroupMessage, Kick
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import Reaction

__all__ = ["EVENTS_WAITING", "OnDelivery", "Receiving"]

logger = logging.getLogger("webqq.client")

OnDelivery: TypeAlias = Callable[[Delivery], Awaitable[None] | None]
"""Gets each event once; calls :meth:`WebQQClient.done` when it is handled. What it awaits holds up the next poll."""

EVENTS_WAITING = 100
"""Events that wait for the reader of :meth:`WebQQClient.events`; while as many wait there is no poll."""


class Receiving:
    """Receives for one account, and looks after its session meanwhile.

    ``on_delivery``, see :data:`OnDelivery`, gets the events; without one they go to the reader of :meth:`read`.

    :param inbox: where events are until they are handled. :param forgets: whether it forgets what nobody read.
    :param roster: gives the account's roster, which makes its calls by what recovers here.
    """

    def __init__(
        self,
        caller: Caller,
        link: Link,
        inbox: Inbox,
        echoes: Echoes,
        account: QQNumber,
        roster: Callable[[], Roster],
        *,
        forgets: bool,
    ) -> None:
        self.on_delivery: OnDelivery | None = None
        self._roster = roster
        self._caller = caller
        self._link = link
        self._inbox = inbox
        self._echoes = echoes
        self._account = account
        self._forgets = forgets
        self._poll = Poll(caller, self)
        self._heartbeat = Heartbeat(caller)
        self._ended: asyncio.Future[None] | None = None
        self._recovering = asyncio.Lock()
        self._unread = Unread(EVENTS_WAITING)
        self._has_reader = False
        # Held here: the loop alone would let go of a task that waits.
        self._handing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Hand over what earlier runs left undone, then poll."""
        self._ended = asyncio.get_running_loop().create_future()
        await self._hand_over(await self._inbox.unfinished())
        self._poll.start()
        if self._caller.flavour is Flavour.WEBQQ_2013:
            self._heartbeat.start()

    def stop(self) -> None:
        """Poll no more."""
        self._poll.stop()
        self._heartbeat.stop()

    async def close(self) -> None:
        """Stop, and wait for what is being handed over."""
        self.stop()
        tasks = tuple(self._handing)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def finish(self) -> None:
        """Tell whoever waits for the end that it is there, without an error."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    async def wait_ended(self) -> None:
        """Wait until the session ends for good. Raises what ended it."""
        assert self._ended is not None, "start() comes first"
        # Shielded: who stops waiting does not end the session.
        await asyncio.shield(self._ended)

    async def read(
        self, starting: Callable[[], Coroutine[Any, Any, None]]
    ) -> AsyncGenerator[Event | RosterChange | Gap, None]:
        """Await ``starting()``, which starts this, and give each event in order; one is done when the next is asked
        for.

        :raises RuntimeError: somebody gets the events already. Else what ended the session.
        """
        if self.on_delivery is not None or self._has_reader:
            raise RuntimeError("the events go to on_delivery, or to another reader, already")
        if not self._forgets:
            # What nobody read is in the inbox, and comes from there.
            self._unread = Unread(EVENTS_WAITING)
        waiting = self._unread
        self._has_reader = True
        started = asyncio.ensure_future(starting())
        ended = asyncio.ensure_future(self._until_ended(started))
        try:
            while await _is_ready(waiting, ended):
                # Taken only now: a reader that is cancelled while it waits has taken nothing.
                delivery = waiting.take()
                yield delivery.event
                await self._inbox.done(delivery)
        finally:
            self._has_reader = False
            self.stop()
            for task in (started, ended):
                task.cancel()

    async def _until_ended(self, started: "asyncio.Future[None]") -> None:
        await started
        await self.wait_ended()

    def tell_change(self, change: RosterChange) -> None:
        """Hand over what changed in the roster."""
        # In a task of its own: whoever asked for the list may be the one who takes the events.
        task = asyncio.ensure_future(self._hand_over([Delivery(change)]))
        self._handing.add(task)
        task.add_done_callback(self._handing.discard)

    async def _hand_over(self, deliveries: Sequence[Delivery]) -> None:
        all_of_them = list(with_gaps(deliveries))
        for gap in (each.event for each in all_of_them if isinstance(each.event, Gap)):
            logger.warning("the gateway could not keep %d messages for %d", gap.missed, self._account)
        if self._has_reader:
            # All at once: who is stopped on the way has lost none of them.
            await self._unread.put(all_of_them)
            return
        for delivery in all_of_them:
            await self._give(delivery)

    async def _give(self, delivery: Delivery) -> None:
        if self.on_delivery is None:
            return
        try:
            result = self.on_delivery(delivery)
            if inspect.isawaitable(result):
                await result
        except Exception:
            # It is in the inbox still, and comes again with the next run.
            logger.exception("on_delivery raised for %s", type(delivery.event).__name__)

    # What the poll asks for: the protocol ``PollService``.

    @property
    def mark(self) -> str:
        """What tells the login in force from every other one: aliases are good as long as it is the same."""
        return self._link.mark

    def poll_request(self, key: str) -> Request:
        """Return the request of the next poll."""
        session = self._link.session
        params = PollParams(ptwebqq=session.ptwebqq, clientid=session.clientid, psessionid=session.psessionid, key=key)
        return self._caller.request(POLL2, params)

    async def take_in(self, events: Sequence[Event]) -> bool:
        """Keep events and hand over those that are new; False after a kick."""
        deliveries = await self._inbox.put(events)
        for delivery in deliveries:
            self._note(delivery.event)
        await self._hand_over(deliveries)
        kick = next((event for event in events if isinstance(event, Kick)), None)
        if kick is None:
            return True
        self._link.machine.move(SessionInput.KICK, kick.reason)
        # Its tokens are worth nothing any more, and nobody shall try them.
        self._link.forget()
        self.end(Kicked(kick.reason if kick.show_reason else ""))
        return False

    def _note(self, event: Event | RosterChange | Gap) -> None:
        if isinstance(event, RosterChange | Gap):
            return
        self._roster().note(event)
        if isinstance(event, FriendMessage | GroupMessage | DiscussMessage) and sender_of(event) in (0, self._account):
            self._echoes.hear(event)

    async def register(self) -> None:
        """Register the session again."""
        await self._link.register()

    async def is_alive(self) -> bool:
        """Ask whether the session is still good."""
        return await self._link.is_alive()

    async def relink(self) -> bool:
        """Renew the link."""
        return await self._link.relink()

    async def log_in(self) -> None:
        """Log in anew: the session, and with it all aliases, are others then."""
        await self._link.log_in_patiently()
        await self._roster().load()

    def take_ptwebqq(self, value: str | None) -> None:
        """Take over a new ptwebqq."""
        self._link.take_ptwebqq(value)

    def end(self, error: WebQQError) -> None:
        """The session is over for good."""
        self._heartbeat.stop()
        if not isinstance(error, ClientError):
            logger.error("the session of %d ended: %s", self._account, error)
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)
            # It may be that nobody waits for it.
            self._ended.exception()

    # What calls and sends ask for.

    async def recover(self, session: Session, reaction: Reaction) -> None:
        """A call of ``session`` was refused as one of a session that is gone: find out, and log in where it is."""
        async with self._recovering:
            if not self._is_in_force(session):
                return
            if reaction is Reaction.TEST and await self._link.is_alive():
                return
            # Whoever takes in an answer is not to be broken off, and may be who asks: the next poll finds out, too.
            if not self._is_in_force(session) or self._poll.is_handling:
                return
            polled = self._poll.is_running
            # The poll of the old session must not hear of its end as a kick.
            self._poll.stop()
            try:
                await self.log_in()
            except WebQQError as error:
                self.end(error)
                return
            if polled:
                self._poll.start()

    def _is_in_force(self, session: Session) -> bool:
        return self._link.state is SessionState.ONLINE and self._link.session is session


async def _is_ready(waiting: Unread, ended: "asyncio.Future[None]") -> bool:
    """Wait for something to take, which comes before the end; False at the end. Raises what the end raised."""
    if waiting:
        return True
    ready = asyncio.ensure_future(waiting.wait_ready())
    either: list[asyncio.Future[Any]] = [ready, ended]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.cancel()
    if waiting:
        return True
    ended.result()
    return False
