"""Characters: tags that are a person's name, stand on one author's stories, and act in their texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from textthema.entities.persons import Persons
from textthema.entities.rules import CharacterRules
from textthema.entities.tags import TagUse


@dataclass(frozen=True)
class Character:
    """One character.

    Args:
        tag: The fullest tag that names it.
        author: Key of the author.
        name: As it is shown.
        rows: Rows that carry one of the tags, the author's only.
        books: Title key → uses of the tags there.
    """

    tag: str
    author: str
    name: str
    rows: tuple[int, ...]
    books: Counter


@dataclass(frozen=True)
class Names:
    """Names that tell characters from other tags.

    Args:
        given: First names of many authors.
        authors: Tags that are an author's name.
        titles: (author key, tag) that are a book's title or a franchise without a person's name.
    """

    given: Collection[str]
    authors: Collection[str]
    titles: Collection[tuple[str, str]]


def find_characters(
    uses: Iterable[TagUse], persons: dict[str, Persons], names: Names, rules: CharacterRules
) -> list[Character]:
    """Find the characters.

    Args:
        uses: The use of every tag.
        persons: Author key → what the author's texts say of names.
        names: Names of authors and books.
        rules: Limits and what reading has put right.

    Returns:
        The characters, each with all its tags and rows.
    """
    able = (use for use in uses if use.author in persons)
    groups = merge_names((use for use in able if is_character(use, persons[use.author], names, rules)), rules)
    found = [_character(group, persons[group[0].author], rules) for group in groups]
    return [character for character in found if len(character.rows) >= rules.fewest_uses]


def is_character(use: TagUse, persons: Persons, names: Names, rules: CharacterRules) -> bool:
    """Judge whether a tag names a character.

    Args:
        use: The tag's use.
        persons: What the texts of its author say of names.
        names: Names of authors and books.
        rules: Limits and what reading has put right.

    Returns:
        Whether the tag has the form of a name, belongs to one author's stories, is no author and no title, and the
        texts treat it as a person, or its first word is a given name and the author tells stories.
    """
    words = use.tag.split("-")
    if use.tag in rules.drop or use.tag in names.authors or not _has_form(words, use.author, rules):
        return False
    if use.tag in rules.names or use.tag in rules.alias:
        return use.share >= rules.share_of_seen
    if len(use.own) < rules.fewest_uses:
        return False
    cues = max(persons.cues[word] for word in words if word not in rules.titles or len(words) == 1)
    is_title = (use.author, use.tag) in names.titles
    if cues >= (rules.cues_of_title if is_title else rules.fewest_cues):
        least = rules.share_of_seen if cues >= rules.many_cues else rules.author_share
        return use.share >= least and persons.telling >= rules.telling_seen * persons.rows
    given = len(words) > 1 and len(words[0]) > 1 and words[0] in names.given and not is_title
    return given and use.share >= rules.author_share and persons.telling >= rules.telling_unseen * persons.rows


def merge_names(uses: Iterable[TagUse], rules: CharacterRules) -> list[list[TagUse]]:
    """Put tags of one author together that name the same character: ``jace`` and ``jace-wayland``.

    Args:
        uses: Tags that name characters.
        rules: Aliases.

    Returns:
        Tags of one character in each list, the fullest first. A family's name alone, which several share, is left out.
    """
    by_author: dict[str, list[TagUse]] = defaultdict(list)
    for use in uses:
        by_author[use.author].append(use)
    merged: list[list[TagUse]] = []
    for own in by_author.values():
        own.sort(key=lambda use: (-_length(use, rules), -len(use.own), use.tag))
        groups: list[list[TagUse]] = []
        for use in own:
            bearers = [group for group in groups if _is_part(use, group, rules)]
            if not bearers:
                groups.append([use])
            elif _is_clear(use, bearers):
                bearers[0].append(use)
        merged += groups
    return merged


def spell_name(tag: str, persons: Persons, rules: CharacterRules) -> str:
    """Write a character's tag as a name.

    Args:
        tag: Such as ``"mr-darcy"`` or ``"scarlett-o-hara"``.
        persons: How the author's texts spell words.
        rules: Names that reading has put right, and titles.

    Returns:
        Such as ``"Mr. Darcy"``, ``"Scarlett O'Hara"``.
    """
    if tag in rules.names:
        return rules.names[tag]
    words = tag.split("-")
    written: list[str] = []
    for place, word in enumerate(words):
        spelling = _spelling(word, place, words, persons, rules)
        if written and written[-1] in {"O'", "D'"}:
            written[-1] += spelling
        else:
            written.append(spelling)
    return " ".join(written)


def _character(group: list[TagUse], persons: Persons, rules: CharacterRules) -> Character:
    tag = rules.alias.get(group[0].tag, group[0].tag)
    rows = {row for use in group for row in use.own}
    books: Counter = Counter()
    for use in group:
        books.update(use.books)
    return Character(tag, group[0].author, spell_name(tag, persons, rules), tuple(sorted(rows)), books)


def _spelling(word: str, place: int, words: list[str], persons: Persons, rules: CharacterRules) -> str:
    if word in rules.titles and place < len(words) - 1:
        return rules.titles[word]
    if word in {"o", "d"} and 0 <= place < len(words) - 1:
        return word.upper() + "'"
    if len(word) == 1:
        return word.upper() + "."
    if place and word in rules.particles and place < len(words) - 1:
        return word
    seen = persons.spellings.get(word)
    usual = max(seen, key=lambda spelling: (seen[spelling], spelling)) if seen else word
    return word.capitalize() if usual.isupper() or usual[0].islower() else usual


def _has_form(words: list[str], author: str, rules: CharacterRules) -> bool:
    return (
        len(words) <= rules.most_words
        and rules.not_in_names.isdisjoint(words)
        and any(len(word) > 1 for word in words)
        and not any(character.isdigit() for word in words for character in word)
        and {word for word in author.split() if len(word) > 2}.isdisjoint(words)
    )


def _length(use: TagUse, rules: CharacterRules) -> int:
    return len([word for word in use.tag.split("-") if word not in rules.titles])


def _is_part(use: TagUse, group: list[TagUse], rules: CharacterRules) -> bool:
    if rules.alias.get(use.tag, use.tag) in {rules.alias.get(other.tag, other.tag) for other in group}:
        return True
    return set(use.tag.split("-")) <= set(group[0].tag.split("-"))


def _is_clear(use: TagUse, bearers: list[list[TagUse]]) -> bool:
    if len(bearers) == 1:
        return True
    bearers.sort(key=lambda group: -len(group[0].own))
    first, second = (len(group[0].own) for group in bearers[:2])
    given = [group for group in bearers if group[0].tag.split("-")[0] == use.tag.split("-")[0]]
    if len(given) == 1:
        bearers[:] = given
        return True
    return first >= 3 * second
