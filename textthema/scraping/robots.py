"""What a site's robots.txt allows (RFC 9309), read by Protego."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from textthema.errors import ChallengeError, UnreachableError
from textthema.scraping.browser import AGENT
from textthema.scraping.markup import soup_of
from textthema.scraping.outcomes import CHALLENGE_STATUS, Loaded

_ALL_ALLOWED = ""
_GOOD_FOR_SECONDS = 24 * 3600


class Robots:
    """The rules of each site that a run meets, read when they are first needed and once a day.

    Args:
        load: Fetches an address.
        clock: Seconds that only go forward.
    """

    def __init__(self, load: Callable[[str], Loaded], clock: Callable[[], float] = time.monotonic) -> None:
        self._load, self._clock = load, clock
        self._rules: dict[str, tuple[float, Protego]] = {}

    def allows(self, url: str) -> bool:
        """Tell whether a page may be fetched.

        Args:
            url: Its address.

        Returns:
            Whether the site's rules allow it.

        Raises:
            ChallengeError: If the site answers with a challenge.
            UnreachableError: If the rules can't be had: nothing may be fetched then.
        """
        return self._rules_for(url).can_fetch(url, AGENT)

    def crawl_delay(self, url: str) -> float:
        """Tell how far apart requests have to be.

        Args:
            url: Address of a page.

        Returns:
            Seconds; 0 if the rules say nothing.
        """
        return self._rules_for(url).crawl_delay(AGENT) or 0.0

    def _rules_for(self, url: str) -> Protego:
        site = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        read_at, rules = self._rules.get(site, (0.0, None))
        if rules is None or self._clock() - read_at > _GOOD_FOR_SECONDS:
            rules = Protego.parse(self._text(f"{site}/robots.txt"))
            self._rules[site] = (self._clock(), rules)
        return rules

    def _text(self, address: str) -> str:
        answer = self._load(address)
        if answer.headers.get("x-amzn-waf-action") or answer.status == CHALLENGE_STATUS:
            raise ChallengeError(f"the site answers its robots.txt with a challenge ({answer.status})", value=address)
        if 400 <= answer.status < 500 and answer.status != 429:
            return _ALL_ALLOWED
        if answer.fault or answer.status != 200:
            why = answer.fault or f"the site answered {answer.status}"
            raise UnreachableError(f"{address} can't be read: {why}. Try again later", value=address)
        return soup_of(answer.html).get_text()
