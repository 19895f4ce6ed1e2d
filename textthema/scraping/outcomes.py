"""What can come of asking for a page, and how it is told from what the browser brought.

::

    Outcome
    ├── Page             its items, read
    ├── LoginWall        nothing without signing in           the run stops, to be gone on with by hand
    ├── Challenge        "are you a person?"                  the run stops; it is detected, never evaded
    ├── RateLimited      429 or 503                           asked again later, more slowly
    ├── Gone             404, 410 or forbidden by robots.txt  passed over
    ├── LayoutChanged    a page without the items it should hold
    └── Unreachable      no answer, half an answer, or 5xx    asked again later
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from textthema.errors import (
    ChallengeError,
    LayoutChangedError,
    LoginWallError,
    RateLimitedError,
    ScrapingError,
    UnreachableError,
)
from textthema.scraping.markup import Reading, WrongPageError, soup_of

CHALLENGE_STATUS = 202
# What parsers raise at markup that nobody foresaw: such a page is kept for diagnosis, and the run goes on.
_UNPARSABLE = (ValueError, AssertionError, RecursionError, ParserRejectedMarkup)
_SHORT_PAGE = 2000  # characters; a challenge shows nothing else
_SIGN_IN_PATH = re.compile(r"^/(?:user/(?:sign_in|sign_up|new)|ap/(?:signin|register))\b")
_SIGN_IN_WORDS = re.compile(r"\b(?:sign in|sign up|log in)\b|\balready a member\b", re.IGNORECASE)
_INTERSTITIAL = '[class*="LoginInterstitial"], [data-react-class*="LoginInterstitial"]'
# Not the firewall's script itself: the site's normal pages load it, too.
_CHALLENGE_MARKUP = re.compile(r"gokuProps|challenge-container|token\.awswaf\.com|class=.?[gh]-?(?:re)?captcha|cf-chl-")
_CHALLENGE_WORDS = re.compile(
    r"verify (?:that )?you(?:'re| are) (?:not a robot|(?:a )?human)|human verification|robot check|unusual traffic|"
    r"enter the characters|captcha",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Loaded:
    """What the browser brought.

    Args:
        url: The address that was asked for.
        final_url: Where redirects led.
        status: HTTP status; 200 for a saved page.
        headers: Response headers, names in lower case.
        html: The page as it stood after pop-ups were closed and hidden parts opened.
        popups: How many pop-ups were closed.
        fault: Why the transfer did not come to its end; empty if it did. Without HTML there was no answer at all.
    """

    url: str
    final_url: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = ""
    popups: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of asking for a page.

    Args:
        url: The address that was asked for.
        reason: Why it came so, for people.
    """

    url: str
    reason: str = ""
    error = ScrapingError

    @property
    def name(self) -> str:
        """How journals and messages call it."""
        return type(self).__name__


@dataclass(frozen=True)
class Page(Outcome):
    """A page with its items.

    Args:
        reading: What it holds.
        popups: How many pop-ups were closed before it was read.
        html: The page, where it says that it holds nothing; to be kept for diagnosis.
    """

    reading: Reading = field(default_factory=lambda: Reading(()))
    popups: int = 0
    html: str = field(default="", repr=False)


class LoginWall(Outcome):
    """Nothing is shown without signing in."""

    error = LoginWallError


class Challenge(Outcome):
    """The site, or a firewall before it, asks whether a person is there."""

    error = ChallengeError


@dataclass(frozen=True)
class RateLimited(Outcome):
    """The site asks for fewer requests.

    Args:
        retry_after: Seconds to wait, if it said so.
    """

    retry_after: float | None = None
    error = RateLimitedError


class Gone(Outcome):
    """The page is no more, or not for us."""


@dataclass(frozen=True)
class LayoutChanged(Outcome):
    """The page came whole, but without the items that it should hold.

    Args:
        html: The page, to be kept for diagnosis.
    """

    html: str = field(default="", repr=False)
    error = LayoutChangedError


@dataclass(frozen=True)
class Unreachable(Outcome):
    """No answer, half an answer, or the server's own failure.

    Args:
        offline: Whether there was no answer at all, so that other pages won't be had either.
    """

    offline: bool = False
    error = UnreachableError


def judge(loaded: Loaded, parse: Callable[[str, str], Reading]) -> Outcome:
    """Tell what came of asking for a page.

    Items count more than words: a page that holds what it should is a page, whatever it says about signing in.

    Args:
        loaded: What the browser brought.
        parse: The page's parser, which raises LayoutChangedError where the items are missing.

    Returns:
        The outcome.
    """
    refusal = _refusal(loaded)
    if refusal:
        return refusal
    try:
        reading = parse(loaded.html, loaded.url)
        return Page(loaded.url, reading=reading, popups=loaded.popups, html="" if reading.records else loaded.html)
    except (WrongPageError, *_UNPARSABLE) as error:
        return LayoutChanged(loaded.url, str(error) or type(error).__name__, html=loaded.html)
    except LayoutChangedError as error:
        return _why_without_items(loaded, str(error))


def _refusal(loaded: Loaded) -> Outcome | None:
    url, status = loaded.url, loaded.status
    if loaded.headers.get("x-amzn-waf-action") or status in {CHALLENGE_STATUS, 403, 405}:
        return Challenge(url, f"the site answered {status} in place of a page, as firewalls do")
    if status == 401 or _SIGN_IN_PATH.match(urlsplit(loaded.final_url).path):
        return LoginWall(url, "the site led to its sign-in page")
    if status in {404, 410}:
        return Gone(url, f"the site answered {status}")
    if status in {429, 503}:
        after = retry_after_seconds(loaded.headers.get("retry-after"))
        asked = "" if after is None else f" and asks to wait {after:g} s"
        return RateLimited(url, f"the site answered {status}{asked}", retry_after=after)
    if status != 200:
        return Unreachable(url, f"the site answered {status}")
    return Unreachable(url, loaded.fault, offline=not loaded.html) if loaded.fault else None


def _why_without_items(loaded: Loaded, otherwise: str) -> Outcome:
    if not loaded.html.strip():
        return Unreachable(loaded.url, "the answer was empty")
    soup = soup_of(loaded.html)
    words = soup.get_text(" ")
    if _CHALLENGE_MARKUP.search(loaded.html) or (len(words) < _SHORT_PAGE and _CHALLENGE_WORDS.search(words)):
        return Challenge(loaded.url, "the site asks whether a person is there")
    if _asks_to_sign_in(soup):
        return LoginWall(loaded.url, "the site shows nothing without signing in")
    return LayoutChanged(loaded.url, otherwise, html=loaded.html)


def _asks_to_sign_in(soup: BeautifulSoup) -> bool:
    # Every page offers to sign in, and holds an empty place for the pop-up that does so.
    places = soup.select(_INTERSTITIAL)
    if soup.select_one('input[type="password"]'):
        places += soup.select("title, h1, h2")
    return any(_SIGN_IN_WORDS.search(place.get_text(" ")) for place in places)


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3).

    Args:
        value: The header: seconds, or a date.
        now: What a date is compared with; the present by default.

    Returns:
        Seconds to wait, or None if the header says nothing usable.
    """
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
