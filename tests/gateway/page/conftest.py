"""One browser, one gateway, for all tests of the page in a process."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.gateway.page.friend import Friend
from tests.gateway.page.gateway import BOT, PASSWORDS, PERSON, GatewayThread
from webqq.protocol.ids import QQNumber

if TYPE_CHECKING:
    from selenium import webdriver

    from tests.gateway.page.browser import Screen, Scripts


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[webdriver.Chrome]":
    # Here, so that without selenium the modules of tests are skipped and not this one.
    from tests.gateway.page.browser import chromium, missing_programs

    if missing_programs():
        pytest.skip(f"not on this machine: {missing_programs()}")
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


# The modules alone.


@pytest.fixture(scope="session")
def files() -> Iterator[str]:
    from tests.gateway.page.browser import files_alone

    with files_alone() as address:
        yield address


@pytest.fixture
def js(driver: "webdriver.Chrome", files: str) -> "Scripts":
    from tests.gateway.page.browser import Scripts

    return Scripts(driver, files)


# The page.


@pytest.fixture(scope="session")
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


@pytest.fixture
def screen(driver: "webdriver.Chrome", gateway: GatewayThread) -> "Iterator[Screen]":
    """A browser that has never been here, nothing said yet. In the end its console has nothing to complain about."""
    from tests.gateway.page.browser import Screen

    gateway.forget_history()
    driver.get(f"{gateway.url}/favicon.svg")
    driver.execute_script("localStorage.clear(); sessionStorage.clear();")
    driver.delete_all_cookies()
    screen = Screen(driver)
    screen.complaints()
    yield screen
    assert screen.complaints() == []


@pytest.fixture
def door(screen: "Screen", gateway: GatewayThread) -> "Screen":
    """The page as a stranger finds it."""
    screen.driver.get(gateway.url)
    return screen


@pytest.fixture
def chat(screen: "Screen", gateway: GatewayThread) -> "Screen":
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
