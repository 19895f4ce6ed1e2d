"""Which tags can be believed, and whose quotes carry them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from textthema.cleaning import pasted_blocks
from textthema.collection import Collection
from textthema.labels import LabelRules, slug


@dataclass(frozen=True)
class TagUse:
    """How one tag is used.

    Args:
        tag: Its slug.
        author: Key of the author who has most of them.
        share: That author's share of all uses.
        own: The author's rows among them.
        books: Book → the author's rows among them, rows without a book left out.
    """

    tag: str
    author: str
    share: float
    own: tuple[int, ...]
    books: Counter


def trusted_tags(tags: Sequence[Sequence[str]], collection: Collection, rules: LabelRules) -> list[list[str]]:
    """Leave out tags that were pasted, and those that mean a theme or nothing.

    Args:
        tags: Tags as readers wrote them, one list a row.
        collection: From which size on a row is over-tagged or a pasted block.
        rules: The tags that mean themes, and the affixes that mean nothing.

    Returns:
        Slugs, one list a row.
    """
    slug_of = cache(slug)

    @cache
    def name(tag: str) -> str | None:
        canonical = rules.canonical(tag)
        return None if canonical is None or canonical in rules.alias or tag in rules.common_words else canonical

    slugs = pd.Series([list(dict.fromkeys(filter(None, map(slug_of, row)))) for row in tags], dtype=object)
    pasted = pasted_blocks(slugs, collection)
    trusted = []
    for row, is_pasted in zip(slugs, pasted, strict=True):
        believed = not is_pasted and len(row) <= collection.most_tags
        trusted.append(list(dict.fromkeys(filter(None, map(name, row)))) if believed else [])
    return trusted


def tag_uses(tags: Sequence[Sequence[str]], authors: Sequence[str | None], books: Sequence[str | None]) -> list[TagUse]:
    """See whose quotes carry each tag.

    Args:
        tags: Trusted tags, one list a row.
        authors: Keys of the rows' authors.
        books: The rows' books, in whatever form.

    Returns:
        Use of each tag on the rows of the author who has most of them; rows without an author count for nobody.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(tags):
        for tag in row:
            rows[tag].append(number)
    uses = []
    for tag, numbers in rows.items():
        by_author = Counter(authors[number] for number in numbers if authors[number])
        if not by_author:
            continue
        author, most = by_author.most_common(1)[0]
        own = tuple(number for number in numbers if authors[number] == author)
        named = Counter(books[number] for number in own if books[number])
        uses.append(TagUse(tag, author, most / by_author.total(), own, named))
    return uses
