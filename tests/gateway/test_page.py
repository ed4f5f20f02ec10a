"""The chat page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("selenium")

from selenium.webdriver.common.keys import Keys

from tests.gateway.page_browser import Screen, chromium, missing_programs
from tests.gateway.page_friend import Friend
from tests.gateway.page_gateway import ALICE, BOT, PASSWORDS, PERSON, GatewayThread
from webqq.protocol.ids import QQNumber

pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"not on this machine: {missing_programs()}")

BOT_ROW = '[data-key="friend-100200300"]'
ALICE_ROW = '[data-key="friend-500600700"]'
GROUP_ROW = '[data-key="group-900100"]'

WHOLE = "<b>粗</b> & &lt; \"双\" '单' \\ 你好，世界 🎉👩\u200d👧 e\u0301"
"""What a careless page, gateway or client would spoil."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayThread]:
    running = GatewayThread(tmp_path_factory.mktemp("gateway"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def bot(gateway: GatewayThread) -> Iterator[Friend]:
    """Says back what a friend says."""
    friend = Friend(gateway.url, BOT, PASSWORDS[BOT], echoes=True)
    yield friend
    friend.leave()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield Screen(driver)


@pytest.fixture
def screen(browser: Screen, gateway: GatewayThread) -> Iterator[Screen]:
    """A browser that has never been here, nothing said yet. In the end its console has nothing to complain about."""
    gateway.forget_history()
    driver = browser.driver
    driver.get(f"{gateway.url}/favicon.svg")
    driver.execute_script("localStorage.clear(); sessionStorage.clear();")
    driver.delete_all_cookies()
    browser.complaints()
    yield browser
    assert browser.complaints() == []


@pytest.fixture
def door(screen: Screen, gateway: GatewayThread) -> Screen:
    """The page as a stranger finds it."""
    screen.driver.get(gateway.url)
    return screen


@pytest.fixture
def chat(screen: Screen, gateway: GatewayThread) -> Screen:
    """The page, signed in as the person."""
    screen.driver.get(gateway.sign_in_link(PERSON))
    screen.the("#contacts")
    return screen


@pytest.fixture
def join(gateway: GatewayThread) -> Iterator[Callable[[QQNumber], Friend]]:
    """Signs further accounts in; those that are there at the end sign out."""
    friends: list[Friend] = []

    def sign_in(account: QQNumber) -> Friend:
        friends.append(Friend(gateway.url, account, PASSWORDS[account]))
        return friends[-1]

    yield sign_in
    for friend in friends:
        friend.leave()


def sign_in(screen: Screen, password: str = PASSWORDS[PERSON]) -> None:
    screen.type("#account", str(PERSON))
    screen.type("#password", password, Keys.ENTER)


def write(screen: Screen, text: str) -> None:
    screen.paste("#input", text)
    screen.the("#send").click()


def kept(screen: Screen) -> str:
    """The psessionid of this tab."""
    text: str = screen.driver.execute_script("return JSON.parse(sessionStorage['webqq session']).psessionid")
    return text


# Coming in.


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


def test_presence_of_a_friend_changes_as_it_happens(chat: Screen, join: Callable[[QQNumber], Friend]):
    chat.see(ALICE_ROW, "离线")
    alice = join(ALICE)
    chat.see(ALICE_ROW, "在线")
    chat.the(ALICE_ROW).click()
    chat.see("#peer-detail", "在线")
    assert alice.friend("小明")


def test_own_status_is_what_friends_see_and_stays_over_a_reload(chat: Screen, join: Callable[[QQNumber], Friend]):
    alice = join(ALICE)
    chat.the("#account-menu summary").click()
    chat.driver.execute_script(
        "const s = document.getElementById('status'); s.value = 'away'; s.dispatchEvent(new Event('change'));"
    )
    while alice.expect("buddies_status_change")["status"] != "away":
        pass
    chat.driver.refresh()
    chat.the("#contacts")
    assert chat.driver.execute_script("return document.getElementById('status').value") == "away"


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


# Talking.


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


PASTE = """
  const canvas = new OffscreenCanvas(4, 4);
  canvas.getContext("2d");
  const done = arguments[arguments.length - 1];
  canvas.convertToBlob({ type: "image/png" }).then((blob) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], "a.png", { type: "image/png" }));
    const init = { bubbles: true, cancelable: true };
    const event = arguments[0] === "paste"
      ? new ClipboardEvent("paste", { ...init, clipboardData: transfer })
      : new DragEvent("drop", { ...init, dataTransfer: transfer });
    document.getElementById(arguments[0] === "paste" ? "input" : "log").dispatchEvent(event);
    done();
  });
"""

SERVICE_WITH_PICTURES = """
  // What a gateway with pictures answers; `uploads` counts, `sent` keeps, `isDown` is the line.
  window.service = { uploads: 0, sent: [], isDown: true };
  const own = window.fetch;
  window.fetch = async (url, init) => {
    if (url.startsWith("/ftn_access/upload_offline_pic")) {
      if (service.isDown) throw new TypeError("down");
      service.uploads += 1;
      const name = init.body.get("file").name;
      return new Response(`<script>f({"retcode":0,"filesize":9,"filename":"${name}","filepath":"/p"});</script>`);
    }
    if (url.startsWith("/channel/send_buddy_msg2")) {
      service.sent.push(JSON.parse(JSON.parse(init.body.get("r")).content));
      return new Response('{"retcode":0,"result":"ok"}');
    }
    return own(url, init);
  };
"""


def test_pictures_are_pasted_and_dropped_and_sent_when_the_line_is_back(door: Screen):
    driver = door.driver
    script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SERVICE_WITH_PICTURES})
    try:
        driver.refresh()
        sign_in(door)
        door.the(BOT_ROW).click()
        for way in ("paste", "drop"):
            driver.execute_async_script(PASTE, way)
        door.until(lambda: len(door.all(".attachment img[src^=data]")) == 2, "two previews")
        door.the(".attachment-remove").click()
        door.until(lambda: len(door.all(".attachment")) == 1, "one preview")
        write(door, "看")
        door.see("#composer-hint", "图片未能上传")
        assert door.the("#input").get_property("value") == "看"
        driver.execute_script("service.isDown = false")
        door.the("#send").click()
        door.see(".message.own .status", "已发送")
        uploads, (content,) = driver.execute_script("return [service.uploads, service.sent]")
        assert (uploads, content[:2]) == (1, ["看", ["offpic", "/p", "a.png", 9]])
        assert not door.all(".attachment")
        assert door.the("#input").get_property("value") == ""
        # There is none to fetch here.
        door.see(".message.own .placeholder", "[图片] 无法显示")
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_what_was_said_is_there_on_another_device_and_scrolls_back(
    screen: Screen, gateway: GatewayThread, bot: Friend, join: Callable[[QQNumber], Friend]
):
    alice = join(ALICE)
    person = alice.friend("小明")
    for number in range(120):
        alice.write(person, f"第{number}条")
    screen.driver.get(gateway.sign_in_link(PERSON))
    screen.see(f"{ALICE_ROW} .badge", "99+")
    screen.the(ALICE_ROW).click()
    screen.see(".message .text", "第119条")
    # Another browser: the line has nothing for it, for the first one took all.
    screen.driver.execute_script("localStorage.clear(); sessionStorage.clear();")
    screen.driver.delete_all_cookies()
    screen.driver.get(gateway.sign_in_link(PERSON))
    screen.see(f"{ALICE_ROW} .contact-preview", "第119条")
    assert not screen.all(".badge")
    screen.the(ALICE_ROW).click()
    screen.see(".message .text", "第70条")
    assert len(screen.texts(".message .text")) == 50
    screen.driver.execute_script("document.getElementById('log').scrollTop = 0")
    screen.until(lambda: len(screen.texts(".message .text")) == 100, "the page before")
    assert screen.driver.execute_script("return document.getElementById('log').scrollTop") > 0
    screen.driver.execute_script("document.getElementById('log').scrollTop = 0")
    screen.see(".message .text", "第0条")
    assert screen.texts(".message .text") == [f"第{number}条" for number in range(120)]


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


# Staying.


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


def test_restart_of_the_gateway_costs_nothing(chat: Screen, bot: Friend, gateway: GatewayThread):
    chat.the(BOT_ROW).click()
    session = kept(chat)
    gateway.stop()
    chat.see("#notice", "连接已断开")
    write(chat, "typed meanwhile")
    chat.see(".status", "等待发送")
    gateway.start()
    chat.the("#notice-action").click()
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


# Using it.


def test_language_follows_the_browser_until_it_is_switched(door: Screen):
    assert door.the("h1").text == "登录"
    door.the("#signin [data-language]").click()
    assert door.the("h1").text == "Sign in"
    assert door.driver.find_element("tag name", "html").get_attribute("lang") == "en"
    door.driver.refresh()
    assert door.the("h1").text == "Sign in"


def test_theme_follows_the_system_until_it_is_chosen(chat: Screen):
    def ground() -> str:
        return str(chat.driver.execute_script("return getComputedStyle(document.body).backgroundColor"))

    def prefer(scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        chat.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    prefer("light")
    light = ground()
    prefer("dark")
    dark = ground()
    assert light != dark
    chat.the("#account-menu summary").click()
    chat.the("#theme").send_keys(Keys.ARROW_DOWN)
    chat.until(lambda: ground() == light, "the light theme")
    chat.driver.refresh()
    chat.the("#contacts")
    assert ground() == light
    prefer("")


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


def test_sign_in_by_a_code_is_a_button_away_and_back(door: Screen):
    door.the("#signin-way").click()
    door.see("#qr-state", "用已登录的手机扫描二维码")
    assert not door.all("#password")
    door.the("#signin-way").click()
    door.the("#password")
    assert door.focused().get_attribute("id") == "account"


def test_contacts_are_walked_with_the_arrow_keys(chat: Screen, bot: Friend):

    def press(key: str) -> str:
        chat.focused().send_keys(key)
        focused = chat.focused()
        return focused.get_attribute("data-key") or focused.get_attribute("id") or focused.text

    # Nothing was said in this browser yet, so who is online comes first.
    assert chat.focused().get_attribute("data-key") == "friend-100200300"
    assert press(Keys.ARROW_DOWN) == "friend-500600700"
    assert press(Keys.END) == "group-900100"
    assert press(Keys.ARROW_LEFT).startswith("群")
    assert press(Keys.HOME).startswith("我的好友")
    assert press(Keys.ARROW_LEFT).startswith("我的好友")
    chat.gone(BOT_ROW)
    assert press(Keys.ARROW_RIGHT).startswith("我的好友")
    assert press(Keys.ARROW_RIGHT) == "friend-100200300"
    chat.focused().send_keys(Keys.ENTER)
    chat.see("#peer-name", "机器人")
    assert chat.focused().get_attribute("id") == "input"
    assert press(Keys.ESCAPE) == "friend-100200300"
    assert press(Keys.TAB) == "log"


def test_search_narrows_the_contacts(chat: Screen):
    chat.type("#search", "ali")
    assert chat.texts(".contact-name") == ["Alice <i>&</i>"]
    chat.the("#search").send_keys(Keys.ENTER)
    chat.see("#peer-name", "Alice")


def test_everything_that_can_be_operated_has_a_name(chat: Screen):
    chat.the(GROUP_ROW).click()
    chat.the("#members-toggle").click()
    chat.see(".member", "小明")
    chat.the("#faces-toggle").click()
    chat.the("#account-menu summary").click()
    operated = "button:not(.face-button ~ .face-button), input, select, textarea, summary"
    for element in chat.all(f"#chat :is({operated}, nav, main, aside, [role=region], [role=dialog], [role=group])"):
        assert element.accessible_name, element.get_attribute("outerHTML")


@pytest.fixture
def phone(door: Screen) -> Iterator[Screen]:
    """The same browser, as wide as a small phone."""
    metrics = {"width": 340, "height": 640, "deviceScaleFactor": 2, "mobile": True}
    door.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    yield door
    door.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_phone_has_two_screens_and_a_way_back(phone: Screen, bot: Friend):
    def overflow() -> int:
        return int(phone.driver.execute_script("return document.documentElement.scrollWidth - innerWidth"))

    assert overflow() <= 0
    sign_in(phone)
    phone.the("#contacts")
    assert not phone.all("#conversation")
    assert overflow() <= 0
    phone.the(BOT_ROW).click()
    write(phone, "一行很长的字" * 20 + " " + "x" * 200)
    phone.see(".message.other .text", "xxx")
    assert not phone.all("#contacts")
    assert overflow() <= 0
    phone.the("#back").click()
    phone.the(BOT_ROW)
    assert not phone.all("#conversation")
    phone.the(GROUP_ROW).click()
    phone.the("#members-toggle").click()
    phone.see(".member", "小明")
    assert overflow() <= 0
    phone.focused().send_keys(Keys.ESCAPE)
    phone.gone("#members")
    phone.driver.back()
    phone.the("#contacts")
