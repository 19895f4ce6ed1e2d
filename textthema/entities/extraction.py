"""What a raw table of quotes and a table of books say of authors, books, franchises and characters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from textthema.collection import Collection
from textthema.entities.books import Books, find_books
from textthema.entities.characters import Character, Names, find_characters
from textthema.entities.described import Described, match_books
from textthema.entities.franchises import Franchises, find_franchises
from textthema.entities.names import author_keys, display_names
from textthema.entities.persons import persons_of
from textthema.entities.rules import EntityRules
from textthema.entities.tags import tag_uses, trusted_tags
from textthema.labels import LabelRules


@dataclass
class Evidence:
    """What was read and found, before anything has an id.

    Args:
        authors: Keys of the rows' authors.
        author_names: Author key → name.
        books: The rows' books.
        franchises: Franchises with their books.
        characters: Characters with their rows.
        described: The described books, if there is a table of them.
        tag_rows: (author key, tag) → rows of that author that carry it.
    """

    authors: list[str | None]
    author_names: dict[str, str]
    books: Books
    franchises: Franchises
    characters: list[Character]
    described: Described
    tag_rows: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)


def gather(
    raw: pd.DataFrame,
    books: pd.DataFrame | None,
    collection: Collection,
    labels: LabelRules,
    rules: EntityRules,
    *,
    progress: bool = True,
) -> Evidence:
    """Read names, titles, tags and texts.

    Args:
        raw: Quotes, as ``textthema.raw.read_raw`` gives them.
        books: Described books with the columns ``title, author, description``, or None.
        collection: Which tag lists were pasted.
        labels: Which tags are themes or say nothing.
        rules: The rules for entities.
        progress: Whether to show progress bars.

    Returns:
        What was found.
    """
    keys = author_keys(raw["author"], rules.authors)
    authors = [keys.get(name) for name in raw["author"]]
    found = find_books(raw["book"].tolist(), authors, rules.books)
    described = match_books(books, found, lambda name: author_keys([name], rules.authors).get(name))
    rows_of = Counter(author for author in authors if author)
    tags = trusted_tags(raw["tags"], collection, labels)
    titles = [book[1] if book else None for book in found.of_row]
    uses = [use for use in tag_uses(tags, authors, titles) if rows_of[use.author] <= rules.most_author_rows]
    franchises = find_franchises([*found.series, *described.named], uses, found.names, rules.franchises)
    tellers = frozenset(use.author for use in uses if use.share >= rules.characters.share_of_seen)
    persons = persons_of(raw["text"], authors, tellers, progress=progress)
    names = _known_names(rows_of, found, rules)
    return Evidence(
        authors=authors,
        author_names=display_names(keys, raw["author"]),
        books=found,
        franchises=franchises,
        characters=find_characters(uses, persons, names, rules.characters),
        described=described,
        tag_rows={(use.author, use.tag): use.own for use in uses},
    )


def _known_names(rows_of: Counter, books: Books, rules: EntityRules) -> Names:
    first = Counter(key.split()[0] for key in rows_of if " " in key)
    return Names(
        given=frozenset(name for name, authors in first.items() if authors >= rules.characters.given_authors),
        authors=frozenset(key.replace(" ", "-") for key, rows in rows_of.items() if rows >= rules.authors.fewest_rows),
        titles=frozenset((author, title.replace(" ", "-")) for author, title in books.names),
    )
