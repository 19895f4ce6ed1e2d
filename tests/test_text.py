import sys
import unicodedata
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textthema import text as module
from textthema.text import origins, plain, text_id, words

HANGUL = "\u1100\u1161\u11a8\uac00\ud55c"
REWRITTEN = "\uf900\u212b\u2126\u0958\u0f43\u0344\u0f73"
COMPOSED_OF_STARTERS = "\u09c7\u09be\u0dd9\u0dcf\u0dca\U00011131\U00011127"
MARKS = "\u0301\u0327\u0338\u093c"
CHARACTERS = f"ab e=\r\n\u00a0\u00ad\u200b\ufeff“é😀\U0001f468\u200d{HANGUL}{REWRITTEN}{COMPOSED_OF_STARTERS}{MARKS}"
PIECES = ("\u0301" * 40, "\r\n", "\u0f73" * 20, HANGUL[:3])


@pytest.fixture
def normalised(monkeypatch):
    """How many characters each call of Unicode's normalisation was given."""
    lengths = []

    def normalize(form, text):
        lengths.append(len(text))
        return unicodedata.normalize(form, text)

    counted = SimpleNamespace(normalize=normalize, combining=unicodedata.combining)
    monkeypatch.setattr(module, "unicodedata", counted)
    return lengths


@pytest.mark.parametrize(
    ("scraped", "wanted"),
    [
        ("“Stay,” she said.", '"Stay," she said.'),
        ("It’s late", "It's late"),
        ("cafe\u0301", "caf\u00e9"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("no\u00a0break\u200b", "no break"),
        ("静かな海", "静かな海"),
    ],
)
def test_a_text_is_written_plainly(scraped, wanted):
    assert plain(scraped) == wanted


def test_plain_text_stays_as_it_is():
    assert plain(plain("“A – b”\n\n‘c’")) == plain("“A – b”\n\n‘c’")


def test_no_run_of_marks_is_long_enough_to_make_composing_slow():
    assert plain("a" + "\u0316\u0301" * 50_000 + "b") == "\u00e1" + "\u0316" * 15 + "\u0301" * 14 + "b"
    assert plain("\u0301" * 50_000) == "\u0301" * 30


def test_words_forget_case_and_punctuation():
    assert words("Don't—STOP, now!") == ["dont", "stop", "now"]


@given(st.lists(st.one_of(st.sampled_from(CHARACTERS), st.sampled_from(PIECES)), max_size=14).map("".join))
@settings(max_examples=500, deadline=None)
def test_origins_lead_from_the_plain_text_back_to_the_given_one(text):
    written, places = plain(text), origins(text)
    assert len(places) == len(written) + 1
    assert places == sorted(places)
    assert places[-1] == len(text)
    assert plain(text[places[0] :]) == written
    borders = [place for place in range(len(places)) if place == 0 or places[place - 1] < places[place]]
    for start, end in pairwise(borders):
        assert plain(text[places[start] : places[end]]) == written[start:end]


@given(st.text(max_size=40))
def test_any_character_has_an_origin(text):
    assert len(origins(text)) == len(plain(text)) + 1


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("10 \u212b", [0, 1, 2, 3, 4]),
        ("\uf900\uf901", [0, 1, 2]),
        ("e\u0301a", [0, 2, 3]),
        ("a\r\nb", [0, 1, 3, 4]),
        ("\u1100\u1161\u11a8\u11a8", [0, 3, 4]),
        ("\u0301a", [0, 1, 2]),
    ],
)
def test_a_character_comes_from_where_it_was_written(text, places):
    assert origins(text) == places


@pytest.mark.parametrize(
    "piece",
    ["\uf900", "\u212b", "\u2126", "한", "\u1100", "\u1100\u1161\u11a8", "\u0dd9\u0dcf\u0dca", "e\u0301", "é", "\r"],
)
def test_a_text_twice_as_long_is_twice_the_work(piece, normalised):
    origins(piece * 200)
    once = sum(normalised)
    normalised.clear()
    origins(piece * 400)
    assert sum(normalised) <= 2.1 * once
    assert once < 12 * 200 * len(piece)


def test_no_character_that_begins_with_a_mark_slips_past_the_limit():
    marks = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.combining(unicodedata.normalize("NFD", character)[0])
    }
    assert marks
    assert {len(plain("a" + mark * 500)) <= 100 for mark in marks} == {True}


def test_origins_of_plain_ascii_are_its_own_places():
    assert origins("as it is") == list(range(9))


def test_a_texts_id_forgets_case_and_punctuation():
    assert text_id("The Sea, the sea!") == text_id("the sea the sea")
    assert text_id("the sea") != text_id("the tea")
