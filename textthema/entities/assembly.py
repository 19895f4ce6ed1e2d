"""From evidence to entities with ids, links and mentions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from textthema.entities.characters import Character
from textthema.entities.extraction import Evidence
from textthema.entities.franchises import BookKey, franchise_name
from textthema.entities.records import Entity, entity_id
from textthema.entities.rules import EntityRules

# A character's franchise has most of the quotes that are in any, and part of all whose place is known.
_MOSTLY, _PARTLY = 0.6, 0.3


@dataclass
class Found:
    """Entities and their mentions.

    Args:
        entities: By kind, most mentioned first.
        mentions: (row, entity id), by row.
        descriptions: (row of the books table, entity id), by row.
    """

    entities: list[Entity] = field(default_factory=list)
    mentions: list[tuple[int, str]] = field(default_factory=list)
    descriptions: list[tuple[int, str]] = field(default_factory=list)


def assemble(evidence: Evidence, rules: EntityRules) -> Found:
    """Choose the entities that have enough support, name and link them.

    Args:
        evidence: What was read and found.
        rules: The least support of each kind.

    Returns:
        The entities with their mentions.
    """
    return _Assembly(evidence, rules).result()


class _Assembly:
    """Ids given so far, by kind and key."""

    def __init__(self, evidence: Evidence, rules: EntityRules) -> None:
        self.evidence, self.rules = evidence, rules
        self.taken: set[str] = set()
        self.ids: dict[str, dict[Hashable, str]] = {"author": {}, "book": {}, "franchise": {}}
        self.found = Found()
        self.franchises_of: dict[int, list[str]] = defaultdict(list)
        self.book_rows: dict[BookKey, list[int]] = defaultdict(list)
        for row, book in enumerate(evidence.books.of_row):
            if book:
                self.book_rows[book].append(row)
        self.author_rows: dict[str, list[int]] = defaultdict(list)
        for row, author in enumerate(evidence.authors):
            if author:
                self.author_rows[author].append(row)

    def result(self) -> Found:
        books, franchises = self._books(), self._franchises()
        characters = sorted(self.evidence.characters, key=lambda one: (-len(one.rows), one.tag))
        needed = {author for author, _ in (*books, *franchises)} | {one.author for one in characters}
        self._add_authors(needed)
        self._add_franchises(franchises)
        self._add_books(books)
        for character in characters:
            self._add_character(character)
        self.found.mentions.sort()
        self._describe()
        return self.found

    def _books(self) -> list[BookKey]:
        """Books of many quotes, and those of few that have a description."""
        told = {book for book in self.evidence.described.of_row if book}
        enough = self.rules.books.fewest_rows
        kept = [book for book, rows in self.book_rows.items() if len(rows) >= enough or book in told]
        return sorted(kept, key=lambda book: (-len(self.book_rows[book]), book))

    def _franchises(self) -> dict[tuple[str, str], list[int]]:
        rows: dict[tuple[str, str], set[int]] = {place: set() for place in self.evidence.franchises.found}
        for book, place in self.evidence.franchises.of_book.items():
            rows[place].update(self.book_rows.get(book, ()))
        for place, franchise in self.evidence.franchises.found.items():
            for tag in franchise.tags:
                rows[place].update(self.evidence.tag_rows[franchise.author, tag])
        enough = self.rules.franchises.fewest_rows
        kept = {place: sorted(numbers) for place, numbers in rows.items() if len(numbers) >= enough}
        return dict(sorted(kept.items(), key=lambda item: (-len(item[1]), item[0])))

    def _add_authors(self, needed: set[str]) -> None:
        enough = self.rules.authors.fewest_rows
        kept = [author for author, rows in self.author_rows.items() if len(rows) >= enough or author in needed]
        for author in sorted(kept, key=lambda key: (-len(self.author_rows[key]), key)):
            entity = self._entity("author", self.evidence.author_names[author], self.author_rows[author])
            self.ids["author"][author] = entity.id

    def _add_franchises(self, franchises: dict[tuple[str, str], list[int]]) -> None:
        books: dict[tuple[str, str], list[BookKey]] = defaultdict(list)
        for book, place in self.evidence.franchises.of_book.items():
            books[place].append(book)
        names = self.evidence.books
        for place, rows in franchises.items():
            titles = {book[1]: names.name(book) for book in books[place] if book in names.names}
            name = franchise_name(self.evidence.franchises.found[place], titles, self.rules.franchises)
            links = {"author": self.ids["author"].get(place[0]), "books": len(books[place])}
            one = self._entity("franchise", name, rows, place[0], **links)
            self.ids["franchise"][place] = one.id
            for row in rows:
                self.franchises_of[row].append(one.id)

    def _add_books(self, books: list[BookKey]) -> None:
        for book in books:
            place = self.evidence.franchises.of_book.get(book)
            links = {"author": self.ids["author"].get(book[0]), "franchise": self.ids["franchise"].get(place)}
            name = self.evidence.books.name(book)
            self.ids["book"][book] = self._entity("book", name, self.book_rows[book], book[0], **links).id

    def _add_character(self, character: Character) -> None:
        of_row = self.evidence.books.of_row
        places = [self._franchises_of(row) for row in character.rows]
        books = Counter(of_row[row] for row in character.rows if of_row[row])
        franchises = Counter(one for place in places for one in place)
        placed = sum(bool(place or of_row[row]) for place, row in zip(places, character.rows, strict=True))
        franchise = _most(franchises, max(_MOSTLY * sum(map(bool, places)), _PARTLY * placed))
        book = None if franchise else _most(books, _MOSTLY * books.total())
        links = {"author": self.ids["author"].get(character.author), "franchise": franchise}
        links["book"] = self.ids["book"].get(book)
        self._entity("character", character.name, character.rows, character.author, books=len(books), **links)

    def _franchises_of(self, row: int) -> list[str]:
        """The book's franchise, which is surer, or those that the row's tags name."""
        place = self.evidence.franchises.of_book.get(self.evidence.books.of_row[row])
        return [self.ids["franchise"][place]] if place in self.ids["franchise"] else self.franchises_of.get(row, [])

    def _entity(self, kind: str, name: str, rows: Iterable[int], beside: str | None = None, **links: object) -> Entity:
        rows = list(rows)
        one = Entity(entity_id(kind, name, self.taken, beside=beside), kind, name, support=len(rows), **links)
        self.taken.add(one.id)
        self.found.entities.append(one)
        self.found.mentions += [(row, one.id) for row in rows]
        return one

    def _describe(self) -> None:
        described = self.evidence.described
        for row, (book, author) in enumerate(zip(described.of_row, described.authors, strict=True)):
            place = self.evidence.franchises.of_book.get(book)
            ids = (
                self.ids["book"].get(book), self.ids["author"].get(author), self.ids["franchise"].get(place)
            )  # fmt: skip
            self.found.descriptions += [(row, one) for one in ids if one]


def _most(counts: Counter, least: float) -> object:
    if not counts:
        return None
    best = min(counts, key=lambda one: (-counts[one], one))
    return best if counts[best] >= least else None
