"""A headless Chromium, driven by Selenium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver

TIMEOUT_SECONDS = 120
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)


@contextmanager
def open_chromium(program: str) -> Iterator[webdriver.Chrome]:
    """Start a Chromium that logs its requests.

    Args:
        program: Its path.

    Yields:
        Its driver; Selenium looks for a chromedriver itself where none is on the path.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    for flag in _FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.set_page_load_timeout(TIMEOUT_SECONDS)
        driver.set_script_timeout(TIMEOUT_SECONDS)
        yield driver
    finally:
        driver.quit()


def emulate(driver: webdriver.Chrome, *, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
    """Give the page a screen.

    Args:
        driver: A Chromium.
        width: CSS pixels; below 600 it is a phone's.
        height: CSS pixels.
        scheme: ``light`` or ``dark``, what the visitor's system prefers.
    """
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    prefers = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", prefers)
