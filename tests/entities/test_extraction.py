from dataclasses import replace

from tests.entities.quotes import BOOKS, collection
from textthema.collection import QUOTES
from textthema.entities.extraction import gather
from textthema.entities.rules import read_entity_rules
from textthema.labels import read_rules

RULES = read_entity_rules()


def gathered(rules=RULES, books=None):
    return gather(collection(), books, QUOTES, read_rules(), rules, progress=False)


def test_rows_get_authors_books_and_characters():
    evidence = gathered()
    assert evidence.authors[0] == "osric vale"
    assert evidence.authors[-13] is None
    assert evidence.books.of_row[0] == ("osric vale", "saltgate")
    (character,) = evidence.characters
    assert (character.name, character.author, character.rows) == ("Mirrin Holt", "osric vale", tuple(range(12)))


def test_a_books_table_adds_series():
    assert ("osric vale", "low water") not in gathered().franchises.of_book
    assert gathered(books=BOOKS).franchises.of_book["osric vale", "low water"] == ("osric vale", "harbour books")


def test_tags_of_an_author_who_floods_the_site_prove_nothing():
    assert gathered(replace(RULES, most_author_rows=5)).characters == []
