"""Texts that are the same but for a few words, found by MinHash."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from datasketch import MinHash, MinHashLSH
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from textthema.text import words

_PERMUTATIONS = 64
_SHINGLE = 3


def near_duplicate_groups(texts: Sequence[str], *, jaccard: float = 0.6, progress: bool = True) -> np.ndarray:
    """Number the groups of texts that share most of their three-word shingles.

    Args:
        texts: Texts, n of them.
        jaccard: Share of common shingles from which on two texts are near-duplicates.
        progress: Whether to show a progress bar.

    Returns:
        int32 (n,), one number a group; a text without near-duplicates is a group of its own.

    Source:
        Broder, "On the resemblance and containment of documents", 1997; banded look-up by datasketch's MinHashLSH.
    """
    index = MinHashLSH(threshold=jaccard, num_perm=_PERMUTATIONS)
    pairs: list[tuple[int, int]] = []
    shingles = (_shingles(text) for text in tqdm(texts, desc="near-duplicates", unit="text", disable=not progress))
    for row, signature in enumerate(MinHash.generator(shingles, num_perm=_PERMUTATIONS)):
        pairs.extend((row, other) for other in index.query(signature))
        index.insert(row, signature, check_duplication=False)
    return connected_groups(pairs, len(texts))


def connected_groups(pairs: Sequence[tuple[int, int]], n: int) -> np.ndarray:
    """Number the connected components of a graph of rows.

    Args:
        pairs: Pairs of connected rows.
        n: How many rows there are.

    Returns:
        int32 (n,), one number a component.
    """
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def _shingles(text: str) -> list[bytes]:
    heard = words(text)
    last = max(1, len(heard) - _SHINGLE + 1)
    return [" ".join(heard[i : i + _SHINGLE]).encode() for i in range(last)]
