import pytest

from tests.scraping.replica import markup
from tests.scraping.replica.content import a_site, invented_quotes
from textthema.errors import (
    BrowserError,
    ChallengeError,
    LayoutChangedError,
    LoginWallError,
    PagesMissingError,
    RateLimitedError,
    UnreachableError,
)
from textthema.scraping.collecting import Collector, Plan
from textthema.scraping.journal import Journal
from textthema.scraping.kinds import QUOTES
from textthema.scraping.outcomes import Loaded
from textthema.scraping.pacing import Manners

HOST = "https://x.org"
SITE = a_site(per_page=5, quotes=invented_quotes(40))
POPULAR = (f"{HOST}/quotes", "popular")
BLANK = "<html><body>Something else</body></html>"


class PretendBrowser:
    """Gives pages of the site, or what was put in the way of an address, one thing a visit."""

    def __init__(self, in_the_way=None, robots="User-agent: *\nDisallow:"):
        self.in_the_way, self.robots, self.asked = in_the_way or {}, robots, []

    def load(self, url, **_):
        if url.endswith("/robots.txt"):
            return Loaded(url, url, html=self.robots)
        self.asked.append(url)
        waiting = self.in_the_way.get(url, [])
        if waiting:
            return Loaded(url, **{"final_url": url} | (waiting.pop(0) if len(waiting) > 1 else waiting[0]))
        return self.page(url)

    def page(self, url):
        path, _, number = url.removeprefix(HOST).partition("?page=")
        return Loaded(url, url, html=markup.quotes_page(SITE, path, int(number or 1)))


@pytest.fixture
def collect(tmp_path, read_csv):
    out = tmp_path / "q.csv"

    def run(browser, series=(POPULAR,), last=None, patience=0.0):
        with Journal(tmp_path / "j", "quotes") as journal:
            manners = Manners(delay=0, backoff=0, tries=3, patience=patience)
            waits = []
            collector = Collector(
                Plan(QUOTES, out, series, last), journal, browser, manners, lambda tally: waits.append(tally.waiting)
            )
            try:
                collector.run()
            finally:
                run.rows = read_csv(out) if out.exists() else None
                run.tally, run.troubles, run.waits = collector.tally, journal.troubles(), [*filter(None, waits)]
        return run.rows

    run.out = out
    return run


def url(number):
    return f"{HOST}/quotes" + (f"?page={number}" if number > 1 else "")


ONCE_MORE = {number: [{"html": markup.quotes_page(SITE, "/quotes", number)}] for number in range(1, 9)}


def once(answer):
    return [answer, {"html": markup.quotes_page(SITE, "/quotes", 2)}]


def test_every_page_until_the_last_that_is_discovered(collect):
    browser = PretendBrowser()
    assert collect(browser) == SITE.quote_rows(HOST, ["/quotes"])
    assert browser.asked == [url(number) for number in range(1, 9)]
    assert (collect.tally.pages, collect.tally.new_items, collect.tally.items) == (8, 40, 40)


def test_a_second_run_has_nothing_to_do(collect):
    first = collect(PretendBrowser())
    written = collect.out.stat().st_mtime_ns
    browser = PretendBrowser()
    assert collect(browser) == first
    assert browser.asked == []
    assert collect.out.stat().st_mtime_ns == written
    collect.out.unlink()
    assert collect(PretendBrowser()) == first


def test_no_more_pages_than_asked_for(collect):
    browser = PretendBrowser()
    assert len(collect(browser, last=2)) == 10
    assert browser.asked == [url(1), url(2)]
    assert len(collect(PretendBrowser(), last=3)) == 15


def test_duplicates_across_topics(collect):
    tags = sorted(SITE.by_tag)[:3]
    rows = collect(PretendBrowser(), [POPULAR, *((f"{HOST}/quotes/tag/{tag}", tag) for tag in tags)])
    assert rows == SITE.quote_rows(HOST, ["/quotes", *(f"/quotes/tag/{tag}" for tag in tags)])
    assert collect.tally.items > collect.tally.new_items == 40


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 503},
        {"status": 429, "headers": {"retry-after": "0"}},
        {"status": 500},
        {"fault": "net::ERR_CONNECTION_RESET"},
        {"html": ""},
        {"html": BLANK},
    ],
    ids=["503", "429", "500", "reset", "empty", "changed"],
)
def test_what_may_pass_is_asked_for_again(collect, answer):
    browser = PretendBrowser({url(2): once(answer)})
    assert collect(browser) == SITE.quote_rows(HOST, ["/quotes"])
    assert browser.asked.count(url(2)) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 202, "html": ""}, ChallengeError),
        ({"html": markup.CHALLENGE_PAGE}, ChallengeError),
        ({"final_url": f"{HOST}/user/sign_in", "html": markup.SIGN_IN_PAGE}, LoginWallError),
        ({"status": 429, "headers": {"retry-after": "11"}}, RateLimitedError),
        ({"status": 503}, RateLimitedError),
    ],
)
def test_what_needs_a_person_stops_the_run_and_keeps_the_state(collect, answer, error):
    browser = PretendBrowser({url(3): [answer]})
    with pytest.raises(error, match="the same command goes on from here"):
        collect(browser)
    assert len(collect.rows) == 10
    assert browser.asked[-1] == url(3)
    assert collect(PretendBrowser()) == SITE.quote_rows(HOST, ["/quotes"])


def test_a_challenge_is_not_asked_for_again(collect):
    browser = PretendBrowser({url(1): [{"status": 202, "html": ""}]})
    with pytest.raises(ChallengeError):
        collect(browser)
    assert browser.asked == [url(1)]
    assert collect.rows is None


def test_a_page_that_cannot_be_had_is_passed_over_tried_once_more_and_named(collect):
    browser = PretendBrowser({url(3): [{"status": 500}]})
    with pytest.raises(PagesMissingError, match=r"1 pages .*page=3.*500"):
        collect(browser)
    assert collect.tally.failed == 1
    assert collect.waits[0] == "waiting 0 s: the site answered 500"
    assert len(collect.rows) == 35
    assert browser.asked.count(url(3)) == 6
    assert browser.asked[-1] == url(3)
    assert collect.troubles == [("failed", url(3), "Unreachable: the site answered 500")]


def test_a_page_that_comes_back_before_the_end_is_there(collect):
    answers = [{"status": 500}] * 3 + [{"html": markup.quotes_page(SITE, "/quotes", 3)}]
    assert collect(PretendBrowser({url(3): answers})) == SITE.quote_rows(HOST, ["/quotes"])


def test_bad_pages_here_and_there_stop_nothing(collect):
    bad = {url(number): [{"status": 500}] for number in (2, 4, 6)}
    with pytest.raises(PagesMissingError, match="3 pages"):
        collect(PretendBrowser(bad))
    assert len(collect.rows) == 25
    browser = PretendBrowser(bad)
    with pytest.raises(PagesMissingError, match="3 pages"):
        collect(browser, [POPULAR, (f"{HOST}/quotes/tag/bell", "bell")])
    assert f"{HOST}/quotes/tag/bell" in browser.asked


def test_failed_pages_of_another_plan_are_none_of_this_one_s(collect):
    with pytest.raises(PagesMissingError):
        collect(PretendBrowser({url(3): [{"status": 500}]}))
    browser = PretendBrowser()
    collect(browser, [(f"{HOST}/quotes/tag/bell", "bell")])
    assert url(3) not in browser.asked
    assert [trouble[1] for trouble in collect.troubles] == [url(3)]


def test_a_site_that_does_not_answer_ends_the_run(collect):
    down = {url(number): [{"fault": "net::ERR_INTERNET_DISCONNECTED"}] for number in range(2, 9)}
    with pytest.raises(UnreachableError, match="3 pages in a row"):
        collect(PretendBrowser(down))
    assert [trouble[0] for trouble in collect.troubles] == ["failed"] * 3
    assert collect(PretendBrowser()) == SITE.quote_rows(HOST, ["/quotes"])


def test_a_first_page_that_nobody_answers_ends_the_run_soon(collect):
    browser = PretendBrowser({url(1): [{"fault": "net::ERR_NAME_NOT_RESOLVED"}]})
    with pytest.raises(UnreachableError, match=r"NAME_NOT_RESOLVED\. Is there a network"):
        collect(browser, patience=3600)
    assert browser.asked == [url(1)] * 3
    assert collect(PretendBrowser()) == SITE.quote_rows(HOST, ["/quotes"])


def test_what_a_page_shows_to_exist_is_fetched_though_it_came_only_at_the_end(collect):
    answers = [{"html": BLANK}] * 2 + ONCE_MORE[1]
    bell = (f"{HOST}/quotes/tag/bell", "bell")
    assert len(collect(PretendBrowser({url(1): answers}), [POPULAR, bell])) == 40


def test_a_site_that_is_away_for_long_is_waited_for(collect):
    away = {url(number): [{"fault": "net::ERR_INTERNET_DISCONNECTED"}] * 3 + ONCE_MORE[number] for number in (2, 3)}
    away[url(4)] = [{"fault": "net::ERR_INTERNET_DISCONNECTED"}] * 9 + ONCE_MORE[4]
    assert collect(PretendBrowser(away), patience=60) == SITE.quote_rows(HOST, ["/quotes"])


def test_a_site_that_asks_for_it_is_waited_for(collect):
    assert collect(PretendBrowser({url(2): [{"status": 503}] * 9 + ONCE_MORE[2]}), patience=60) == SITE.quote_rows(
        HOST, ["/quotes"]
    )


def test_pages_in_a_row_without_an_item_are_a_changed_layout(collect):
    changed = {url(number): [{"html": BLANK}] for number in range(4, 9)}
    with pytest.raises(LayoutChangedError, match=r"3 pages in a row.*q\.csv\.layout-changed\.html"):
        collect(PretendBrowser(changed))
    assert len(collect.rows) == 15
    assert collect.out.with_name("q.csv.layout-changed.html").read_text() == BLANK
    assert collect(PretendBrowser()) == SITE.quote_rows(HOST, ["/quotes"])


def test_pages_that_say_they_are_empty_are_no_success_for_ever(collect):
    empty = {url(number): [{"html": markup.page("Quotes", markup.NO_QUOTES)}] for number in range(2, 9)}
    with pytest.raises(LayoutChangedError, match=r"3 pages in a row.*says that it holds nothing"):
        collect(PretendBrowser(empty))
    assert "No quotes found" in collect.out.with_name("q.csv.layout-changed.html").read_text()
    assert collect(PretendBrowser()) == SITE.quote_rows(HOST, ["/quotes"])


def test_a_topic_without_quotes_is_no_trouble(collect):
    none = (f"{HOST}/quotes/tag/nobody", "nobody")
    browser = PretendBrowser({none[0]: [{"html": markup.page("Quotes", markup.NO_QUOTES)}]})
    assert len(collect(browser, [none, POPULAR])) == 40


def test_pages_that_are_gone_or_forbidden_are_skipped_with_the_reason(collect):
    browser = PretendBrowser({url(2): [{"status": 404}]}, robots="User-agent: *\nDisallow: /quotes?page=4$")
    assert len(collect(browser)) == 30
    assert collect.troubles == [
        ("skipped", url(2), "the site answered 404"),
        ("skipped", url(4), "robots.txt does not allow it"),
    ]
    assert url(4) not in browser.asked


def test_a_browser_that_is_lost_keeps_the_state(collect):
    browser = PretendBrowser()
    load = browser.load

    def lost(url, **options):
        if url.endswith("page=5"):
            raise BrowserError("Chromium went away", value=url)
        return load(url, **options)

    browser.load = lost
    with pytest.raises(BrowserError):
        collect(browser)
    assert len(collect.rows) == 20
    assert collect(PretendBrowser()) == SITE.quote_rows(HOST, ["/quotes"])


def test_the_table_is_written_while_the_run_goes_on(collect, monkeypatch, read_csv):
    monkeypatch.setattr("textthema.scraping.collecting._EXPORT_EVERY_SECONDS", 0)
    browser, seen = PretendBrowser(), []
    load = browser.load

    def look(url, **options):
        seen.append(len(read_csv(collect.out)) if collect.out.exists() else 0)
        return load(url, **options)

    browser.load = look
    collect(browser)
    assert seen[-1] > 0
    assert seen == sorted(seen)


def test_interrupted_it_leaves_the_table(collect):
    browser = PretendBrowser()
    load = browser.load

    def interrupted(url, **options):
        if url.endswith("page=4"):
            raise KeyboardInterrupt
        return load(url, **options)

    browser.load = interrupted
    with pytest.raises(KeyboardInterrupt):
        collect(browser)
    assert len(collect.rows) == 15
