"""A headless Chromium for the tests of the chat page: starting it, and asking it things."""

import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

pytest.importorskip("selenium")

import pytest

pytest.importorskip("selenium")

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

import webqq.gateway

T = TypeVar("T")

WEB = Path(webqq.gateway.__file__).parent / "web"

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1200,800",
)

PATIENCE = 15.0
"""Seconds that a condition may take on a machine with much else to do."""


def missing_programs() -> list[str]:
    """Return which of the programs these tests need are not on this machine."""
    return [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """Run a browser that speaks Chinese, with a fresh profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": "zh-CN"})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.set_script_timeout(PATIENCE)
        yield driver
    finally:
        driver.quit()


class _Files(http.server.SimpleHTTPRequestHandler):
    """The page's files under the policy that the gateway sends with them."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class calls it so)
        pass


@contextmanager
def files_alone() -> Iterator[str]:
    """Serve the page's files without a gateway behind them; gives the address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=WEB)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class Scripts:
    """Runs JavaScript against the page's modules, in a page of their origin."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self._driver = driver
        if not driver.current_url.startswith(address):
            driver.get(f"{address}/favicon.svg")

    def __call__(self, body: str, *args: object) -> Any:
        """Run ``body`` as an async function of ``args``; what it returns comes back, what it throws fails the test."""
        answer = self._driver.execute_async_script(
            f"""
            const done = arguments[arguments.length - 1];
            const args = [...arguments].slice(0, -1);
            (async () => {{ {body} }})().then(
              (value) => done({{ value }}),
              (error) => done({{ error: `${{error}} ${{error.stack}}` }}),
            );
            """,
            *args,
        )
        assert "error" not in answer, answer["error"]
        return answer.get("value")


class Screen:
    """What a person sees and does; everything waits until it is there."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def until(self, condition: Callable[[], T], what: str) -> T:
        """Wait until the condition gives something true, and return that."""
        waiting = WebDriverWait(
            self.driver, PATIENCE, poll_frequency=0.03, ignored_exceptions=[StaleElementReferenceException]
        )
        return waiting.until(lambda _: condition(), f"never seen: {what}")

    def all(self, selector: str) -> list[WebElement]:
        """Return the visible elements that match now."""
        return [element for element, _ in self._seen(selector)]

    def the(self, selector: str) -> WebElement:
        """Return the first visible element that matches, as soon as there is one."""
        return self.until(lambda: self.all(selector), selector)[0]

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the visible elements that match now."""
        return [text for _, text in self._seen(selector)]

    def see(self, selector: str, text: str) -> WebElement:
        """Return the first visible element that matches and has this text in it, as soon as there is one."""
        return self.until(
            lambda: next((element for element, shown in self._seen(selector) if text in shown), None),
            f"{text!r} in {selector}",
        )

    def gone(self, selector: str) -> None:
        """Wait until nothing visible matches."""
        self.until(lambda: not self.all(selector), f"the end of {selector}")

    def type(self, selector: str, *keys: str) -> None:
        """Replace what is in a field."""
        field = self.the(selector)
        field.clear()
        field.send_keys(*keys)

    def paste(self, selector: str, text: str) -> None:
        """Put text into a field that chromedriver cannot type: it knows no characters beyond U+FFFF."""
        self.driver.execute_script(
            "arguments[0].focus(); document.execCommand('insertText', false, arguments[1])", self.the(selector), text
        )

    def focused(self) -> WebElement:
        """Return the element that has the focus."""
        return self.driver.switch_to.active_element

    def _seen(self, selector: str) -> list[tuple[WebElement, str]]:
        # One question instead of one for each element: the browser and these tests share a small machine.
        found = self.driver.execute_script(
            """
            return [...document.querySelectorAll(arguments[0])]
              .filter((element) => element.checkVisibility({ visibilityProperty: true }))
              .map((element) => [element, element.innerText]);
            """,
            selector,
        )
        return [(element, text) for element, text in found]

    def complaints(self) -> list[str]:
        """Return what the browser's console says since the last time, but for lines that were down."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if "Failed to load resource" not in entry["message"]
        ]
