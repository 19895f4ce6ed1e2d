"""What pages hold: quotes, listed books and book details, and how each is called once and for all."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

_BOOK_ID = re.compile(r"/book/show/(\d+)")


@dataclass(frozen=True)
class Quote:
    """A quote as a page shows it.

    Args:
        quote: The words with their line breaks, without the site's quotation marks and attribution.
        author: As attributed; may be empty.
        book: Title; may be empty.
        tags: All tags in the site's order.
        likes: How many readers liked it, or None if the page doesn't say.
        url: Address of the quote's own page; may be empty.
        quote_id: The site's number for it, or a hash of words and author where the page names none.
    """

    quote: str
    author: str
    book: str
    tags: list[str]
    likes: int | None
    url: str
    quote_id: str

    @property
    def key(self) -> str:
        """What makes it the same quote on another page."""
        return self.quote_id


@dataclass(frozen=True)
class ListedBook:
    """A book as a list shows it.

    Args:
        title: With its series in brackets, as the site shows it.
        author: The first author; may be empty.
        url: Address of the book's page.
    """

    title: str
    author: str
    url: str

    @property
    def key(self) -> str:
        """What makes it the same book on another page."""
        return book_key(self.url)


@dataclass(frozen=True)
class BookDetails:
    """A book as its own page shows it.

    Args:
        title: Without its series.
        author: The first author; may be empty.
        series: Such as ``The Salt Road #2``; may be empty.
        description: The whole of it, with its line breaks; may be empty.
        genres: All genres in the site's order.
        rating: Mean rating in stars as the site writes it, such as ``4.30``; empty if nobody rated it.
        url: Address of the page; empty if a saved page doesn't say.
    """

    title: str
    author: str
    series: str
    description: str
    genres: list[str] = field(default_factory=list)
    rating: str = ""
    url: str = ""

    @property
    def key(self) -> str:
        """What makes it the same book on another page."""
        return book_key(self.url) if self.url else hashed_id(self.title, self.author)


Record = Quote | ListedBook | BookDetails


def book_key(url: str) -> str:
    """Tell one book from another by its address, whose words after the number may change.

    Args:
        url: Address of a book's page.

    Returns:
        The site's number for the book, or the whole address if it holds none.
    """
    found = _BOOK_ID.search(url)
    return found[1] if found else url


def hashed_id(*parts: str) -> str:
    """Make an identity for something to which the site gives no number.

    Args:
        parts: Texts that together tell it from all others.

    Returns:
        16 hexadecimal digits.
    """
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
