"""The ways in which the replica misbehaves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.scraping.replica import markup


class Fault(StrEnum):
    """What can be wrong with an answer."""

    POPUP = "pop-up at once"
    POPUP_LATER = "pop-up after some milliseconds"
    POPUP_ON_SCROLL = "pop-up on scroll"
    INTERSTITIAL = "whole page in the way, which can be closed"
    LOGIN_WALL = "sent to the sign-in page"
    RATE_LIMITED = "429 with Retry-After"
    UNAVAILABLE = "503"
    CHALLENGE = "empty 202"
    FIREWALL = "202 with a challenge"
    SOLVED = "202 with a challenge whose script goes on to the page"
    RESET = "connection reset"
    SLOW = "slower than anybody waits"
    CUT_SHORT = "connection closed in the middle of the page"
    BROKEN_OFF = "page ends in its middle, as if it were whole"
    RENAMED = "other class names"
    GONE = "404"


HARMLESS = (None, Fault.POPUP, Fault.POPUP_LATER, Fault.POPUP_ON_SCROLL)
Schedule = Callable[[str, int], Fault | None]


def no_faults(path: str, visit: int) -> None:
    """Behave."""


def at_random(seed: int, faults: Iterable[Fault], share: float = 0.5, most: int = 2) -> Schedule:
    """Misbehave by seed; each page is given whole after so many visits at the most."""
    faults = [*faults]

    def schedule(path: str, visit: int) -> Fault | None:
        draw = random.Random(f"{seed} {path} {visit}")
        return draw.choice(faults) if visit <= most and draw.random() < share else None

    return schedule


def first(*faults: Fault | None) -> Schedule:
    """Misbehave in this way on the first visits of each page."""
    return lambda _, visit: faults[visit - 1] if visit <= len(faults) else None


@dataclass(frozen=True)
class Answer:
    """What goes over the wire; ``end`` closes the connection after so many bytes of it."""

    text: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "text/html; charset=utf-8"
    end: int | None = None


ANSWERS: dict[Fault, Callable[[str], Answer]] = {
    Fault.POPUP: lambda html: Answer(html.replace("</body>", f"{markup.POPUP_AT_ONCE}</body>")),
    Fault.POPUP_LATER: lambda html: Answer(html.replace("</body>", f"{markup.POPUP_LATER}</body>")),
    Fault.POPUP_ON_SCROLL: lambda html: Answer(html.replace("</body>", f"{markup.POPUP_ON_SCROLL}</body>")),
    Fault.INTERSTITIAL: lambda _: Answer(markup.INTERSTITIAL_PAGE),
    Fault.LOGIN_WALL: lambda _: Answer("", 302, {"Location": "/user/sign_in?returnurl=x"}),
    Fault.RATE_LIMITED: lambda _: Answer("slow down", 429, {"Retry-After": "1"}),
    Fault.UNAVAILABLE: lambda _: Answer("over capacity", 503),
    Fault.CHALLENGE: lambda _: Answer("", 202),
    Fault.FIREWALL: lambda _: Answer(markup.CHALLENGE_PAGE, 202, {"x-amzn-waf-action": "challenge"}),
    Fault.SOLVED: lambda _: Answer(markup.CHALLENGE_THAT_GOES_ON, 202),
    Fault.CUT_SHORT: lambda html: Answer(html, end=len(html) // 2),
    Fault.BROKEN_OFF: lambda html: Answer(html[: len(html) // 2]),
    Fault.RENAMED: lambda html: Answer(_renamed(html)),
}


def answer(fault: Fault | None, html: str | None) -> Answer:
    """Say what is sent for a page (None: there is no such page)."""
    if html is None or fault is Fault.GONE:
        return Answer(markup.page("Page not found", "<h1>Page not found</h1>"), 404)
    return ANSWERS.get(fault, Answer)(html)


def _renamed(html: str) -> str:
    for name in ("quoteText", "bookTitle", "BookPageTitleSection"):
        html = html.replace(name, f"x{name[::-1]}")
    return html
