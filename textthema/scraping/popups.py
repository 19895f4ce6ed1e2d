"""Sign-in pop-ups closed and hidden text opened, by ``page.js`` in the page itself."""

from __future__ import annotations

from contextlib import suppress
from importlib.resources import files

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

_SCRIPT = (files("textthema.scraping") / "page.js").read_text(encoding="utf-8")
_SECONDS_TO_SETTLE = 5
_LOOK_EVERY_SECONDS = 0.1
_ROUNDS = 3


def dismiss_popups(driver: WebDriver) -> int:
    """Close sign-in pop-ups as long as one is shown, and wait until the page is back.

    Args:
        driver: A browser with a page.

    Returns:
        How many were closed. One without a control that closes it stays; the page is then judged as it stands.
    """
    for closed in range(_ROUNDS):
        if not _call(driver, "dismissPopup"):
            return closed
        _wait_until(driver, "popupIsGone")
    return _ROUNDS


def open_hidden_parts(driver: WebDriver) -> int:
    """Open what a book's page shows only in part; pop-ups that come meanwhile are closed.

    Args:
        driver: A browser with a book's page.

    Returns:
        How many pop-ups were closed.
    """
    popups = 0
    for _ in range(_ROUNDS):
        _wait_until(driver, "openMore")
        closed = dismiss_popups(driver)
        if not closed:
            break
        popups += closed
    return popups


def _call(driver: WebDriver, function: str) -> object:
    return driver.execute_script(f"{_SCRIPT}\nreturn {function}();")


def _wait_until(driver: WebDriver, condition: str) -> None:
    # If it doesn't settle, the page is read as it stands: the parser tells whether the items are there.
    with suppress(TimeoutException):
        WebDriverWait(driver, _SECONDS_TO_SETTLE, _LOOK_EVERY_SECONDS).until(lambda page: _call(page, condition))
