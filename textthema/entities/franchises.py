"""Series that several books share, from titles that name them and from tags that span them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from textthema.entities.rules import FranchiseRules
from textthema.entities.tags import TagUse
from textthema.entities.titles import title_key

# How a book is known before it has an id: key of its author, key of its title.
BookKey = tuple[str, str]
_SMALL = frozenset(["a", "an", "and", "at", "but", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])


@dataclass
class Franchise:
    """What is known of one franchise.

    Args:
        key: Words of its name without article and ending, such as ``"lunar chronicles"``.
        author: Key of its author.
        names: How titles call it, with rows.
        tags: Tags that name it.
    """

    key: str
    author: str
    names: Counter = field(default_factory=Counter)
    tags: set[str] = field(default_factory=set)


@dataclass
class Franchises:
    """The franchises and the books that belong to them.

    Args:
        rules: Limits and what reading has put right.
        found: (author key, franchise key) → franchise.
        of_book: Book → key of its franchise.
    """

    rules: FranchiseRules
    found: dict[tuple[str, str], Franchise] = field(default_factory=dict)
    of_book: dict[BookKey, tuple[str, str]] = field(default_factory=dict)

    def add_series(self, book: BookKey, name: str, rows: int) -> None:
        """Believe a title that names its series.

        Args:
            book: The book.
            name: The series.
            rows: Quotes of the book.
        """
        key = franchise_key(name, self.rules)
        if key and key not in self.rules.drop:
            place = (book[0], key)
            self._at(place).names[name] += max(rows, 1)
            self.of_book.setdefault(book, place)

    def add_tag(self, use: TagUse) -> None:
        """Believe a tag that names a franchise, and put the books that it spans in it.

        Args:
            use: The tag's use; books by their title keys.
        """
        place = (use.author, franchise_key(use.tag, self.rules))
        self._at(place).tags.add(use.tag)
        for title in spanned(use):
            if title not in self.rules.standalone:
                self.of_book.setdefault((use.author, title), place)

    def claim_titles(self, titles: dict[str, set[str]]) -> None:
        """Put books in a franchise that are spelt like it, or that the rules list.

        Args:
            titles: Author key → title keys.
        """
        for author, key in self.found:
            listed = titles[author].intersection(self.rules.books.get(key, ()))
            self.of_book.update({(author, title): (author, key) for title in listed})
            for title in titles[author]:
                if title == key or title.startswith(f"{key} and the "):
                    self.of_book.setdefault((author, title), (author, key))

    def _at(self, place: tuple[str, str]) -> Franchise:
        return self.found.setdefault(place, Franchise(place[1], place[0]))


def franchise_key(name: str, rules: FranchiseRules) -> str:
    """Name a franchise the same, with or without article and ``series``.

    Args:
        name: A series' name or a tag.
        rules: The endings that are cut off, and aliases.

    Returns:
        Its words in lower case.
    """
    words = title_key(name.replace("-s-", "s-").replace("-", " ")).split()
    while len(words) > 1 and words[-1] in rules.endings:
        words.pop()
    key = " ".join(words)
    return rules.alias.get(key, key)


def spanned(use: TagUse) -> list[str]:
    """Name the books that a tag spans, without those it only touches.

    Args:
        use: The tag's use.

    Returns:
        Books with at least two of its rows and a twentieth of them all.
    """
    least = max(2, 0.05 * use.books.total())
    return [title for title, rows in use.books.items() if rows >= least]


def find_franchises(
    series: Iterable[tuple[BookKey, str, int]],
    uses: Iterable[TagUse],
    titles: Iterable[BookKey],
    rules: FranchiseRules,
) -> Franchises:
    """Find the franchises, the surest evidence first: titles, tags that say ``series``, tags spelt like titles.

    Args:
        series: Books whose title names a series: the book, the series, rows.
        uses: Use of each tag that may name a franchise.
        titles: Every known book.
        rules: Limits and what reading has put right.

    Returns:
        The franchises with their books.
    """
    result = Franchises(rules)
    for book, name, rows in series:
        result.add_series(book, name, rows)
    by_author: dict[str, set[str]] = defaultdict(set)
    for author, title in titles:
        by_author[author].add(title)
    able = [use for use in uses if franchise_key(use.tag, rules) not in rules.drop and _is_one_authors(use, rules)]
    able.sort(key=lambda use: (-len(spanned(use)), -len(use.own), use.tag))
    for says_so in (_is_known, _says_series, _begins_titles, _is_first_of_several):
        for use in able:
            if says_so(use, result, by_author[use.author]):
                result.add_tag(use)
    result.claim_titles(by_author)
    return result


def franchise_name(franchise: Franchise, title_names: dict[str, str], rules: FranchiseRules) -> str:
    """Write a franchise's name.

    Args:
        franchise: The franchise.
        title_names: Title key → title, of its author's books.
        rules: Names that reading has put right, and endings.

    Returns:
        As the rules or most titles call it; else the title that it is spelt like; else its usual tag in capitals.
    """
    if franchise.key in rules.names:
        return rules.names[franchise.key]
    if franchise.names:
        usual = max(franchise.names, key=lambda name: (franchise.names[name], name))
        return re.sub(r"\s+Series$", "", usual)
    if franchise.key in title_names:
        return title_names[franchise.key]
    tag = min(franchise.tags, key=lambda tag: (not tag.startswith("the-"), len(tag), tag))
    words = tag.removesuffix("-series").split("-")
    return " ".join(word if place and word in _SMALL else word.capitalize() for place, word in enumerate(words))


def _is_one_authors(use: TagUse, rules: FranchiseRules) -> bool:
    return use.share >= rules.author_share and len(use.own) >= rules.fewest_uses


def _is_known(use: TagUse, result: Franchises, _titles: set[str]) -> bool:
    key = franchise_key(use.tag, result.rules)
    return (use.author, key) in result.found or key in result.rules.names


def _says_series(use: TagUse, result: Franchises, _titles: set[str]) -> bool:
    return use.tag.split("-")[-1] in result.rules.endings and bool(use.books)


def _begins_titles(use: TagUse, result: Franchises, titles: set[str]) -> bool:
    """``harry-potter``: several titles are "Harry Potter and the …"."""
    key = franchise_key(use.tag, result.rules)
    begun = sum(title.startswith(f"{key} and the ") for title in titles)
    return key != use.author and begun >= result.rules.fewest_books


def _is_first_of_several(use: TagUse, result: Franchises, titles: set[str]) -> bool:
    """``divergent``: a title of the author's, but readers use it for other books, too, that are in no series yet."""
    key = franchise_key(use.tag, result.rules)
    if key not in titles or key == use.author:
        return False
    others = [title for title in spanned(use) if key not in title and title not in key]
    free = [title for title in others if (use.author, title) not in result.of_book]
    rows = sum(use.books[title] for title in free)
    return len(free) >= result.rules.fewest_books - 1 and rows >= result.rules.others_share * use.books.total()
