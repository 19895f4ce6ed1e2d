"""Photograph the Space in Chromium for the README: ``python github_img/make_screenshots.py``."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from urllib3 import PoolManager, Retry

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "deployment_hf" / "app.py"
TIMEOUT_SECONDS = 120
MOST_BYTES = 300_000
# name: width and height in CSS pixels, colour scheme
PICTURES = {
    "space-wide.png": (1280, 960, "light"),
    "space-narrow.png": (390, 1480, "light"),
    "space-dark.png": (1280, 960, "dark"),
}
POEM = """The house is sold. I walk it one last time
and find the rooms have gone on ahead:
no clock to tell the stairs which ones to climb,
no coat, no cat, no crease upon the bed.

Only, behind the kitchen door, in lead,
the marks that measured us: a name, a year,
a line for each, as tall as what we said
we would become. I was once up to here."""


@contextmanager
def serve_app() -> Iterator[str]:
    """Run the app on a free port.

    Yields:
        Its address, once it answers.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
    with subprocess.Popen([sys.executable, str(APP)], env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            patience = Retry(total=60, backoff_factor=0.2, backoff_max=2)
            PoolManager(retries=patience, timeout=10).request("GET", address)
            yield address
        finally:
            server.terminate()


@contextmanager
def open_chromium() -> Iterator[webdriver.Chrome]:
    """Start a headless Chromium.

    Yields:
        Its driver.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROME_BIN") or shutil.which("chromium") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(flag)
    driver_path = shutil.which("chromedriver")
    service = webdriver.ChromeService(driver_path) if driver_path else webdriver.ChromeService()
    browser = webdriver.Chrome(options=options, service=service)
    try:
        yield browser
    finally:
        browser.quit()


def photograph(browser: webdriver.Chrome, address: str, width: int, height: int, scheme: str) -> bytes:
    """Let the app read the poem and take a picture of the page.

    Args:
        browser: A Chromium.
        address: Where the app answers.
        width: CSS pixels.
        height: CSS pixels.
        scheme: ``light`` or ``dark``.

    Returns:
        A PNG file's content.
    """
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(address)
    wait = WebDriverWait(browser, TIMEOUT_SECONDS)
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "#text textarea"))[0].send_keys(POEM)
    browser.find_element(By.ID, "submit").click()
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "#results .also, #results .themes"))
    browser.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    whole = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": False})
    return base64.b64decode(whole["data"])


def main() -> None:
    """Take every picture, or none."""
    with serve_app() as address, open_chromium() as browser:
        pictures = {name: photograph(browser, address, *view) for name, view in PICTURES.items()}
    for name, content in pictures.items():
        if len(content) >= MOST_BYTES:
            sys.exit(f"error: {name} would have {len(content):,} bytes, {MOST_BYTES:,} are the most")
    for name, content in pictures.items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
