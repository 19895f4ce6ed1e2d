"""The Space's page for files, in a real Chromium."""

import csv
import json

import pytest

pytest.importorskip("selenium", reason="driving Chromium needs selenium")

import httpx
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import emulate

pytestmark = pytest.mark.browser

TIMEOUT_SECONDS = 120
TEXTS = ["I have loved you all my life.", "", "The war took the road, and the road took us."]


def wait(browser, condition):
    return WebDriverWait(browser, TIMEOUT_SECONDS).until(condition)


def all_of(browser, selector):
    return browser.find_elements(By.CSS_SELECTOR, selector)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_file_is_uploaded_charted_and_comes_back_tagged(browser, space_address, tmp_path, classifier, width):
    source = tmp_path / "poems.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([str(i), text] for i, text in enumerate(TEXTS))])
    emulate(browser, width=width)
    browser.get(f"{space_address}/file")
    wait(browser, lambda page: all_of(page, "#file input[type=file]"))[0].send_keys(str(source))
    # Gradio shows a name and its ending apart.
    wait(browser, lambda page: "poems" in all_of(page, "#file")[0].text)
    all_of(browser, "#submit")[0].click()
    wait(browser, lambda page: all_of(page, "#results .theme"))
    notes = [note.text for note in all_of(browser, "#results .note")]
    assert notes[0].startswith("2 texts read;")
    assert "1 of 3 rows have no text" in notes[1]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    link = wait(browser, lambda page: all_of(page, "#tagged a[href]"))[0].get_attribute("href")
    rows = list(csv.DictReader(httpx.get(link, timeout=TIMEOUT_SECONDS, trust_env=False).text.splitlines()))
    expected = [[theme.label for theme in classifier(text).themes] if text else [] for text in TEXTS]
    assert [json.loads(row["themes"]) for row in rows] == expected
    assert [row["text"] for row in rows] == TEXTS


def test_a_file_without_the_column_is_a_sentence(browser, space_address, tmp_path):
    (tmp_path / "poems.csv").write_text("poem\nThe sea.\n")
    emulate(browser)
    browser.get(f"{space_address}/file")
    wait(browser, lambda page: all_of(page, "#file input[type=file]"))[0].send_keys(str(tmp_path / "poems.csv"))
    # Gradio shows a name and its ending apart.
    wait(browser, lambda page: "poems" in all_of(page, "#file")[0].text)
    all_of(browser, "#submit")[0].click()
    note = wait(browser, lambda page: all_of(page, "#results .note"))[0].text
    assert "no column 'text'" in note
    assert "/" not in note
