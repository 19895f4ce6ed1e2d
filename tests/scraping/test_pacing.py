import pytest
from tenacity import Retrying, retry_if_result, stop_after_attempt

from textthema.scraping.outcomes import Page, RateLimited, Unreachable
from textthema.scraping.pacing import Manners, Pacer


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now, self.slept = 1000.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def read(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def a_pacer(clock, **manners):
    return Pacer(Manners(**manners), sleep=clock.sleep, clock=clock.read)


def pauses(pacer, clock, *outcomes):
    outcomes = iter([*outcomes, Page("u")])
    tries = Retrying(
        retry=retry_if_result(lambda outcome: not isinstance(outcome, Page)),
        wait=pacer.pause_before_retry,
        stop=stop_after_attempt(20),
        sleep=clock.sleep,
    )
    tries(lambda: next(outcomes))
    return clock.slept


def test_the_first_page_waits_for_nobody(clock):
    a_pacer(clock).wait_turn()
    assert clock.slept == []


def test_pages_begin_a_delay_apart_with_jitter_that_only_lengthens(clock):
    pacer = a_pacer(clock, delay=2.0)
    pacer.wait_turn()
    for _ in range(50):
        pacer.wait_turn()
    assert min(clock.slept) >= 2.0
    assert max(clock.slept) <= 3.2
    assert len({round(pause, 6) for pause in clock.slept}) > 40


def test_what_the_page_took_counts(clock):
    pacer = a_pacer(clock, delay=2.0)
    pacer.wait_turn()
    clock.now += 60  # a slow page, or a laptop that slept
    pacer.wait_turn()
    assert clock.slept == [0.0]


def test_robots_may_ask_for_more_but_not_for_less(clock):
    pacer = a_pacer(clock, delay=2.0)
    pacer.crawl_delay = 10
    assert pacer.delay == 10
    pacer.crawl_delay = 1
    assert pacer.delay == 2


def test_pauses_double_up_to_five_minutes(clock):
    slept = pauses(a_pacer(clock, backoff=5), clock, *[Unreachable("u")] * 10)
    for pause, least in zip(slept, [5, 10, 20, 40, 80, 160, 300, 300, 300, 300], strict=True):
        assert least <= pause <= least + 2.5


def test_the_wait_that_the_site_asks_for_is_kept(clock):
    slept = pauses(a_pacer(clock, backoff=1), clock, RateLimited("u", retry_after=77.0), RateLimited("u"))
    assert slept[0] == 77.0
    assert 2 <= slept[1] < 4


def test_a_site_that_asks_for_it_is_visited_more_slowly_for_a_while(clock):
    pacer = a_pacer(clock, delay=2.0, backoff=0)
    pauses(pacer, clock, *[RateLimited("u")] * 2)
    assert pacer.delay == 8
    pauses(pacer, clock, *[RateLimited("u")] * 9)
    assert pacer.delay == 32
    for _ in range(100):
        pacer.went_well()
    assert pacer.delay == 2
