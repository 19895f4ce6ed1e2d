"""The rule that proposes similes."""

import sys

import pytest

from textthema import similes
from textthema.similes import comparisons


def shown(text):
    return [text[found.start : found.end] for found in comparisons(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The road lay there like a ribbon dropped by a giant.", ["like a ribbon dropped by a giant"]),
        ("Her answer was as cold as January iron, he said.", ["as cold as January iron"]),
        ("He held it as if it were an injured bird; then he left.", ["as if it were an injured bird"]),
        ("Gossip runs faster than fire in dry grass.", ["than fire in dry grass"]),
        ("Like a moth she went, and he stood like a post.", ["Like a moth she went", "like a post"]),
    ],
)
def test_marker_and_vehicle_are_proposed_up_to_the_end_of_the_clause(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Come as soon as you can.",
        "She sang as well as he did.",
        "I would like tea rather than soup.",
        "People like this never write.",
        "He likes rain.",
        "That is what it is like.",
        "",
    ],
)
def test_fixed_phrases_and_markers_without_a_vehicle_are_not(text):
    assert shown(text) == []


def test_the_cue_is_the_markers_last_word():
    text = "It was as slow as honey."
    (found,) = comparisons(text)
    assert text[found.cue :].startswith("as honey")


def test_a_vehicle_is_not_a_whole_page():
    (found,) = comparisons("like " + "very " * 200 + "long")
    assert found.end < 100


def test_a_vehicle_ends_after_fourteen_words():
    (found,) = comparisons(
        "It fell like one two three four five six seven eight nine ten eleven twelve thirteen fourteen last"
    )
    assert found.end == len(
        "It fell like one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    )


class Counted:
    """A pattern that adds up how many characters it matched."""

    def __init__(self, pattern, work):
        self.pattern, self.work = pattern, work

    def match(self, text, start):
        found = self.pattern.match(text, start)
        self.work.append(1 + (found.end() - start if found else 0))
        return found


@pytest.mark.parametrize("piece", ["than ", "than very ", "like a-b ", "as if "])
def test_no_word_is_read_over_and_over(piece, monkeypatch):
    work = []
    monkeypatch.setattr(similes, "_VEHICLE", Counted(similes._VEHICLE, work))
    text = piece * 300
    assert comparisons(text)
    assert sum(work) < 2 * len(text)


@pytest.mark.parametrize("piece", ["than ", "rather than ", "like this ", "as well as ", "as as a "])
def test_a_text_twice_as_long_is_twice_the_work(piece):
    assert steps(piece * 400) < 2.2 * steps(piece * 200)


def steps(text):
    """Count the lines and repetitions that Python runs for a text."""
    seen = []

    def trace(frame, event, argument):
        frame.f_trace_opcodes = True
        seen.append(event)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        comparisons(text)
    finally:
        sys.settrace(before)
    return len(seen)
