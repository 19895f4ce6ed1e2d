from collections import Counter
from dataclasses import replace

import pytest

from textthema.entities.franchises import Franchise, find_franchises, franchise_key, franchise_name
from textthema.entities.rules import read_entity_rules
from textthema.entities.tags import TagUse

RULES = replace(
    read_entity_rules().franchises,
    drop=frozenset({"brand"}),
    names={"tide": "The Tide Books"},
    alias={"harbour": "harbour books"},
    standalone=frozenset({"gift"}),
    books={"harbour books": ["far shore"]},
)


def use(tag, books, author="vale", share=1.0):
    rows = sum(books.values())
    return TagUse(tag, author, share, tuple(range(rows)), Counter(books))


def found(*uses, series=(), titles=()):
    return find_franchises(series, uses, [("vale", title) for title in titles], RULES)


@pytest.mark.parametrize("name", ["The Harbour Books", "harbour-books-series", "the-harbour-books", "Harbour"])
def test_spellings_of_one_franchise_have_one_key(name):
    assert franchise_key(name, RULES) == "harbour books"


def test_a_possessive_in_a_tag_is_one_in_a_title():
    assert franchise_key("miller-s-gate", RULES) == franchise_key("Miller's Gate", RULES)


def test_a_title_that_names_its_series_makes_a_franchise():
    result = found(series=[(("vale", "saltgate"), "The Harbour Books", 4)])
    assert result.of_book == {("vale", "saltgate"): ("vale", "harbour books")}


def test_a_tag_that_names_a_known_series_adds_the_books_that_it_spans():
    tag = use("harbour-books", {"saltgate": 3, "low water": 3, "touched once": 1, "gift": 2})
    result = found(tag, series=[(("vale", "saltgate"), "The Harbour Books", 4)])
    assert {title for _, title in result.of_book} == {"saltgate", "low water"}
    assert result.found["vale", "harbour books"].tags == {"harbour-books"}


def test_a_tag_that_says_series_is_one():
    assert ("vale", "salt") in found(use("salt-trilogy", {"saltgate": 5})).found
    assert not found(use("salt", {"saltgate": 5})).found


def test_a_tag_that_begins_several_titles_is_one():
    tag = use("tam-reed", {"tam reed and the bell": 3, "tam reed and the well": 3})
    titles = ["tam reed and the bell", "tam reed and the well", "tam reed and the oar"]
    assert set(found(tag, titles=titles).of_book) == {("vale", title) for title in titles}


def test_a_title_that_readers_use_for_other_books_is_one():
    tag = use("saltgate", {"saltgate": 4, "low water": 4})
    assert ("vale", "saltgate") in found(tag, titles=["saltgate", "low water"]).found
    own = use("saltgate", {"saltgate": 4, "saltgate a novel": 4})
    assert not found(own, titles=["saltgate", "saltgate a novel"]).found
    series = [(("vale", "low water"), "The Harbour Books", 4)]
    assert ("vale", "saltgate") not in found(tag, series=series, titles=["saltgate", "low water"]).found


def test_several_authors_tag_is_none():
    assert not found(use("salt-trilogy", {"saltgate": 5}, share=0.5)).found


def test_the_authors_name_is_none():
    assert not found(
        use("vale", {"vale and the bell": 3, "vale and the well": 3}), titles=["vale and the bell", "vale and the well"]
    ).found


def test_reading_has_the_last_word():
    result = found(use("tide", {"ebb": 5}), use("brand-series", {"rise": 5}), titles=["far shore"],
                   series=[(("vale", "saltgate"), "Harbour", 1), (("vale", "rise"), "Brand", 9)])  # fmt: skip
    assert set(result.found) == {("vale", "tide"), ("vale", "harbour books")}
    assert result.of_book["vale", "far shore"] == ("vale", "harbour books")


def test_names_come_from_rules_titles_or_tags():
    assert franchise_name(Franchise("tide", "vale"), {}, RULES) == "The Tide Books"
    named = Franchise("salt", "vale", names=Counter({"Salt Series": 2, "The Salt Saga": 1}))
    assert franchise_name(named, {}, RULES) == "Salt"
    tagged = Franchise("bell of salt", "vale", tags={"bell-of-salt-series", "the-bell-of-salt"})
    assert franchise_name(tagged, {}, RULES) == "The Bell of Salt"
    assert franchise_name(tagged, {"bell of salt": "The bell of SALT"}, RULES) == "The bell of SALT"
