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
    # Friends may hear of it before the page has its answer.
    kept = "return JSON.stringify({...localStorage, ...sessionStorage})"
    chat.until(lambda: "away" in chat.driver.execute_script(kept), "the status, kept by the page")
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


MANY = """
  const done = arguments[arguments.length - 1];
  const [count] = arguments;
  (async () => {
    const { ContactsView } = await import("/js/views/contacts.js");
    const friend = (i) => ({
      key: `friend-${i}`, kind: "friend", uin: i, number: i, name: `n${i}`, nick: "", category: 0, presence: "offline",
    });
    const group = { key: "group-1", kind: "group", gid: 1, number: 1, name: "g", nick: "", category: undefined };
    const contacts = [...Array.from({ length: count - 1 }, (_, i) => friend(100 + i)), group];
    const said = { "group-1": 9, "friend-104": 5, "friend-103": 7 };
    const view = new ContactsView();
    view.show({
      roster: {
        self: { name: "me", uin: 1 },
        categories: [{ index: 0, name: "friends" }],
        contacts: new Map(contacts.map((each) => [each.key, each])),
      },
      conversations: {
        summary: (key) => ({
          unread: key === "group-1" ? 2 : 0,
          draft: "",
          last: said[key] ? { own: false, name: null, parts: ["t"], time: said[key] } : null,
        }),
      },
      avatars: { of: () => null },
      typing: { isTyping: () => false },
      requests: { items: [], unseen: 0 },
    });
    const sections = () => [...document.querySelectorAll("#contact-list details")].map((section) => [
      section.querySelector(".section-name").textContent,
      section.querySelector(".section-count").textContent,
      [...section.querySelectorAll(".contact")].slice(0, 3).map(({ dataset }) => dataset.key),
    ]);
    view.setOpen("group-1");
    const all = sections();
    const stops = [...document.querySelectorAll("#contact-list [tabindex='0']")].map(({ dataset }) => dataset.key);
    view.search.value = "n103";
    view.render();
    done([all, stops, sections()]);
  })();
"""


def test_latest_talks_stand_above_many_contacts_of_every_kind(door: Screen):
    shown, stops, found = door.driver.execute_async_script(MANY, 13)
    assert shown == [
        ["最近", "3", ["group-1", "friend-103", "friend-104"]],
        ["friends", "0/12", ["friend-103", "friend-104", "friend-100"]],
        ["群", "1", ["group-1"]],
    ]
    assert stops == ["group-1"]
    assert found == [["friends", "0/1", ["friend-103"]]]


def test_few_contacts_are_not_shown_twice(door: Screen):
    shown, _, _ = door.driver.execute_async_script(MANY, 12)
    assert [name for name, _, _ in shown] == ["friends", "群"]
