"""Tags that name an author, a book or one author's brand rather than a theme."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from textthema.labels import LabelRules, slug

_FEWEST_USES = 5


def identity_tags(
    tags: Sequence[Sequence[str]],
    authors: Sequence[str | None],
    books: Sequence[str | None],
    rules: LabelRules,
) -> set[str]:
    """Name the tags that say who wrote a text or where it stands, not what it is about.

    A tag spelt like an author's name or a book's title is identity where enough of its uses stand on that author's
    or book's rows: somebody on every site is called Hope, but few quotes tagged ``hope`` are hers. A tag of any
    spelling is identity where nearly all of its uses are one author's.

    Args:
        tags: Tag slugs, one list a row.
        authors: The rows' authors.
        books: The rows' books.
        rules: Label rules, whose ``name_share``, ``author_share`` and ``common_words`` decide.

    Returns:
        The slugs that are identity.
    """
    uses: Counter[str] = Counter()
    by_author: dict[str, Counter[str]] = defaultdict(Counter)
    by_book: dict[str, Counter[str]] = defaultdict(Counter)
    for row, author, book in zip(tags, authors, books, strict=True):
        for tag in set(row):
            uses[tag] += 1
            by_author[tag][slug(author or "")] += 1
            by_book[tag][slug(book or "")] += 1
    names = {slug(name) for name in authors if name} - {""}
    titles = {slug(title) for title in books if title} - {""}

    def is_identity(tag: str) -> bool:
        if tag in rules.common_words or tag in rules.alias:
            return False
        if tag in names and by_author[tag][tag] >= rules.name_share * uses[tag]:
            return True
        if tag in titles and by_book[tag][tag] >= rules.name_share * uses[tag]:
            return True
        author, most = by_author[tag].most_common(1)[0]
        return bool(author) and uses[tag] >= _FEWEST_USES and most >= rules.author_share * uses[tag]

    return {tag for tag in uses if is_identity(tag)}
