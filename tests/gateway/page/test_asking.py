"""Who wants to be a friend or a member: the page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Callable

from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import LONER, PERSON
from tests.gateway.page.person import GROUP_ROW, choose_in_menu
from webqq.protocol.ids import QQNumber

LONER_ROW = '[data-key="friend-700800900"]'
GROUP = 900100


def remove_friend(screen: Screen) -> None:
    """Open the card of the open conversation and end the friendship."""
    screen.the("#peer").click()
    screen.the("#card-leave").click()
    screen.the("#card-sure-yes").click()
    screen.gone("#card")


def test_stranger_who_asks_is_accepted_and_can_be_removed(chat: Screen, join: Callable[[QQNumber], Friend]):
    loner = join(LONER)
    loner.ask_friend(PERSON, "我是 <b>路人</b>")
    chat.see("#requests-badge", "1")
    assert chat.driver.title.startswith("(1)")
    chat.driver.refresh()
    chat.the("#requests-open").click()
    chat.see(".request", "路人 请求加您为好友")
    assert chat.texts(".request-text") == ["我是 <b>路人</b>"]
    chat.the(".request .primary").click()
    chat.see(".request", "已同意")
    assert loner.expect("system_message")["type"] == "verify_pass_add"
    chat.the("#requests-close").click()
    chat.the(LONER_ROW).click()
    remove_friend(chat)
    chat.gone(LONER_ROW)
    chat.gone("#open-conversation")


def test_refusal_tells_why(chat: Screen, join: Callable[[QQNumber], Friend]):
    loner = join(LONER)
    loner.ask_friend(PERSON, "")
    chat.the("#requests-open").click()
    chat.type(".request-reason", "不认识")
    chat.see(".request button", "拒绝").click()
    chat.see(".request", "已拒绝")
    assert loner.expect("tips")["tips"].endswith("不认识")
    chat.the("#requests-clear").click()
    chat.the("#requests-empty")
    chat.the("#requests-close").click()
    assert not chat.all(LONER_ROW)


def test_person_finds_somebody_asks_and_hears_the_answer(chat: Screen, join: Callable[[QQNumber], Friend]):
    loner = join(LONER)
    choose_in_menu(chat, "#find")
    for number, text in (("12", "请输入 5 到 10 位数字"), ("99999", "没有找到"), (str(PERSON), "这是您自己")):
        chat.type("#finder-number", number, Keys.ENTER)
        chat.see("#finder-text", text)
    chat.type("#finder-number", str(LONER), Keys.ENTER)
    chat.see("#finder-name", "路人")
    assert chat.focused().get_property("value") == "我是小明"
    chat.the("#finder-send").click()
    chat.see("#finder-text", "请求已发送")
    chat.the("#finder-close").click()
    assert loner.expect("system_message")["msg"] == "我是小明"
    loner.accept_friend(PERSON)
    chat.see("#requests-badge", "1")
    chat.the("#requests-open").click()
    chat.see(".request", "路人 同意了您的好友请求")
    chat.the("#requests-close").click()
    chat.gone("#requests-badge")
    choose_in_menu(chat, "#find")
    chat.type("#finder-number", str(LONER), Keys.ENTER)
    chat.the("#finder-open").click()
    chat.see("#peer-name", "路人")
    remove_friend(chat)


def test_group_lets_in_who_asks_and_its_conversation_tells_of_it(chat: Screen, join: Callable[[QQNumber], Friend]):
    loner = join(LONER)
    chat.the(GROUP_ROW).click()
    loner.ask_group(GROUP, "让我进来")
    chat.the("#requests-open").click()
    chat.see(".request", "路人 申请加入群“测试群”")
    chat.the(".request .primary").click()
    chat.see(".request", "已同意")
    chat.the("#requests-close").click()
    chat.see(".event", "路人 加入了本群")
    loner.quit_group("测试群")
    chat.see(".event", "路人 退出了本群")


def test_member_of_a_group_who_is_no_friend_can_be_asked(chat: Screen, join: Callable[[QQNumber], Friend]):
    loner = join(LONER)
    loner.ask_group(GROUP, "")
    chat.the("#requests-open").click()
    chat.the(".request .primary").click()
    chat.see(".request", "已同意")
    chat.the("#requests-close").click()
    chat.the(GROUP_ROW).click()
    chat.the("#members-toggle").click()
    chat.see(".member", "路人").click()
    chat.see("#finder-name", "路人")
    chat.the("#finder-close").click()
    chat.see(".member", "机器人").click()
    chat.see("#peer-name", "机器人")
    loner.quit_group("测试群")
