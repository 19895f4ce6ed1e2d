from collections import Counter

import pytest

from textthema.entities.persons import Persons, persons_of


def read(*texts):
    persons = Persons()
    for text in texts:
        persons.read(text)
    return persons


@pytest.mark.parametrize(
    "text",
    [
        '"Not yet," said Mirrin.',
        "Mirrin laughed at the rope.",
        "He saw that Mirrin's eyes were closed.",
        '"Come down, Mirrin." The rope swung.',
        "The gate, Mirrin said, would hold.",
    ],
)
def test_who_speaks_acts_or_is_spoken_to_is_a_person(text):
    assert read(text).cues["mirrin"] >= 1


def test_a_full_name_counts_for_each_of_its_words():
    assert read("Mirrin Holt whispered to the gate.").cues == Counter(mirrin=1, holt=1)


@pytest.mark.parametrize("text", ["We sailed to Saltgate in May.", "She said nothing.", "The mirrin said no.", ""])
def test_places_and_pronouns_are_none(text):
    assert not read(text).cues


def test_capitals_inside_a_sentence_tell_how_a_name_is_spelt():
    persons = read("I met McFee there.", "and then McFee left", "Rope is rope.")
    assert persons.capitals["mcfee"] == 2
    assert persons.spellings["mcfee"] == {"McFee": 2}
    assert "rope" not in persons.capitals


def test_stories_are_told_from_rows_that_tell():
    persons = read('"Go," he said.', "Wisdom is a slow boat.")
    assert (persons.telling, persons.rows) == (1, 2)


def test_only_wanted_authors_are_read():
    found = persons_of(["Mirrin laughed.", "Tam laughed."], ["vale", "holt"], frozenset({"vale"}), progress=False)
    assert list(found) == ["vale"]
    assert found["vale"].cues["mirrin"] == 1
