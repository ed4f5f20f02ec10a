"""The service as a script: answers of the protocol's rows on a fake network with a virtual clock."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import Any, TypeVar
from urllib.parse import urlsplit

from webqq.client import WebQQClient
from webqq.client.calling import Caller
from webqq.client.link import Link
from webqq.client.login import PasswordLogin
from webqq.client.opening import SessionOpener
from webqq.client.session import Session
from webqq.client.sessioncalls import SessionCalls
from webqq.httpstream import HTTPStream
from webqq.protocol.calls import (
    CHECK,
    GET_FRIEND_UIN2,
    GET_GROUP_INFO_EXT2,
    GET_GROUP_NAME_LIST_MASK2,
    GET_MSG_TIP,
    GET_ONLINE_BUDDIES2,
    GET_USER_FRIENDS2,
    LOGIN,
    LOGIN2,
    LOGIN_PAGE,
    LOGOUT2,
    POLL2,
    SEND_BUDDY_MSG2,
    SEND_QUN_MSG2,
    Call,
    Card,
    CheckResult,
    Friend,
    FriendProfile,
    FriendsResult,
    GroupInfo,
    GroupInfoResult,
    GroupMark,
    GroupName,
    GroupsResult,
    Login2Result,
    LoginPageResult,
    LoginResult,
    MarkName,
    Member,
    MemberProfile,
    NumberResult,
    Reply,
)
from webqq.protocol.content import Content
from webqq.protocol.digests import salt_of
from webqq.protocol.events import Event, FriendMessage, GroupMessage, Kick
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Gid, GroupCode, GroupNumber, MessageId, QQNumber, Uin
from webqq.protocol.retcodes import Reaction
from webqq.testing import FakeIOLoop, FakeNetwork

T = TypeVar("T")

ACCOUNT = QQNumber(100200300)
PASSWORD = "correct horse"
FRIEND = Uin(3100000001)
OTHER = Uin(3100000002)
GROUP = Gid(4200000001)
CODE = GroupCode(2700000001)
CHECK_SIG_URL = "http://ptlogin4.web2.qq.com/check_sig?ptsig=once"

FRIENDS = FriendsResult(
    friends=(Friend(uin=FRIEND), Friend(uin=OTHER, categories=1)),
    info=(FriendProfile(uin=FRIEND, nick="小明"), FriendProfile(uin=OTHER, nick="小红")),
    marknames=(MarkName(uin=OTHER, markname="王红"),),
)
GROUPS = GroupsResult(
    gnamelist=(GroupName(gid=GROUP, code=CODE, name="测试群"),),
    gmarklist=(GroupMark(uin=GROUP, markname="我的测试群"),),
)
GROUP_INFO = GroupInfoResult(
    minfo=(MemberProfile(uin=FRIEND, nick="小明"), MemberProfile(uin=Uin(ACCOUNT), nick="机器人")),
    ginfo=GroupInfo(
        gid=GROUP,
        code=CODE,
        name="测试群",
        owner=FRIEND,
        members=(Member(muin=FRIEND, mflag=1), Member(muin=Uin(ACCOUNT))),
    ),
    cards=(Card(muin=FRIEND, card="组长"),),
)


def friend_message(text: str, number: int = 1, uin: Uin = FRIEND) -> FriendMessage:
    """A message of a friend; each ``number`` is another message."""
    return FriendMessage(
        from_uin=uin,
        to_uin=ACCOUNT,
        msg_id=MessageId(number),
        msg_id2=number,
        reply_ip=0,
        time=1700000000 + number,
        content=Content.from_text(text),
    )


def group_message(text: str, number: int = 1, sender: Uin = FRIEND) -> GroupMessage:
    """A message of a member of the group."""
    return GroupMessage(
        from_uin=Uin(GROUP),
        to_uin=ACCOUNT,
        msg_id=MessageId(number),
        msg_id2=number,
        reply_ip=0,
        time=1700000000 + number,
        content=Content.from_text(text),
        group_code=CODE,
        send_uin=sender,
        seq=number,
        info_seq=GroupNumber(900100),
    )


KICK = Kick(show_reason=1, reason="您的帐号在另一地点登录")


class Service:
    """What the fake network answers, in the order in which a test says it."""

    def __init__(self, loop: FakeIOLoop) -> None:
        self.loop = loop
        self.network = FakeNetwork(loop)
        self.closing: list[Callable[[], Awaitable[None]]] = []
        self.recovered: list[Reaction] = []
        self.answer(GET_MSG_TIP, Reply(0), repeat=True)

    def run(self, awaitable: Awaitable[T]) -> T:
        return self.loop.run(awaitable)

    def run_until(self, is_so: Callable[[], object]) -> None:
        """Run until ``is_so`` gives something; a thread of the inbox may be at work meanwhile.

        The clock is the fake one: no time is slept, and as little of the virtual time passes as can be.
        """

        async def wait() -> None:
            while not is_so():  # noqa: ASYNC110 (what is waited for may be a thread, which sets no event)
                await asyncio.sleep(0.01)

        self.loop.run(wait())

    def answer(self, call: Call[Any, Any], reply: Reply[Any], **options: Any) -> None:
        """The call's next answer."""
        self.answer_bytes(call, call.serialize_reply(reply, Flavour.WEBQQ_2013), **options)

    def answer_bytes(self, call: Call[Any, Any], body: bytes, **options: Any) -> None:
        self.network.answer(url_of(call), body, **options)

    def answer_login(
        self, *, code: int = 0, text: str = "登录成功！", url: str = CHECK_SIG_URL, ptwebqq: str = "aa"
    ) -> None:
        """What login page, check and login answer once."""
        self.answer(LOGIN_PAGE, Reply(0, LoginPageResult(login_sig="sig-of-page")))
        self.answer(CHECK, Reply(0, CheckResult(needs_captcha=False, code="!PTH", salt=salt_of(ACCOUNT))))
        self.answer_password(code=code, text=text, url=url)

    def answer_password(self, *, code: int = 0, text: str = "登录成功！", url: str = CHECK_SIG_URL) -> None:
        """What login alone answers once."""
        self.answer(
            LOGIN,
            Reply(code, LoginResult(text=text, nick="机器人", url=url)),
            headers=[("Set-Cookie", "ptwebqq=aa; Domain=.qq.com; Path=/")],
        )

    def answer_check_sig(self) -> None:
        cookie = "p_skey=pskey; Domain=web2.qq.com; Path=/"
        self.network.answer(
            CHECK_SIG_URL, status=302, headers=[("Set-Cookie", cookie), ("Location", "http://web2.qq.com/")]
        )

    def answer_login2(self, psessionid: str = "session-1") -> None:
        self.answer(LOGIN2, Reply(0, Login2Result(uin=ACCOUNT, psessionid=psessionid, vfwebqq="vf-" + psessionid)))

    def answer_whole_login(self, psessionid: str = "session-1") -> None:
        """All that a login with its roster asks."""
        self.answer_login()
        self.answer_check_sig()
        self.answer_login2(psessionid)
        self.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
        self.answer_roster()

    def answer_roster(self) -> None:
        self.answer(GET_USER_FRIENDS2, Reply(0, FRIENDS))
        self.answer(GET_GROUP_NAME_LIST_MASK2, Reply(0, GROUPS))

    def answer_members(self) -> None:
        self.answer(GET_GROUP_INFO_EXT2, Reply(0, GROUP_INFO))

    def answer_number(self, account: int, uin: int = FRIEND) -> None:
        self.answer(GET_FRIEND_UIN2, Reply(0, NumberResult(account=account, uin=uin)))

    def answer_poll(self, events: Sequence[Event] = (), *, key: str = "", retcode: int = 0, **options: Any) -> None:
        self.answer(POLL2, Reply(retcode, tuple(events), key=key), **options)

    def answer_sends(self) -> None:
        for call in (SEND_BUDDY_MSG2, SEND_QUN_MSG2):
            self.answer(call, Reply(0), repeat=True)

    def answer_logout(self) -> None:
        self.answer(LOGOUT2, Reply(0), repeat=True)

    def asked(self, call: Call[Any, Any]) -> list[Any]:
        """The parameters of all requests of a call so far."""
        path = call.path
        found = [request for request in self.network.requests if urlsplit(request.url).path == path]
        return [call.parse_params(urlsplit(request.url).query, request.body) for request in found]

    def paths(self) -> list[str]:
        """The last part of each request's path, in order, without heartbeats."""
        names = [urlsplit(request.url).path.rpartition("/")[2] for request in self.network.requests]
        return [name for name in names if name != "get_msg_tip"]

    def stream(self) -> HTTPStream:
        return self.network.stream(cookiejar=CookieJar())

    def link(self, **options: Any) -> Link:
        """A link on a stream of its own, not open yet."""
        caller = Caller(self.stream())
        opener = SessionOpener(caller, ACCOUNT)
        return Link(caller, ACCOUNT, PasswordLogin(caller, opener, ACCOUNT, PASSWORD), opener, **options)

    def open_link(self) -> Link:
        """A link that has logged in."""
        self.answer_login()
        self.answer_check_sig()
        self.answer_login2()
        self.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
        link = self.link()
        self.run(link.open())
        return link

    def open_calls(self) -> SessionCalls:
        """Calls of a session that was opened; what would be recovered is not."""
        link = self.open_link()

        async def recover(session: Session, reaction: Reaction) -> None:
            self.recovered.append(reaction)

        return SessionCalls(link._caller, link, recover)

    def client(self, **options: Any) -> WebQQClient:
        """A client that is closed with the service."""

        async def make() -> WebQQClient:
            password = "" if "qr" in options else PASSWORD
            return WebQQClient(self.stream(), ACCOUNT, password, **options)

        client = self.run(make())
        self.closing.append(client.close)
        return client

    def started(self, **options: Any) -> WebQQClient:
        """A client that has logged in and polls."""
        self.answer_whole_login()
        client = self.client(**options)
        self.run(client.start())
        return client


def url_of(call: Call[Any, Any]) -> str:
    return f"http://{call.host.name_in(Flavour.WEBQQ_2013)}{call.path}"


@contextmanager
def running_service() -> Iterator[Service]:
    """A service, and the end of all that ran on it."""
    with FakeIOLoop() as loop:
        service = Service(loop)
        yield service
        service.answer_logout()
        for close in service.closing:
            loop.run(close())
