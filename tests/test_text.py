import pytest

from textthema.text import plain


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
