"""One account at the service: signed in, receiving, sending."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.request import Request

from webqq.client.calling import Caller
from webqq.client.chat import Chat, FriendChat, GroupChat, sender_of
from webqq.client.contacts import RosterChange
from webqq.client.echoes import Echoes
from webqq.client.edits import Edits
from webqq.client.errors import ClientError, Kicked, QueueFull
from webqq.client.filehosts import FileHosts
from webqq.client.gaps import Gap, with_gaps
from webqq.client.gateway_address import GatewayStream
from webqq.client.groupdetails import GroupDetails
from webqq.client.heartbeat import Heartbeat
from webqq.client.inbox import Delivery, Inbox, MemoryInbox
from webqq.client.link import Link
from webqq.client.login import Captcha, PasswordDigest, PasswordLogin
from webqq.client.management import GroupManagement
from webqq.client.media import Media
from webqq.client.opening import Login, SessionOpener
from webqq.client.outbox import MAX_WAITING, Outbox, Outcome, SendResult
from webqq.client.pacing import CHAT_INTERVAL, INTERVAL, Pacing
from webqq.client.poll import Poll
from webqq.client.qrlogin import CODE_LIMIT, QRLogin
from webqq.client.qrpicture import ShowQR
from webqq.client.roster import Roster
from webqq.client.sending import SendRequests
from webqq.client.sendqueue import MemoryQueue, Queue, QueuedSend, address_of, chat_at
from webqq.client.session import Session
from webqq.client.sessioncalls import SessionCalls
from webqq.client.state import SessionInput, SessionState
from webqq.client.storage import DataFolder, Storage
from webqq.client.unread import Unread
from webqq.client.uploads import Uploads
from webqq.httpstream import HTTPStream
from webqq.protocol.calls import POLL2, PollParams
from webqq.protocol.content import Content
from webqq.protocol.errors import WebQQError
from webqq.protocol.events import DiscussMessage, Event, FriendMessage, GroupMessage, Kick
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Gid, GroupCode, QQNumber, Uin
from webqq.protocol.retcodes import Reaction
from webqq.protocol.status import Status

__all__ = ["OnDelivery", "OnSent", "WebQQClient"]

logger = logging.getLogger("webqq.client")

OnDelivery: TypeAlias = Callable[[Delivery], Awaitable[None] | None]
"""Gets each event once; calls :meth:`WebQQClient.done` when it is handled. What it awaits holds up the next poll."""

OnSent: TypeAlias = Callable[[int, SendResult], object]
"""Told how a queued send ended, by its number."""

EVENTS_WAITING = 100
"""Events that wait for the reader of :meth:`WebQQClient.events`; while as many wait there is no poll."""


class WebQQClient:
    """A client of the WebQQ protocol, for one account.

    ::

        async with gateway_stream("http://127.0.0.1:8888") as stream:
            async with WebQQClient(stream, 100200300, password) as qq:
                await qq.send(await qq.roster.find("小明"), "你好")
                async for event in qq.events():
                    ...

    ``async with`` signs in and, at its end, closes. Nothing is received before :meth:`start`, or before somebody
    iterates over :meth:`events`.

    What there is beside: ``roster`` (who the account knows), ``edits`` (what it changes), ``management`` (of groups),
    ``group_details`` (one group, and the own card in it), ``media`` (pictures and files that came), ``uploads`` (those
    to send).

    :param stream: the engine; its resolver says where the service is. Many clients may share one.
    :param cookiejar: of this account alone. None: that of the stream, which then no other client may use.
    :param account: the number to sign in with. :param password: in clear; it leaves this process as a digest only.
    :param captcha: gets the picture of a captcha and returns its letters; None makes a captcha an error.
    :param digest: the form in which the password goes out.
    :param qr: gets the QR codes of a login by code, in place of a password: :func:`show_qr`, :func:`save_qr`, or a
        function of one's own. :param qr_limit: how many codes one login shows.
    :param flavour: of the protocol; None: that of 2016 with ``qr``, else that of 2013.
    :param status: the presence to sign in with, any but offline.
    :param scheme: of all requests, ``http`` or ``https``; None: that of the gateway which ``stream`` is for, else
        ``http``.
    :param interval: seconds between two sends, and once more before an equal text.
    :param chat_interval: seconds between two sends to one chat, where that is longer.
    :param data: a folder for the session, for what is received but not handled, and for queued sends; a
        :class:`DataFolder` where many accounts of the process share it. None keeps all in memory.
    :param on_delivery: gets what is received, see :data:`OnDelivery`; it may be set until :meth:`start`.
    :param on_sent: told how queued sends end, see :data:`OnSent`.
    :param on_state: told of each state the session goes to.
    """

    def __init__(
        self,
        stream: HTTPStream,
        account: int,
        password: str = "",
        *,
        captcha: Captcha | None = None,
        digest: PasswordDigest = PasswordDigest.MD5,
        qr: ShowQR | None = None,
        qr_limit: int = CODE_LIMIT,
        flavour: Flavour | None = None,
        status: Status = Status.ONLINE,
        scheme: str | None = None,
        cookiejar: CookieJar | None = None,
        interval: float = INTERVAL,
        chat_interval: float = CHAT_INTERVAL,
        data: Path | DataFolder | None = None,
        on_delivery: OnDelivery | None = None,
        on_sent: OnSent | None = None,
        on_state: Callable[[SessionState], object] | None = None,
    ) -> None:
        if bool(password) == (qr is not None):
            raise ValueError("a login is by password or by QR code: give one of password and qr")
        if status is Status.OFFLINE:
            raise ValueError("nobody can sign in as offline; hidden is not seen by others")
        self.account = QQNumber(account)
        self.on_delivery = on_delivery
        self.on_sent = on_sent
        gateway = stream.gateway if isinstance(stream, GatewayStream) else None
        caller = Caller(
            stream,
            flavour or (Flavour.SMARTQQ_2016 if qr else Flavour.WEBQQ_2013),
            scheme or (gateway.scheme if gateway is not None else "http"),
            cookiejar,
        )
        opener = SessionOpener(caller, self.account, status)
        login: Login = (
            QRLogin(caller, opener, self.account, qr, qr_limit)
            if qr is not None
            else PasswordLogin(caller, opener, self.account, password, captcha, digest)
        )
        pacing = Pacing(interval, chat_interval)
        folder = DataFolder(data) if isinstance(data, Path) else data
        self._storage = None if folder is None else Storage(folder, self.account)
        self._inbox: Inbox = MemoryInbox() if self._storage is None else self._storage.inbox
        self._queue: Queue = MemoryQueue() if self._storage is None else self._storage.queue
        self._caller = caller
        saved = None if self._storage is None else self._storage.session
        self._link = Link(caller, self.account, login, opener, saved, on_state)
        calls = SessionCalls(caller, self._link, self._recover)
        self.roster = Roster(calls, self._on_roster_change)
        self.edits = Edits(calls, self.roster, opener)
        self.management = GroupManagement(calls)
        self.group_details = GroupDetails(calls, self.roster)
        self.media = Media(calls, self.roster, FileHosts(gateway))
        self.uploads = Uploads(calls)
        self._echoes = Echoes()
        requests = SendRequests(calls, self._code_of)
        self._outbox = Outbox(calls, requests, pacing, self._echoes, self._recover)
        self._poll = Poll(caller, self)
        self._heartbeat = Heartbeat(caller)
        self._ended: asyncio.Future[None] | None = None
        self._recovering = asyncio.Lock()
        self._unread = Unread(EVENTS_WAITING)
        self._has_reader = False
        # Held here: the loop alone would let go of a task that waits.
        self._queued: set[asyncio.Task[None]] = set()
        self._handing: set[asyncio.Task[None]] = set()

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

    # Life.

    async def __aenter__(self) -> Self:
        try:
            await self.sign_in()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def sign_in(self) -> None:
        """Resume the session of an earlier run, or log in; then load the roster. Receives nothing yet.

        After a session was lost for good it may be called again: a login by QR code shows new codes then.

        :raises LoginError: the service refused. :raises Unreachable: it did not answer.
        :raises WebQQError: it answered what the protocol does not have there.
        """
        if self.state is not SessionState.ONLINE:
            await self._link.open()
        await self.roster.load()

    async def start(self) -> None:
        """Sign in (:meth:`sign_in`) and begin to receive: first what earlier runs left undone, then what comes."""
        await self.sign_in()
        await self._receive()

    async def _receive(self) -> None:
        self._ended = asyncio.get_running_loop().create_future()
        await self._hand_over(await self._inbox.unfinished())
        await self._resume_queue()
        self._poll.start()
        if self._caller.flavour is Flavour.WEBQQ_2013:
            self._heartbeat.start()

    async def wait_ended(self) -> None:
        """Wait until the session ends for good.

        :raises Kicked: the account signed in elsewhere. :raises ClientError: it was lost in another way.
        """
        assert self._ended is not None, "start() comes first"
        # Shielded: who stops waiting does not end the session.
        await asyncio.shield(self._ended)

    async def events(self) -> AsyncIterator[Event | RosterChange | Gap]:
        """Receive, and give each event in order. One counts as handled when the next one is asked for; what was not
        comes again with the next run, where there is a data folder. One reader at a time, in place of ``on_delivery``.

        The end comes with :meth:`close`.

        :raises Kicked: the account signed in elsewhere. :raises ClientError: the session was lost in another way.
        """
        if self.on_delivery is not None or self._has_reader:
            raise RuntimeError("the events go to on_delivery, or to another reader, already")
        if self._storage is not None:
            # What nobody read is in the inbox, and comes from there.
            self._unread = Unread(EVENTS_WAITING)
        waiting = self._unread
        self._has_reader = True
        starting = asyncio.ensure_future(self._receive() if self.state is SessionState.ONLINE else self.start())
        ended = asyncio.ensure_future(self._until_ended(starting))
        try:
            while await _is_ready(waiting, ended):
                # Taken only now: a reader that is cancelled while it waits has taken nothing.
                delivery = waiting.take()
                yield delivery.event
                await self.done(delivery)
        finally:
            self._has_reader = False
            self.stop_receiving()
            for task in (starting, ended):
                task.cancel()

    async def _until_ended(self, starting: "asyncio.Future[None]") -> None:
        await starting
        await self.wait_ended()

    def stop_receiving(self) -> None:
        """Poll no more. Sending still works."""
        self._poll.stop()
        self._heartbeat.stop()

    async def done(self, delivery: Delivery) -> None:
        """The event of a delivery is handled: it will not come again.

        :raises StorageError: it will, after the next start.
        """
        await self._inbox.done(delivery)

    async def failed(self, delivery: Delivery, handlers: Sequence[str]) -> None:
        """Handlers of an event failed: the next run hands it to these alone, by the names given here, as
        ``delivery.handlers``.

        :raises StorageError: the next run will hand it to all.
        """
        await self._inbox.failed(delivery, handlers)

    async def close(self) -> None:
        """Stop receiving and let go of everything. With a data folder the session is kept for the next run, without
        one it is ended at the service. The stream stays open.
        """
        if self.state is SessionState.CLOSED:
            return
        was_online = self.state is SessionState.ONLINE
        self.stop_receiving()
        self._link.machine.move(SessionInput.CLOSE)
        tasks = self._queued | self._handing
        for task in tasks:
            task.cancel()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
            if was_online:
                await self._part()
            await self._inbox.close()
        finally:
            if self._storage is not None:
                await self._storage.close()
            if self._ended is not None and not self._ended.done():
                self._ended.set_result(None)

    async def _part(self) -> None:
        if self._storage is None:
            await self._link.log_out()
        else:
            self._link.save()

    async def log_out(self) -> None:
        """End the session at the service, also where a data folder would keep it, and close."""
        if self.state is SessionState.ONLINE:
            self.stop_receiving()
            await self._link.log_out()
            self._link.machine.move(SessionInput.LOG_OUT)
        await self.close()

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
        return await self._outbox.send(chat, _content(message))

    async def send_picture(self, chat: Chat, path: Path, text: str = "") -> SendResult:
        """Upload a picture and send it, with a text behind it. Raises as :meth:`Uploads.picture`."""
        picture = await self.uploads.picture(chat, path)
        # A message needs a text, be it a line end (WebQQ protocol, the content string).
        words = Content.from_text(text or "\n")
        return await self.send(chat, Content((picture, *words.parts)))

    async def queue(self, chat: Chat, message: str | Content) -> int:
        """Send without waiting for the end; with a data folder the message goes out even if this process ends before
        it could. Returns the number by which ``on_sent`` tells of it.

        :raises QueueFull: as many as may wait already. :raises StorageError: the message is not kept, nor sent.
        """
        if len(self._queued) >= MAX_WAITING:
            raise QueueFull(f"{MAX_WAITING} messages wait already")
        address = address_of(chat, self._link.mark, *self.roster.described(chat))
        send = await self._queue.put(address, _content(message))
        self._spawn(self._queued, self._send_queued(send))
        return send.row

    async def _resume_queue(self) -> None:
        for send in await self._queue.interrupted():
            logger.warning(
                "message %d was on its way when the last run ended: nobody knows whether it arrived", send.row
            )
            self._tell_sent(send, SendResult(Outcome.UNKNOWN, "the process ended meanwhile"))
        for send in await self._queue.waiting():
            self._spawn(self._queued, self._send_queued(send))

    async def _send_queued(self, send: QueuedSend) -> None:
        try:
            result = await self._try_queued(send)
            if result is not None:
                await self._queue.end(send, result)
                self._tell_sent(send, result)
        except WebQQError as error:
            logger.error("queued message %d: %s", send.row, error)

    async def _try_queued(self, send: QueuedSend) -> SendResult | None:
        """Send; None where it has to wait for the next run."""
        went_out = False

        async def on_wire() -> None:
            nonlocal went_out
            if not went_out:
                await self._queue.begin(send)
                went_out = True

        while True:
            mark = self._link.mark
            try:
                chat = await self._chat_of(send)
            except ClientError as error:
                return SendResult(Outcome.FAILED, str(error))
            result = await self._outbox.send(chat, send.content, on_wire)
            if went_out or result.outcome is not Outcome.FAILED:
                return result
            if self.state is SessionState.ONLINE and self._link.mark == mark:
                return result
            if self.state in (SessionState.KICKED, SessionState.CLOSED, SessionState.OFFLINE):
                return None

    async def _chat_of(self, send: QueuedSend) -> Chat:
        address, chat = send.address, chat_at(send.address)
        if address.mark == self._link.mark or not isinstance(chat, FriendChat | GroupChat):
            return chat
        return await self.roster.find(str(address.number) if address.number else address.name)

    def _tell_sent(self, send: QueuedSend, result: SendResult) -> None:
        if self.on_sent is None:
            return
        try:
            self.on_sent(send.row, result)
        except Exception:
            logger.exception("on_sent raised")

    def _code_of(self, gid: Gid) -> GroupCode | None:
        group = self.roster.groups.get(gid)
        return None if group is None else group.code

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
        self.roster.note(event)
        if isinstance(event, FriendMessage | GroupMessage | DiscussMessage) and sender_of(event) in (0, self.account):
            self._echoes.hear(event)

    async def _hand_over(self, deliveries: Sequence[Delivery]) -> None:
        all_of_them = list(with_gaps(deliveries))
        for gap in (each.event for each in all_of_them if isinstance(each.event, Gap)):
            logger.warning("the gateway could not keep %d messages for %d", gap.missed, self.account)
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

    def _on_roster_change(self, change: RosterChange) -> None:
        # In a task of its own: whoever asked for the list may be the one who takes the events.
        self._spawn(self._handing, self._hand_over([Delivery(change)]))

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

    async def _recover(self, session: Session, reaction: Reaction) -> None:
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
        return self.state is SessionState.ONLINE and self._link.session is session

    def _spawn(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def _content(message: str | Content) -> Content:
    return message if isinstance(message, Content) else Content.from_text(message)


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
