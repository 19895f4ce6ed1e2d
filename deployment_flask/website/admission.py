"""Who may use the model now: a few at a time, a few more in line, everybody else is refused at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

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
        self._running = running
        self._places = running + waiting
        self._taken = 0
        self._counting = Lock()
        self._free = running
        self._line: deque[Event] = deque()

    @property
    def full(self) -> bool:
        """Tell whether the next request would be refused."""
        return self._taken >= self._places

    @property
    def busy(self) -> bool:
        """Tell whether the next request would have to wait, at least."""
        return self._taken >= self._running

    @property
    def waiting(self) -> int:
        """Count those who wait for their turn."""
        return len(self._line)

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
        with self._counting:
            mine = None if self._free else Event()
            if mine:
                self._line.append(mine)
            else:
                self._free -= 1
        if mine and not mine.wait(TURN_SECONDS):
            self._leave(mine)
        try:
            yield
        finally:
            with self._counting:
                # Handed over, not put down: who comes back for the next text must not take it before those in line.
                if self._line:
                    self._line.popleft().set()
                else:
                    self._free += 1

    def _leave(self, mine: Event) -> None:
        with self._counting:
            if mine.is_set():  # the turn came after all
                return
            self._line.remove(mine)
        raise ServiceUnavailable("The texts before yours take too long.", retry_after=TURN_SECONDS)
