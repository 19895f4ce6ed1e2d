"""A book's own page, in the site's old layout and in the present one (Next.js)."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from textthema.errors import LayoutChangedError
from textthema.scraping.addresses import is_address
from textthema.scraping.markup import BOOK, Reading, address_of, line_of, refuse_other_kinds, soup_of, text_of
from textthema.scraping.records import BookDetails

_SECTION = ".BookPageMetadataSection"
_PRESENT_TITLE = '.BookPageTitleSection h1, h1[data-testid="bookTitle"]'


def parse_book(html: str, url: str) -> Reading:
    """Read a book's page.

    Args:
        html: The page.
        url: Its address, or the file that it was saved to.

    Returns:
        The one book.

    Raises:
        LayoutChangedError: If it has no title where either layout has one.
    """
    soup = soup_of(html)
    said = address_of(soup)
    refuse_other_kinds(soup, said, BOOK, url)
    address = said or (url if is_address(url) else "")
    if soup.select_one(_PRESENT_TITLE):
        book = _completed(_present_layout(soup, address), soup)
    elif soup.select_one("#bookTitle"):
        book = _old_layout(soup, address)
    else:
        raise LayoutChangedError(f"{url} is no book's page", value=url)
    if not book.title:
        raise LayoutChangedError(f"{url} has no title", value=url)
    return Reading((book,), address=said)


def _present_layout(soup: BeautifulSoup, address: str) -> BookDetails:
    series = soup.select_one('.BookPageTitleSection h3 a[href*="/series/"]')
    author = soup.select_one(f"{_SECTION}__contributor .ContributorLink__name") or soup.select_one(
        ".ContributorLink__name"
    )
    return BookDetails(
        title=line_of(soup.select_one(_PRESENT_TITLE)),
        author=line_of(author),
        series=line_of(series or soup.select_one(".BookPageTitleSection h3")),
        description=text_of(soup.select_one(f"{_SECTION}__description .Formatted")),
        genres=_each_once(soup.select(f"{_SECTION}__genreButton a")),
        rating=_rating(soup.select_one(".RatingStatistics__rating")),
        url=address,
    )


def _old_layout(soup: BeautifulSoup, address: str) -> BookDetails:
    # A long description stands there twice: cut short, then whole and hidden.
    descriptions = soup.select("#description > span")
    author = soup.select_one("#bookAuthors a.authorName") or soup.select_one("a.authorName")
    # Still older pages have the series within the title.
    series = line_of(soup.select_one('#bookSeries, #bookTitle a[href*="/series/"]'))
    return BookDetails(
        title=line_of(soup.select_one("#bookTitle")).removesuffix(series).strip(),
        author=line_of(author),
        series=series.removeprefix("(").removesuffix(")"),
        description=text_of(descriptions[-1] if descriptions else soup.select_one("#description")),
        # The number of readers who shelved it so has the genre's class, too, and is grey.
        genres=_each_once(soup.select("a.bookPageGenreLink:not(.greyText)")),
        rating=_rating(soup.select_one('[itemprop="ratingValue"]')),
        url=address,
    )


def _each_once(links: list[Tag]) -> list[str]:
    return [name for name in dict.fromkeys(map(line_of, links)) if name]


def _rating(node: Tag | None) -> str:
    found = re.search(r"\d+(?:\.\d+)?", line_of(node))
    return found[0] if found and float(found[0]) else ""


def _completed(book: BookDetails, soup: BeautifulSoup) -> BookDetails:
    """Take from the page's embedded data what its markup shows only after a click."""
    description, genres = _embedded(soup)
    return replace(
        book,
        description=max(book.description, description, key=len),
        genres=max(book.genres, genres, key=len),
    )


def _embedded(soup: BeautifulSoup) -> tuple[str, list[str]]:
    script = soup.select_one("script#__NEXT_DATA__")
    try:
        state = json.loads(script.string)["props"]["pageProps"]["apolloState"] if script else {}
        query = state["ROOT_QUERY"]
        # The state holds other books as well; the query names the page's own.
        book = state[next(query[key]["__ref"] for key in query if key.startswith("getBookByLegacyId"))]
        genres = dict.fromkeys(entry["genre"]["name"] for entry in book.get("bookGenres") or [])
        return text_of(soup_of(book.get("description") or "")), list(genres)
    except (AttributeError, KeyError, TypeError, StopIteration, json.JSONDecodeError):
        # The markup is the page; this data only completes it.
        return "", []
