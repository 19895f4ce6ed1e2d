"""What is known of one entity, and the file that lists them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from textthema.labels import slug

KINDS = ("author", "book", "franchise", "character")


@dataclass(frozen=True)
class Entity:
    """An author, book, franchise or character.

    Args:
        id: The kind and a slug, such as ``"character:jace-wayland"``.
        kind: One of ``KINDS``.
        name: As it is shown, such as ``"Jace Wayland"``.
        author: Id of the author, where known.
        franchise: Id of the franchise of a book or character, if it has one.
        book: Id of the book of a character that has no franchise, where known.
        books: Of how many books it is known.
        support: Rows that mention it.
    """

    id: str
    kind: str
    name: str
    author: str | None = None
    franchise: str | None = None
    book: str | None = None
    books: int | None = None
    support: int = 0


def entity_id(kind: str, name: str, taken: Iterable[str] = (), *, beside: str | None = None) -> str:
    """Name an entity for files.

    Args:
        kind: One of ``KINDS``.
        name: As it is shown.
        taken: Ids that are in use.
        beside: Told apart by this, if the plain id is in use: the author of a book, for instance.

    Returns:
        ``kind:slug``; where that is taken, with the slug of ``beside`` and a number as far as needed.
    """
    taken = taken if isinstance(taken, set | frozenset | dict) else set(taken)
    plain = f"{kind}:{slug(name) or 'unnamed'}"
    if plain not in taken:
        return plain
    longer = f"{plain}-{slug(beside)}" if beside else plain
    number, candidate = 2, longer
    while candidate in taken:
        candidate, number = f"{longer}-{number}", number + 1
    return candidate


def to_jsonl(entities: Iterable[Entity]) -> str:
    """Write entities as JSON lines.

    Args:
        entities: Any entities.

    Returns:
        One object a line, with all the members of ``Entity``.
    """
    return "".join(json.dumps(asdict(entity), ensure_ascii=False) + "\n" for entity in entities)
