"""The list of contacts: the page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Callable

from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import ALICE
from tests.gateway.page.person import ALICE_ROW, BOT_ROW
from webqq.protocol.ids import QQNumber


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
    assert [press(Keys.TAB) for _ in range(3)] == ["peer", "shake", "log"]


def test_search_narrows_the_contacts(chat: Screen):
    chat.type("#search", "ali")
    assert chat.texts(".contact-name") == ["Alice <i>&</i>"]
    chat.the("#search").send_keys(Keys.ENTER)
    chat.see("#peer-name", "Alice")
