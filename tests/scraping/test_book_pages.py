import re

import pytest

from tests.scraping.replica import markup
from tests.scraping.replica.content import a_site
from textthema.errors import LayoutChangedError
from textthema.scraping.book_pages import parse_book

SITE = a_site()
OLD = [book for book in SITE.books[:8] if book.old]
PRESENT = [book for book in SITE.books[:8] if not book.old]


def parsed(html):
    [book] = parse_book(html, "saved.html").records
    return book


def fields(book):
    return (book.title, book.author, book.series, book.description, book.genres, book.rating, book.url)


def expected(book):
    url = f"https://www.goodreads.com{book.path}"
    return (book.title, book.author, book.series, book.description, list(book.genres), book.rating, url)


@pytest.mark.parametrize("book", OLD, ids=lambda book: book.title)
def test_the_old_layout(book):
    assert fields(parsed(markup.old_book_page(book))) == expected(book)


@pytest.mark.parametrize("book", PRESENT, ids=lambda book: book.title)
def test_the_present_layout_with_its_data(book):
    assert fields(parsed(markup.present_book_page(book, embedded=True))) == expected(book)


def test_without_data_the_present_layout_gives_what_it_shows():
    book = SITE.books[1]
    shown = parsed(markup.present_book_page(book))
    assert shown.genres == list(book.genres[:7])
    assert book.description.startswith(shown.description.removesuffix("…"))


@pytest.mark.parametrize("data", ["{", "[]", '{"props": {"pageProps": {"apolloState": {"ROOT_QUERY": {}}}}}', '"x"'])
def test_data_of_another_shape_is_passed_over(data):
    html = re.sub(
        r"(__NEXT_DATA__\"[^>]*>).*?</script>", "\\1X</script>", markup.present_book_page(SITE.books[3], True)
    )
    assert fields(parsed(html.replace("X</script>", f"{data}</script>"))) == expected(SITE.books[3])


def test_still_older_pages_have_the_series_in_the_title():
    html = markup.old_book_page(OLD[0])
    link = re.search(r'<a class="greyText" href="/series.*?</a>', html, re.DOTALL)[0]
    html = html.replace(link, "").replace("The Lamp Ledger\n", f"The Lamp Ledger {link}\n")
    assert fields(parsed(html)) == expected(OLD[0])


def test_nobody_rated_it():
    assert parsed(markup.old_book_page(OLD[0]).replace("4.21", "0.00")).rating == ""


def test_a_page_that_does_not_say_its_address():
    html = re.sub(r"<link[^>]*canonical'>", "", markup.old_book_page(OLD[0]))
    assert parsed(html).url == ""
    assert parsed(html).key == parsed(html.replace("4.21", "4.3")).key != parsed(html.replace("Odile", "Odette")).key
    [live] = parse_book(html, "https://x.org/book/show/1.the-lamp-ledger").records
    assert (live.url, live.key) == ("https://x.org/book/show/1.the-lamp-ledger", "1")


@pytest.mark.parametrize(
    "html",
    [
        "",
        markup.quotes_page(SITE, "/quotes", 1),
        markup.list_page(SITE, "/list/show/1.Lamps", 1),
        markup.old_book_page(OLD[0]).replace("bookTitle", "renamed"),
        '<h1 id="bookTitle"> </h1>',
    ],
    ids=["empty", "quotes", "list", "renamed", "no title"],
)
def test_other_pages_are_an_error(html):
    with pytest.raises(LayoutChangedError):
        parse_book(html, "a page")
