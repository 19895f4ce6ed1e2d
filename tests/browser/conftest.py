"""A real Chromium, and the Space for it to visit."""

import os
import shutil

import pytest

from tests.browser.space_server import serve_space

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1280,900",
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_SECONDS = 120


@pytest.fixture(scope="session")
def chromium():
    """Path of the Chromium on this machine."""
    found = os.environ.get("CHROME_BIN") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        pytest.skip("no Chromium on this machine: make chromium, or set CHROME_BIN")
    return found


@pytest.fixture
def browser(chromium):
    webdriver = pytest.importorskip("selenium.webdriver", reason="driving Chromium needs selenium")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.set_page_load_timeout(TIMEOUT_SECONDS)
    driver.set_script_timeout(TIMEOUT_SECONDS)
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def space_address(root, chromium, tmp_path_factory):
    """Where the Space answers."""
    pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")
    log = tmp_path_factory.mktemp("space") / "log"
    with serve_space(root / "deployment_hf" / "app.py", log) as address:
        yield address
