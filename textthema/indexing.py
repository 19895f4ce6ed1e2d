"""A corpus of the reader's own → an index of passages; what is embedded already is never embedded again.

Each few passages are committed to the store as soon as they are embedded, so that a run that was killed goes on where
it was. The vectors' file is written, whole, from the store at the end. One run at a time has the folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from textthema.bundle import replacing
from textthema.catalogue import Entity
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError, PassageIndexError, shown
from textthema.labels import slug
from textthema.passages import BLOCK, FORMAT, HEAD, LOCK, STORE, connect, read_head, refuse_other_model
from textthema.vectors import quantize

# A kill costs at most so many texts.
_AT_ONCE = 64
_SCHEMA = """
CREATE TABLE IF NOT EXISTS head (encoder TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passage (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL, author TEXT, book TEXT,
  themes TEXT NOT NULL, vector BLOB NOT NULL, scale REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS entity (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, author TEXT, franchise TEXT, support INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS mention (
  passage INTEGER NOT NULL, entity TEXT NOT NULL, PRIMARY KEY (passage, entity)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A passage as the corpus has it.

    Attributes:
        text: The passage, as the model reads it.
        author: Its author, where the corpus names one.
        book: Its book, where the corpus names one.
        entities: Ids of the entities that it belongs to, where somebody has found them.
    """

    text: str
    author: str | None = None
    book: str | None = None
    entities: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name the text, 32 hexadecimal digits."""
        return hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run did.

    Attributes:
        passages: How many the index has now.
        embedded: How many of them are new.
        dropped: How many it had that the corpus lacks.
        truncated: How many of the new ones are longer than the model reads.
        entities: Kind → how many there are.
    """

    passages: int
    embedded: int
    dropped: int
    truncated: int
    entities: dict[str, int]


def build_index(
    corpus: Sequence[SourceText],
    classifier: ThemeClassifier,
    encoder_id: str,
    folder: Path,
    *,
    known: Mapping[str, Entity] | None = None,
    progress: bool = False,
) -> Counts:
    """Make an index, or bring one up to date.

    Args:
        corpus: Its passages; of the same text twice the first counts.
        classifier: Embeds the passages and finds their themes.
        encoder_id: Name of its encoder.
        folder: Where the index is or will be.
        known: The entities that the passages name, by id; without them, authors and books are read off the corpus.
        progress: Whether to draw a progress bar on stderr, if that is a terminal.

    Returns:
        What was done.

    Raises:
        PassageIndexError: The folder holds an index of another model, a broken one, or one that another run is
            writing; or it can't be written to its end.
        InputError: The folder holds something else, or can't be written.
    """
    _make_folder(folder)
    unique = {source.key: source for source in reversed(corpus)}
    unique = dict(reversed(unique.items()))
    try:
        with _alone(folder), closing(connect(folder / STORE)) as store:
            _prepare(store, folder, encoder_id)
            had = {key for (key,) in store.execute("SELECT key FROM passage")}
            new = [source for key, source in unique.items() if key not in had]
            truncated = _embed(store, new, classifier, len(unique), progress=progress)
            entities = _bring_up_to_date(store, unique, known)
            n = _write_vectors(store, folder, encoder_id)
    except sqlite3.Error as error:
        raise PassageIndexError(
            f"the index in {shown(str(folder))} can't be written: {error}; if no other command is writing it, make it "
            "again in an empty folder",
            value=str(folder),
        ) from error
    except OSError as error:
        raise PassageIndexError(
            f"the index in {shown(str(folder))} can't be written: {error.strerror or error}; what was read is kept: "
            "type the same command again when that is mended",
            value=str(folder),
        ) from error
    return Counts(n, len(new), len(had - unique.keys()), truncated, entities)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise InputError(
            f"can't make the folder {shown(str(folder))}: {error.strerror}; choose another", value=str(folder)
        ) from error
    if names - {LOCK} and STORE not in names:
        raise InputError(
            f"{shown(str(folder))} holds something that is no index ({shown(min(names))}); choose an empty folder",
            value=str(folder),
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs out until the block ends, however it ends."""
    with closing(sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise PassageIndexError(
                f"another textthema index is writing {shown(str(folder))}; wait until it has ended", value=str(folder)
            ) from error
        yield


def _prepare(store: sqlite3.Connection, folder: Path, encoder_id: str) -> None:
    read_head(folder)
    store.executescript(_SCHEMA)
    made_with = store.execute("SELECT encoder FROM head").fetchone()
    if made_with is None:
        store.execute("INSERT INTO head VALUES (?)", (encoder_id,))
        store.commit()
    else:
        refuse_other_model(folder, made_with[0], encoder_id)


def _embed(
    store: sqlite3.Connection, new: list[SourceText], classifier: ThemeClassifier, total: int, *, progress: bool
) -> int:
    truncated = 0
    with tqdm(total=total, initial=total - len(new), unit="passage", disable=None if progress else True) as bar:
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            encoded = classifier.encode([source.text for source in some])
            norms = np.linalg.norm(encoded.embeddings, axis=1, keepdims=True)
            columns, scales = quantize(encoded.embeddings / np.maximum(norms, np.finfo(np.float32).tiny))
            themes = [json.dumps(classifier.labels_over(row)) for row in encoded.probabilities]
            rows = [
                (source.key, source.text, source.author, source.book, own, columns[:, i].tobytes(), float(scales[i]))
                for i, (source, own) in enumerate(zip(some, themes, strict=True))
            ]
            with store:
                store.executemany(
                    "INSERT INTO passage (key, text, author, book, themes, vector, scale) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    rows,
                )
            truncated += int(encoded.truncated.sum())
            bar.update(len(some))
    return truncated


def _bring_up_to_date(
    store: sqlite3.Connection, unique: dict[str, SourceText], known: Mapping[str, Entity] | None
) -> dict[str, int]:
    """Drop what the corpus dropped, note what it says of each passage now, and list its entities."""
    if known is None:
        entities = _authors_and_books(list(unique.values()))
        whose = {key: tuple(_identities(source).values()) for key, source in unique.items()}
    else:
        whose = {key: tuple(name for name in source.entities if name in known) for key, source in unique.items()}
        support = Counter(name for names in whose.values() for name in names)
        entities = {name: replace(known[name], support=count) for name, count in support.items()}
    of_kind = Counter(entity.kind for entity in entities.values())
    with store:
        store.execute("CREATE TEMP TABLE kept (key TEXT PRIMARY KEY, author TEXT, book TEXT)")
        store.executemany("INSERT INTO kept VALUES (?, ?, ?)", ((s.key, s.author, s.book) for s in unique.values()))
        store.execute("DELETE FROM passage WHERE key NOT IN (SELECT key FROM kept)")
        store.execute(
            "UPDATE passage SET author = kept.author, book = kept.book FROM kept "
            "WHERE kept.key = passage.key AND (passage.author IS NOT kept.author OR passage.book IS NOT kept.book)"
        )
        store.execute("DELETE FROM entity")
        store.execute("DELETE FROM mention")
        store.executemany(
            "INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?)",
            ((e.id, e.kind, e.name, e.author, e.franchise, e.support) for e in entities.values()),
        )
        ids = dict(store.execute("SELECT key, id FROM passage"))
        store.executemany(
            "INSERT OR IGNORE INTO mention VALUES (?, ?)",
            ((ids[key], identity) for key, identities in whose.items() for identity in identities),
        )
        store.execute("DROP TABLE kept")
    return dict(of_kind)


def _identities(source: SourceText) -> dict[str, str]:
    """Name the entities that a passage belongs to, by their kind."""
    author, book = slug(source.author or ""), slug(source.book or "")
    found = {"author": f"author:{author}"} if author else {}
    if book:
        found["book"] = f"book:{book}" + (f"-by-{author}" if author else "")
    return found


def _authors_and_books(corpus: Sequence[SourceText]) -> dict[str, Entity]:
    """List the corpus's authors and books, each under the spelling that it has most often."""
    names: dict[str, Counter[str]] = {}
    kinds: dict[str, str] = {}
    authors: dict[str, str] = {}
    for source in corpus:
        of_source = _identities(source)
        for kind, identity in of_source.items():
            kinds[identity] = kind
            names.setdefault(identity, Counter())[(source.author if kind == "author" else source.book) or ""] += 1
        if "book" in of_source and "author" in of_source:
            authors[of_source["book"]] = of_source["author"]
    shown_name = {identity: spellings.most_common(1)[0][0].strip(" ,") for identity, spellings in names.items()}
    return {
        identity: Entity(
            id=identity,
            kind=kind,
            name=shown_name[identity],
            author=shown_name.get(authors.get(identity, "")),
            franchise=None,
            support=names[identity].total(),
        )
        for identity, kind in kinds.items()
    }


def _write_vectors(store: sqlite3.Connection, folder: Path, encoder_id: str) -> int:
    target = folder / f"vectors-{uuid.uuid4().hex[:12]}"
    target.mkdir()
    try:
        n = _fill(store, target)
        with replacing(folder / HEAD) as temporary:
            head = {"format": FORMAT, "encoder": encoder_id, "passages": n, "vectors": target.name}
            temporary.write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")
    except Exception:
        shutil.rmtree(target, ignore_errors=True)
        raise
    for old in folder.glob("vectors-*"):
        if old != target:
            shutil.rmtree(old, ignore_errors=True)
    return n


def _fill(store: sqlite3.Connection, target: Path) -> int:
    n: int
    (n,) = store.execute("SELECT count(*) FROM passage").fetchone()
    width = store.execute("SELECT length(vector) FROM passage LIMIT 1").fetchone()
    shape = (-(-n // BLOCK), width[0] if width else 0, min(n, BLOCK))
    scales, ids = np.empty(n, np.float32), np.empty(n, np.int64)
    vectors = np.lib.format.open_memmap(target / "vectors.npy", "w+", np.int8, shape) if n else np.empty(shape, np.int8)
    for block, rows in enumerate(_blocks(store)):
        first = block * BLOCK
        ids[first : first + len(rows)], scales[first : first + len(rows)] = zip(*(row[:2] for row in rows), strict=True)
        vectors[block, :, : len(rows)] = (
            np.frombuffer(b"".join(row[2] for row in rows), np.int8).reshape(len(rows), -1).T
        )
    if isinstance(vectors, np.memmap):
        vectors.flush()
    else:
        np.save(target / "vectors.npy", vectors)
    np.save(target / "scales.npy", scales)
    np.save(target / "ids.npy", ids)
    return n


def _blocks(store: sqlite3.Connection) -> Iterator[list[tuple[Any, ...]]]:
    cursor = store.execute("SELECT id, scale, vector FROM passage ORDER BY id")
    while rows := cursor.fetchmany(BLOCK):
        yield rows
