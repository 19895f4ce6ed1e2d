"""Who may use the model now: a few at a time, a few more in line, everybody else is refused at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from website.metrics import IN_PLACE, REFUSED

RETRY_SECONDS = 1
TURN_SECONDS = 30


class Admission:
    """A bounded line in front of the model.

    Args:
        running: Requests that use the model at the same time.
        waiting: Requests that may wait for their turn.
    """

    def __init__(self, running: int, waiting: int) -> None:
        self._places = running + waiting
        self._taken = 0
        self._counting = Lock()
        self._turns = Semaphore(running)

    @property
    def full(self) -> bool:
        """Tell whether the next request would be refused."""
        return self._taken >= self._places

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place in the line, and give it back when the block ends.

        Yields:
            Nothing.

        Raises:
            TooManyRequests: The line is full.
        """
        with self._counting:
            if self.full:
                REFUSED.labels("full").inc()
                raise TooManyRequests("Every place is taken. Try again in a moment.", retry_after=RETRY_SECONDS)
            self._taken += 1
        IN_PLACE.inc()
        try:
            yield
        finally:
            IN_PLACE.dec()
            with self._counting:
                self._taken -= 1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn; whoever has several texts waits before each, so that nobody waits for all of them.

        Yields:
            Nothing, when it is the caller's turn.

        Raises:
            ServiceUnavailable: The turn has not come for half a minute.
        """
        if not self._turns.acquire(timeout=TURN_SECONDS):
            raise ServiceUnavailable("The texts before yours take too long.", retry_after=TURN_SECONDS)
        try:
            yield
        finally:
            self._turns.release()
