"""Talking: the page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Callable

from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import ALICE, PERSON, GatewayThread
from tests.gateway.page.person import ALICE_ROW, BOT_ROW, GROUP_ROW, sign_in, write
from webqq.protocol.ids import QQNumber

WHOLE = "<b>粗</b> & &lt; \"双\" '单' \\ 你好，世界 🎉👩\u200d👧 e\u0301"
"""What a careless page, gateway or client would spoil."""


def test_message_reaches_a_friend_whole_and_so_does_the_answer(chat: Screen, bot: Friend):
    chat.the(BOT_ROW).click()
    write(chat, WHOLE)
    chat.see(".message.other .text", WHOLE)
    assert chat.texts(".message.own .text") == chat.texts(".message.other .text") == [WHOLE]
    chat.see(".message.own .status", "已发送")
    assert chat.focused().get_attribute("id") == "input"
    assert chat.texts(".message.other .sender") == ["机器人"]
    assert not chat.all(".text b")
    chat.see(f"{BOT_ROW} .contact-preview", WHOLE)


def test_enter_sends_and_shift_enter_begins_a_line(chat: Screen, bot: Friend):
    chat.the(BOT_ROW).click()
    chat.the("#input").send_keys("一", Keys.SHIFT, Keys.ENTER, Keys.NULL, "二", Keys.ENTER)
    chat.see(".message.other .text", "一\n二")
    assert chat.the("#input").get_property("value") == ""


def test_faces_are_sent_by_name_and_shown_by_name(chat: Screen, bot: Friend):
    chat.the(BOT_ROW).click()
    write(chat, "好[微笑][没有]")
    chat.see(".message.other .text", "好[微笑][没有]")
    assert chat.texts(".message.other .face-name") == ["[微笑]"]
    chat.the("#account-menu summary").click()
    chat.the("#account-menu [data-language]").click()
    chat.see(".message.other .text", "好[Smile][没有]")


def test_group_messages_have_senders_and_count_as_unread_until_seen(chat: Screen, join: Callable[[QQNumber], Friend]):
    alice = join(ALICE)
    gid = alice.group("测试群")
    alice.write_group(gid, "大家好 <script>alert(1)</script>")
    alice.write_group(gid, ["face", 14])
    chat.see(f"{GROUP_ROW} .badge", "2")
    assert chat.driver.title.startswith("(2)")
    assert "2 条未读消息" in str(chat.the(GROUP_ROW).get_property("textContent"))
    chat.the(GROUP_ROW).click()
    chat.see(".message .text", "[微笑]")
    assert chat.texts(".message.other .text") == ["大家好 <script>alert(1)</script>", "[微笑]"]
    assert chat.texts(".message.other .sender")[0] == "Alice <i>&</i>"
    chat.gone(f"{GROUP_ROW} .badge")
    write(chat, "你好 Alice")
    assert alice.expect("group_message")["content"][1:] == ["你好 Alice"]
    chat.the("#members-toggle").click()
    chat.see(".member", "小明")
    assert sorted(chat.texts(".member-name")) == ["Alice <i>&</i>", "小明", "机器人"]
    assert chat.texts(".role.owner") == ["群主"]


def test_new_message_is_told_to_a_screen_reader(chat: Screen, join: Callable[[QQNumber], Friend]):
    chat.the(BOT_ROW).click()
    alice = join(ALICE)
    alice.write(alice.friend("小明"), "在吗？")
    chat.until(
        lambda: (
            "Alice <i>&</i> 发来新消息" in str(chat.driver.find_element("id", "announcer").get_property("textContent"))
        ),
        "the announcement",
    )
    assert chat.driver.find_element("id", "announcer").get_attribute("aria-live") == "polite"


def test_drafts_stay_with_their_conversation_over_a_reload(chat: Screen):
    chat.the(BOT_ROW).click()
    chat.type("#input", "half a thought")
    chat.the(GROUP_ROW).click()
    assert chat.the("#input").get_property("value") == ""
    chat.see(BOT_ROW, "[草稿]")
    chat.driver.refresh()
    chat.the(BOT_ROW).click()
    assert chat.the("#input").get_property("value") == "half a thought"


def test_message_that_the_gateway_would_refuse_stays_in_the_input(chat: Screen):
    chat.the(BOT_ROW).click()
    chat.paste("#input", "长" * 6000)
    chat.see("#composer-hint", "消息太长")
    chat.the("#input").send_keys(Keys.ENTER)
    assert len(str(chat.the("#input").get_property("value"))) == 6000
    assert not chat.all(".message")


def test_only_a_message_that_failed_is_offered_to_be_sent_again(chat: Screen, bot: Friend):
    driver = chat.driver
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*send_buddy_msg2*"]})
    chat.the(BOT_ROW).click()
    write(chat, "lost?")
    chat.see(".status", "不确定是否送达")
    assert not chat.all(".again")
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    driver.execute_script(
        """
        const name = "webqq 300400500 messages friend-100200300";
        const [message] = JSON.parse(localStorage[name]);
        localStorage[name] = JSON.stringify([{ ...message, state: "failed" }]);
        """
    )
    driver.refresh()
    chat.see(".status", "发送失败")
    chat.the(".again").click()
    chat.see(".message.other .text", "lost?")
    assert not chat.all(".again")


def test_face_is_chosen_with_the_keyboard_and_goes_where_the_caret_is(chat: Screen):
    chat.the(BOT_ROW).click()
    chat.type("#input", "ab", Keys.ARROW_LEFT)
    chat.the("#faces-toggle").send_keys(Keys.ENTER)
    assert chat.focused().get_attribute("title") == "惊讶"
    for key in (Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.END, Keys.HOME, Keys.ARROW_RIGHT):
        chat.focused().send_keys(key)
    assert chat.focused().accessible_name == "撇嘴"
    chat.focused().send_keys(Keys.ENTER)
    assert chat.focused().get_attribute("id") == "input"
    assert chat.the("#input").get_property("value") == "a[撇嘴]b"
    chat.the("#faces-toggle").click()
    chat.focused().send_keys(Keys.ESCAPE)
    chat.gone("#faces")
    assert chat.focused().get_attribute("id") == "input"
    chat.driver.refresh()
    assert chat.the("#input").get_property("value") == "a[撇嘴]b"


def test_what_was_said_is_there_on_another_device_and_scrolls_back(
    screen: Screen, gateway: GatewayThread, bot: Friend, join: Callable[[QQNumber], Friend]
):
    alice = join(ALICE)
    person = alice.friend("小明")
    for number in range(101):
        alice.write(person, f"第{number}条")
    screen.driver.get(gateway.sign_in_link(PERSON))
    screen.see(f"{ALICE_ROW} .badge", "99+")
    screen.the(ALICE_ROW).click()
    screen.see(".message .text", "第100条")
    # Another browser: the line has nothing for it, for the first one took all.
    screen.driver.execute_script("localStorage.clear(); sessionStorage.clear();")
    screen.driver.delete_all_cookies()
    screen.driver.get(gateway.sign_in_link(PERSON))
    screen.see(f"{ALICE_ROW} .contact-preview", "第100条")
    assert not screen.all(".badge")
    screen.the(ALICE_ROW).click()
    screen.see(".message .text", "第51条")
    assert len(screen.texts(".message .text")) == 50
    screen.driver.execute_script("document.getElementById('log').scrollTop = 0")
    screen.until(lambda: len(screen.texts(".message .text")) == 100, "the page before")
    assert screen.driver.execute_script("return document.getElementById('log').scrollTop") > 0
    screen.driver.execute_script("document.getElementById('log').scrollTop = 0")
    screen.see(".message .text", "第0条")
    assert screen.texts(".message .text") == [f"第{number}条" for number in range(101)]


def test_notification_is_shown_for_what_nobody_is_looking_at(door: Screen, join: Callable[[QQNumber], Friend]):
    stand_in = """
      window.shown = [];
      window.Notification = class extends EventTarget {
        static permission = "default";
        static async requestPermission() { return (this.permission = "granted"); }
        constructor(title, { body }) { super(); shown.push([title, body]); this.last = window.last = this; }
        close() {}
      };
    """
    script = door.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": stand_in})
    try:
        door.driver.refresh()
        sign_in(door)
        door.the("#account-menu summary").click()
        door.the("#notifications").click()
        door.until(lambda: door.the("#notifications").is_selected(), "the choice")
        door.focused().send_keys(Keys.ESCAPE)
        alice = join(ALICE)
        alice.write(alice.friend("小明"), "在吗？")
        door.until(lambda: door.driver.execute_script("return shown.length"), "the notification")
        assert door.driver.execute_script("return shown") == [["Alice <i>&</i>", "在吗？"]]
        door.driver.execute_script("last.dispatchEvent(new Event('click'))")
        door.see(".message .text", "在吗？")
    finally:
        door.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
