from textthema.entities.books import find_books
from textthema.entities.rules import read_entity_rules
from textthema.entities.titles import split_title

RULES = read_entity_rules().books


def found(*rows):
    authors, titles = zip(*rows, strict=True)
    return find_books(titles, authors, RULES)


def test_editions_of_a_title_are_one_book_and_the_usual_title_is_shown():
    books = found(
        ("vale", "Saltgate"), ("vale", "Saltgate"), ("vale", "Saltgate: A Novel"), ("vale", "saltgate (Harbour, #1)")
    )
    assert set(books.of_row) == {("vale", "saltgate")}
    assert books.name(("vale", "saltgate")) == "Saltgate"
    assert books.series == [(("vale", "saltgate"), "Harbour", 1)]


def test_a_head_that_is_no_title_of_the_author_stays_with_its_subtitle():
    books = found(("vale", "Leadership: A Manual"), ("holt", "Leadership"))
    assert books.of_row[0] == ("vale", "leadership a manual")


def test_two_authors_books_of_one_title_are_two():
    assert len(set(found(("vale", "Twilight"), ("holt", "Twilight")).of_row)) == 2


def test_a_row_without_author_has_the_author_of_its_title_if_there_is_one():
    assert found(("vale", "Low Water"), (None, "Low Water")).of_row[1] == ("vale", "low water")
    assert found(("vale", "Low Water"), ("holt", "Low Water"), (None, "Low Water")).of_row[2] is None
    assert found((None, "Low Water")).of_row == [None]


def test_no_title_is_no_book():
    assert found(("vale", None), ("vale", "Unknown"), ("vale", "…")).of_row == [None, None, None]


def test_a_title_of_another_table_is_matched_by_author_or_by_more_than_one_word():
    books = found(("vale", "Low Water"), ("vale", "Saltgate"))
    assert books.match(split_title("Low Water (Harbour, #2)"), "vale") == ("vale", "low water")
    assert books.match(split_title("Low Water: A Novel"), None) == ("vale", "low water")
    assert books.match(split_title("Saltgate"), None) is None
    assert books.match(split_title("Low Water"), "holt") is None
    assert books.match(split_title("Elsewhere"), "vale") is None
