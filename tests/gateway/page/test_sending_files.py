"""Files between friends: the page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Callable
from pathlib import Path

from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import ALICE, GatewayThread
from tests.gateway.page.person import ALICE_ROW, GROUP_ROW
from webqq.protocol.ids import QQNumber

EVIL = "<img src=x onerror=alert(1)>.html"

DROP = """
  const transfer = new DataTransfer();
  transfer.items.add(new File([arguments[1]], arguments[0], { type: "text/html" }));
  const init = { bubbles: true, cancelable: true, dataTransfer: transfer };
  document.getElementById("log").dispatchEvent(new DragEvent("drop", init));
"""


def drop(screen: Screen, name: str, text: str) -> None:
    screen.driver.execute_script(DROP, name, text)
    screen.see(".attachment", name)


def test_file_is_dropped_survives_a_reload_and_reaches_a_friend(chat: Screen, join: Callable[[QQNumber], Friend]):
    alice = join(ALICE)
    chat.the(ALICE_ROW).click()
    drop(chat, EVIL, "<script>alert(1)</script>")
    drop(chat, "b.txt", "not this one")
    chat.driver.refresh()
    chat.until(lambda: len(chat.all(".attachment")) == 2, "both files again")
    chat.all(".attachment-remove")[1].click()
    chat.until(lambda: len(chat.all(".attachment")) == 1, "one file")
    chat.the("#input").send_keys(Keys.ENTER)
    chat.see(".message.own .status", "已发送")
    assert chat.texts(".file-name") == [EVIL]
    event = alice.expect("push_offfile")
    assert (event["name"], event["size"]) == (EVIL, 25)
    assert alice.fetch_file(event) == b"<script>alert(1)</script>"
    chat.see(".message.own .file-status", "对方已接收")
    chat.see(f"{ALICE_ROW} .contact-preview", f"[文件] {EVIL}")


def test_file_of_a_friend_is_saved_as_bytes_and_never_shown(
    chat: Screen, join: Callable[[QQNumber], Friend], tmp_path: Path
):
    alice = join(ALICE)
    chat.the(ALICE_ROW).click()
    for name in (EVIL, "unwanted.txt"):
        alice.leave_file(alice.friend("小明"), name, b"<script>alert(1)</script>")
    chat.see(".message.other .file-name", "unwanted.txt")
    chat.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    chat.the(".file-button").click()
    chat.see(".file-status", "已保存")
    (saved,) = chat.until(lambda: [each for each in tmp_path.iterdir() if each.suffix == ".html"], "the file")
    assert saved.read_bytes() == b"<script>alert(1)</script>"
    assert len(chat.driver.window_handles) == 1
    chat.see(".file-button", "拒绝").click()
    chat.see(".file-status", "已拒绝")
    assert chat.texts(".file-button") == ["保存"]
    assert [alice.expect("notify_offfile")["action"] for _ in range(2)] == [1, 2]


def test_file_that_was_not_sent_is_offered_again(
    chat: Screen, gateway: GatewayThread, join: Callable[[QQNumber], Friend]
):
    driver = chat.driver
    alice = join(ALICE)
    chat.the(ALICE_ROW).click()
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*upload_offline_file*"]})
    drop(chat, "a.txt", "text")
    chat.the("#send").click()
    chat.see(".message.own .status", "发送失败")
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    driver.refresh()
    chat.the(".again").click()
    chat.see(".message.own .status", "已发送")
    assert alice.fetch_file(alice.expect("push_offfile")) == b"text"


def test_file_dropped_beside_a_conversation_does_not_take_the_page_away(chat: Screen):
    chat.the("#contact-list")
    is_stopped = chat.driver.execute_script(
        """
        const transfer = new DataTransfer();
        transfer.items.add(new File(["x"], "a.txt"));
        const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer });
        document.getElementById("contact-list").dispatchEvent(event);
        return event.defaultPrevented;
        """
    )
    assert is_stopped
    assert not chat.all(".attachment")


def test_group_takes_pictures_and_no_other_files(chat: Screen):
    chat.the(GROUP_ROW).click()
    assert not chat.all("#file-choose")
    chat.driver.execute_script(DROP, "a.txt", "text")
    chat.see("#composer-hint", "只能发送")
    assert not chat.all(".attachment")
