from datetime import UTC, datetime

import pytest

from tests.scraping.replica import markup
from tests.scraping.replica.content import a_site
from textthema.errors import ScrapingError
from textthema.scraping.outcomes import (
    Challenge,
    Gone,
    LayoutChanged,
    Loaded,
    LoginWall,
    Page,
    RateLimited,
    Unreachable,
    judge,
    retry_after_seconds,
)
from textthema.scraping.quote_pages import parse_quotes

URL = "https://x.org/quotes"
GOOD = markup.quotes_page(a_site(), "/quotes", 1)
DRESSED_UP = GOOD.replace("quoteText", "renamed")


def judged(html=GOOD, status=200, final_url=URL, **more):
    return judge(Loaded(URL, final_url, status, html=html, **more), parse_quotes)


def test_a_page_brings_its_items_and_the_pop_ups_closed():
    outcome = judged(popups=2)
    assert isinstance(outcome, Page)
    assert len(outcome.reading.records) == 30
    assert outcome.popups == 2


@pytest.mark.parametrize(
    ("kind", "loaded"),
    [
        (Challenge, {"status": 202, "html": ""}),
        (Challenge, {"status": 202, "html": markup.CHALLENGE_PAGE}),
        (Challenge, {"status": 403}),
        (Challenge, {"status": 405, "html": "<title>Human Verification</title>"}),
        (Challenge, {"headers": {"x-amzn-waf-action": "captcha"}}),
        (Challenge, {"html": markup.CHALLENGE_PAGE}),
        (Challenge, {"html": "<html><body><h1>Verify you are human</h1></body></html>"}),
        (Challenge, {"html": "<html><div class='g-recaptcha'></div></html>"}),
        (LoginWall, {"status": 401}),
        (LoginWall, {"final_url": "https://x.org/user/sign_in?returnurl=x"}),
        (LoginWall, {"final_url": "https://x.org/ap/signin"}),
        (LoginWall, {"html": markup.SIGN_IN_PAGE}),
        (LoginWall, {"html": markup.INTERSTITIAL_PAGE}),
        (Gone, {"status": 404}),
        (Gone, {"status": 410}),
        (RateLimited, {"status": 429}),
        (RateLimited, {"status": 503}),
        (Unreachable, {"status": 500}),
        (Unreachable, {"status": 502}),
        (Unreachable, {"html": "", "fault": "net::ERR_CONNECTION_RESET"}),
        (Unreachable, {"fault": "the page was cut short"}),
        (Unreachable, {"html": "  "}),
        (LayoutChanged, {"html": DRESSED_UP}),
        (LayoutChanged, {"html": "<html><body>Welcome</body></html>"}),
    ],
)
def test_what_is_no_page_has_its_kind_and_a_reason(kind, loaded):
    outcome = judged(**loaded)
    assert type(outcome) is kind
    assert outcome.name == kind.__name__
    assert outcome.reason
    assert issubclass(outcome.error, ScrapingError)


def test_items_count_more_than_words():
    talk = "<p>Sign in! Already a member? Verify you are human. captcha</p><input type=password><h1>Sign in</h1></body>"
    assert isinstance(judged(html=GOOD.replace("</body>", talk)), Page)


@pytest.mark.parametrize("talk", ["Sign in with email", "Captcha (A Novel)", "unusual traffic"])
def test_a_page_of_another_kind_is_that_whatever_it_talks_of(talk):
    html = markup.list_page(a_site(), "/list/show/1.Lamps", 1).replace("<noscript>", talk)
    assert type(judged(html=html)) is LayoutChanged


def test_long_pages_may_talk_of_captchas():
    words = "<p>We wrote about the captcha.</p>" + "<p>And of many other things.</p>" * 100
    assert type(judged(html=f"<html><body>{words}</body></html>")) is LayoutChanged


@pytest.mark.parametrize("error", [ValueError("x"), AssertionError(), RecursionError("deep")])
def test_markup_that_no_parser_foresaw_is_a_changed_layout(error):
    def parse(html, url):
        raise error

    outcome = judge(Loaded(URL, html="<html>"), parse)
    assert type(outcome) is LayoutChanged
    assert outcome.reason


def test_a_page_that_says_it_is_empty_is_kept_for_diagnosis():
    html = markup.page("Quotes", markup.NO_QUOTES)
    outcome = judged(html=html)
    assert (outcome.reading.records, outcome.html) == ((), html)
    assert judged().html == ""


@pytest.mark.parametrize(
    ("loaded", "offline"),
    [
        ({"html": "", "fault": "net::ERR_INTERNET_DISCONNECTED"}, True),
        ({"fault": "the page was cut short"}, False),
        ({"status": 500}, False),
    ],
)
def test_no_answer_at_all_is_told_from_a_bad_one(loaded, offline):
    assert judged(**loaded).offline is offline


def test_a_changed_page_is_kept_for_diagnosis():
    assert judged(html=DRESSED_UP).html == DRESSED_UP


NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("Wed, 25 Nov 2026 12:01:30 GMT", 90),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds


def test_the_wait_that_the_site_asks_for_is_handed_on():
    outcome = judged(status=429, headers={"retry-after": "40"})
    assert outcome.retry_after == 40
    assert "40 s" in outcome.reason
