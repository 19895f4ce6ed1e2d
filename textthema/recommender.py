"""Text → authors, books, characters and franchises to read next, and no list full of one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from textthema.catalogue import Catalogue, Hit, LookUp

# How many of a list may belong to one author, or to one franchise.
_MOST_ALIKE = 2
# So many are looked at for each place of a list.
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class Related:
    """What a reader of a text may want to explore, the nearest first.

    Attributes:
        authors: Authors and famous people.
        books: Books, at most 2 of an author and 2 of a franchise.
        characters: Characters, at most 2 of an author and 2 of a franchise.
        franchises: Series and worlds, at most 2 of an author.
    """

    authors: tuple[Hit, ...]
    books: tuple[Hit, ...]
    characters: tuple[Hit, ...]
    franchises: tuple[Hit, ...]


class Recommender:
    """Finds related authors, books, characters and franchises.

    Args:
        catalogue: The entities to choose from.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def related(
        self, embedding: np.ndarray, probabilities: np.ndarray, top: int = 5, text: str | None = None
    ) -> Related:
        """Find what a text is related to.

        Args:
            embedding: What the encoder made of the text, shape (embedding,).
            probabilities: Its themes' probabilities, shape (n_labels,).
            top: How many of each kind, at most.
            text: The text itself; its words are compared, too.

        Returns:
            The nearest of each kind.

        Raises:
            InputError: ``top`` is below 1, or the embedding is not as wide as the encoder's.
        """
        return self.choose(self.catalogue.look_up(embedding, probabilities, text), top)

    def choose(self, found: LookUp, top: int = 5) -> Related:
        """Choose from a comparison that was made already.

        Args:
            found: A text compared with the catalogue.
            top: How many of each kind, at most.

        Returns:
            The nearest of each kind.

        Raises:
            InputError: ``top`` is below 1.
        """
        return Related(
            authors=tuple(found.nearest("author", top)),
            books=diverse(found.each("book", top * _LOOKED_AT), top),
            characters=diverse(found.each("character", top * _LOOKED_AT), top),
            franchises=diverse(found.each("franchise", top * _LOOKED_AT), top),
        )


def diverse(hits: Iterable[Hit], top: int) -> tuple[Hit, ...]:
    """Keep the best hits, but not too many of one author or of one franchise.

    Args:
        hits: The nearest first; no more of them than needed are asked for.
        top: How many to keep, at most.

    Returns:
        At most ``top`` of them, in their order.
    """
    kept: list[Hit] = []
    seen: Counter[tuple[str, str]] = Counter()
    for hit in hits:
        origins = [("author", hit.entity.author), ("franchise", hit.entity.franchise)]
        named = [(kind, name) for kind, name in origins if name]
        if all(seen[origin] < _MOST_ALIKE for origin in named):
            kept.append(hit)
            seen.update(named)
        if len(kept) == top:
            break
    return tuple(kept)
