"""The rule that proposes similes."""

import pytest

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
