"""Descriptions that the catalogue has not seen: is the author found, and are other books by the same author?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from retrieval import Bm25
from scipy.sparse import csr_array

from textthema.fusion import ranks
from textthema.holdings import TRAIN

if TYPE_CHECKING:
    from related import Bench

SOUGHT = {"author": "Its author", "book": "Another book by its author"}


def synopsis_places(bench: Bench, bm25: Bm25, most: dict[str, int], title: str) -> dict[str, dict[str, np.ndarray]]:
    """Give the places of what is sought, by catalogue, BM25 and popularity.

    Args:
        bench: What everyone gets.
        bm25: Index over the training rows.
        most: Kind → how many of the best texts BM25 adds up.
        title: The catalogue's name in the table.

    Returns:
        What is sought → contestant → places, int64, from 1.
    """
    rows, trained = bench.descriptions(), bench.holdings.rows(TRAIN)
    texts = [bench.texts[row] for row in rows]
    found = {}
    for kind, sought in SOUGHT.items():
        first, last = bench.holdings.kinds[kind]
        belongs = bench.own(kind, trained)
        scores = {
            title: np.stack([_catalogue_scores(bench, row)[first:last] for row in rows]),
            "BM25 over the training texts, summed": np.concatenate(
                [part[most[kind]] for part in bm25.summed(texts, belongs, [most[kind]])]
            ),
            "popularity": np.tile(belongs.sum(axis=0).astype(np.float32), (len(rows), 1)),
        }
        itself = bench.own(kind, rows).toarray() > 0
        own, hidden = (itself, np.zeros_like(itself)) if kind == "author" else (_same_author(bench, rows), itself)
        own &= ~hidden
        asked = own.any(axis=1)
        found[sought] = {
            name: ranks(np.where(hidden, -np.inf, said)[asked], csr_array(own[asked].astype(np.float32)))
            for name, said in scores.items()
        }
    return found


def _catalogue_scores(bench: Bench, row: int) -> np.ndarray:
    no_themes = np.zeros(len(bench.bundle.labels), np.float32)
    return bench.catalogue.look_up(bench.cache.embeddings[row], no_themes, bench.texts[row]).scores


def _same_author(bench: Bench, rows: np.ndarray) -> np.ndarray:
    """Tell which books are by which row's author; bool, shape (n_rows, n_books)."""
    (first, last), (book, stop) = (bench.holdings.kinds[kind] for kind in ("author", "book"))
    by = np.array([entity.author for entity in bench.holdings.entities[book:stop]], dtype=object)
    names = np.array([entity.name for entity in bench.holdings.entities[first:last]], dtype=object)
    authors = bench.own("author", rows)
    return np.stack([np.isin(by, names[authors[[i]].indices]) for i in range(len(rows))])
