from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest
from werkzeug.exceptions import TooManyRequests

from website.admission import Admission

SECONDS = 60


def test_who_finds_the_line_full_is_refused_at_once_and_told_when_to_come_back():
    admission = Admission(running=1, waiting=0)
    with admission.place():
        assert admission.full
        with pytest.raises(TooManyRequests) as refused, admission.place():
            pass
    assert dict(refused.value.get_headers())["Retry-After"] == "1"
    assert not admission.full


def test_a_place_is_given_back_after_an_error():
    admission = Admission(running=1, waiting=0)
    for _ in range(3):
        with pytest.raises(KeyError), admission.place():
            raise KeyError
    assert not admission.full


def test_the_others_wait_for_their_turn():
    admission, inside, most, lock = Admission(running=2, waiting=6), [0], [0], Lock()
    ready = Barrier(8)

    def work():
        ready.wait(SECONDS)
        with admission.place(), admission.turn():
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            with lock:
                inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result(SECONDS)
    assert 1 <= most[0] <= 2
    assert not admission.full


def test_places_count_those_who_wait():
    admission, go = Admission(running=1, waiting=2), Event()
    in_line = Barrier(4)

    def wait_in_place():
        in_line.wait(SECONDS)
        with admission.place(), admission.turn():
            go.wait(SECONDS)

    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(wait_in_place) for _ in range(3)]
        in_line.wait(SECONDS)
        while not admission.full:
            pass
        with pytest.raises(TooManyRequests), admission.place():
            pass
        go.set()
        for done in waiting:
            done.result(SECONDS)
    assert not admission.full
