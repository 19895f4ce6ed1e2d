"""Described books: which quoted book, author and series each description belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from textthema.entities.books import Books
from textthema.entities.franchises import BookKey
from textthema.entities.titles import split_title


@dataclass
class Described:
    """A table of described books, matched to the quoted ones.

    Args:
        of_row: Each row's quoted book, or None; None, too, where there is no description.
        authors: Key of each row's author, or None.
        named: Quoted books whose title here names a series: the book, the series, rows.
    """

    of_row: list[BookKey | None] = field(default_factory=list)
    authors: list[str | None] = field(default_factory=list)
    named: list[tuple[BookKey, str, int]] = field(default_factory=list)


def match_books(table: pd.DataFrame | None, books: Books, key_of: Callable[[str], str | None]) -> Described:
    """Match described books to quoted ones.

    Args:
        table: Columns ``title, author, description``, or None for no such table.
        books: The quoted books.
        key_of: Brings an author's name to a key.

    Returns:
        The matches.
    """
    described = Described()
    if table is None:
        return described
    for title, author, description in zip(table["title"], table["author"], table["description"], strict=True):
        parts = split_title(title) if isinstance(title, str) else None
        key = key_of(author) if isinstance(author, str) else None
        book = books.match(parts, key) if parts else None
        if book and parts.series:
            described.named.append((book, parts.series, sum(books.names[book].values())))
        told = isinstance(description, str) and bool(description.strip())
        described.of_row.append(book if told else None)
        described.authors.append((key or (book[0] if book else None)) if told else None)
    return described
