"""HTML text made into something to look around in, and what all of the site's pages have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag

from textthema.errors import LayoutChangedError
from textthema.scraping.addresses import SITE, absolute, is_address
from textthema.scraping.records import Record

_PAGE = re.compile(r"[?&;]page=(\d+)")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = frozenset(
    ("p", "div", "li", "ul", "ol", "blockquote", "section", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre")
)
_KIND = re.compile(
    r"/(?:author|work|user)/quotes(?:/|$)|/quotes(?:/|$)|/list/show/|/book/show/|"
    r"/(?:author|user|series|shelf|genres|review|search)(?:/|$)"
)
QUOTES, LIST, BOOK = "/quotes", "/list/show/", "/book/show/"
_ITEMS = {
    QUOTES: ("quotes", ".quoteText"),
    LIST: ("a book list", "tr a.bookTitle"),
    BOOK: ("a book", '#bookTitle, .BookPageTitleSection, h1[data-testid="bookTitle"]'),
}


class WrongPageError(LayoutChangedError):
    """A page was recognised, as one of another kind."""


@dataclass(frozen=True)
class Reading:
    """What a page holds.

    Args:
        records: Its items in their order; none if the page says itself that there are none.
        number: Which page of its series it says it is; 1 if it says nothing.
        last: The highest page of its series that it links to, or its own number.
        address: What it calls its own address; empty if it doesn't say.
    """

    records: tuple[Record, ...]
    number: int = 1
    last: int = 1
    address: str = ""


def soup_of(html: str) -> BeautifulSoup:
    """Parse HTML.

    Args:
        html: Text of a page, broken or not.

    Returns:
        The parsed page.
    """
    return BeautifulSoup(html, "html.parser")


def text_of(node: Tag | None, before: Tag | None = None) -> str:
    """Read a node's text as a browser shows it: line breaks are kept, other white space is one space.

    Args:
        node: A node, or None.
        before: Stop where this descendant begins.

    Returns:
        Its text without scripts and comments; empty for None.
    """
    pieces, block = [], node
    for part in node.descendants if node else ():
        if part is before:
            break
        if isinstance(part, Tag):
            pieces.append("\n" if part.name == "br" else "")
        elif type(part) is NavigableString:  # its subclasses are scripts, styles and comments
            text = _SPACES.sub(" ", part)
            own = block if text in {"", " "} else _block_around(part, node)
            pieces += [text] if own is block else ["\n", text]
            block = own
    return "\n".join(line.strip(" ") for line in "".join(pieces).split("\n")).strip()


def line_of(node: Tag | None) -> str:
    """Read a node's text as one line.

    Args:
        node: A node, or None.

    Returns:
        Its text with single spaces; empty for None.
    """
    return " ".join(text_of(node).split())


def address_of(soup: BeautifulSoup) -> str:
    """Find out what a page calls its own address.

    Args:
        soup: A page.

    Returns:
        The address without language, query and fragment; empty if the page doesn't say.
    """
    canonical = soup.find("link", rel="canonical", href=True)
    if canonical:
        return absolute(SITE, str(canonical["href"]))
    social = soup.find("meta", property="og:url", content=True)
    said = absolute(SITE, str(social["content"])) if social else ""
    # The old layout names a book's best edition there, not the one shown.
    return said if _KIND.search(urlsplit(said).path) else ""


def base_of(address: str, url: str) -> str:
    """Choose what a page's links are relative to.

    Args:
        address: What the page calls its own address; may be empty.
        url: Where the page comes from: an address, or a file.

    Returns:
        An address.
    """
    return url if is_address(url) else address or SITE


def refuse_other_kinds(soup: BeautifulSoup, address: str, own: str, url: str) -> None:
    """Refuse a page of another kind, though it may hold a few items of this one.

    Args:
        soup: The page.
        address: What it calls its own address; may be empty.
        own: The kind that it should be: QUOTES, LIST or BOOK.
        url: Where the page comes from, for the message.

    Raises:
        WrongPageError: If its address tells of another kind, or it holds items of others only.
    """
    found = _KIND.search(urlsplit(address).path)
    if found and own not in found[0]:
        raise WrongPageError(f"{url} is a page of another kind: it calls itself {address}", value=address)
    if soup.select_one(_ITEMS[own][1]):
        return
    for noun, selector in _ITEMS.values():
        if soup.select_one(selector):
            raise WrongPageError(f"{url} is a page of {noun}, not of {_ITEMS[own][0]}", value=url)


def page_numbers(soup: BeautifulSoup) -> tuple[int, int]:
    """Read a page's pager.

    Args:
        soup: A page.

    Returns:
        The page's own number and the highest number that the pager knows, both 1 where there is no pager. The pager
        of a list's comments is not taken for the list's.
    """
    numbers, own = [1], 1
    for pager in _pagers(soup):
        current = pager.select_one("em.current, .current")
        own = (current and _page_number(line_of(current))) or own
        numbers += [number for link in pager.select("a[href]") if (number := _page_in(str(link["href"])))]
    return own, max(own, *numbers)


def _block_around(text: NavigableString, node: Tag) -> Tag:
    for parent in text.parents:
        if parent is node or parent.name in _BLOCKS:
            return parent
    return node


def _pagers(soup: BeautifulSoup) -> Iterator[Tag]:
    seen = []
    for control in soup.find_all(class_=["next_page", "previous_page"]):
        pager = control.parent
        if pager and not any(pager is other for other in seen) and not pager.select_one('a[href*="/comments/"]'):
            seen.append(pager)
            yield pager


def _page_in(href: str) -> int | None:
    found = _PAGE.search(href)
    return _page_number(found[1]) if found else None


def _page_number(text: str) -> int | None:
    # No series has as many pages as six digits can say; what claims to is broken.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
