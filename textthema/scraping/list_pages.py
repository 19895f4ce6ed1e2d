"""Pages of a book list: a table with a book a row."""

from __future__ import annotations

from textthema.errors import LayoutChangedError
from textthema.scraping.addresses import absolute
from textthema.scraping.markup import (
    LIST,
    Reading,
    address_of,
    base_of,
    line_of,
    page_numbers,
    refuse_other_kinds,
    soup_of,
)
from textthema.scraping.records import ListedBook


def parse_book_list(html: str, url: str) -> Reading:
    """Read a page of a book list.

    Args:
        html: The page.
        url: Its address, or the file that it was saved to.

    Returns:
        Its books, and how many pages the list has.

    Raises:
        LayoutChangedError: If it holds no table of books, or is a page of another kind.
    """
    soup = soup_of(html)
    address = address_of(soup)
    refuse_other_kinds(soup, address, LIST, url)
    base, books = base_of(address, url), []
    for link in soup.select("tr a.bookTitle[href]"):
        author = link.find_parent("tr").select_one("a.authorName")
        books.append(ListedBook(line_of(link), line_of(author), absolute(base, str(link["href"]))))
    if not books:
        raise LayoutChangedError(f"{url} holds no table of books", value=url)
    number, last = page_numbers(soup)
    return Reading(tuple(books), number, last, address)
