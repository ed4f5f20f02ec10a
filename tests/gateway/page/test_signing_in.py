"""Coming in and going: the page in a browser, against a gateway, with somebody at the other end."""

import re
from collections.abc import Callable

import pytest
from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import ALICE, PERSON, GatewayThread
from tests.gateway.page.person import ALICE_ROW, BOT_ROW, choose_in_menu, sign_in, write
from webqq.protocol.ids import QQNumber


def test_wrong_password_is_named_and_the_account_stays_typed(door: Screen):
    sign_in(door, "wrong")
    assert door.the("#signin-error").text == "帐号或密码不正确，请重新输入。"
    assert door.the("#account").get_property("value") == str(PERSON)
    assert door.focused().get_attribute("id") == "password"
    assert door.the("#password").get_attribute("aria-invalid") == "true"


@pytest.mark.parametrize(
    ("account", "password", "error"),
    [("12ab", "x", "请输入帐号：5 到 10 位数字。"), ("300400500", "", "请输入密码。")],
)
def test_what_cannot_be_right_is_named_without_asking(door: Screen, account: str, password: str, error: str):
    door.type("#account", account)
    door.type("#password", password, Keys.ENTER)
    door.see("#signin-error", error)


def test_sign_in_by_password_shows_friends_groups_and_who_is_online(door: Screen, bot: Friend):
    sign_in(door)
    assert door.the("#self-name").text == "小明"
    assert door.texts(".contact-name") == ["机器人", "Alice <i>&</i>", "测试群"]
    door.see(BOT_ROW, "在线")
    door.see(ALICE_ROW, "离线")
    assert door.texts(".section-name") == ["我的好友", "群"]


def test_sign_in_link_opens_the_chat_once(screen: Screen, gateway: GatewayThread):
    link = gateway.sign_in_link(PERSON)
    screen.driver.get(link)
    screen.see("#self-name", "小明")
    assert screen.driver.current_url.rstrip("/") == gateway.url
    screen.driver.execute_script("localStorage.clear(); sessionStorage.clear();")
    screen.driver.delete_all_cookies()
    screen.driver.get(link)
    screen.the("#signin-form")


def test_sign_in_link_of_another_account_wins_over_this_tabs_session(chat: Screen, gateway: GatewayThread):
    chat.driver.get(gateway.sign_in_link(ALICE))
    chat.see("#self-name", "Alice <i>&</i>")
    choose_in_menu(chat, "#sign-out")


def test_sign_out_forgets_who_was_here(chat: Screen):
    chat.the("#account-menu summary").click()
    chat.the("#sign-out").click()
    chat.the("#signin-form")
    chat.driver.refresh()
    chat.the("#signin-form")
    assert not chat.all("#signin-again")


def test_sign_out_can_take_the_messages_along(chat: Screen, bot: Friend):
    chat.the(BOT_ROW).click()
    write(chat, "a secret")
    chat.see(".message.other .text", "a secret")
    chat.the("#account-menu summary").click()
    chat.the("#sign-out-forget").click()
    chat.the("#signin-form")
    assert "secret" not in str(chat.driver.execute_script("return JSON.stringify(localStorage)"))


def test_sign_in_by_a_code_is_a_button_away_and_back(door: Screen):
    door.the("#signin-way").click()
    door.see("#qr-state", "用已登录的手机扫描二维码")
    assert re.fullmatch(r"[\w-]{4,100}", door.the("#qr-code").text)
    assert not door.all("#password")
    door.the("#signin-way").click()
    door.the("#password")
    assert door.focused().get_attribute("id") == "account"


def test_code_in_letters_is_enough_to_be_let_in(door: Screen, join: Callable[[QQNumber], Friend]):
    alice = join(ALICE)
    door.the("#signin-way").click()
    alice.let_in(door.the("#qr-code").text)
    door.see("#self-name", "Alice <i>&</i>")
    choose_in_menu(door, "#sign-out")


def test_code_of_another_device_is_asked_about_and_leaves_the_address(chat: Screen, gateway: GatewayThread):
    chat.driver.get("about:blank")
    chat.driver.get(f"{gateway.url}/#approve=abc234")
    chat.the("#approval")
    chat.until(lambda: "approve=" not in chat.driver.current_url, "an address without the code")
    # No such code was shown, and the page says so.
    chat.see("#approval-text", "此二维码已失效")
    assert chat.focused().get_attribute("id") == "approval-code"
    chat.focused().send_keys("?", Keys.ENTER)
    chat.see("#approval-text", "这不是登录代码")
    chat.focused().send_keys(Keys.ESCAPE)
    chat.gone("#approval")
    chat.the("#account-menu summary").click()
    chat.the("#approve").click()
    chat.see("#approval-text", "打开二维码")
    chat.focused().send_keys(Keys.ESCAPE)
    # Some phones open the address in the page that is there already.
    chat.the(BOT_ROW).click()
    chat.driver.execute_script("location.hash = 'approve=abc234'")
    chat.see("#approval-text", "此二维码已失效")
    chat.until(lambda: chat.driver.current_url.endswith("#friend-100200300"), "the conversation's address")
    chat.see("#peer-name", "机器人")
