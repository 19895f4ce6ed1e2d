from collections import Counter
from dataclasses import replace

import pytest

from textthema.entities.characters import Names, find_characters, is_character, merge_names, spell_name
from textthema.entities.persons import Persons
from textthema.entities.rules import read_entity_rules
from textthema.entities.tags import TagUse

RULES = replace(
    read_entity_rules().characters,
    drop=frozenset({"salt-brand"}),
    names={"the-ferryman": "The Ferryman", "quiet-one": "The Quiet One"},
    alias={"tam-wren": "tam-reed"},
)
NAMES = Names(given=frozenset({"tam"}), authors=frozenset({"osric-vale"}), titles=frozenset({("vale", "saltgate")}))
PERSONS = Persons(
    cues=Counter({"mirrin": 5, "saltgate": 1, "ness": 1}), telling=5, rows=10, spellings={"mcfee": Counter(McFee=2)}
)


def use(tag, rows=5, share=1.0, first=0, author="vale"):
    return TagUse(tag, author, share, tuple(range(first, first + rows)), Counter())


def judged(tag, persons=PERSONS, **options):
    return is_character(use(tag, **options), persons, NAMES, RULES)


@pytest.mark.parametrize("tag", ["mirrin", "mirrin-holt", "ness", "tam-reed", "tam-wren", "quiet-one"])
def test_names_that_act_in_the_text_or_have_a_persons_form(tag):
    assert judged(tag)


@pytest.mark.parametrize(
    "tag",
    [
        "harbour-lights",  # nobody acts, no given name
        "mirrin-and-tam",  # two
        "mirrin-holt-of-saltgate",  # too long, and a place
        "osric-vale",  # an author
        "vale-mirrin",  # the author's own name in it
        "saltgate",  # a title that hardly acts
        "salt-brand",  # reading said no
        "mirrin-2",
        "t-h",
        "tam",  # a given name alone proves nothing
    ],
)
def test_what_is_no_character(tag):
    assert not judged(tag)


def test_support_and_concentration_are_needed():
    assert not judged("ness", rows=3)
    assert not judged("ness", share=0.5)
    assert judged("mirrin", share=0.5)
    assert not judged("mirrin", share=0.3)


def test_in_essays_nobody_is_a_character():
    essays = replace(PERSONS, telling=0)
    assert not judged("mirrin", persons=essays)
    assert not judged("tam-reed", persons=essays)


def groups(*uses):
    return sorted([one.tag for one in group] for group in merge_names(uses, RULES))


def test_parts_of_a_name_are_the_same_character():
    assert groups(use("mirrin", 9), use("mirrin-holt"), use("mirrin-anna-holt", 4)) == [
        ["mirrin-anna-holt", "mirrin-holt", "mirrin"]
    ]


def test_a_family_name_of_several_is_nobodys():
    assert groups(use("holt"), use("mirrin-holt"), use("tam-holt")) == [["mirrin-holt"], ["tam-holt"]]


def test_a_given_name_of_several_is_the_much_more_frequent_ones():
    assert groups(use("mirrin"), use("mirrin-holt", 30), use("mirrin-reed", 5)) == [
        ["mirrin-holt", "mirrin"],
        ["mirrin-reed"],
    ]
    assert groups(use("mirrin"), use("mirrin-holt", 6), use("mirrin-reed", 5)) == [["mirrin-holt"], ["mirrin-reed"]]


def test_given_name_beats_family_name():
    assert groups(use("reed"), use("reed-holt"), use("tam-reed")) == [["reed-holt", "reed"], ["tam-reed"]]


def test_another_authors_namesake_stays_another():
    assert len(merge_names([use("mirrin"), use("mirrin-holt", author="holt")], RULES)) == 2


def test_aliases_are_merged_and_called_by_what_they_mean():
    (character,) = find_characters([use("tam-wren", 6), use("tam-reed", 5, first=4)], {"vale": PERSONS}, NAMES, RULES)
    assert (character.tag, character.name, character.rows) == ("tam-reed", "Tam Reed", tuple(range(9)))


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("mirrin-holt", "Mirrin Holt"),
        ("mr-holt", "Mr. Holt"),
        ("scarlett-o-hara", "Scarlett O'Hara"),
        ("francisco-d-anconia", "Francisco D'Anconia"),
        ("w-w-hale", "W. W. Hale"),
        ("moist-von-lipwig", "Moist von Lipwig"),
        ("tam-mcfee", "Tam McFee"),
        ("the-ferryman", "The Ferryman"),
    ],
)
def test_names_are_spelt_as_names(tag, name):
    assert spell_name(tag, PERSONS, RULES) == name
