"""What the person in front of the page does."""

from selenium.webdriver.common.keys import Keys

from tests.gateway.page.browser import Screen
from tests.gateway.page.gateway import PASSWORDS, PERSON

BOT_ROW = '[data-key="friend-100200300"]'
ALICE_ROW = '[data-key="friend-500600700"]'
GROUP_ROW = '[data-key="group-900100"]'


def sign_in(screen: Screen, password: str = PASSWORDS[PERSON]) -> None:
    screen.type("#account", str(PERSON))
    screen.type("#password", password, Keys.ENTER)


def write(screen: Screen, text: str) -> None:
    screen.paste("#input", text)
    screen.the("#send").click()


def choose_in_menu(screen: Screen, selector: str) -> None:
    """Choose an item of the account menu."""
    screen.the("#account-menu summary").click()
    screen.the(selector).click()
