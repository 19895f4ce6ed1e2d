"""What differs between the three collections; the way to collect them is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textthema.scraping.book_pages import parse_book
from textthema.scraping.export import FOUND_ON
from textthema.scraping.list_pages import parse_book_list
from textthema.scraping.markup import Reading
from textthema.scraping.quote_pages import parse_quotes


@dataclass(frozen=True)
class Kind:
    """One kind of page, and what comes of it.

    Args:
        name: How the journal calls it.
        noun: What its items are called, in the plural.
        columns: Columns of the CSV.
        parse: HTML and address to what the page holds.
        open_parts: Whether pages hide parts behind "more".
    """

    name: str
    noun: str
    columns: tuple[str, ...]
    parse: Callable[[str, str], Reading]
    open_parts: bool = False


QUOTES = Kind(
    name="quotes",
    noun="quotes",
    columns=("quote", "author", "book", "tags", "likes", "url", "quote_id", FOUND_ON),
    parse=parse_quotes,
)
BOOK_LIST = Kind(name="book-list", noun="books", columns=("title", "author", "url"), parse=parse_book_list)
BOOK_DETAILS = Kind(
    name="book-details",
    noun="books",
    columns=("title", "author", "series", "description", "genres", "rating", "url"),
    parse=parse_book,
    open_parts=True,
)
KINDS = {kind.name: kind for kind in (QUOTES, BOOK_LIST, BOOK_DETAILS)}
