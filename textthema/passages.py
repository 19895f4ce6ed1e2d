"""The reader's own passages: which of them a text is nearest to, and whose they are.

::

    index.json            format, encoder, and the folder whose vectors count
    passages.sqlite       texts, authors, books, themes and vectors, as they are collected; entities, and who is where
    lock.sqlite           held by the run that writes
    vectors-…/            vectors.npy  int8 (blocks, dim, block), a column a passage; zeros fill the last block
                          scales.npy   float32 (n,), what a vector's integers are multiplied with
                          ids.npy      int64 (n,), the passages' ids in passages.sqlite

`index.json` is replaced last: who reads an index gets the vectors of one run. Texts and entities come from the store as
the last commit left them, all of one answer from the same commit; an id is never given to another text, and a passage
that is gone since the vectors were read is skipped. The search is exact: every vector is compared, block by block, from
the memory-mapped file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from textthema.catalogue import Entity, Hit, refuse_top
from textthema.errors import InputError, PassageIndexError, shown
from textthema.recommender import Related, diverse
from textthema.vectors import products

FORMAT = 1
HEAD = "index.json"
STORE = "passages.sqlite"
LOCK = "lock.sqlite"
ARRAYS = ("vectors", "scales", "ids")
BLOCK = 65_536
KINDS = ("author", "book", "character", "franchise")
_THREADS = 2
_WAIT_SECONDS = 10
_LOOKED_AT = 1_000
# SQLite takes so many values with one statement, at least.
_AT_ONCE = 900
_MOST_SHARED = 3
_MAXIMA = 4_096


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the reader's own.

    Attributes:
        text: The passage.
        author: Its author, where it has one.
        book: Its book, where it has one.
        score: Cosine of the angle between its embedding and the text's; 0 where it is negative.
        shares: Themes that it has in common with the text, the text's strongest first, at most 3.
        entities: Ids of the entities that it belongs to.
    """

    text: str
    author: str | None
    book: str | None
    score: float
    shares: tuple[str, ...]
    entities: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Write the passage as plain values.

        Returns:
            JSON; author and book are left out where there is none.
        """
        found = {
            "text": self.text,
            "author": self.author,
            "book": self.book,
            "score": round(self.score, 6),
            "shares": list(self.shares),
        }
        return {key: value for key, value in found.items() if value is not None}


class PassageIndex:
    """An index of passages that was read.

    Args:
        folder: Where it is.
        vectors: int8, shape (blocks, dim, block).
        scales: float32, shape (n,).
        ids: int64, shape (n,).
    """

    def __init__(self, folder: Path, vectors: np.ndarray, scales: np.ndarray, ids: np.ndarray) -> None:
        self._store = folder / STORE
        self._vectors, self._scales, self._ids = vectors, scales, ids

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def width(self) -> int:
        """Give the numbers of an embedding."""
        return int(self._vectors.shape[1])

    @classmethod
    def read(cls, folder: str | Path, encoder_id: str) -> PassageIndex:
        """Read an index.

        Args:
            folder: What ``textthema index`` wrote.
            encoder_id: Name of the encoder that will read the texts.

        Returns:
            The index; its vectors stay on disk.

        Raises:
            PassageIndexError: It is missing, broken, or was made with another model.
        """
        folder = Path(folder)
        head = read_head(folder)
        if head is None:
            raise PassageIndexError(
                f"there is no index in {shown(str(folder))}: type textthema index CORPUS {folder}", value=str(folder)
            )
        refuse_other_model(folder, head["encoder"], encoder_id)
        vectors, scales, ids = (_read_array(folder / head["vectors"] / f"{name}.npy") for name in ARRAYS)
        forms = [(array.dtype, array.ndim) for array in (vectors, scales, ids)]
        fits = (
            forms == [(np.dtype(np.int8), 3), (np.dtype(np.float32), 1), (np.dtype(np.int64), 1)]
            and vectors.flags.c_contiguous
        )
        if not fits or scales.shape != ids.shape or not _fill(len(ids), vectors.shape):
            raise _broken(folder / head["vectors"], "its arrays do not fit each other")
        return cls(folder, vectors, scales, ids)

    def nearest(self, embedding: np.ndarray, themes: Sequence[str], top: int) -> list[Passage]:
        """Find the passages that a text is nearest to.

        Args:
            embedding: What the encoder made of the text, shape (dim,).
            themes: The text's themes, strongest first.
            top: How many, at most.

        Returns:
            The nearest first.

        Raises:
            InputError: ``top`` is below 1, or the embedding is not as wide as the index's.
            PassageIndexError: The passages can't be read.
        """
        refuse_top(top)
        score_of = self._scored(embedding, top)
        with self._reading() as store:
            return list(_passages(store, score_of, themes).values())

    def related(self, embedding: np.ndarray, themes: Sequence[str], top: int) -> tuple[Related, tuple[Passage, ...]]:
        """Find authors, books, characters and franchises by their passages.

        Args:
            embedding: What the encoder made of the text, shape (dim,).
            themes: The text's themes, strongest first.
            top: How many of each kind, at most.

        Returns:
            The nearest of each kind, an entity being as near as its nearest passage; and the passages: the nearest,
            and the nearest of each of these entities.

        Raises:
            InputError: ``top`` is below 1, or the embedding is not as wide as the index's.
            PassageIndexError: The passages can't be read.
        """
        refuse_top(top)
        score_of = self._scored(embedding, max(top, _LOOKED_AT))
        with self._reading() as store:
            there = {identity for (identity,) in _select(store, "SELECT id FROM passage", "id", list(score_of))}
            score_of = {identity: score for identity, score in score_of.items() if identity in there}
            nearest: dict[str, int] = {}
            for passage, entities in _mentions(store, list(score_of)).items():
                nearest |= {entity: passage for entity in entities if entity not in nearest}
            related = _chosen(_entities(store, nearest), nearest, score_of, top)
            named = {nearest[hit.entity.id] for hits in related for hit in hits}
            kept = {
                identity: score
                for rank, (identity, score) in enumerate(score_of.items())
                if rank < top or identity in named
            }
            passages = _passages(store, kept, themes)
        shared = (
            tuple(replace(hit, shares=passages[nearest[hit.entity.id]].shares) for hit in hits) for hits in related
        )
        return Related(*shared), tuple(passages.values())

    def search(self, embedding: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
        """Compare a text with every vector.

        Args:
            embedding: What the encoder made of the text, shape (dim,).
            top: How many to find, at most.

        Returns:
            Places of the nearest and their cosines, the nearest first; int64 and float32, shape (found,).

        Raises:
            InputError: The embedding is not as wide as the index's.
        """
        if embedding.shape != (self.width,):
            raise InputError(
                f"an embedding of shape {embedding.shape} can't be compared with an index of {self.width} "
                "numbers a passage; use the model that the index was made with",
                value=embedding.shape,
            )
        query = embedding / max(float(np.linalg.norm(embedding)), float(np.finfo(np.float32).tiny))

        def of_block(block: int) -> tuple[np.ndarray, np.ndarray]:
            first = block * BLOCK
            scales = self._scales[first : first + BLOCK]
            scores = products(query, self._vectors[block])[: len(scales)] * scales
            best = _highest(scores, top)
            return first + best, scores[best]

        with ThreadPoolExecutor(_THREADS) as pool:
            found = list(pool.map(of_block, range(len(self._vectors))))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        places, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.argsort(-scores, kind="stable")[:top]
        return places[order], np.maximum(scores[order], 0)

    def _scored(self, embedding: np.ndarray, top: int) -> dict[int, float]:
        places, scores = self.search(embedding, top)
        return dict(zip(self._ids[places].tolist(), scores.tolist(), strict=True))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give the store as one commit left it, whatever is written meanwhile."""
        with closing(connect(self._store, read_only=True)) as store:
            store.execute("BEGIN")
            yield store


def read_head(folder: Path) -> dict[str, Any] | None:
    """Read an index's ``index.json``.

    Args:
        folder: The index.

    Returns:
        What it says, or None if there is none.

    Raises:
        PassageIndexError: It is broken or of another format.
    """
    path = folder / HEAD
    try:
        head: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if head["format"] != FORMAT:
            raise _broken(path, f"it has format {shown(head['format'])}, this version reads format {FORMAT}")
        if not isinstance(head["encoder"], str) or Path(head["vectors"]).name != head["vectors"]:
            raise _broken(path, "it names no encoder or no folder of vectors")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _broken(path, str(error)) from error
    return head


def refuse_other_model(folder: Path, made_with: str, encoder_id: str) -> None:
    """Refuse an index that another model's embeddings fill.

    Args:
        folder: The index.
        made_with: Name of the encoder that the index was made with.
        encoder_id: Name of the encoder that is used now.

    Raises:
        PassageIndexError: They differ.
    """
    if made_with != encoder_id:
        raise PassageIndexError(
            f"the index in {shown(str(folder))} was made with another model (encoder {made_with[:12]}…, this one is "
            f"{encoder_id[:12]}…), so its vectors can't be compared: use that model with --model, or make the index "
            "again in another folder",
            value=made_with,
        )


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open an index's store.

    Args:
        path: The SQLite file.
        read_only: Whether nothing will be written.

    Returns:
        A connection that waits up to ten seconds for another's.

    Raises:
        PassageIndexError: It can't be opened.
    """
    try:
        mode = "ro" if read_only else "rwc"
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=_WAIT_SECONDS)
    except sqlite3.Error as error:
        raise _broken(path, str(error)) from error


def _passages(store: sqlite3.Connection, score_of: dict[int, float], themes: Sequence[str]) -> dict[int, Passage]:
    ids = list(score_of)
    rows = _select(store, "SELECT id, text, author, book, themes FROM passage", "id", ids)
    found = {row[0]: row[1:] for row in rows}
    entities = _mentions(store, ids)
    passages = {}
    for identity, score in score_of.items():
        if identity in found:  # a newer run may have dropped it since the vectors were read
            text, author, book, written = found[identity]
            own = frozenset(json.loads(written))
            shared = tuple(theme for theme in themes if theme in own)[:_MOST_SHARED]
            passages[identity] = Passage(text, author, book, score, shared, tuple(entities.get(identity, ())))
    return passages


def _mentions(store: sqlite3.Connection, ids: list[int]) -> dict[int, list[str]]:
    """Name the entities of each passage, in the order of the passages."""
    found: dict[int, list[str]] = {identity: [] for identity in ids}
    for passage, entity in _select(store, "SELECT passage, entity FROM mention", "passage", ids):
        found[passage].append(entity)
    return found


def _entities(store: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Entity]:
    rows = _select(store, "SELECT id, kind, name, author, franchise, support FROM entity", "id", list(ids))
    return {row[0]: Entity(*row) for row in rows}


def _chosen(
    entities: dict[str, Entity], nearest: dict[str, int], score_of: dict[int, float], top: int
) -> tuple[tuple[Hit, ...], ...]:
    """Choose entities of each kind, those of the nearest passages first; what they share is not known yet."""
    hits = [Hit(entities[name], score_of[passage], ()) for name, passage in nearest.items() if name in entities]
    authors, *others = ([hit for hit in hits if hit.entity.kind == kind] for kind in KINDS)
    return (tuple(authors[:top]), *(diverse(of_kind, top) for of_kind in others))


def _select(store: sqlite3.Connection, query: str, column: str, keys: Sequence[object]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    try:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            rows += store.execute(f"{query} WHERE {column} IN ({','.join('?' * len(some))})", some)
    except sqlite3.Error as error:
        raise PassageIndexError(
            f"the passages can't be read: {error}; type the same textthema index command again", value=str(error)
        ) from error
    return rows


def _highest(scores: np.ndarray, top: int) -> np.ndarray:
    """Give the places of the highest scores, in no order.

    The top-th highest of many maxima, each of other scores, is no higher than the top-th highest score: what is below
    needs no sorting, and that is nearly everything.
    """
    rows = len(scores) // _MAXIMA
    places = np.arange(len(scores))
    if rows and top <= _MAXIMA:
        maxima = scores[: rows * _MAXIMA].reshape(rows, _MAXIMA).max(axis=0)
        places = np.flatnonzero(scores >= np.partition(maxima, -top)[-top])
    return places[np.argpartition(-scores[places], min(top, len(places)) - 1)[:top]]


def _read_array(path: Path) -> np.ndarray:
    try:
        return np.lib.format.open_memmap(path, "r").view(np.ndarray)
    except (OSError, ValueError, EOFError) as error:
        raise _broken(path, str(error)) from error


def _fill(n: int, shape: tuple[int, ...]) -> bool:
    return shape[0] == -(-n // BLOCK) and (shape[2] == BLOCK or shape[0] == 0 or (shape[0] == 1 and shape[2] == n))


def _broken(path: Path, reason: str) -> PassageIndexError:
    return PassageIndexError(
        f"{path.name} of the index in {shown(str(path.parent))} can't be used: {reason}; make the index again in an "
        "empty folder",
        value=str(path),
    )
