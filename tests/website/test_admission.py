from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from website.admission import Admission

SECONDS = 60


def test_who_finds_the_line_full_is_refused_at_once_and_told_when_to_come_back():
    admission = Admission(running=1, waiting=0)
    assert not admission.full and not admission.busy
    with admission.place():
        assert admission.full and admission.busy
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


def test_who_comes_back_for_the_next_text_stands_behind_those_in_line():
    admission, order = Admission(running=1, waiting=1), []

    def wait_for_a_turn():
        with admission.place(), admission.turn():
            order.append("waited")

    with ThreadPoolExecutor(1) as pool, admission.place():
        with admission.turn():
            waiting = pool.submit(wait_for_a_turn)
            while not admission.waiting:
                pass
        with admission.turn():
            order.append("came back")
        waiting.result(SECONDS)
    assert order == ["waited", "came back"]


def test_a_turn_that_never_comes_is_given_up(monkeypatch):
    monkeypatch.setattr("website.admission.TURN_SECONDS", 0.01)
    admission = Admission(running=1, waiting=1)
    with admission.turn(), pytest.raises(ServiceUnavailable), admission.turn():
        pass
    assert not admission.waiting
    with admission.turn():
        pass


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
