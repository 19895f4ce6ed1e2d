from threading import Event

import pytest
from werkzeug.exceptions import ServiceUnavailable

import textthema
from tests.website.stand_in import StandIn
from textthema.errors import BundleCorruptError, EmptyTextError, TextTooLongError
from website.admission import Admission
from website.reader import THEME_PARTS, LocalModel, Reader, UnreadableTextError

SECONDS = 60


def reader_of(load):
    reader = Reader(load, Admission(1, 4))
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
