"""Photograph the Space and the website in Chromium for the README: ``python github_img/make_screenshots.py``."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

from tests.browser.chromium import TIMEOUT_SECONDS, emulate, open_chromium  # noqa: E402
from tests.browser.space_server import serve_space  # noqa: E402
from tests.website.server import serve_website  # noqa: E402
from textthema.scraping.browser import find_chromium  # noqa: E402

MOST_BYTES = 300_000
PICTURES = {
    "space-wide.png": {"width": 1280, "height": 1560, "scheme": "light"},
    "space-narrow.png": {"width": 390, "height": 2300, "scheme": "light"},
    "space-dark.png": {"width": 1280, "height": 1560, "scheme": "dark"},
    "website-wide.png": {"width": 1280, "height": 1560, "scheme": "light"},
    "website-narrow.png": {"width": 390, "height": 2300, "scheme": "light"},
    "website-dark.png": {"width": 1280, "height": 1560, "scheme": "dark"},
}
POEM = """Come out, my love: the orchard is on fire
with morning, and the sea has learnt your name.
The moon is hanging on the last of night,
and nothing that you fear is quite the same.

The heart is a small boat; it leaks; it sails.
I have no map, I only have the sun.
Give me your hand. The wind will tell us tales
of lovers who were frightened, and had won."""


def photograph(browser: webdriver.Chrome, address: str) -> bytes:
    """Let the Space or the website read the poem, and take a picture of the page.

    Args:
        browser: A Chromium with its screen set.
        address: Where the app answers.

    Returns:
        A PNG file's content.
    """
    browser.get(address)
    wait = WebDriverWait(browser, TIMEOUT_SECONDS)
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "#text textarea, textarea#text"))[0].send_keys(POEM)
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "#submit, #form button"))[0].click()
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "#results .themes, #reading:not([aria-busy]) .bars"))
    browser.execute_async_script("document.fonts.ready.then(arguments[0])")
    # The pointer rests on the button and the page may have moved to the result: show it as one finds it.
    browser.execute_script(
        "document.activeElement.blur(); document.querySelector('#submit, #form button').style.pointerEvents = 'none';"
        "window.scrollTo(0, 0)"
    )
    return base64.b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", {})["data"])


def main() -> None:
    """Take every picture, or none."""
    program = find_chromium() or sys.exit("error: no Chromium on this machine: make chromium, or set CHROME_BIN")
    pictures = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_space(ROOT / "deployment_hf" / "app.py", Path(folder) / "space-log") as space,
        serve_website(Path(folder) / "website-log", workers=1) as website,
        open_chromium(program) as browser,
    ):
        for name, screen in PICTURES.items():
            emulate(browser, **screen)
            pictures[name] = photograph(browser, space if name.startswith("space") else website.address)
            if len(pictures[name]) >= MOST_BYTES:
                sys.exit(f"error: {name} would have {len(pictures[name]):,} bytes, {MOST_BYTES:,} are the most")
    for name, content in pictures.items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
