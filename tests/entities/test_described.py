import pandas as pd

from tests.entities.quotes import BOOKS
from textthema.entities.books import find_books
from textthema.entities.described import match_books
from textthema.entities.names import name_key
from textthema.entities.rules import read_entity_rules

QUOTED = find_books(["Low Water", "Saltgate"], ["osric vale", "osric vale"], read_entity_rules().books)


def test_descriptions_find_their_book_and_author():
    described = match_books(BOOKS, QUOTED, name_key)
    assert described.of_row == [("osric vale", "low water"), None, None]
    assert described.authors == ["osric vale", "osric vale", None]


def test_a_title_names_the_series_of_a_quoted_book():
    assert match_books(BOOKS, QUOTED, name_key).named == [(("osric vale", "low water"), "The Harbour Books", 1)]


def test_a_book_without_author_is_found_by_its_title():
    table = pd.DataFrame({"title": ["Low Water", None], "author": [None, None], "description": ["A story.", "Lost."]})
    described = match_books(table, QUOTED, name_key)
    assert described.of_row == [("osric vale", "low water"), None]
    assert described.authors == ["osric vale", None]


def test_no_table_describes_nothing():
    assert match_books(None, QUOTED, name_key).of_row == []
