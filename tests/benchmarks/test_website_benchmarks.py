import pytest

pytest.importorskip("psutil", reason="the soak test looks at processes with psutil")
pytest.importorskip("apiflask", reason="the website needs: pip install 'textthema[web]'")

import website_endings
import website_fuzz
import website_load
import website_soak

from textthema.errors import InputError

MACHINE = {"cpu": "one", "system": "two", "python": "3"}
HEADER = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n"


def table(*rows):
    return HEADER + "".join(f"{seconds},0,0,0,0,0,{status},0\n" for seconds, status in rows)


def test_accepted_and_refused_requests_are_told_apart():
    found = website_load.summed_up(table((0.010, 200), (0.030, 200), (0.001, 429), (0.2, 503)), seconds=2)
    assert found["accepted_per_second"] == 1
    assert found["accepted_p50_ms"] == pytest.approx(20)
    assert found["refused_per_second"] == 0.5
    assert found["refused_p99_ms"] == pytest.approx(1)
    assert found["other_statuses"] == [503]


def test_a_website_that_accepts_nothing_is_an_error():
    with pytest.raises(InputError, match="no request was accepted"):
        website_load.summed_up(table((0.001, 429)), seconds=1)


@pytest.mark.parametrize(("growth", "word"), [(2.0, "are reached"), (3.5, "are not reached")])
def test_the_page_says_whether_the_aims_are_reached(growth, word):
    one = website_load.summed_up(table((0.010, 200)), seconds=1)
    record = {
        "machine": MACHINE,
        "load_average_before": 0.25,
        "workers": 2,
        "seconds": 1,
        "bare_per_second": 1.0,
        "saturated": one,
        "share_of_bare": 0.9,
        "loads": {"1": {**one, "offered_per_second": 1.0}, "10": {**one, "offered_per_second": 10.0}},
        "p99_growth": {"1": 1.0, "10": growth},
    }
    page = website_load.as_markdown(record)
    assert word in page
    assert "| 10 × | 10 | 1 | 10.0 | 10.0 |" in page
    assert "90% of the bare classifier's" in page


def test_the_page_says_what_was_lost():
    record = {
        "workers": 2,
        "stopped": {"taken": 9, "accepted": 4, "unanswered_of_others": 0, "accepted_received": 4},
        "killed": {
            "taken": 9, "accepted": 5, "unanswered_of_killed": 3, "unanswered_of_others": 0, "accepted_received": 5,
        },
    }  # fmt: skip
    page = website_endings.as_markdown(record)
    assert "of 9 requests taken 0 were not answered, and of 4 accepted 4 answers came back" in page
    assert "of 9 taken 3 of its own were lost and 0 of the others'" in page


def test_the_log_tells_whose_requests_were_lost():
    path = website_load.PATH
    log = "".join(f"[now] [{pid}] [DEBUG] POST {path}\n" for pid in (7, 7, 8, 8, 8))
    log += "[now] [8] [DEBUG] GET /metrics\nanswered /metrics 200 by <8>\n"
    log += "".join(f"answered {path} {status} by <{pid}>\n" for status, pid in ((200, 7), (429, 8), (200, 8)))
    assert website_endings.taken_and_answered(log, victim=8) == {
        "taken": 5,
        "accepted": 2,
        "unanswered_of_killed": 1,
        "unanswered_of_others": 1,
    }


def test_the_bare_classifier_is_counted():
    assert website_load.count_bare(0.01) > 0


@pytest.mark.parametrize(("growth", "words"), [(0.01, "+1.0%): flat"), (0.2, "+20.0%): not flat")])
def test_memory_is_flat_or_not(growth, words):
    record = {
        "machine": MACHINE,
        "workers": 2,
        "minutes": 30,
        "asked_per_second": 6,
        "requests_per_second": 5.9,
        "workers_ended": 0,
        "statuses": {"200": 4, "400": 1},
        "megabytes_start": 100.0,
        "megabytes_end": 100.0 * (1 + growth),
        "growth": growth,
    }
    page = website_soak.as_markdown(record)
    assert words in page
    assert "4 × 200, 1 × 400" in page
    assert "5.9 requests a second (6 asked for)" in page


def test_faults_are_listed():
    record = {"requests": 10_000, "statuses": {"200": 9_999, "500": 1}, "faults": ["1 answers with 500"]}
    assert "- 1 answers with 500" in website_fuzz.as_markdown(record)
    assert "No fault was found." in website_fuzz.as_markdown({**record, "faults": []})
