"""How to test a bot of one's own: fake sockets instead of a service, and no waiting. Run it with pytest."""

import json
from http.cookiejar import CookieJar

from webqq.bot import Bot, Message
from webqq.client import WebQQClient
from webqq.protocol import calls
from webqq.protocol.calls import Reply
from webqq.protocol.content import Content
from webqq.protocol.events import FriendMessage
from webqq.protocol.flavour import Flavour
from webqq.testing import FakeIOLoop, FakeNetwork

ME, FRIEND = 100200300, 3100000001


def set_up(bot: Bot) -> None:
    """The bot under test: greets who says hello."""

    @bot.on_friend_message
    async def greet(message: Message) -> None:
        if message.text == "你好":
            await message.reply(f"你好，{message.sender.name}")


class Service:
    """What the service answers, once each, in the order in which the test says it."""

    def __init__(self, loop: FakeIOLoop) -> None:
        self.network = FakeNetwork(loop)
        friends = calls.FriendsResult(
            friends=(calls.Friend(uin=FRIEND),), info=(calls.FriendProfile(uin=FRIEND, nick="小明"),)
        )
        landing = "http://ptlogin4.web2.qq.com/check_sig"
        self.answer(calls.LOGIN_PAGE, calls.LoginPageResult(login_sig=""))
        self.answer(calls.CHECK, calls.CheckResult(needs_captcha=False, code="!ABC", salt=bytes(8)))
        self.answer(calls.LOGIN, calls.LoginResult(text="", url=landing))
        self.network.answer(landing)
        self.answer(calls.LOGIN2, calls.Login2Result(uin=ME, psessionid="p", vfwebqq="v"))
        self.answer(calls.GET_ONLINE_BUDDIES2, ())
        self.answer(calls.GET_USER_FRIENDS2, friends)
        self.answer(calls.GET_GROUP_NAME_LIST_MASK2, calls.GroupsResult())
        self.answer(calls.LOGOUT2, None)

    def answer(self, call: calls.Call, result: object) -> None:
        url = f"http://{call.host.name_in(Flavour.WEBQQ_2013)}{call.path}"
        self.network.answer(url, call.serialize_reply(Reply(0, result), Flavour.WEBQQ_2013))

    def deliver(self, text: str) -> None:
        message = FriendMessage(from_uin=FRIEND, to_uin=ME, msg_id=1, time=0, content=Content.from_text(text))
        self.answer(calls.POLL2, (message,))

    def sent(self) -> list[str]:
        """The texts that the bot sent."""
        sends = [request for request in self.network.requests if request.url.endswith(calls.SEND_BUDDY_MSG2.path)]
        return [json.loads(json.loads(request.form["r"][0])["content"])[0] for request in sends]


def answers_to(text: str) -> list[str]:
    """What the bot sends when its friend says ``text``."""
    with FakeIOLoop() as loop:
        service = Service(loop)
        service.answer(calls.SEND_BUDDY_MSG2, None)

        async def play() -> None:
            bot = Bot(WebQQClient(service.network.stream(cookiejar=CookieJar()), ME, "secret"))
            set_up(bot)
            service.deliver(text)
            loop.call_later(60, bot.stop)  # a minute of the fake loop's clock, which takes no time
            await bot.run(signals=())

        loop.run(play())
        return service.sent()


def test_hello_is_answered_by_name() -> None:
    assert answers_to("你好") == ["你好，小明"]


def test_anything_else_is_left_alone() -> None:
    assert answers_to("再见") == []
