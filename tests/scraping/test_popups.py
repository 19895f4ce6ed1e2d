"""Which elements are taken for a sign-in pop-up, in real Chromium."""

from urllib.parse import quote

import pytest

from textthema.scraping.popups import dismiss_popups, open_hidden_parts

pytestmark = pytest.mark.browser
FIXED = "position: fixed; inset: 0; background: white"


@pytest.fixture(scope="module")
def driver(chromium_path):
    from tests.browser.chromium import open_chromium

    with open_chromium(chromium_path) as opened:
        yield opened


@pytest.fixture
def show(driver):
    def show_body(body):
        html = f"<!DOCTYPE html><body><header><a>Sign In</a></header><main>Words.</main>{body}</body>"
        driver.get("data:text/html;charset=utf-8," + quote(html))
        return driver

    return show_body


def gone(control):
    return f"<div id=popup {{0}}>Sign in with email {control}</div>".replace(
        "CLOSE", "document.querySelector('#popup').remove()"
    )


CONTROLS = {
    "aria-label": '<button aria-label="Close" onclick="CLOSE"><svg width=9 height=9></svg></button>',
    "image": '<button onclick="CLOSE"><img alt="Dismiss" width=9 height=9></button>',
    "text": '<a href="#" onclick="CLOSE">No thanks</a>',
    "cross": '<div role=button onclick="CLOSE">×</div>',
    "later": '<button onclick="CLOSE">Maybe later</button>',
    "icon": '<button onclick="CLOSE"><svg aria-label="Close" width=9 height=9></svg></button>',
    "bare icon": '<svg aria-label="Close" width=9 height=9 onclick="CLOSE"></svg>',
    "class": '<div class="modal__close"><button onclick="CLOSE">&#8203;&nbsp;</button></div>',
}
FRAMES = {
    "dialog role": f'role=dialog style="{FIXED}"',
    "modal": f'aria-modal=true style="{FIXED}"',
    "class": f'class="Overlay Overlay--floating" style="{FIXED}"',
    "unnamed layer": f'style="{FIXED}"',
    "interstitial": 'class="LoginInterstitial"',
}


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_pop_up_is_closed_by_its_own_control(show, frame, control):
    driver = show(gone(control).format(frame))
    assert dismiss_popups(driver)
    assert "Sign in with email" not in driver.page_source
    assert not dismiss_popups(driver)


@pytest.mark.parametrize(
    "body",
    [
        "<p>Sign in to like this.</p><button aria-label=Close>x</button>",
        f'<div role=dialog style="{FIXED}">We use cookies. <button>Close</button></div>',
        '<div class="modal modal--overlay" style="position: fixed; left: -900px; width: 300px">Sign in <button>Close</button></div>',
        f'<div role=dialog style="{FIXED}; display: none">Sign in <button>Close</button></div>',
        '<div data-react-class="ReactComponents.LoginInterstitial"></div>',
    ],
    ids=["in the text", "about something else", "out of sight", "hidden", "empty holder"],
)
def test_what_is_no_sign_in_pop_up_is_left_alone(show, body):
    driver = show(body)
    before = driver.page_source
    assert not dismiss_popups(driver)
    assert driver.page_source == before


def test_one_that_cannot_be_closed_stays(show):
    driver = show(f'<div role=dialog style="{FIXED}">Sign in to go on <a href="/user/sign_in">Sign in</a></div>')
    assert not dismiss_popups(driver)
    assert "Sign in to go on" in driver.page_source


def test_a_control_that_works_only_later_is_pressed_until_it_does(show):
    driver = show(
        "<div data-testid=description><button>Show more</button></div><script>setTimeout(() => "
        "document.querySelector('button').onclick = event => event.target.remove(), 700)</script>"
    )
    open_hidden_parts(driver)
    assert "Show more</button>" not in driver.page_source


def test_only_controls_of_a_book_s_sections_are_opened(show):
    driver = show(
        "<div data-testid=description><button onclick=\"this.textContent = 'Show less'\">Show more</button></div>"
        '<div data-testid=genresList><button onclick="this.remove()">...more</button></div>'
        "<div id=reviews><button>Show more</button></div>"
    )
    assert open_hidden_parts(driver) == 0
    assert driver.execute_script("return [...document.querySelectorAll('button')].map(b => b.textContent)") == [
        "Show less",
        "Show more",
    ]
