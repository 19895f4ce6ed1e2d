"""The reviewed rules for entities: limits, words that are no names, and what reading has put right."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class AuthorRules:
    """Which attributions are authors.

    Args:
        fewest_rows: Quotes from which on an author counts.
        nobody: Author keys that name nobody, such as ``"anonymous"``.
        nobody_words: Words that no author's name has, such as ``"proverb"``.
        alias: Author key → the key that it means.
    """

    fewest_rows: int
    nobody: frozenset[str]
    nobody_words: frozenset[str]
    alias: dict[str, str]


@dataclass(frozen=True)
class BookRules:
    """Which titles are books.

    Args:
        fewest_rows: Quotes from which on a book counts.
        nothing: Title keys that name no book, such as ``"unknown"``.
        fewest_words: A title in a books table without an author has to have so many words to name a quoted book.
        author_share: Share of a title's quotes that has to be one author's, to lend that author to rows without one.
    """

    fewest_rows: int
    nothing: frozenset[str]
    fewest_words: int
    author_share: float


@dataclass(frozen=True)
class FranchiseRules:
    """Which series and tags are franchises.

    Args:
        fewest_rows: Quotes from which on a franchise counts.
        fewest_uses: Uses from which on a tag may name one.
        fewest_books: Books that a tag without any such word has to span.
        author_share: Share of a tag's uses that has to be one author's.
        others_share: Share of a title-like tag's uses that has to be on other books than that one.
        endings: Last words that say that the words before them name a series.
        standalone: Title keys of books that tags put in a series, wrongly.
        books: Franchise key → title keys of books of its author that belong to it, where no title says so.
        drop: Franchise keys that reading found wrong.
        names: Franchise key → how it is called, where the rules miss it or spell it badly.
        alias: Franchise key → the key that it means.
    """

    fewest_rows: int
    fewest_uses: int
    fewest_books: int
    author_share: float
    others_share: float
    endings: frozenset[str]
    standalone: frozenset[str]
    books: dict[str, list[str]]
    drop: frozenset[str]
    names: dict[str, str]
    alias: dict[str, str]


@dataclass(frozen=True)
class CharacterRules:
    """Which tags are characters.

    Args:
        fewest_uses: Uses from which on a tag may name one.
        author_share: Share of a tag's uses that has to be one author's.
        share_of_seen: The same for a name with ``many_cues``, and for a reviewed one.
        fewest_cues: Places where a text treats the name as a person's (``said Jace``) that make it one.
        many_cues: So many of them that other authors may use the name, too.
        cues_of_title: The same for a name that is a book's title, too.
        given_authors: Authors who have to share a first name before it counts as one.
        telling_seen: Share of an author's quotes that has to tell a story, where a text shows the person.
        telling_unseen: The same where only the form of the name speaks for it.
        most_words: Words of a name.
        not_in_names: Words that no character's name has.
        titles: Word before a name → how it is written, such as ``mr`` → ``Mr.``.
        particles: Words inside a name that stay in lower case.
        drop: Tags that reading found to be no characters.
        names: Tag → how the character is called, where the rules miss it or spell it badly.
        alias: Tag → the tag that it means.
    """

    fewest_uses: int
    author_share: float
    share_of_seen: float
    fewest_cues: int
    many_cues: int
    cues_of_title: int
    given_authors: int
    telling_seen: float
    telling_unseen: float
    most_words: int
    not_in_names: frozenset[str]
    titles: dict[str, str]
    particles: frozenset[str]
    drop: frozenset[str]
    names: dict[str, str]
    alias: dict[str, str]


@dataclass(frozen=True)
class EntityRules:
    """All the rules for entities.

    Args:
        most_author_rows: An author with more rows advertises: the tags there prove nothing.
        authors: Which attributions are authors.
        books: Which titles are books.
        franchises: Which series and tags are franchises.
        characters: Which tags are characters.
    """

    most_author_rows: int
    authors: AuthorRules
    books: BookRules
    franchises: FranchiseRules
    characters: CharacterRules


@cache
def read_entity_rules() -> EntityRules:
    """Read the rules for entities from the package.

    Returns:
        The rules.
    """
    source = resources.files("textthema.rules").joinpath("entities.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return EntityRules(
        most_author_rows=data["most_author_rows"],
        authors=AuthorRules(**_values(data["authors"])),
        books=BookRules(**_values(data["books"])),
        franchises=FranchiseRules(**_values(data["franchises"])),
        characters=CharacterRules(**_values(data["characters"])),
    )


def _values(table: dict[str, object]) -> dict[str, object]:
    """Read lists as sets, and ``alias``, which lists variants by what they mean, the other way round."""
    values = {name: frozenset(value) if isinstance(value, list) else value for name, value in table.items()}
    if "alias" in values:
        values["alias"] = {variant: meant for meant, variants in values["alias"].items() for variant in variants}
    return values
