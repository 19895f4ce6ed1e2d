import json
from urllib.parse import urlsplit

import pytest

pytest.importorskip("selenium", reason="driving Chromium needs selenium")

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import emulate

pytestmark = pytest.mark.browser

TIMEOUT_SECONDS = 120
LOVE = "I have loved you all my life, and I will love you when we are old and the war is only a story."
LABELS = "#results .theme .label, #results .also .label"
EXAMPLES = {"A poem": "bread tin", "An aphorism": "forgive the dead", "A synopsis": "island"}


def wait(browser, condition):
    return WebDriverWait(browser, TIMEOUT_SECONDS).until(condition)


def all_of(browser, selector):
    return browser.find_elements(By.CSS_SELECTOR, selector)


def visit(browser, address, **view):
    emulate(browser, **view)
    browser.get(address)
    return wait(browser, lambda page: all_of(page, "#text textarea"))[0]


def submit(browser):
    wait(browser, lambda page: all_of(page, "#submit"))[0].click()


def shown_labels(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(label => label.textContent)", LABELS
    )


def hosts_asked(browser):
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    sent = (each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent")
    return {urlsplit(url).hostname for url in sent if url.startswith(("http", "ws"))}


def luminance(browser, selector, name):
    """Relative luminance (WCAG 2) of an element's colour."""
    colour = browser.execute_script(
        "const canvas = document.createElement('canvas').getContext('2d');"
        "canvas.fillStyle = getComputedStyle(document.querySelector(arguments[0]))[arguments[1]];"
        "canvas.fillRect(0, 0, 1, 1);"
        "return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);",
        selector,
        name,
    )
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_a_typed_text_gets_its_themes(browser, space_address, classifier):
    visit(browser, space_address).send_keys(LOVE)
    submit(browser)
    wait(browser, lambda page: all_of(page, "#results .theme"))
    prediction = classifier(LOVE)
    expected = [score.label.replace("-", " ") for score in (*prediction.themes, *prediction.also)]
    assert shown_labels(browser) == expected
    meter = all_of(browser, "#results .theme [role=meter]")[0]
    assert meter.get_attribute("aria-label") == expected[0]
    assert "threshold" in meter.get_attribute("aria-valuetext")
    assert all_of(browser, "#results .theme .percent")[0].text.endswith("%")


@pytest.mark.parametrize(("name", "words"), EXAMPLES.items())
def test_an_example_fills_the_box_and_is_read(browser, space_address, name, words):
    box = visit(browser, space_address)
    wait(browser, lambda page: [button for button in all_of(page, "#examples button") if button.text == name])[
        0
    ].click()
    wait(browser, lambda page: all_of(page, LABELS))
    assert words in box.get_attribute("value")


def test_characters_are_counted_while_typing(browser, space_address):
    visit(browser, space_address).send_keys("Twelve chars")
    wait(browser, lambda page: all_of(page, "#counter .counter")[0].text == "12 of 20,000 characters")


def test_an_empty_text_gets_a_friendly_answer(browser, space_address):
    visit(browser, space_address)
    submit(browser)
    note = wait(browser, lambda page: all_of(page, "#results .note"))[0]
    assert "nothing to read yet" in note.text


def test_markup_is_a_text_like_any_other(browser, space_address):
    box = visit(browser, space_address)
    text = "<script>document.title = 'stolen'</script><b>The sea went home without its boats.</b>"
    box.send_keys(text)
    submit(browser)
    wait(browser, lambda page: all_of(page, LABELS))
    assert box.get_attribute("value") == text
    assert browser.title == "TextThema"
    assert all_of(browser, "#results script, #results b") == []


def test_the_threshold_is_explained(browser, space_address):
    visit(browser, space_address)
    wait(browser, lambda page: all_of(page, "#how-to-read button"))[0].click()
    wait(browser, lambda page: "Each theme therefore has its own threshold" in all_of(page, "#how-to-read")[0].text)


def test_hashtags_are_copied(browser, space_address):
    visit(browser, space_address).send_keys(LOVE)
    browser.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    submit(browser)
    wait(browser, lambda page: all_of(page, "#results .copy"))[0].click()
    wait(browser, lambda page: all_of(page, "#results .said")[0].text == "Copied")
    hashtags = [item.text for item in all_of(browser, "#results .hashtags li")]
    assert "#Love" in hashtags
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == " ".join(hashtags)


def test_where_the_clipboard_is_forbidden_hashtags_are_selected(browser, space_address):
    visit(browser, space_address).send_keys(LOVE)
    submit(browser)
    button = wait(browser, lambda page: all_of(page, "#results .copy"))[0]
    browser.execute_script("navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'))")
    button.click()
    wait(browser, lambda page: "Ctrl+C" in all_of(page, "#results .said")[0].text)
    assert "#Love" in browser.execute_script("return getSelection().toString()")


def test_related_are_cards_with_the_passage_that_matched(browser, exploring_address, texts):
    visit(browser, exploring_address).send_keys(texts[1])
    submit(browser)
    cards = wait(browser, lambda page: all_of(page, "#explore .card"))
    heads = [head.text for head in all_of(browser, "#explore h3")]
    assert heads[:2] == ["Authors", "Books"]
    lists = all_of(browser, "#explore ol")
    assert [each.accessible_name for each in lists] == heads
    assert "Author No. 1" in cards[0].text
    assert texts[1] in cards[0].text
    assert all_of(browser, "#explore section")[0].accessible_name == "Explore further"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cards_are_legible(browser, exploring_address, texts, scheme):
    visit(browser, exploring_address, scheme=scheme).send_keys(texts[0] + " " + LOVE)
    submit(browser)
    wait(browser, lambda page: all_of(page, "#explore .card"))
    card = luminance(browser, "#explore .card", "backgroundColor")
    for selector in (".name", ".origin", "blockquote"):
        assert contrast(luminance(browser, f"#explore {selector}", "color"), card) >= 4.5, selector
    paper = luminance(browser, ".gradio-container", "backgroundColor")
    for selector in ("#explore h3", "#results .hashtags li", "#results .copy"):
        assert contrast(luminance(browser, selector, "color"), paper) >= 4.5, selector


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_nuances_are_told_apart_by_shape_and_stand_out(browser, space_address, scheme):
    visit(browser, space_address, scheme=scheme)
    marked = '<section class="nuances"><p class="nuanced"><mark class="simile">a</mark> <mark class="metaphor">b</mark>'
    browser.execute_script("document.querySelector('#nuances').innerHTML = arguments[0]", marked)
    paper = luminance(browser, ".gradio-container", "backgroundColor")
    shapes = set()
    for kind in ("simile", "metaphor"):
        mark = f"#nuances mark.{kind}"
        assert contrast(luminance(browser, mark, "color"), paper) >= 4.5
        assert contrast(luminance(browser, mark, "textDecorationColor"), paper) >= 3
        shapes.add(all_of(browser, mark)[0].value_of_css_property("text-decoration-style"))
    assert shapes == {"double", "wavy"}


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_scrolls_sideways(browser, exploring_address, width):
    visit(browser, exploring_address, width=width, height=800).send_keys(LOVE + " " + "W" * 300)
    submit(browser)
    wait(browser, lambda page: all_of(page, LABELS) and all_of(page, "#explore .card"))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    overflowing = browser.execute_script(
        "return [...document.querySelectorAll('#desk *, #explore *')].filter(e => e.offsetParent && "
        "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert overflowing == []
    scrollable = browser.execute_script(
        "return [...document.querySelectorAll('.gradio-container *')].filter(e => e.scrollWidth > e.clientWidth + 1 && "
        "['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map(e => e.outerHTML.slice(0, 80))"
    )
    assert scrollable == []


def test_on_a_phone_the_result_comes_into_view(browser, space_address):
    visit(browser, space_address, width=360, height=640).send_keys(LOVE)
    submit(browser)
    wait(browser, lambda page: all_of(page, LABELS))
    wait(
        browser,
        lambda page: page.execute_script(
            "return document.querySelector('#results').getBoundingClientRect().top < innerHeight / 2"
        ),
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_system_and_are_legible(browser, space_address, scheme):
    visit(browser, space_address, scheme=scheme).send_keys(LOVE)
    submit(browser)
    wait(browser, lambda page: all_of(page, "#results .theme"))
    paper = luminance(browser, ".gradio-container", "backgroundColor")
    assert paper < 0.05 if scheme == "dark" else paper > 0.8
    for selector in ("h1", ".promise", ".theme .label", ".tick span", ".also .figures", ".counter", "#examples button"):
        assert contrast(luminance(browser, selector, "color"), paper) >= 4.5, selector
    groove = luminance(browser, ".track", "backgroundColor")
    assert contrast(luminance(browser, ".fill", "backgroundColor"), groove) >= 3
    button = luminance(browser, "#submit", "backgroundColor")
    assert contrast(luminance(browser, "#submit", "color"), button) >= 4.5


def test_no_other_host_is_asked_for_anything(browser, space_address):
    visit(browser, space_address).send_keys(LOVE)
    submit(browser)
    wait(browser, lambda page: all_of(page, LABELS))
    assert hosts_asked(browser) == {"127.0.0.1"}
