import pytest

from textthema.text import plain, words


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("“Stay,” she said.", '"Stay," she said.'),
        ("It’s late", "It's late"),
        ("cafe\u0301", "caf\u00e9"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("no\u00a0break\u200b", "no break"),
        ("静かな海", "静かな海"),
    ],
)
def test_a_text_is_written_plainly(given, wanted):
    assert plain(given) == wanted


def test_plain_text_stays_as_it_is():
    assert plain(plain("“A – b”\n\n‘c’")) == plain("“A – b”\n\n‘c’")


def test_no_run_of_marks_is_long_enough_to_make_composing_slow():
    assert plain("a" + "\u0316\u0301" * 50_000 + "b") == "\u00e1" + "\u0316" * 15 + "\u0301" * 14 + "b"
    assert plain("\u0301" * 50_000) == "\u0301" * 30


def test_words_forget_case_and_punctuation():
    assert words("Don't—STOP, now!") == ["dont", "stop", "now"]
