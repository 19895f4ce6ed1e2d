"""The website in a real Chromium, with a model that finds everything in every text, and once with the real one."""

import base64
import json
from contextlib import contextmanager
from importlib.resources import files
from threading import Thread
from urllib.parse import urlsplit

import pytest

pytest.importorskip("selenium", reason="driving Chromium needs selenium")
pytest.importorskip("apiflask", reason="the website needs: pip install 'textthema[web]'")

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import make_server

from tests.browser.chromium import emulate
from tests.website.stand_in import StandIn
from website import create_app
from website.samples import SAMPLES
from website.settings import Settings

pytestmark = pytest.mark.browser

TIMEOUT_SECONDS = 120
LOVE = "I have loved you all my life, and I will love you when we are old and the war is only a story."
HASHTAGS = "#Love #GrowingUp #Patience"
SCRIPT = "<script>document.title = 'stolen'</script><b>The sea went home without its boats.</b>"


@contextmanager
def served(model=None):
    server = make_server("127.0.0.1", 0, create_app(Settings(rate_limit=""), model=model), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(TIMEOUT_SECONDS)
        server.server_close()


@pytest.fixture(scope="module")
def address():
    with served(StandIn()) as address:
        yield address


@pytest.fixture(scope="module")
def axe():
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def wait(browser, condition):
    return WebDriverWait(browser, TIMEOUT_SECONDS).until(condition)


def all_of(browser, selector):
    return browser.find_elements(By.CSS_SELECTOR, selector)


def visit(browser, address, path="/", **view):
    emulate(browser, **view)
    browser.get(address + path)
    return browser


def read(browser, text):
    """Put a text into the box, as pasting does, and submit it."""
    box = all_of(browser, "#text")[0]
    browser.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", box, text
    )
    # By key: a growing box moves the button from under a pointer.
    all_of(browser, "#form button")[0].send_keys(Keys.ENTER)
    return wait(browser, lambda page: all_of(page, "#reading .bars, #reading .note"))


def has_settled(browser):
    return wait(
        browser, lambda page: all_of(page, "#reading:not([aria-busy]) .bars") and all_of(page, "#status")[0].text
    )


def violations(browser, axe):
    browser.execute_script(axe)
    found = browser.execute_async_script("axe.run(document).then(arguments[0], (e) => arguments[0](String(e)))")
    assert isinstance(found, dict), found
    return [(each["id"], [node["html"][:90] for node in each["nodes"]]) for each in found["violations"]]


def test_a_typed_text_gets_its_themes_without_a_new_page(browser, classifier):
    with served() as address:
        visit(browser, address)
        browser.execute_script("window.same = true")
        all_of(browser, "#text")[0].send_keys(LOVE)
        assert all_of(browser, "#counter")[0].text == f"{len(LOVE)} of 20,000 characters"
        all_of(browser, "#form button")[0].click()
        has_settled(browser)
        labels = [label.text for label in all_of(browser, ".bars .label")]
        assert labels == [theme.label.replace("-", " ") for theme in classifier(LOVE).themes]
        assert all_of(browser, "#status")[0].text == f"Themes: {', '.join(labels)}."
        assert browser.execute_script("return window.same")
        assert all_of(browser, "#text")[0].get_attribute("value") == LOVE


def test_a_bar_is_as_long_as_its_percentage_and_the_mark_stands_at_the_threshold(browser, address):
    visit(browser, address)
    read(browser, LOVE)
    bar = all_of(browser, ".bars svg")[0]
    assert bar.get_attribute("aria-label") == "64 percent, threshold 30 percent"
    whole, fill, left, tick = browser.execute_script(
        "const box = (s) => arguments[0].querySelector(s).getBoundingClientRect();"
        "return [box('.groove').width, box('.fill').width, box('.groove').left, box('.tick').left]",
        bar,
    )
    assert fill / whole == pytest.approx(0.64, abs=0.01)
    assert (tick - left) / whole == pytest.approx(0.30, abs=0.01)


def test_hashtags_are_copied(browser, address):
    visit(browser, address)
    for name in ("clipboard-read", "clipboard-write"):
        setting = {"permission": {"name": name}, "setting": "granted", "origin": address}
        browser.execute_cdp_cmd("Browser.setPermission", setting)
    read(browser, LOVE)
    button = wait(browser, lambda page: [each for each in all_of(page, "#copy") if each.is_displayed()])[0]
    button.click()
    wait(browser, lambda page: all_of(page, "#copy")[0].text == "Copied")
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0], arguments[0])")
    assert copied == HASHTAGS


def test_without_a_clipboard_the_hashtags_are_selected(browser, address):
    visit(browser, address)
    browser.execute_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    read(browser, LOVE)
    wait(browser, lambda page: [each for each in all_of(page, "#copy") if each.is_displayed()])[0].click()
    wait(browser, lambda page: page.execute_script("return String(getSelection())").strip() == HASHTAGS)


def test_a_sample_is_filled_in_and_read(browser, address):
    visit(browser, address)
    all_of(browser, "[data-sample]")[1].click()
    has_settled(browser)
    assert all_of(browser, "#text")[0].get_attribute("value") == SAMPLES[1].text


def test_nuances_are_marked_in_the_text_and_named_beside_the_colour(browser, address):
    visit(browser, address)
    read(browser, LOVE)
    assert [mark.text for mark in all_of(browser, ".kinds mark")] == ["humour", "simile"]
    lines = {each.value_of_css_property("text-decoration-style") for each in all_of(browser, ".kinds mark, .text mark")}
    assert {"wavy", "dashed"} <= lines


@pytest.mark.parametrize("with_script", [True, False])
def test_markup_is_a_text_like_any_other(browser, address, with_script):
    visit(browser, address)
    if with_script:
        read(browser, SCRIPT)
    else:
        all_of(browser, "#text")[0].send_keys(SCRIPT)
        browser.execute_script("HTMLFormElement.prototype.submit.call(document.getElementById('form'))")
        wait(browser, lambda page: all_of(page, ".bars"))
    assert browser.title == "TextThema"
    assert all_of(browser, "#reading script, #reading b") == []
    assert SCRIPT in browser.execute_script(
        "const text = document.querySelector('blockquote').cloneNode(true);"
        "text.querySelectorAll('.unseen').forEach((e) => e.remove()); return text.textContent"
    )


@pytest.mark.parametrize("text", ["أحبك يا بحر، وأنت تعرف اسمي القديم.", "👩‍🚀🌊 the sea 🐚 is a letter 💌 " * 9])
def test_every_script_is_read(browser, address, text):
    visit(browser, address)
    read(browser, text)
    has_settled(browser)
    assert all_of(browser, ".bars")
    direction = all_of(browser, "blockquote")[0].value_of_css_property("direction")
    assert direction == ("rtl" if text[0] == "أ" else "ltr")


def test_too_long_a_text_is_said_and_kept(browser, address):
    visit(browser, address)
    read(browser, "é" * 20_001)
    assert "more than 20,000 characters" in wait(browser, lambda page: all_of(page, "#reading .note"))[0].text
    assert "over" in all_of(browser, "#counter")[0].get_attribute("class")
    assert len(all_of(browser, "#text")[0].get_attribute("value")) == 20_001


def test_an_empty_text_gets_a_friendly_answer(browser, address):
    visit(browser, address)
    all_of(browser, "#form button")[0].click()
    assert "nothing to read yet" in wait(browser, lambda page: all_of(page, "#reading .note"))[0].text


def test_a_site_that_is_gone_is_said_and_the_text_kept(browser):
    with served(StandIn()) as address:
        visit(browser, address)
    read(browser, LOVE)
    assert "can’t be reached" in wait(browser, lambda page: all_of(page, "#reading .note"))[0].text
    assert all_of(browser, "#text")[0].get_attribute("value") == LOVE


def test_it_works_without_javascript(browser, address):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    visit(browser, address)
    all_of(browser, "[data-sample]")[2].click()
    wait(browser, lambda page: page.current_url.endswith("?kind=dialogue"))
    all_of(browser, "#form button")[0].click()
    wait(browser, lambda page: all_of(page, ".bars .label"))
    assert browser.current_url == f"{address}/#reading"
    assert not all_of(browser, "#copy")[0].is_displayed()
    assert SAMPLES[2].text.split("\n")[0] in all_of(browser, "#text")[0].get_attribute("value")


def test_the_keyboard_is_enough(browser, address):
    visit(browser, address)
    keys = ActionChains(browser)
    keys.send_keys(Keys.TAB, Keys.ENTER).perform()
    assert browser.current_url.endswith("#main")
    for _ in range(9):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        if browser.switch_to.active_element.get_attribute("id") == "text":
            break
    ActionChains(browser).send_keys("We were young, and the river was not.").perform()
    ActionChains(browser).send_keys(Keys.TAB, Keys.ENTER).perform()
    has_settled(browser)
    for _ in range(9):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        focused = browser.switch_to.active_element
        assert focused.value_of_css_property("outline-style") == "solid"
        if focused.get_attribute("id") == "copy":
            return
    pytest.fail("the copy button was not reached")


def test_ctrl_enter_reads_too(browser, address):
    visit(browser, address)
    all_of(browser, "#text")[0].send_keys(LOVE, Keys.CONTROL, Keys.ENTER)
    has_settled(browser)


@pytest.mark.parametrize("width", [360, 768, 1600])
@pytest.mark.parametrize("path", ["/", "/api/docs"])
def test_nothing_scrolls_sideways(browser, address, width, path):
    visit(browser, address, path, width=width, height=800)
    if path == "/":
        read(browser, LOVE + " " + "W" * 300)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_reading_comes_into_view(browser, address):
    visit(browser, address, width=360, height=640)
    read(browser, LOVE)
    wait(
        browser,
        lambda page: page.execute_script(
            "return document.querySelector('#reading').getBoundingClientRect().top < innerHeight / 2"
        ),
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(browser, address, axe, scheme, width):
    visit(browser, address, scheme=scheme, width=width)
    assert violations(browser, axe) == []
    read(browser, LOVE)
    has_settled(browser)
    browser.execute_script(
        "document.querySelector('.how').open = true; document.querySelector('#reading').style.transition = 'none'"
    )
    assert violations(browser, axe) == []
    visit(browser, address, "/api/docs", scheme=scheme, width=width)
    assert violations(browser, axe) == []


def test_dark_is_dark(browser, address):
    papers = []
    for scheme in ("light", "dark"):
        visit(browser, address, scheme=scheme)
        papers.append(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert papers == ["rgb(250, 247, 241)", "rgb(25, 23, 20)"]


def test_no_other_host_is_asked_and_the_policy_is_kept(browser, address):
    visit(browser, address)
    read(browser, LOVE)
    has_settled(browser)
    visit(browser, address, "/api/docs")
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    sent = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert {urlsplit(url).hostname for url in sent if url.startswith(("http", "ws"))} == {"127.0.0.1"}
    assert browser.get_log("browser") == []
    assert base64.b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", {})["data"])
