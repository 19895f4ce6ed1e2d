"""Weak votes for intents."""

import numpy as np
import pytest

from textthema.weak_intents import INTENTS, weak_votes


@pytest.mark.parametrize(
    ("text", "tags", "intent"),
    [
        ("Never answer an angry letter before breakfast.", [], "advise"),
        ("The road was long.", ["motivational"], "inspire"),
        ("He said nothing and walked on.", [], "narrate"),
        ("A cat sold me its chair.", ["humor", "cats"], "amuse"),
    ],
)
def test_a_tag_or_a_turn_of_phrase_is_a_vote(text, tags, intent):
    assert INTENTS[int(np.argmax(weak_votes(text, tags)))] == intent


def test_both_weigh_more_than_either():
    place = INTENTS.index("advise")
    only_tag, only_phrase, both = (
        weak_votes(text, tags)[place]
        for text, tags in (("Rain.", ["advice"]), ("Never run.", []), ("Never run.", ["advice"]))
    )
    assert both == pytest.approx(only_tag + only_phrase)
    assert only_tag > only_phrase > 0


def test_a_text_that_says_nothing_has_no_votes():
    assert not weak_votes("Rain.", ["weather"]).any()
