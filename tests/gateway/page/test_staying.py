"""What ends, comes back and goes on: the page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Callable

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import PERSON, GatewayThread
from tests.gateway.page.person import BOT_ROW, write
from webqq.protocol.ids import QQNumber


def kept(screen: Screen) -> str:
    """The psessionid of this tab."""
    text: str = screen.driver.execute_script("return JSON.parse(sessionStorage['webqq session']).psessionid")
    return text


def test_reload_goes_on_with_session_conversation_and_history(chat: Screen, bot: Friend):
    chat.the(BOT_ROW).click()
    write(chat, "before")
    chat.see(".message.other .text", "before")
    session = kept(chat)
    chat.driver.refresh()
    chat.see(".message.other .text", "before")
    assert kept(chat) == session
    assert chat.texts(".message .text") == ["before", "before"]
    write(chat, "after")
    chat.see(".message.other .text", "after")


def test_network_that_goes_is_told_at_once_and_what_is_written_then_waits(chat: Screen, bot: Friend):
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    chat.the(BOT_ROW).click()
    chat.driver.execute_cdp_cmd("Network.enable", {})
    chat.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **conditions})
    chat.see("#notice", "连接已断开")
    write(chat, "typed meanwhile")
    chat.see(".status", "等待发送")
    chat.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **conditions})
    chat.see(".message.other .text", "typed meanwhile")
    chat.gone("#notice")


def test_restart_of_the_gateway_costs_nothing(chat: Screen, bot: Friend, gateway: GatewayThread):
    chat.the(BOT_ROW).click()
    session = kept(chat)
    gateway.stop()
    chat.see("#notice", "连接已断开")
    write(chat, "typed meanwhile")
    chat.see(".status", "等待发送")
    gateway.start()
    # The page may have come back by itself already.
    chat.driver.execute_script(
        "const b = document.getElementById('notice-action'); if (b.checkVisibility()) b.click();"
    )
    chat.see(".message.other .text", "typed meanwhile")
    chat.see(".status", "已发送")
    chat.gone("#notice")
    assert kept(chat) == session


def test_sign_in_elsewhere_ends_this_page_until_the_person_says_otherwise(
    chat: Screen, join: Callable[[QQNumber], Friend]
):
    chat.the(BOT_ROW).click()
    chat.type("#input", "half a thought")
    join(PERSON)
    chat.see("#notice", "您的帐号在另一地点登录")
    assert chat.focused().get_attribute("id") == "input"
    assert not chat.the("#send").is_enabled()
    chat.the("#notice-action").click()
    chat.until(lambda: chat.all("#contacts") and not chat.all("#notice"), "the chat again")
    assert chat.the("#input").get_property("value") == "half a thought"
    assert chat.the("#send").is_enabled()
    join(PERSON)
    chat.the("#notice")
    chat.driver.refresh()
    chat.see("#signin-over", "您的帐号在另一地点登录")
    chat.the("#signin-again").click()
    chat.the("#contacts")


def test_second_tab_takes_the_session_over_and_the_first_can_have_it_back(chat: Screen, gateway: GatewayThread):
    driver = chat.driver
    first = driver.current_window_handle
    # A tab that was duplicated has the session's storage.
    driver.execute_script("window.open('/')")
    second = next(handle for handle in driver.window_handles if handle != first)
    driver.switch_to.window(second)
    try:
        chat.the("#contacts")
        driver.switch_to.window(first)
        chat.see("#notice", "另一个标签页")
        chat.the("#notice-action").click()
        chat.gone("#notice")
        driver.switch_to.window(second)
        chat.see("#notice", "另一个标签页")
    finally:
        driver.switch_to.window(second)
        driver.close()
        driver.switch_to.window(first)
