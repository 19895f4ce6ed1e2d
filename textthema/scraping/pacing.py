"""How fast pages are asked for: a delay with jitter, longer while the site asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, wait_exponential, wait_random

from textthema.scraping.outcomes import RateLimited

_JITTER = 0.3
_SLOWEST = 16.0
_LONGEST_PAUSE_SECONDS = 300


@dataclass(frozen=True)
class Manners:
    """How patient a run is with the site.

    Args:
        delay: Seconds between the beginnings of two pages; robots.txt may ask for more.
        backoff: Seconds before the second try; each further pause is twice as long, up to five minutes.
        tries: How often a page is asked for in a row before it counts as failed.
        patience: Seconds to wait for a site that does not answer at all, or asks for fewer requests.
    """

    delay: float = 3.0
    backoff: float = 5.0
    tries: int = 8
    patience: float = 24 * 3600.0


class Pacer:
    """Keeps pages apart.

    Args:
        manners: How patient the run is.
        sleep: Waits so many seconds.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        manners: Manners,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manners, self._sleep, self._clock = manners, sleep, clock
        self._pause = wait_exponential(multiplier=manners.backoff, max=_LONGEST_PAUSE_SECONDS) + wait_random(
            0, manners.backoff / 2
        )
        self._slowness, self._last = 1.0, None
        self.crawl_delay = 0.0

    @property
    def delay(self) -> float:
        """Seconds between two pages at present, before jitter."""
        return max(self._manners.delay, self.crawl_delay) * self._slowness

    def wait_turn(self) -> None:
        """Wait until the next page may be asked for."""
        if self._last is not None:
            # Jitter only lengthens: robots.txt may have set the delay.
            due = self._last + self.delay * random.uniform(1, 1 + 2 * _JITTER)  # noqa: S311 - no secret
            self._sleep(max(0.0, due - self._clock()))
        self._last = self._clock()

    def went_well(self) -> None:
        """Come back to the usual pace, a step a page."""
        self._slowness = max(1.0, self._slowness * 0.9)

    def pause_before_retry(self, state: RetryCallState) -> float:
        """Tell how long to wait before a page is asked for again.

        Args:
            state: What tenacity knows of the tries so far; the last one's result is an outcome.

        Returns:
            Seconds: those that the site asked for, or twice as many as before.
        """
        outcome = state.outcome.result()
        asked_for = 0.0
        if isinstance(outcome, RateLimited):
            self._slowness = min(_SLOWEST, self._slowness * 2)
            asked_for = outcome.retry_after or 0.0
        return max(asked_for, self._pause(state))
