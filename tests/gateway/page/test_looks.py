"""Language, theme, phones, screen readers: the page in a browser, against a gateway, with somebody at the other end."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.friend import Friend
from tests.gateway.page.person import BOT_ROW, GROUP_ROW, sign_in, write


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
