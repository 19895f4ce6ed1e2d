"""The site's addresses: told from names, stripped of what doesn't matter, counted up to the next page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

SITE = "https://www.goodreads.com"
# Pages may name their language: /en/book/show/1.
_LOCALE = re.compile(r"^/[a-z]{2}(?:-[A-Za-z]{2,4})?(?=/(?:book|list|quotes|work|author)/)")


def is_address(text: str) -> bool:
    """Tell an address from a name.

    Args:
        text: What a user typed, or where a page comes from.

    Returns:
        Whether it is an absolute web address.
    """
    try:
        return urlsplit(text).scheme in {"http", "https"} and bool(urlsplit(text).hostname)
    except ValueError:
        return False


def absolute(base: str, href: str) -> str:
    """Complete a link.

    Args:
        base: Address of the page that it stands on.
        href: The link as the page has it.

    Returns:
        Its plain address; empty if it is broken.
    """
    try:
        return plain_address(urljoin(base, href))
    except ValueError:
        return ""


def plain_address(url: str) -> str:
    """Strip an address of what doesn't tell one page from another.

    Args:
        url: An absolute address.

    Returns:
        It without language, query and fragment.
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, _LOCALE.sub("", parts.path), "", ""))


def first_page(address: str) -> str:
    """Name the first page of the series that an address belongs to.

    Args:
        address: Any page of it.

    Returns:
        The address without a page's number.
    """
    parts = urlsplit(address)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name != "page"])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def page_url(series: str, number: int) -> str:
    """Name a page's address.

    Args:
        series: Address of the first page.
        number: Which page, from 1.

    Returns:
        The address.
    """
    return series if number == 1 else f"{series}{'&' if '?' in series else '?'}page={number}"
