"""A site of our own on loopback, and the scripts as users start them."""

import csv
import shutil
import subprocess
import sys

import pytest

from tests.scraping.replica.content import a_site

pytest.importorskip("selenium", reason="the scraper needs selenium: pip install 'textthema[scrape]'")
pytest.importorskip("bs4", reason="the scraper needs beautifulsoup4: pip install 'textthema[scrape]'")

SECONDS = 300


@pytest.fixture
def site():
    return a_site()


@pytest.fixture(scope="session")
def chromium_path():
    """Where Chromium is on this machine, and beside it a driver: Selenium would look for one on the network."""
    from textthema.scraping.browser import find_chromium

    shutil.which("chromedriver") or pytest.skip("no chromedriver on this machine: make chromium")
    return find_chromium() or pytest.skip("no Chromium on this machine: make chromium, or set CHROME_BIN")


@pytest.fixture
def read_csv():
    def read(path):
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    return read


@pytest.fixture
def run(root, tmp_path):
    """Run a script as a user would, and wait for its end."""

    def run_script(name, *arguments):
        command = [sys.executable, str(root / "scraper" / f"{name}.py"), *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)

    return run_script
