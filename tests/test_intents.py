"""Intents read off the heads' logits."""

import numpy as np
import pytest

from textthema.bundle import Heads
from textthema.inference import HeadScores
from textthema.intents import read_intents

HEADS = Heads(text={"humor": 0.5, "metaphor": 0.5, "advise": 0.3, "amuse": 0.6, "narrate": 0.5}, tokens={"simile": 0.5})


@pytest.fixture
def found():
    logits = np.array([5, 5, -0.5, 0.2, 3], dtype=np.float32)
    return read_intents(HeadScores(logits, np.zeros((0, 1), np.float32), np.zeros(0, np.int64)), HEADS)


def test_heads_that_say_how_a_text_speaks_are_no_intents(found):
    assert list(found.scores) == ["advise", "amuse", "narrate"]


def test_each_has_its_own_threshold_and_the_likeliest_comes_first(found):
    assert found.present == ("narrate", "advise")


def test_as_dict_gives_probabilities(found):
    assert found.as_dict() == {"advise": 0.377541, "amuse": 0.549834, "narrate": 0.952574}
