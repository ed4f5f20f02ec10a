"""One account at the service: signed in, receiving, sending."""

from collections.abc import AsyncGenerator, Callable, Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import Self

from webqq.client.calling import Caller
from webqq.client.chat import Chat, FriendChat, GroupChat
from webqq.client.contacts import RosterChange
from webqq.client.echoes import Echoes
from webqq.client.edits import Edits
from webqq.client.filehosts import FileHosts
from webqq.client.gaps import Gap
from webqq.client.gateway_address import GatewayStream
from webqq.client.groupdetails import GroupDetails
from webqq.client.inbox import Delivery, Inbox, MemoryInbox
from webqq.client.link import Link
from webqq.client.login import Captcha, PasswordDigest, PasswordLogin
from webqq.client.management import GroupManagement
from webqq.client.media import Media
from webqq.client.opening import Login, SessionOpener
from webqq.client.outbox import Outbox, Outcome, SendResult
from webqq.client.pacing import CHAT_INTERVAL, INTERVAL, Pacing
from webqq.client.qrlogin import CODE_LIMIT, QRLogin
from webqq.client.qrpicture import ShowQR
from webqq.client.queuedsends import OnSent, QueuedSends
from webqq.client.receiving import OnDelivery, Receiving
from webqq.client.roster import Roster
from webqq.client.sending import SendRequests
from webqq.client.sendqueue import MemoryQueue, Queue
from webqq.client.sessioncalls import SessionCalls
from webqq.client.state import SessionInput, SessionState
from webqq.client.storage import DataFolder, Storage
from webqq.client.uploads import Uploads
from webqq.httpstream import HTTPStream
from webqq.protocol.content import Content
from webqq.protocol.events import Event
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Gid, GroupCode, QQNumber, Uin
from webqq.protocol.status import Status

__all__ = ["WebQQClient"]


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
        queue: Queue = MemoryQueue() if self._storage is None else self._storage.queue
        saved = None if self._storage is None else self._storage.session
        self._link = Link(caller, self.account, login, opener, saved, on_state)
        echoes = Echoes()
        self._receiving = Receiving(
            caller,
            self._link,
            self._inbox,
            echoes,
            self.account,
            lambda: self.roster,
            forgets=self._storage is None,
        )
        self._receiving.on_delivery = on_delivery
        calls = SessionCalls(caller, self._link, self._receiving.recover)
        self.roster: Roster = Roster(calls, self._receiving.tell_change)
        self.edits = Edits(calls, self.roster, opener)
        self.management = GroupManagement(calls)
        self.group_details = GroupDetails(calls, self.roster)
        self.media = Media(calls, self.roster, FileHosts(gateway))
        self.uploads = Uploads(calls)
        requests = SendRequests(calls, self._code_of)
        self._outbox = Outbox(calls, requests, pacing, echoes, self._receiving.recover)
        self._queued = QueuedSends(queue, self._link, self.roster, self._outbox, on_sent)

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

    @property
    def on_delivery(self) -> OnDelivery | None:
        """Gets what is received, see :data:`OnDelivery`; it may be set until :meth:`start`."""
        return self._receiving.on_delivery

    @on_delivery.setter
    def on_delivery(self, on_delivery: OnDelivery | None) -> None:
        self._receiving.on_delivery = on_delivery

    @property
    def on_sent(self) -> OnSent | None:
        """Told how queued sends end, see :data:`OnSent`."""
        return self._queued.on_sent

    @on_sent.setter
    def on_sent(self, on_sent: OnSent | None) -> None:
        self._queued.on_sent = on_sent

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
        await self._queued.resume()
        await self._receiving.start()

    async def wait_ended(self) -> None:
        """Wait until the session ends for good.

        :raises Kicked: the account signed in elsewhere. :raises ClientError: it was lost in another way.
        """
        await self._receiving.wait_ended()

    def events(self) -> AsyncGenerator[Event | RosterChange | Gap, None]:
        """Receive, and give each event in order. One counts as handled when the next one is asked for; what was not
        comes again with the next run, where there is a data folder. One reader at a time, in place of ``on_delivery``.

        The end comes with :meth:`close`.

        :raises Kicked: the account signed in elsewhere. :raises ClientError: the session was lost in another way.
        """
        return self._receiving.read(self._begin)

    async def _begin(self) -> None:
        await (self._receive() if self.state is SessionState.ONLINE else self.start())

    def stop_receiving(self) -> None:
        """Poll no more. Sending still works."""
        self._receiving.stop()

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
        try:
            await self._queued.close()
            await self._receiving.close()
            if was_online:
                await self._part()
            await self._inbox.close()
        finally:
            if self._storage is not None:
                await self._storage.close()
            self._receiving.finish()

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
        return await self._queued.add(chat, _content(message))

    def _code_of(self, gid: Gid) -> GroupCode | None:
        group = self.roster.groups.get(gid)
        return None if group is None else group.code


def _content(message: str | Content) -> Content:
    return message if isinstance(message, Content) else Content.from_text(message)
