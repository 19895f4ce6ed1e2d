"""Pages of quotes: popular ones, those of a tag, an author, a book or a reader."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from textthema.errors import LayoutChangedError
from textthema.scraping.addresses import plain_address
from textthema.scraping.markup import (
    QUOTES,
    Reading,
    address_of,
    base_of,
    line_of,
    page_numbers,
    refuse_other_kinds,
    soup_of,
    text_of,
)
from textthema.scraping.records import Quote, hashed_id

_BAR = "―"
_MARKS = ("“", "”")
_ATTRIBUTION = ".authorOrTitle, [id^=quote_book_link]"
_BOOK_LINK = re.compile(r"/work/quotes/|/book/show/")
_QUOTE_LINK = re.compile(r"^(?:https?://[^/]+)?/quotes/(\d+)")
_LIKES = re.compile(r"([\d,.]+)\s+likes?\b")
_NAME_AFTER_BAR = re.compile(rf"(.*”)\s*{_BAR}\s*([^\n{_BAR}”]+)", re.DOTALL)
_NO_QUOTES = re.compile(r"\bno quotes\b", re.IGNORECASE)


def parse_quotes(html: str, url: str) -> Reading:
    """Read a page of quotes.

    Args:
        html: The page.
        url: Its address, or the file that it was saved to.

    Returns:
        Its quotes, and how many pages there are.

    Raises:
        LayoutChangedError: If it holds no quote and doesn't say so, or is a page of another kind.
    """
    soup = soup_of(html)
    address = address_of(soup)
    refuse_other_kinds(soup, address, QUOTES, url)
    base = base_of(address, url)
    quotes = tuple(_quote(block, base) for block in soup.find_all(class_="quoteText"))
    if not quotes and not _says_there_are_none(soup):
        raise LayoutChangedError(f"{url} holds no quote where quotes should be", value=url)
    number, last = page_numbers(soup)
    return Reading(quotes, number, last, address)


def _says_there_are_none(soup: BeautifulSoup) -> bool:
    place = soup.find(class_="quotes") or soup.find(class_="leftContainer")
    return bool(_NO_QUOTES.search(line_of(place)))


def _quote(block: Tag, base: str) -> Quote:
    words, author, book = _words_and_attribution(block)
    surroundings = _surroundings(block)
    likes, url, quote_id = _likes_and_address(surroundings, base)
    return Quote(
        quote=words,
        author=author,
        book=book,
        tags=[tag for link in surroundings.select('a[href*="/quotes/tag"]') if (tag := line_of(link))],
        likes=likes,
        url=url,
        quote_id=quote_id or hashed_id(words, author),
    )


def _words_and_attribution(block: Tag) -> tuple[str, str, str]:
    text = text_of(block, before=block.select_one(_ATTRIBUTION))
    author = book = ""
    for name in block.select(".authorOrTitle"):
        is_book = name.find_parent(id=re.compile("^quote_book_link")) or _BOOK_LINK.search(str(name.get("href", "")))
        if is_book or author:
            book = book or line_of(name)
        else:
            author = line_of(name).rstrip(", ")
    named = None if author or book else _NAME_AFTER_BAR.fullmatch(text)
    if named:
        text, author = named[1], named[2].strip()
    return _without_marks(text.removesuffix(_BAR).rstrip()), author, book


def _without_marks(text: str) -> str:
    if len(text) > 1 and (text[0], text[-1]) == _MARKS:
        return text[1:-1].strip()
    return text


def _surroundings(block: Tag) -> Tag:
    """Find what holds a quote's tags and likes: its footer, or else its frame."""
    frame = block.find_parent(class_="quote") or block.find_parent("li")
    footer = frame.select_one(".quoteFooter") if frame else block.find_next_sibling(class_="quoteFooter")
    return footer or frame or block


def _likes_and_address(surroundings: Tag, base: str) -> tuple[int | None, str, str]:
    likes, address, number = None, "", ""
    for link in surroundings.select("a[href]"):
        found = _QUOTE_LINK.search(str(link["href"]))
        if not found or found[1] != (number or found[1]):
            continue
        address, number = plain_address(urljoin(base, str(link["href"]))), found[1]
        count = _LIKES.search(line_of(link))
        likes = int(re.sub(r"\D", "", count[1])) if count else likes
    return likes, address, number
