"""The catalogue: authors, books, franchises, characters and tags that a text is compared with.

::

    catalogue/
        catalogue.json           format, encoder whose embeddings it was learnt from, where each kind begins and ends
        entities.jsonl           [id, name, author, franchise, support], one entity a line; lines.npy: where each begins
        themes.npy               the themes most typical of each entity, as places among the model's labels
        projection.npy           embedding → the space of the vectors
        vectors.npy              int8, a column an entity
        words.npy, starts.npy    CRC-32 of each word that tells entities apart, and where its postings begin
        postings.npy, counts.npy the entities that a word speaks for, and how strongly
        weights.npy              what an entity's parts count for: vector, words, each word read, popularity

An entity's score is the logarithm of how likely a text like this is one of its own, up to a constant: a weighted sum of
the product of text and entity in a learnt space, of the words that they share, and of how well known the entity is.
No sentence of any text is kept. All arrays are memory-mapped.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from textthema.bundle import MANIFEST, Bundle, replacing
from textthema.errors import CatalogueError, InputError, shown
from textthema.text import words
from textthema.vectors import products

FORMAT = 1
FOLDER = "catalogue"
KINDS = ("author", "book", "franchise", "character", "tag")
NO_THEME = 255
# A posting names an entity in 16 bits.
_MOST_ENTITIES = 65_536
_DIMENSIONS = dict.fromkeys(("vectors", "themes", "projection", "weights"), 2)
_DIMENSIONS |= dict.fromkeys(("lines", "words", "starts", "postings", "counts"), 1)
_MOST_SHARED = 3
_ENTITIES_KEPT = 4096
# A theme at half of its threshold is still one that text and entity may have in common.
_NEARLY = 0.5


@dataclass(frozen=True, slots=True)
class Entity:
    """An author, a book, a franchise, a character or a tag.

    Attributes:
        id: Unique name, such as ``"author:jane-austen"``.
        kind: One of `KINDS`.
        name: As it is shown.
        author: Name of the author of a book, franchise or character, where there is one.
        franchise: Name of the franchise of a book or character, where there is one.
        support: Quotes that it was learnt from.
    """

    id: str
    kind: str
    name: str
    author: str | None
    franchise: str | None
    support: int


@dataclass(frozen=True, slots=True)
class Hit:
    """An entity that a text is like.

    Attributes:
        entity: The entity.
        score: Its share among all of its kind, between 0 and 1.
        shares: At most 3 themes that text and entity have in common, the text's strongest first.
    """

    entity: Entity
    score: float
    shares: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Arrays:
    """A catalogue's numbers, for n entities.

    Attributes:
        lines: Where each entity's line begins and the last one ends, in bytes; int64, shape (n + 1,).
        themes: Places of an entity's typical themes, strongest first, then `NO_THEME`; uint8, shape (n, most).
        projection: float32, shape (embedding, dim).
        vectors: int8, shape (dim, n).
        words: CRC-32 of each word's UTF-8, ascending; uint32, shape (n_words,).
        starts: Where each word's postings begin and the last one's end; uint32, shape (n_words + 1,).
        postings: Entities, those of a word together; uint16, shape (n_postings,).
        counts: How strongly the word speaks for the entity; uint8, shape (n_postings,).
        weights: Of the vector's product, of a posting's count, of each known word read, and the constant; float32,
            shape (4, n).
    """

    lines: np.ndarray
    themes: np.ndarray
    projection: np.ndarray
    vectors: np.ndarray
    words: np.ndarray
    starts: np.ndarray
    postings: np.ndarray
    counts: np.ndarray
    weights: np.ndarray

    def misfit(self, n_labels: int) -> str | None:
        """Say what is wrong with the arrays.

        Args:
            n_labels: Labels of the model.

        Returns:
            The name of an array whose type, shape or content does not fit the others, or None.
        """
        flat = next((name for name, dimensions in _DIMENSIONS.items() if getattr(self, name).ndim != dimensions), None)
        if flat is not None:
            return flat
        n, n_words, n_postings = self.vectors.shape[-1], len(self.words), len(self.postings)
        forms = {
            "vectors": (np.int8, (self.projection.shape[-1], n)),
            "lines": (np.int64, (n + 1,)),
            "themes": (np.uint8, (n, self.themes.shape[-1])),
            "projection": (np.float32, (len(self.projection), self.projection.shape[-1])),
            "words": (np.uint32, (n_words,)),
            "starts": (np.uint32, (n_words + 1,)),
            "postings": (np.uint16, (n_postings,)),
            "counts": (np.uint8, (n_postings,)),
            "weights": (np.float32, (4, n)),
        }
        for name, form in forms.items():
            array = getattr(self, name)
            if (array.dtype, array.shape) != form or not array.flags.c_contiguous:
                return name
        places = self.themes[self.themes != NO_THEME]
        sound = {
            "starts": np.all(np.diff(self.starts.astype(np.int64)) >= 0) and self.starts[-1] == n_postings,
            "postings": not n_postings or self.postings.max() < n,
            "themes": not len(places) or places.max() < n_labels,
            "weights": np.isfinite(self.weights).all(),
            "projection": np.isfinite(self.projection).all(),
        }
        return next((name for name, is_sound in sound.items() if not is_sound), None)


class Catalogue:
    """Entities that embeddings and words of a text are compared with.

    Args:
        bundle: The model whose embeddings were learnt from.
        arrays: The entities' numbers.
        lines: The entities as `entities.jsonl` has them.
        kinds: Kind → its first entity and the one after its last.
    """

    def __init__(self, bundle: Bundle, arrays: Arrays, lines: bytes, kinds: dict[str, tuple[int, int]]) -> None:
        self.kinds = kinds
        self._labels, self._thresholds = bundle.labels, bundle.thresholds
        self._arrays = arrays
        self._lines = lines
        # Hashtags look at those that the related have read already, and the well known come again and again.
        self._kept = lru_cache(maxsize=_ENTITIES_KEPT)(self._read_entity)

    @classmethod
    def read(cls, bundle: Bundle) -> Catalogue:
        """Read the catalogue of a model directory.

        Args:
            bundle: The model directory.

        Returns:
            The catalogue.

        Raises:
            CatalogueError: There is none, it is broken, it belongs to another model, or the manifest does not list it.
        """
        found = cls.read_folder(bundle.root / FOLDER, bundle)
        for name in ("catalogue.json", "entities.jsonl", *(f"{name}.npy" for name in Arrays.__dataclass_fields__)):
            if f"{FOLDER}/{name}" not in bundle.manifest["files"]:
                raise CatalogueError(
                    f"{MANIFEST} of {bundle.root} does not list {FOLDER}/{name}, so it can't be verified; put a "
                    "catalogue into a model by textthema catalogue with --into",
                    value=name,
                )
        return found

    @classmethod
    def read_folder(cls, folder: Path, bundle: Bundle) -> Catalogue:
        """Read a catalogue that lies outside of its model's directory.

        Args:
            folder: The catalogue's folder.
            bundle: The model that it was made with.

        Returns:
            The catalogue.

        Raises:
            CatalogueError: There is none, it is broken, or it belongs to another model.
        """
        kinds = _read_head(folder, bundle)
        arrays = Arrays(**{name: _read_array(folder, name) for name in Arrays.__dataclass_fields__})
        lines = _read_bytes(folder / "entities.jsonl")
        misfit = arrays.misfit(len(bundle.labels))
        if misfit is None and kinds and max(stop for _, stop in kinds.values()) != arrays.vectors.shape[1]:
            misfit = "vectors"
        if misfit is None and arrays.lines[-1] != len(lines):
            misfit = "lines"
        if misfit:
            raise _broken(folder / f"{misfit}.npy", "it does not fit the other files")
        return cls(bundle, arrays, lines, kinds)

    def look_up(self, embedding: np.ndarray, probabilities: np.ndarray, text: str | None = None) -> LookUp:
        """Compare a text with every entity, once for all kinds.

        Args:
            embedding: What the encoder made of the text, shape (embedding,).
            probabilities: Its themes' probabilities, shape (n_labels,).
            text: The text itself; its words are compared, too.

        Returns:
            The comparison, to be asked for the nearest of each kind.

        Raises:
            InputError: The embedding is not as wide as the encoder's.
        """
        arrays = self._arrays
        if embedding.shape != arrays.projection.shape[:1]:
            raise InputError(
                f"an embedding of shape {embedding.shape} can't be compared with those of {len(arrays.projection)} "
                "numbers that the catalogue was learnt from; use the same model",
                value=embedding.shape,
            )
        length = max(float(np.linalg.norm(embedding)), float(np.finfo(np.float32).tiny))
        query = (embedding / length).astype(np.float32) @ arrays.projection
        of_vector, of_count, of_word, constant = arrays.weights
        scores = products(query, arrays.vectors) * of_vector + constant
        if text is not None:
            spoken, n_words = self._spoken_for(text)
            scores += spoken * of_count + n_words * of_word
        over = probabilities >= _NEARLY * self._thresholds
        strongest = np.argsort(-probabilities, kind="stable")
        return LookUp(self, scores, [int(place) for place in strongest if over[place]])

    def nearest(
        self, embedding: np.ndarray, probabilities: np.ndarray, kind: str, top: int, text: str | None = None
    ) -> list[Hit]:
        """Name the entities of one kind that a text is most like.

        Args:
            embedding: What the encoder made of the text, shape (embedding,).
            probabilities: Its themes' probabilities, shape (n_labels,).
            kind: One of `KINDS`.
            top: How many, at most.
            text: The text itself; its words are compared, too.

        Returns:
            The nearest first.

        Raises:
            InputError: There is no such kind, or the embedding is not as wide as the encoder's.
        """
        return self.look_up(embedding, probabilities, text).nearest(kind, top)

    def entity(self, place: int) -> Entity:
        """Read one entity.

        Args:
            place: Its place in the catalogue.

        Returns:
            The entity.

        Raises:
            CatalogueError: Its line is broken.
        """
        return self._kept(place)

    def _read_entity(self, place: int) -> Entity:
        start, stop = self._arrays.lines[place : place + 2]
        kind = next(kind for kind, (first, last) in self.kinds.items() if first <= place < last)
        try:
            identity, name, author, franchise, support = json.loads(self._lines[start:stop])
        except ValueError as error:
            raise CatalogueError(
                f"entity {place} of the catalogue can't be read: {error}; download the model again", value=place
            ) from error
        return Entity(identity, kind, name, author, franchise, support)

    def hit(self, place: int, score: float, themes: Iterable[int]) -> Hit:
        """Say what an entity and a text have in common.

        Args:
            place: The entity's place in the catalogue.
            score: Between 0 and 1.
            themes: Places of the text's themes, strongest first.

        Returns:
            The hit.
        """
        typical = set(self._arrays.themes[place].tolist()) - {NO_THEME}
        common = [self._labels[theme] for theme in themes if theme in typical]
        return Hit(self.entity(place), score, tuple(common[:_MOST_SHARED]))

    def _spoken_for(self, text: str) -> tuple[np.ndarray, int]:
        """Add up what a text's words say for each entity, and count the words that say anything."""
        arrays = self._arrays
        sought = word_hashes(text)
        places = np.searchsorted(arrays.words, sought)
        inside = places < len(arrays.words)
        known = places[inside][arrays.words[places[inside]] == sought[inside]]
        spans = [slice(*arrays.starts[place : place + 2]) for place in known]
        n = arrays.weights.shape[1]
        if not spans:
            return np.zeros(n, np.float32), 0
        who = np.concatenate([arrays.postings[span] for span in spans])
        how = np.concatenate([arrays.counts[span] for span in spans])
        return np.bincount(who, how, n).astype(np.float32), len(spans)


@dataclass(frozen=True, eq=False)
class LookUp:
    """A text compared with every entity of a catalogue.

    Attributes:
        catalogue: The catalogue.
        scores: Of each entity, comparable within its kind; float32, shape (n,).
        themes: Places of the text's themes among the labels, strongest first.
    """

    catalogue: Catalogue
    scores: np.ndarray
    themes: list[int]

    def nearest(self, kind: str, top: int) -> list[Hit]:
        """Name the entities of one kind that the text is most like.

        Args:
            kind: One of `KINDS`.
            top: How many, at most.

        Returns:
            The nearest first; none if the catalogue has none of the kind.

        Raises:
            InputError: There is no such kind, or ``top`` is below 1.
        """
        return list(self.each(kind, top))

    def each(self, kind: str, top: int) -> Iterator[Hit]:
        """Name them one by one: an entity that nobody asks for is not read.

        Args:
            kind: One of `KINDS`.
            top: How many, at most.

        Yields:
            The nearest first.

        Raises:
            InputError: There is no such kind, or ``top`` is below 1.
        """
        if kind not in KINDS:
            raise InputError(f"there is no kind {shown(kind)}; there are: {', '.join(KINDS)}", value=kind)
        refuse_top(top)
        first, last = self.catalogue.kinds.get(kind, (0, 0))
        if first == last:
            return
        scores = self.scores[first:last]
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        best = np.argpartition(-scores, min(top, len(scores)) - 1)[:top]
        for i in best[np.argsort(-scores[best], kind="stable")].tolist():
            yield self.catalogue.hit(first + i, float(shares[i]), self.themes)


def refuse_top(top: int) -> None:
    """Refuse to look for nothing.

    Args:
        top: How many are asked for.

    Raises:
        InputError: It is below 1.
    """
    if top < 1:
        raise InputError(f"top must be 1 or more, not {shown(top)}", value=top)


def word_hashes(text: str) -> np.ndarray:
    """Number the different words of a text.

    Args:
        text: A text, written plainly.

    Returns:
        CRC-32 of each different word, ascending; uint32, shape (n,).
    """
    return np.array(sorted({zlib.crc32(word.encode()) for word in words(text)}), dtype=np.uint32)


def write_catalogue(
    folder: Path, encoder: str, entities: Iterable[Entity], arrays: Arrays, kinds: dict[str, tuple[int, int]]
) -> None:
    """Write a catalogue's files.

    Args:
        folder: The folder.
        encoder: Name of the encoder whose embeddings the vectors were learnt from.
        entities: Those of a kind together, in the order of the arrays.
        arrays: The entities' numbers; `lines` is made anew.
        kinds: Kind → its first entity and the one after its last.

    Raises:
        InputError: There are more than 65,536 entities.
    """
    rows = [[entity.id, entity.name, entity.author, entity.franchise, entity.support] for entity in entities]
    if len(rows) > _MOST_ENTITIES:
        raise InputError(
            f"a catalogue holds at most {_MOST_ENTITIES:,} entities, not {len(rows):,}: give fewer quotes, or "
            "entities with more support",
            value=len(rows),
        )
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows]
    arrays = replace(arrays, lines=np.cumsum([0, *map(len, lines)], dtype=np.int64))
    for name in Arrays.__dataclass_fields__:
        with replacing(folder / f"{name}.npy") as temporary:
            np.save(temporary, getattr(arrays, name))
    head = {"format": FORMAT, "encoder": encoder, "kinds": kinds}
    for name, content in (
        ("entities.jsonl", b"".join(lines)),
        ("catalogue.json", json.dumps(head, indent=1).encode() + b"\n"),
    ):
        with replacing(folder / name) as temporary:
            temporary.write_bytes(content)


def _read_head(folder: Path, bundle: Bundle) -> dict[str, tuple[int, int]]:
    path = folder / "catalogue.json"
    try:
        head = json.loads(_read_bytes(path))
        found, encoder = head["format"], head["encoder"]
        kinds = {kind: (int(first), int(last)) for kind, (first, last) in head["kinds"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _broken(path, str(error)) from error
    if found != FORMAT:
        raise CatalogueError(
            f"the catalogue in {folder} has format {shown(found)}, this version of TextThema reads format {FORMAT}",
            value=found,
        )
    if encoder != bundle.encoder_id:
        raise CatalogueError(
            f"the catalogue in {folder} was made with another model (encoder {shown(encoder)[:14]}…, this one is "
            f"{bundle.encoder_id[:12]}…): its answers would be chance; make it again with this model",
            value=encoder,
        )
    edges = [0, *(edge for span in kinds.values() for edge in span)]
    if not set(kinds) <= set(KINDS) or edges[0:-1:2] != edges[1::2] or edges != sorted(edges):
        raise _broken(path, "its kinds do not follow each other")
    return kinds


def _read_array(folder: Path, name: str) -> np.ndarray:
    path = folder / f"{name}.npy"
    try:
        # a view, still memory-mapped: slicing NumPy's own class for it is slow
        return np.lib.format.open_memmap(path, "r").view(np.ndarray)
    except (OSError, ValueError, EOFError) as error:
        raise _broken(path, str(error)) from error


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _broken(path, error.strerror or str(error)) from error


def _broken(path: Path, reason: str) -> CatalogueError:
    return CatalogueError(
        f"{path.name} of the catalogue in {path.parent} can't be used: {reason}; download the model again, or make "
        "the catalogue again",
        value=str(path),
    )
