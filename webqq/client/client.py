"""One account at the service: signed in, receiving, sending."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias
from urllib.request import Request

from webqq.client.calling import Caller
from webqq.client.chat import Chat, FriendChat, GroupChat
from webqq.client.errors import ClientError, Kicked
from webqq.client.heartbeat import Heartbeat
from webqq.client.inbox import Delivery, Inbox, MemoryInbox
from webqq.client.link import Link
from webqq.client.login import Captcha
from webqq.client.outbox import INTERVAL, Outbox, Outcome, SendResult
from webqq.client.poll import Poll
from webqq.client.roster import Roster
from webqq.client.state import SessionInput, SessionState
from webqq.client.storage import Storage
from webqq.httpstream import HTTPStream
from webqq.protocol.calls import POLL2, PollParams
from webqq.protocol.content import Content
from webqq.protocol.errors import WebQQError
from webqq.protocol.events import Event, Kick
from webqq.protocol.ids import Gid, QQNumber, Uin

__all__ = ["OnDelivery", "WebQQClient"]

logger = logging.getLogger("webqq.client")

OnDelivery: TypeAlias = Callable[[Delivery], Awaitable[None] | None]
"""Gets each event once; calls :meth:`WebQQClient.done` when it is handled. What it awaits holds up the next poll."""


class WebQQClient:
    """A client of the WebQQ protocol of 2013.

    ::

        async with gateway_stream("http://127.0.0.1:8888") as stream:
            client = WebQQClient(stream, 100200300, password)
            await client.start()
            await client.send_to_friend(next(iter(client.roster.friends)), "你好")
            await client.close()

    :param stream: the engine, with a cookie jar of this account's own; its resolver says where the service is.
    :param account: the number to sign in with. :param password: in clear; it leaves this process as a digest only.
    :param captcha: gets the picture of a captcha and returns its letters; None makes a captcha an error.
    :param scheme: of all requests, ``http`` or ``https``.
    :param interval: seconds between two sends, and once more before an equal text.
    :param data: a folder for the session and for what is received but not handled; None keeps both in memory.
    :param on_delivery: gets what is received, see :data:`OnDelivery`; it may be set until :meth:`start`.
    :param on_state: told of each state the session goes to.
    """

    def __init__(
        self,
        stream: HTTPStream,
        account: int,
        password: str,
        *,
        captcha: Captcha | None = None,
        scheme: str = "http",
        interval: float = INTERVAL,
        data: Path | None = None,
        on_delivery: OnDelivery | None = None,
        on_state: Callable[[SessionState], object] | None = None,
    ) -> None:
        self.account = QQNumber(account)
        self.on_delivery = on_delivery
        caller = Caller(stream, scheme=scheme)
        self._storage = None if data is None else Storage(data, self.account)
        saved = None if self._storage is None else self._storage.session
        self._inbox: Inbox = MemoryInbox() if self._storage is None else self._storage.inbox
        self._caller = caller
        self._link = Link(caller, self.account, password, captcha, saved, on_state)
        self.roster = Roster(caller, self._link)
        self._outbox = Outbox(caller, self._link, interval)
        self._poll = Poll(stream, self)
        self._heartbeat = Heartbeat(caller)
        self._ended: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<WebQQClient {self.account} {self.state.name}>"

    @property
    def state(self) -> SessionState:
        """Where the session stands."""
        return self._link.state

    @property
    def nick(self) -> str:
        """The account's own nickname; empty before a session."""
        return self._link.nick

    async def sign_in(self) -> None:
        """Resume the session of an earlier run, or log in; then load the roster. Receives nothing yet.

        :raises LoginError: the service refused. :raises Unreachable: it did not answer.
        :raises WebQQError: it answered what the protocol does not have there.
        """
        await self._link.open()
        await self.roster.load()

    async def start(self) -> None:
        """Sign in (:meth:`sign_in`) and begin to receive: first what earlier runs left undone, then what comes."""
        await self.sign_in()
        self._ended = asyncio.get_running_loop().create_future()
        for delivery in await self._inbox.unfinished():
            await self._hand_over(delivery)
        self._poll.start()
        self._heartbeat.start()

    async def wait_ended(self) -> None:
        """Wait until the session ends for good.

        :raises Kicked: the account signed in elsewhere. :raises ClientError: it was lost in another way.
        """
        assert self._ended is not None, "start() comes first"
        # Shielded: who stops waiting does not end the session.
        await asyncio.shield(self._ended)

    def stop_receiving(self) -> None:
        """Poll no more. Sending still works."""
        self._poll.stop()
        self._heartbeat.stop()

    async def done(self, delivery: Delivery) -> None:
        """The event of a delivery is handled: it will not come again.

        :raises StorageError: it will, after the next start.
        """
        await self._inbox.done(delivery)

    async def close(self) -> None:
        """Stop receiving and let go of everything. With a data folder the session is kept for the next run, without
        one it is ended at the service. The stream stays open.
        """
        if self.state is SessionState.CLOSED:
            return
        was_online = self.state is SessionState.ONLINE
        self.stop_receiving()
        self._link.machine.move(SessionInput.CLOSE)
        try:
            if was_online:
                await self._part()
            await self._inbox.close()
        finally:
            if self._storage is not None:
                self._storage.close()
            if self._ended is not None and not self._ended.done():
                self._ended.set_result(None)

    async def _part(self) -> None:
        if self._storage is None:
            await self._link.log_out()
        else:
            self._link.save()

    # Sending.

    async def send_to_friend(self, uin: Uin, message: str | Content) -> Outcome:
        """Send to the friend with this alias, and tell how it ended; why it did not end well stands in the log.

        ``[微笑]`` and its like in a text become faces.
        """
        return (await self.send(FriendChat(uin), message)).outcome

    async def send_to_group(self, gid: Gid, message: str | Content) -> Outcome:
        """As :meth:`send_to_friend`, to the group with this alias."""
        return (await self.send(GroupChat(gid), message)).outcome

    async def send(self, chat: Chat, message: str | Content) -> SendResult:
        """As :meth:`send_to_friend`, to any chat, with the reason."""
        content = message if isinstance(message, Content) else Content.from_text(message)
        return await self._outbox.send(chat, content)

    # What the poll asks for: the protocol ``PollService``.

    def poll_request(self, key: str) -> Request:
        """Return the request of the next poll."""
        session = self._link.session
        params = PollParams(ptwebqq=session.ptwebqq, clientid=session.clientid, psessionid=session.psessionid, key=key)
        return self._caller.request(POLL2, params)

    async def take_in(self, events: Sequence[Event]) -> bool:
        """Keep events and hand over those that are new; False after a kick."""
        for delivery in await self._inbox.put(events):
            await self._hand_over(delivery)
        kick = next((event for event in events if isinstance(event, Kick)), None)
        if kick is None:
            return True
        self._link.machine.move(SessionInput.KICK, kick.reason)
        # Its tokens are worth nothing any more, and nobody shall try them.
        self._link.forget()
        self.end(Kicked(kick.reason if kick.show_reason else ""))
        return False

    async def _hand_over(self, delivery: Delivery) -> None:
        if self.on_delivery is None:
            return
        try:
            result = self.on_delivery(delivery)
            if inspect.isawaitable(result):
                await result
        except Exception:
            # It is in the inbox still, and comes again with the next run.
            logger.exception("on_delivery raised for %s", type(delivery.event).__name__)

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
        await self.roster.load()

    def take_ptwebqq(self, value: str | None) -> None:
        """Take over a new ptwebqq."""
        self._link.take_ptwebqq(value)

    def end(self, error: WebQQError) -> None:
        """The session is over for good."""
        self._heartbeat.stop()
        if not isinstance(error, ClientError):
            logger.error("the session of %d ended: %s", self.account, error)
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)
            # It may be that nobody waits for it.
            self._ended.exception()
