"""What the replica holds, and what a scraper should make of it. Every sentence was written for this project."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

SAMPLE = Path(__file__).parents[3] / "data" / "sample" / "quotes.csv"
PER_PAGE = 30
GOODREADS = "https://www.goodreads.com"


@dataclass(frozen=True)
class SiteQuote:
    """A quote of the site; ``markup`` is how its page writes it where that is not plain escaping."""

    number: int
    text: str
    author: str = ""
    book: str = ""
    tags: tuple[str, ...] = ()
    likes: int | None = 0
    markup: str = ""

    @property
    def path(self) -> str:
        return f"/quotes/{self.number}-{slug(self.text)[:40]}"

    @property
    def inner_html(self) -> str:
        return self.markup or "<br />".join(escape(line, quote=False) for line in self.text.split("\n"))


@dataclass(frozen=True)
class SiteBook:
    """A book of the site, in the old layout or the present one."""

    number: int
    title: str
    author: str
    series: str = ""
    description: str = ""
    genres: tuple[str, ...] = ()
    rating: str = ""
    old: bool = False

    @property
    def path(self) -> str:
        return f"/book/show/{self.number}{'.' if self.old else '-'}{slug(self.title)}"

    @property
    def listed_title(self) -> str:
        return f"{self.title} ({self.series})" if self.series else self.title


@dataclass
class Site:
    """Quotes and books, and which stand on which pages."""

    quotes: list[SiteQuote]
    books: list[SiteBook] = field(default_factory=list)
    per_page: int = PER_PAGE
    books_per_page: int = 100

    @cached_property
    def by_tag(self) -> dict[str, list[SiteQuote]]:
        tagged: dict[str, list[SiteQuote]] = {}
        for quote in self.quotes:
            for tag in dict.fromkeys(quote.tags):
                tagged.setdefault(slug(tag), []).append(quote)
        return tagged

    def series(self, path: str) -> list[SiteQuote] | None:
        if path == "/quotes":
            return self.quotes
        return self.by_tag.get(path.removeprefix("/quotes/tag/")) if path.startswith("/quotes/tag/") else None

    def pages(self, path: str) -> list[list[SiteQuote]]:
        return in_pages(self.series(path) or [], self.per_page)

    def book_pages(self) -> list[list[SiteBook]]:
        return in_pages(self.books, self.books_per_page)

    def quote_rows(self, address: str, paths: Sequence[str]) -> list[dict[str, str]]:
        """The rows that a scraper's CSV should hold after reading these series."""
        rows: dict[int, tuple[SiteQuote, list[str]]] = {}
        for path in paths:
            for number, page in enumerate(self.pages(path), start=1):
                url = f"{address}{path}" + (f"?page={number}" if number > 1 else "")
                for quote in page:
                    seen = rows.setdefault(quote.number, (quote, []))[1]
                    if url not in seen:
                        seen.append(url)
        return [quote_row(quote, seen, address) for quote, seen in rows.values()]


def quote_row(quote: SiteQuote, found_on: list[str], address: str = GOODREADS) -> dict[str, str]:
    return {
        "quote": quote.text,
        "author": quote.author,
        "book": quote.book,
        "tags": json.dumps(quote.tags, ensure_ascii=False),
        "likes": "" if quote.likes is None else str(quote.likes),
        "url": f"{address}{quote.path}",
        "quote_id": str(quote.number),
        "found_on": json.dumps(found_on, ensure_ascii=False),
    }


def book_row(book: SiteBook, address: str = GOODREADS) -> dict[str, str]:
    return {
        "title": book.title,
        "author": book.author,
        "series": book.series,
        "description": book.description,
        "genres": json.dumps(book.genres, ensure_ascii=False),
        "rating": book.rating,
        "url": f"{address}{book.path}",
    }


def in_pages(items: list, size: int) -> list[list]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def sample_quotes() -> list[SiteQuote]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["quote"].strip()]
    return [
        SiteQuote(
            number=int(row["quote_id"]),
            text="\n".join(" ".join(line.split(" ")).strip() for line in _single_spaced(row["quote"]).split("\n")),
            author=row["author"],
            book=row["book"],
            tags=tuple(" ".join(tag.split()) for tag in json.loads(row["tags"])),
            likes=int(row["likes"]) if row["likes"] else None,
        )
        for row in rows
    ]


def _single_spaced(text: str) -> str:
    return re.sub(r"[ \t\r]+", " ", text).strip()


STRANGE_QUOTES = [
    SiteQuote(9001, "Some doors ― most of them ― are only walls with manners.", "Ilka Thorne", "Hinges", ("doors",), 7),
    SiteQuote(9002, "He said ― and stopped ―", "Ilka Thorne", tags=("silence",)),
    SiteQuote(9003, "Nobody signed this, and the wind read it first.", tags=("letters", "wind"), likes=12_345),
    SiteQuote(9004, "Untagged, I go where I like.", "Per Ahlgren"),
    SiteQuote(9005, "قال البحر للقارب: لا تخف.", "ليلى ح.", tags=("sea",), likes=3),
    SiteQuote(9006, "Bring bread 🍞, bring rain 🌧️, bring the 👩‍🌾 as well.", "Mo", tags=("bread",), likes=1),
    SiteQuote(
        9007,
        "All of it leans:\nthe barn, the fence, the light,\n\nand me.",
        "Ada Quill, Jr.",
        "Leaning & Standing",
        ("farms", "light"),
        88,
        markup="<p>All of it <i>leans</i>:<br>the <b>barn</b>, the fence,\n   the <i>light</i>,<br/><br>and <b><i>me</i></b>.</p>",
    ),
    SiteQuote(
        9008,
        "“Stay,” she said. “The kettle is on.”",
        "Ada Quill, Jr.",
        tags=("tea", "home"),
        likes=2,
        markup="&ldquo;Stay,&rdquo; she said. &#8220;The kettle is on.&#8221;",
    ),
    SiteQuote(9009, "Salt & <pepper> = a marriage; 3 < 4.", "R. & Sons", "Tables <for> Two", ("marriage",), 5),
    SiteQuote(
        9010, "Sign in to the sea, log in to the forest: already a member of both?", "Mo", tags=("sea",), likes=4
    ),
]


def invented_quotes(n: int, first: int = 100_000) -> list[SiteQuote]:
    """Any number of quotes that differ, for sizes that the sample doesn't reach."""
    choose = random.Random(n)
    nouns = ["river", "ladder", "lantern", "orchard", "bell", "harbour", "letter", "winter", "kettle", "road"]
    verbs = ["keeps", "forgets", "mends", "follows", "outlives", "answers", "carries", "borrows"]
    return [
        SiteQuote(
            number=first + i,
            text=f"The {choose.choice(nouns)} {choose.choice(verbs)} the {choose.choice(nouns)}, "
            f"and on day {i} the {choose.choice(nouns)} {choose.choice(verbs)} us.\nWe let it.",
            author=f"{choose.choice(['Ines', 'Tor', 'Malva', 'Bram'])} {choose.choice(['Hale', 'Osei', 'Lund'])}",
            book=choose.choice(["", "Almanac of Small Hours", "The Mended Year"]),
            tags=tuple(choose.sample(nouns, choose.randrange(5))),
            likes=choose.randrange(5000),
        )
        for i in range(n)
    ]


def a_site(per_page: int = PER_PAGE, quotes: Iterable[SiteQuote] = ()) -> Site:
    """The whole replica; the quotes given, or else the strange ones, two of them twice, and the sample."""
    twice = STRANGE_QUOTES[:2]
    return Site([*quotes] or [*STRANGE_QUOTES, twice[0], *sample_quotes(), twice[1]], some_books(), per_page)


def some_books(n: int = 130) -> list[SiteBook]:
    long = "A lamp-lighter inherits a town without streets.\n\nShe numbers the dark & charges rent for it, until " + (
        "the night hires a lawyer, and the lawyer hires a witness, and the witness is asleep. " * 6
    )
    genres = ("Fantasy", "Young Adult", "Magic", "Fiction", "Adventure", "Lamps", "Law", "Night", "Town Life")
    books = [
        SiteBook(1, "The Lamp Ledger", "Odile Varga", "Lamps, #1", long.strip(), genres, "4.21", old=True),
        SiteBook(2, "The Lamp Receipt", "Odile Varga", "Lamps #2", long.strip(), genres, "3.90"),
        SiteBook(3, "Unread", "Per Ahlgren", old=True),
        SiteBook(4, "Unrated", "Per Ahlgren"),
        SiteBook(5, "Bread & <Salt>", "Ada Quill, Jr.", "", "Short.", ("Cooking",), "4.00", old=True),
        SiteBook(6, "Salt & <Bread>", "Ada Quill, Jr.", "", "Short, too.", ("Cooking", "Food"), "4.5"),
    ]
    return books + [SiteBook(100 + i, f"Almanac No. {i}", "Bram Osei", old=i % 2 == 0) for i in range(n - len(books))]
