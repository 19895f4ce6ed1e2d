import pytest

from tests.scraping.replica import markup
from tests.scraping.replica.content import a_site
from textthema.errors import LayoutChangedError
from textthema.scraping.list_pages import parse_book_list

SITE = a_site()
PATH = "/list/show/1.Lamps"


@pytest.mark.parametrize(("number", "size"), [(1, 100), (2, 30)])
def test_every_book_in_order(number, size):
    page = parse_book_list(markup.list_page(SITE, PATH, number), "a page")
    books = SITE.book_pages()[number - 1]
    assert [(b.title, b.author, b.url) for b in page.records] == [
        (b.listed_title, b.author, f"https://www.goodreads.com{b.path}") for b in books
    ]
    assert len(page.records) == size
    assert (page.number, page.last) == (number, 2)
    assert page.address == f"https://www.goodreads.com{PATH}"


def test_the_number_tells_books_apart():
    page = parse_book_list(markup.list_page(SITE, PATH, 1), "a page")
    assert page.records[0].key == "1"
    assert len({book.key for book in page.records}) == 100


@pytest.mark.parametrize(
    "html",
    [
        "",
        markup.quotes_page(SITE, "/quotes", 1),
        markup.old_book_page(SITE.books[0]),
        markup.present_book_page(SITE.books[1]),
        markup.list_page(SITE, PATH, 1).replace("bookTitle", "renamed"),
        markup.list_page(SITE, "/author/show/1.A", 1),
    ],
    ids=["empty", "quotes", "old book", "book", "renamed", "an author's books"],
)
def test_other_pages_are_an_error(html):
    with pytest.raises(LayoutChangedError):
        parse_book_list(html, "a page")
