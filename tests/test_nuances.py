"""Nuances read off the heads' logits."""

import numpy as np
import pytest

from textthema.bundle import Heads
from textthema.inference import HeadScores
from textthema.nuances import read_nuances

HEADS = Heads(text={"humor": 0.6, "metaphor": 0.5, "advise": 0.5}, tokens={"simile": 0.5, "image": 0.5})
SURE, UNSURE = 5.0, -5.0


def said(text, *, humor=UNSURE, metaphor=UNSURE, similes=(), images=(), written=None):
    """Say something of a text whose tokens are its words."""
    written = written or text
    starts = [i for i in range(len(written)) if written[i] != " " and (i == 0 or written[i - 1] == " ")]
    tokens = np.full((len(starts) + 2, 2), UNSURE, dtype=np.float32)
    for column, words in enumerate((similes, images)):
        for word in words:
            tokens[starts.index(written.index(word)) + 1, column] = SURE
    of_text = np.array([humor, metaphor, UNSURE], dtype=np.float32)
    return HeadScores(of_text, tokens, np.array([-1, *starts, -1]))


def spans(nuance):
    return [span.text for span in nuance.spans]


def test_a_marker_that_the_model_believes_is_a_simile():
    text = "She ran like a deer and I like a deer"
    found = read_nuances(said(text, similes=["like a deer and"]), HEADS, text).simile
    assert found.present
    assert spans(found) == ["like a deer"]
    assert text[found.spans[0].start : found.spans[0].end] == "like a deer"


def test_a_marker_that_it_does_not_believe_is_none():
    text = "She ran like her brother"
    found = read_nuances(said(text), HEADS, text).simile
    assert not found.present
    assert found.spans == ()
    assert 0 < found.score < 0.5


def test_a_text_without_a_marker_has_no_simile():
    assert read_nuances(said("No marker here"), HEADS, "No marker here").simile.score == 0


def test_neighbouring_images_are_one_cue_and_function_words_none():
    text = "Regret is the tenant upstairs that never leaves"
    found = read_nuances(
        said(text, metaphor=SURE, images=["tenant", "upstairs", "that", "leaves"]), HEADS, text
    ).metaphor
    assert spans(found) == ["tenant upstairs", "leaves"]


def test_the_likeliest_word_is_the_cue_where_none_reaches_the_threshold():
    text = "Regret stays"
    assert len(read_nuances(said(text, metaphor=SURE), HEADS, text).metaphor.spans) == 1


def test_no_cues_are_shown_without_a_metaphor():
    text = "Regret is a tenant"
    assert read_nuances(said(text, images=["tenant"]), HEADS, text).metaphor.spans == ()


def test_a_similes_vehicle_is_no_cue():
    text = "Memory burns like a lamp"
    found = read_nuances(said(text, metaphor=SURE, similes=["like"], images=["burns", "lamp"]), HEADS, text)
    assert spans(found.metaphor) == ["burns"]


@pytest.mark.parametrize("before", ["“Oh”, ", "e\u0301te\u0301 ", "\u200b\u200bso ", "One\r\n"])
def test_spans_are_places_in_the_readers_own_text(before):
    from textthema.text import plain

    text = before + "she ran like a deer."
    written = plain(text).replace("\n", " ")
    found = read_nuances(said(text, similes=["like"], written=written), HEADS, text).simile
    (span,) = found.spans
    assert text[span.start : span.end] == span.text == "like a deer"


def test_what_was_not_read_is_not_judged():
    text = "She ran like a deer"
    heads = said(text, similes=["like"])
    cut = HeadScores(heads.text, heads.tokens[:3], heads.starts[:3])
    assert not read_nuances(cut, HEADS, text).simile.present


def test_as_dict_gives_plain_values():
    text = "She ran like a deer"
    found = read_nuances(said(text, humor=SURE, similes=["like"]), HEADS, text).as_dict()
    assert found["humor"] == {"score": pytest.approx(0.993307), "threshold": 0.6, "present": True, "spans": []}
    assert found["simile"]["spans"] == [{"start": 8, "end": 19, "text": "like a deer"}]
    assert set(found) == {"humor", "simile", "metaphor"}
