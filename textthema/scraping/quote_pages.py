"""Pages of quotes: popular ones, those of a tag, an author, a book or a reader."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from textthema.errors import LayoutChangedError
from textthema.scraping.markup import (
    SITE,
    Reading,
    address_of,
    line_of,
    page_numbers,
    plain_address,
    require_kind,
    soup_of,
    text_of,
)
from textthema.scraping.records import Quote, hashed_id

_BAR = "―"
_MARKS = ("“", "”")
_ATTRIBUTION = ".authorOrTitle, [id^=quote_book_link]"
_BOOK_LINK = re.compile(r"/work/quotes/|/book/show/")
_QUOTE_LINK = re.compile(r"/quotes/(\d+)")
_LIKES = re.compile(r"([\d,.]+)\s+likes?\b")
_NAME_AFTER_BAR = re.compile(rf"(.*”)\s*{_BAR}\s*([^\n{_BAR}]+)", re.DOTALL)
_NO_QUOTES = re.compile(r"\bno quotes\b|\b0 quotes\b|\bshowing 0\b", re.IGNORECASE)


def parse_quotes(html: str, url: str) -> Reading:
    """Read a page of quotes.

    Args:
        html: The page.
        url: Its address, for messages.

    Returns:
        Its quotes, and how many pages there are.

    Raises:
        LayoutChangedError: If it holds no quote and doesn't say so, or is a page of another kind.
    """
    soup = soup_of(html)
    address = address_of(soup)
    require_kind(address, "/quotes", url)
    if soup.find(id="bookTitle") or soup.find(class_=["BookPageTitleSection", "bookTitle"]):
        raise LayoutChangedError(f"{url} is a page about books, not one of quotes", value=url)
    quotes = tuple(_quote(block) for block in soup.find_all(class_="quoteText"))
    if not quotes and not _says_there_are_none(soup):
        raise LayoutChangedError(f"{url} holds no quote where quotes should be", value=url)
    number, last = page_numbers(soup)
    return Reading(quotes, number, last, address)


def _says_there_are_none(soup: BeautifulSoup) -> bool:
    return bool(soup.select_one(".quotes, .leftContainer, .mainContent") and _NO_QUOTES.search(line_of(soup.body)))


def _quote(block: Tag) -> Quote:
    words, author, book = _words_and_attribution(block)
    footer = _footer(block)
    likes = _LIKES.search(line_of(footer))
    url, quote_id = _address_and_number(footer)
    return Quote(
        quote=words,
        author=author,
        book=book,
        tags=[tag for link in footer.select('a[href*="/quotes/tag"]') if (tag := line_of(link))] if footer else [],
        likes=int(re.sub(r"\D", "", likes[1])) if likes else None,
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


def _footer(block: Tag) -> Tag | None:
    whole = block.find_parent(class_="quote") or block.find_parent("li")
    inside = whole.select_one(".quoteFooter") if whole else None
    return inside or block.find_next_sibling(class_="quoteFooter")


def _address_and_number(footer: Tag | None) -> tuple[str, str]:
    for link in footer.select("a[href]") if footer else ():
        found = _QUOTE_LINK.search(str(link["href"]))
        if found:
            return plain_address(urljoin(SITE, str(link["href"]))), found[1]
    return "", ""
