import pytest
from hypothesis import given
from hypothesis import strategies as st

from textthema.text import origins, plain, words


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


@given(st.text(alphabet="ab e\u0301\u0327\u200b“\r\n\u00a0\u1100\u1161\u11a8한é\ufeff😀", max_size=14))
def test_origins_lead_from_the_plain_text_back_to_the_given_one(text):
    written, places = plain(text), origins(text)
    assert len(places) == len(written) + 1
    assert places == sorted(places)
    assert places[-1] == len(text)
    assert plain(text[places[0] :]) == written


def test_origins_of_plain_ascii_are_its_own_places():
    assert origins("as it is") == list(range(9))
