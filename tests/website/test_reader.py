from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from werkzeug.exceptions import ServiceUnavailable

import textthema
from tests.website.stand_in import StandIn
from textthema.errors import BundleCorruptError, EmptyTextError, HubError, TextTooLongError
from website.admission import Admission
from website.reader import THEME_PARTS, LocalModel, Reader, UnreadableTextError

SECONDS = 60


def reader_of(load, pauses=()):
    reader = Reader(load, Admission(1, 4), pauses)
    reader.start()
    return reader


def test_texts_are_read_in_their_order():
    results = reader_of(StandIn).read(["one and two", "three and four"])
    assert [result["nuances"]["humor"]["spans"][0]["text"] for result in results] == ["one and two", "three and fo"]


def test_the_first_readers_wait_for_the_model():
    may_load = Event()

    def load():
        assert may_load.wait(SECONDS)
        return StandIn()

    reader = reader_of(load)
    with pytest.raises(ServiceUnavailable, match="being loaded"):
        reader.probe()
    may_load.set()
    assert reader.read(["a text"])
    reader.probe()


@pytest.mark.parametrize("fault", [HubError("the Hub is away"), OSError("the disk is away")])
def test_a_model_that_was_away_for_a_moment_is_loaded_later(fault, caplog):
    may_try_again, attempts = Event(), []

    def load():
        attempts.append(len(attempts))
        if len(attempts) == 1:
            raise fault
        assert may_try_again.wait(SECONDS)
        return StandIn()

    reader = reader_of(load, pauses=[0])
    with pytest.raises(ServiceUnavailable, match="can't be used"):
        reader.themes()
    assert "is away" in caplog.text
    may_try_again.set()
    reader.loading.join(SECONDS)
    assert reader.read(["a text"])
    reader.probe()
    assert attempts == [0, 1]


def test_one_probe_at_a_time_uses_the_model():
    may_answer = Event()
    stand_in = StandIn(may_answer)
    reader = reader_of(lambda: stand_in)
    reader.themes()
    with ThreadPoolExecutor(4) as pool:
        probes = [pool.submit(reader.probe) for _ in range(4)]
        assert stand_in.reading.wait(SECONDS)
        may_answer.set()
        assert [probe.result(SECONDS) for probe in probes] == [None] * 4
    assert stand_in.readings == 1


def test_the_text_at_fault_is_named():
    reader = reader_of(StandIn)
    with pytest.raises(UnreadableTextError) as raised:
        reader.read(["fine", " "])
    assert raised.value.position == 1
    assert isinstance(raised.value.cause, EmptyTextError)


def test_a_text_that_is_too_long_costs_no_reading():
    stand_in = StandIn()
    with pytest.raises(UnreadableTextError) as raised:
        reader_of(lambda: stand_in).read(["fine", "w" * 20_001])
    assert isinstance(raised.value.cause, TextTooLongError)
    assert not stand_in.reading.is_set()


def test_a_model_that_was_changed_is_never_used(model_copy, caplog):
    (model_copy / "thresholds.json").write_text('{"global": 0.5}')
    with pytest.raises(BundleCorruptError):
        LocalModel(str(model_copy))
    reader = reader_of(lambda: LocalModel(str(model_copy)))
    with pytest.raises(ServiceUnavailable, match="can't be used"):
        reader.read(["a text"])
    with pytest.raises(ServiceUnavailable):
        reader.probe()
    assert "thresholds.json" in caplog.text


def test_the_local_model_says_what_the_library_says():
    model, text = LocalModel(), "I have loved you all my life, and the sea knows it."
    expected = textthema.analyze(text).as_dict()
    assert model.analyze(text) == expected
    assert model.classify(text) == {part: expected[part] for part in THEME_PARTS}
    assert [theme["label"] for theme in model.themes] == list(expected["scores"])
