"""Books: titles brought to keys, and a table of described books matched to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from textthema.entities.franchises import BookKey
from textthema.entities.rules import BookRules
from textthema.entities.titles import Title, head_key, split_title, title_key


@dataclass
class Books:
    """The books that rows come from.

    Args:
        rules: Limits.
        of_row: Each row's book, or None.
        names: Book → spellings of its title, with rows.
        series: Books whose title names a series: the book, the series, rows.
        authors_of: Title key → authors of books of that title, with rows.
    """

    rules: BookRules
    of_row: list[BookKey | None] = field(default_factory=list)
    names: dict[BookKey, Counter] = field(default_factory=dict)
    series: list[tuple[BookKey, str, int]] = field(default_factory=list)
    authors_of: dict[str, Counter] = field(default_factory=dict)

    def name(self, book: BookKey) -> str:
        """Give a book's usual title.

        Args:
            book: A known book.

        Returns:
            The spelling that most rows have.
        """
        spellings = self.names[book]
        return max(spellings, key=lambda name: (spellings[name], -len(name), name))

    def match(self, title: Title, author: str | None) -> BookKey | None:
        """Find the book that a title of another table means.

        Args:
            title: The title.
            author: Key of its author, if known.

        Returns:
            The book that has quotes, or None. Without an author, a title of one word could be anybody's.
        """
        for key in dict.fromkeys((title_key(title.name), head_key(title.name))):
            writers = self.authors_of.get(key)
            if not writers:
                continue
            if author in writers:
                return author, key
            if author is None and len(key.split()) >= self.rules.fewest_words:
                return _only_writer(key, writers, self.rules)
        return None


def find_books(titles: Sequence[str | None], authors: Sequence[str | None], rules: BookRules) -> Books:
    """Bring the rows' titles to books.

    Args:
        titles: The rows' titles as they were scraped.
        authors: Keys of the rows' authors.
        rules: Limits.

    Returns:
        The books. A title with a subtitle is the same book as the author's title without it; a row without an author
        has the author of nearly all other rows of its title.
    """
    books = Books(rules)
    parts = cache(split_title)
    keys = cache(lambda title: title_key(parts(title).name))
    heads = cache(lambda title: head_key(parts(title).name))
    known = {(author, keys(title)) for title, author in zip(titles, authors, strict=True) if title and author}
    writers: dict[str, Counter] = defaultdict(Counter)
    found: list[tuple[str | None, str] | None] = []
    for title, author in zip(titles, authors, strict=True):
        if not title or not keys(title) or keys(title) in rules.nothing:
            found.append(None)
            continue
        key = heads(title) if (author, heads(title)) in known else keys(title)
        found.append((author, key))
        if author:
            writers[key][author] += 1
    books.authors_of = dict(writers)
    series: Counter[tuple[BookKey, str]] = Counter()
    for title, place in zip(titles, found, strict=True):
        if place and not place[0]:
            place = _only_writer(place[1], writers.get(place[1], Counter()), rules)  # noqa: PLW2901
        books.of_row.append(place)
        if place:
            books.names.setdefault(place, Counter())[parts(title).name] += 1
            if parts(title).series:
                series[place, parts(title).series] += 1
    books.series = [(book, name, rows) for (book, name), rows in series.items()]
    return books


def _only_writer(key: str, writers: Counter, rules: BookRules) -> BookKey | None:
    if not writers:
        return None
    author, rows = writers.most_common(1)[0]
    return (author, key) if rows >= rules.author_share * writers.total() else None
