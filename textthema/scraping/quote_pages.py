"""Pages of quotes: popular ones, those of a tag, an author, a book or a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from textthema.errors import LayoutChangedError
from textthema.scraping.addresses import absolute
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
_BOOK_LINK = re.compile(r"/work/quotes/|/book/show/")
_QUOTE_LINK = re.compile(r"^(?:https?://[^/]+)?/quotes/(\d+)")
_LIKES = re.compile(r"(\d[\d,.]{0,14})\s+likes?\b")
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
    found = (_quote(block, base) for block in soup.find_all(class_="quoteText"))
    quotes = tuple(quote for quote in found if quote.quote)
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
    parts = list(_own_parts(block))
    names = [part for part in parts if "authorOrTitle" in part.get_attribute_list("class")]
    # What ends the words: the attribution, or in broken markup the next quote.
    end = next((part for part in parts if part in names or _is_book_frame(part) or _begins_another(part)), None)
    text = text_of(block, before=end)
    author = book = ""
    for name in names:
        is_book = _is_book_frame(name.parent) or _BOOK_LINK.search(str(name.get("href", "")))
        if is_book or author:
            book = book or line_of(name)
        else:
            author = line_of(name).rstrip(", ")
    named = None if author or book else _NAME_AFTER_BAR.fullmatch(text)
    if named:
        text, author = named[1], named[2].strip()
    return _without_marks(text.removesuffix(_BAR).rstrip()), author, book


def _own_parts(block: Tag) -> Iterator[Tag]:
    """Go through a quote's elements, up to the one with which broken markup lets another part begin inside it."""
    for part in block.descendants:
        if isinstance(part, Tag):
            yield part
            if _begins_another(part):
                return


def _begins_another(part: Tag) -> bool:
    return not {"quoteText", "quoteFooter"}.isdisjoint(part.get_attribute_list("class"))


def _is_book_frame(part: Tag | None) -> bool:
    return part is not None and str(part.get("id", "")).startswith("quote_book_link")


def _without_marks(text: str) -> str:
    if len(text) > 1 and (text[0], text[-1]) == _MARKS:
        return text[1:-1].strip()
    return text


def _surroundings(block: Tag) -> Tag:
    """Find what holds a quote's tags and likes: the footer before the next quote, or else its frame."""
    following = block.find_next(class_=["quoteText", "quoteFooter"])
    if following and "quoteFooter" in following.get_attribute_list("class"):
        return following
    frame = block.find_parent(class_="quote")
    return frame if frame and len(frame.find_all(class_="quoteText", limit=2)) == 1 else block


def _likes_and_address(surroundings: Tag, base: str) -> tuple[int | None, str, str]:
    likes, address, number = None, "", ""
    for link in surroundings.select("a[href]"):
        found = _QUOTE_LINK.search(str(link["href"]))
        if not found or found[1] != (number or found[1]):
            continue
        address, number = absolute(base, str(link["href"])), found[1]
        count = _LIKES.search(line_of(link))
        likes = int(re.sub(r"\D", "", count[1])) if count else likes
    return likes, address, number
