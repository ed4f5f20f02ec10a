"""Profiles, marks, signatures: the page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import ALICE, PERSON, GatewayThread
from tests.gateway.page.person import ALICE_ROW, BOT_ROW, GROUP_ROW, choose_in_menu, write
from webqq.protocol.ids import QQNumber

EVIL = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(("row", "name"), [(BOT_ROW, "机器人"), (GROUP_ROW, "测试群")])
def test_contact_gets_a_name_of_ones_own_and_loses_it_again(chat: Screen, row: str, name: str):
    chat.the(row).click()
    chat.the("#peer").click()
    chat.see("#card-title", name)
    chat.type("#card-field", EVIL, Keys.ENTER)
    chat.see("#card-text", "已保存")
    chat.see("#card-title", EVIL)
    chat.see("#card-nick", name)
    chat.focused().send_keys(Keys.ESCAPE)
    chat.see("#peer-name", EVIL)
    chat.see(f"{row} .contact-name", EVIL)
    assert EVIL in chat.the("#input").accessible_name
    chat.the("#peer").click()
    chat.type("#card-field", "", Keys.ENTER)
    chat.see("#card-text", "已保存")
    chat.see("#card-title", name)


def test_own_signature_is_what_friends_see(chat: Screen, gateway: GatewayThread):
    chat.the("#self").click()
    chat.type("#card-field", EVIL, Keys.ENTER)
    chat.see("#card-text", "已保存")
    chat.driver.get(gateway.sign_in_link(ALICE))
    chat.see("#self-name", "Alice")
    chat.the('[data-key="friend-300400500"]').click()
    chat.the("#peer").click()
    chat.see("#card-signature", EVIL)
    chat.the("#card-close").click()
    # Other tests see whether she is there.
    choose_in_menu(chat, "#sign-out")


def test_conversation_is_deleted_on_this_account_and_stays_deleted(chat: Screen, bot: Friend):
    chat.the(BOT_ROW).click()
    write(chat, "not for ever")
    chat.see(".message.other .text", "not for ever")
    chat.the("#peer").click()
    chat.the("#card-forget").click()
    chat.see("#card-sure-text", "机器人")
    assert chat.focused().get_attribute("id") == "card-sure-no"
    chat.the("#card-sure-yes").click()
    chat.see("#card-text", "已删除")
    chat.the("#card-close").click()
    chat.gone(".message")
    chat.driver.execute_script("localStorage.clear()")
    chat.driver.refresh()
    chat.the("#log-empty")
    assert not chat.all(".message")


def test_window_is_shaken_both_ways_and_stands_still_for_who_wants_that(
    chat: Screen, join: Callable[[QQNumber], Friend]
):
    alice = join(ALICE)
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    chat.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    chat.the(ALICE_ROW).click()
    chat.the("#shake").click()
    alice.expect("shake_message")
    chat.see(".event", "您抖动了")
    assert not chat.the("#shake").is_enabled()
    alice.shake(alice.friend("小明"))
    chat.see(".event", "抖动了您的窗口")
    moves = chat.driver.execute_script("return getComputedStyle(document.getElementById('chat')).animationName")
    chat.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert moves == "none"


CHOOSE = """
  const done = arguments[arguments.length - 1];
  const canvas = new OffscreenCanvas(300, 200);
  canvas.getContext("2d").fillRect(0, 0, 300, 200);
  canvas.convertToBlob({ type: "image/png" }).then((blob) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([arguments[0] ? blob : "no picture"], "me.png", { type: "image/png" }));
    const chooser = document.getElementById("avatar-file");
    chooser.files = transfer.files;
    chooser.dispatchEvent(new Event("change"));
    done();
  });
"""


def test_own_picture_is_seen_by_friends_and_taken_away_again(chat: Screen, gateway: GatewayThread):
    assert not chat.all("#self-avatar img")
    chat.the("#self").click()
    chat.driver.execute_async_script(CHOOSE, False)
    chat.see("#card-text", "没有接受")
    chat.driver.execute_async_script(CHOOSE, True)
    chat.see("#card-text", "已保存")
    for place in ("#card-avatar", "#self-avatar"):
        chat.the(f"{place} img[src^='data:image/jpeg']")
    chat.driver.get(gateway.sign_in_link(ALICE))
    chat.see("#self-name", "Alice")
    chat.the('[data-key="friend-300400500"] .avatar img').click()
    chat.the("#peer-avatar img")
    assert not chat.all("#self-avatar img")
    choose_in_menu(chat, "#sign-out")
    chat.driver.get(gateway.sign_in_link(PERSON))
    chat.the("#self-avatar img").click()
    chat.the("#avatar-remove").click()
    chat.gone(".avatar img")
