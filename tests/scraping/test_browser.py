"""The browser against real HTTP: status, headers, faults, pop-ups, and what it leaves behind."""

import re
import shutil
import subprocess
import sys

import psutil
import pytest

from tests.scraping.processes import ended
from tests.scraping.replica.content import a_site, some_books
from tests.scraping.replica.faults import Fault, first
from tests.scraping.replica.server import Replica
from textthema.errors import BrowserError
from textthema.scraping.book_pages import parse_book
from textthema.scraping.browser import _FLAGS, USER_AGENT, Browser, BrowserSettings, processes_on
from textthema.scraping.outcomes import Challenge, Gone, LayoutChanged, LoginWall, Page, RateLimited, Unreachable, judge
from textthema.scraping.quote_pages import parse_quotes

pytestmark = pytest.mark.browser
SECONDS = 60


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    return tmp_path_factory.mktemp("browser") / "profile"


@pytest.fixture(scope="module")
def browser(profile, chromium_path):
    with Browser(BrowserSettings(profile, timeout=5)) as opened:
        yield opened


@pytest.fixture
def replica():
    with Replica(a_site(), slow_seconds=20) as served:
        yield served


def misbehave(replica, *faults):
    replica.schedule = first(*faults)
    return f"{replica.address}/quotes"


def test_a_page_comes_with_status_headers_and_all_its_items(browser, replica):
    loaded = browser.load(f"{replica.address}/quotes?page=2")
    assert (loaded.status, loaded.fault, loaded.popups) == (200, "", 0)
    assert loaded.headers["content-type"].startswith("text/html")
    outcome = judge(loaded, parse_quotes)
    assert [quote.quote for quote in outcome.reading.records] == [q.text for q in replica.site.pages("/quotes")[1]]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.RATE_LIMITED, RateLimited),
        (Fault.UNAVAILABLE, RateLimited),
        (Fault.CHALLENGE, Challenge),
        (Fault.FIREWALL, Challenge),
        (Fault.SOLVED, Challenge),
        (Fault.LOGIN_WALL, LoginWall),
        (Fault.GONE, Gone),
        (Fault.CUT_SHORT, Unreachable),
        (Fault.BROKEN_OFF, Unreachable),
        (Fault.RESET, Unreachable),
        (Fault.SLOW, Unreachable),
        (Fault.RENAMED, LayoutChanged),
    ],
)
def test_each_fault_has_its_outcome_and_the_next_page_is_well(browser, replica, fault, kind):
    address = misbehave(replica, *[fault] * (10 if fault is Fault.RESET else 1))  # Chromium itself asks again
    assert type(judge(browser.load(address), parse_quotes)) is kind
    replica.schedule = first()
    assert type(judge(browser.load(address), parse_quotes)) is Page


def test_retry_after_is_read(browser, replica):
    assert judge(browser.load(misbehave(replica, Fault.RATE_LIMITED)), parse_quotes).retry_after == 1


def test_nobody_listens(browser, replica):
    with Replica(a_site()) as gone:
        address = gone.address
    outcome = judge(browser.load(f"{address}/quotes"), parse_quotes)
    assert type(outcome) is Unreachable
    assert "ERR_CONNECTION_REFUSED" in outcome.reason


def test_an_interstitial_is_closed_and_the_page_under_it_read(browser, replica):
    loaded = browser.load(misbehave(replica, Fault.INTERSTITIAL))
    assert loaded.popups == 1
    loaded = browser.load(misbehave(replica, *[Fault.INTERSTITIAL] * 2).replace("/quotes", "/quotes?page=2"))
    assert loaded.popups == 2
    assert len(judge(loaded, parse_quotes).reading.records) == 30


@pytest.mark.parametrize("fault", [Fault.POPUP, Fault.POPUP_LATER, Fault.POPUP_ON_SCROLL])
@pytest.mark.parametrize("number", [0, 1], ids=["old layout", "present layout"])
def test_a_book_is_opened_whole_though_a_pop_up_comes(browser, replica, fault, number):
    replica.schedule = first(fault)
    book = some_books()[number]
    loaded = browser.load(f"{replica.address}{book.path}", open_parts=True)
    [found] = parse_book(loaded.html, loaded.url).records
    assert (found.description, found.genres) == (book.description, list(book.genres))
    # One that comes after the page was read is in nobody's way.
    assert loaded.popups == replica.dismissed == 1 or fault is Fault.POPUP_LATER


def test_a_pop_up_over_a_list_of_quotes_is_closed(browser, replica):
    loaded = browser.load(misbehave(replica, Fault.POPUP))
    assert loaded.popups == replica.dismissed == 1
    assert len(judge(loaded, parse_quotes).reading.records) == 30


def test_the_drawer_that_every_page_hides_is_no_pop_up(browser, replica):
    assert browser.load(f"{replica.address}/quotes").popups == 0
    assert replica.dismissed == 0


def test_it_says_who_it_is(browser, replica):
    browser.load(f"{replica.address}/quotes")
    assert "TextThema" in USER_AGENT
    assert replica.agents == {USER_AGENT}


def test_a_killed_browser_is_started_again_and_the_page_fetched(browser, replica, profile):
    browser.load(f"{replica.address}/quotes")
    for process in processes_on(profile):
        process.kill()
    assert type(judge(browser.load(f"{replica.address}/quotes"), parse_quotes)) is Page


def test_what_a_killed_run_left_is_cleared_away(browser, replica, tmp_path):
    profile = tmp_path / "left behind"
    code = (
        "import sys, pathlib; from textthema.scraping.browser import Browser, BrowserSettings\n"
        "b = Browser(BrowserSettings(pathlib.Path(sys.argv[1]))); b.load(sys.argv[2]); print('up', flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(profile), f"{replica.address}/quotes"]
    with ended(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as run:
        assert run.stdout.readline() == "up\n"
    assert processes_on(profile)
    with Browser(BrowserSettings(profile)):
        assert not processes_on(profile)
        assert not profile.exists()


def test_a_driver_without_its_browser_is_cleared_away_too(replica, tmp_path, chromium_path):
    profile = tmp_path / "driver only"
    left = Browser(BrowserSettings(profile))
    left.load(f"{replica.address}/quotes")
    chromium = [process for process in processes_on(profile) if "driver" not in process.name()]
    for process in chromium:
        process.kill()
    psutil.wait_procs(chromium, timeout=5)
    assert [process.name() for process in processes_on(profile)] == ["chromedriver"]
    with Browser(BrowserSettings(profile)):
        assert processes_on(profile) == []
    left.close()


def test_a_folder_of_somebody_else_s_stays(tmp_path, chromium_path):
    profile = tmp_path / "notes"
    profile.mkdir()
    (profile / "mine.txt").write_text("keep")
    with pytest.raises(BrowserError, match="move it away"), Browser(BrowserSettings(profile)) as opened:
        opened.load("http://127.0.0.1/")
    assert (profile / "mine.txt").read_text() == "keep"


def test_pages_beyond_one_tab_are_fetched_all_the_same(replica, tmp_path, chromium_path, monkeypatch):
    monkeypatch.setattr("textthema.scraping.browser._PAGES_A_TAB", 2)
    with Browser(BrowserSettings(tmp_path / "tabs")) as opened:
        outcomes = [judge(opened.load(f"{replica.address}/quotes?page={n}"), parse_quotes) for n in range(1, 6)]
        replica.schedule = first(*[Fault.RATE_LIMITED] * 9)
        outcomes.append(judge(opened.load(f"{replica.address}/quotes?page=6"), parse_quotes))
    assert [outcome.name for outcome in outcomes] == ["Page"] * 5 + ["RateLimited"]


def test_nothing_is_left_when_it_is_closed(replica, tmp_path, browser):
    profile = tmp_path / "own"
    with Browser(BrowserSettings(profile)) as own:
        own.load(f"{replica.address}/quotes")
        assert processes_on(profile)
    assert not processes_on(profile)
    assert not profile.exists()


def test_a_remote_browser_does_the_same(replica, tmp_path, browser, monkeypatch):
    driver = shutil.which("chromedriver") or pytest.skip("no chromedriver on the path to play the remote end")
    # A real remote end has its own way to run as root.
    monkeypatch.setattr("textthema.scraping.browser._FLAGS", (*_FLAGS, "--no-sandbox"))
    with ended(subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)) as remote:
        port = next(filter(None, (re.search(r"successfully on port (\d+)", line) for line in remote.stdout)))[1]
        settings = BrowserSettings(tmp_path / "unused", grid=f"http://127.0.0.1:{port}", timeout=20)
        with Browser(settings) as far:
            replica.schedule = first(Fault.RATE_LIMITED)
            assert type(judge(far.load(f"{replica.address}/quotes"), parse_quotes)) is RateLimited
            assert type(judge(far.load(f"{replica.address}/quotes"), parse_quotes)) is Page


def test_no_browser_is_a_readable_error(tmp_path, monkeypatch, chromium_path):
    monkeypatch.setenv("CHROME_BIN", str(tmp_path / "nowhere"))
    with pytest.raises(BrowserError, match="apt install chromium"), Browser(BrowserSettings(tmp_path / "p")) as none:
        none.load("http://127.0.0.1/")


def test_no_grid_is_a_readable_error(tmp_path):
    settings = BrowserSettings(tmp_path / "p", grid="http://127.0.0.1:9")
    with pytest.raises(BrowserError, match=r"from http://127\.0\.0\.1:9.*Is it up"), Browser(settings) as none:
        none.load("http://127.0.0.1/")
