import pytest

from textthema.entities.names import author_keys, display_names, folded, name_key, tidy_name
from textthema.entities.rules import AuthorRules

RULES = AuthorRules(2, frozenset({"anonymous"}), frozenset({"proverb"}), {"o vale": "osric vale"})


@pytest.mark.parametrize(
    "name", ["J.K. Rowling", "J. K. Rowling,", "J K Rowling", "― j.k. rowling", "J.K. Rowling (Author)"]
)
def test_spellings_of_one_name_have_one_key(name):
    assert name_key(name) == "jk rowling"


def test_accents_are_no_difference():
    assert name_key("Charlotte Brontë") == name_key("Charlotte Bronte")
    assert folded("Ünïcode") == "unicode"


def test_a_degree_is_no_name():
    assert tidy_name("Osric Vale, Ph.D.") == "Osric Vale"


def test_what_is_only_punctuation_stays_what_it_is():
    assert name_key("***") == ""
    assert author_keys(["***"], RULES) == {}


def test_what_follows_a_comma_is_left_out_where_the_plain_name_is_used_more():
    keys = author_keys(["Osric Vale", "Osric Vale", "Osric Vale, Low Water", "Vale, Osric"], RULES)
    assert keys["Osric Vale, Low Water"] == "osric vale"
    assert keys["Vale, Osric"] == "vale osric"


def test_a_title_of_honour_is_left_out_where_the_plain_name_is_used_more():
    keys = author_keys(["Osric Vale", "Osric Vale", "Dr. Osric Vale", "Dr. Seuss"], RULES)
    assert keys["Dr. Osric Vale"] == "osric vale"
    assert keys["Dr. Seuss"] == "dr seuss"


def test_father_and_son_stay_two():
    keys = author_keys(["Ben Holt Sr.", "Ben Holt, Jr.", "Ben Holt, Jr."], RULES)
    assert len(set(keys.values())) == 2


def test_reviewed_aliases_are_merged():
    assert author_keys(["O. Vale"], RULES) == {"O. Vale": "osric vale"}


@pytest.mark.parametrize("name", ["Anonymous", "Harbour Proverb", "Ezekiel 25:17", None, ""])
def test_nobody_is_no_author(name):
    assert author_keys([name], RULES) == {}


def test_the_usual_spelling_is_shown():
    names = ["J. K. Rowling", "J.K. Rowling", "J.K. Rowling"]
    assert display_names(author_keys(names, RULES), names) == {"jk rowling": "J.K. Rowling"}
