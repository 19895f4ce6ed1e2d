"""A catalogue of a few invented authors, books, franchises, characters and tags."""

from pathlib import Path

import numpy as np

from textthema.catalogue import NO_THEME, Arrays, Entity, word_hashes, write_catalogue
from textthema.vectors import quantize

ENTITIES = (
    Entity("author:osric-vale", "author", "Osric Vale", None, None, 40),
    Entity("author:mira-fenn", "author", "Mira Fenn", None, None, 20),
    Entity("author:tom-hale", "author", "Tom Hale", None, None, 10),
    Entity("book:tidebound", "book", "Tidebound", "Osric Vale", "The Tidebound", 12),
    Entity("book:tidebound-2", "book", "Tidebound Again", "Osric Vale", "The Tidebound", 9),
    Entity("book:tidebound-3", "book", "Tidebound No More", "Osric Vale", "The Tidebound", 8),
    Entity("book:winter-letters", "book", "Winter Letters", "Mira Fenn", None, 7),
    Entity("franchise:the-tidebound", "franchise", "The Tidebound", "Osric Vale", None, 29),
    Entity("character:wenna", "character", "Wenna", "Osric Vale", "The Tidebound", 11),
    Entity("character:the-miller", "character", "The Miller", "Mira Fenn", None, 6),
    Entity("tag:lighthouses", "tag", "lighthouses", None, None, 50),
    Entity("tag:letter-writing", "tag", "letter-writing", None, None, 60),
)
# A word for entities, told by their places: how strongly it speaks for each.
WORDS = {"wenna": {0: 200, 3: 90, 4: 80, 7: 100, 8: 255}, "letters": {1: 60, 6: 120, 11: 130}}


def write_tiny_catalogue(folder: Path, encoder: str, embeddings: np.ndarray, themes: np.ndarray) -> Path:
    """Write the catalogue.

    Args:
        folder: Made for it.
        encoder: Name of the encoder.
        embeddings: Each entity's own, float32, shape (12, embedding).
        themes: Places of each entity's themes, shape (12, any number).
    """
    folder.mkdir(parents=True)
    dim = min(16, embeddings.shape[1])
    projection = np.linalg.qr(np.random.default_rng(0).normal(size=(embeddings.shape[1], dim)))[0].astype(np.float32)
    inside = embeddings @ projection
    vectors, scales = quantize(inside / np.linalg.norm(inside, axis=1, keepdims=True))
    hashes = {int(word_hashes(word)[0]): postings for word, postings in WORDS.items()}
    postings = [hashes[word] for word in sorted(hashes)]
    n = len(ENTITIES)
    arrays = Arrays(
        lines=np.zeros(n + 1, np.int64),
        themes=np.pad(themes, ((0, 0), (0, 1)), constant_values=NO_THEME).astype(np.uint8),
        projection=projection,
        vectors=vectors,
        words=np.array(sorted(hashes), np.uint32),
        starts=np.cumsum([0, *map(len, postings)]).astype(np.uint32),
        postings=np.array([place for found in postings for place in found], np.uint16),
        counts=np.array([count for found in postings for count in found.values()], np.uint8),
        weights=np.stack([10 * scales, np.full(n, 0.05), np.full(n, -0.1), np.zeros(n)]).astype(np.float32),
    )
    write_catalogue(folder, encoder, ENTITIES, arrays, spans())
    return folder


def spans() -> dict[str, tuple[int, int]]:
    """Where each kind begins and ends."""
    kinds = [entity.kind for entity in ENTITIES]
    return {kind: (kinds.index(kind), kinds.index(kind) + kinds.count(kind)) for kind in dict.fromkeys(kinds)}
