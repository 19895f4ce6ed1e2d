"""Other ways to find the authors and books that a text is related to, over the same candidates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

from textthema.encoder import COMPACT, load_encoder
from textthema.export import quantize, to_onnx
from textthema.inference import OnnxEncoder
from textthema.text import words

Scorer = Callable[[slice], np.ndarray]
# Okapi's usual ones.
_SATURATION, _LENGTH = 1.2, 0.75
_TEXTS_AT_ONCE = 200
_BATCH = 32


@dataclass(frozen=True, eq=False)
class Bm25:
    """BM25 over single quotes.

    Attributes:
        vectorizer: Counts a text's words.
        weights: Of each word in each quote; shape (n_words, n_quotes).
    """

    vectorizer: CountVectorizer
    weights: csr_array

    @classmethod
    def over(cls, quotes: Sequence[str]) -> Bm25:
        """Index quotes.

        Args:
            quotes: Any number of texts.

        Returns:
            The index.

        Source:
            Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009.
        """
        vectorizer = CountVectorizer(tokenizer=words, token_pattern=None, dtype=np.float32)
        counts = csr_array(vectorizer.fit_transform(quotes)).tocoo()
        lengths = np.bincount(counts.row, counts.data, len(quotes))
        holders = np.bincount(counts.col, minlength=counts.shape[1])
        rarity = np.log1p((len(quotes) - holders + 0.5) / (holders + 0.5))
        worn = _SATURATION * (1 - _LENGTH + _LENGTH * lengths / lengths.mean())[counts.row]
        weights = rarity[counts.col] * counts.data * (_SATURATION + 1) / (counts.data + worn)
        return cls(
            vectorizer, csr_array((weights.astype(np.float32), (counts.col, counts.row)), shape=counts.shape[::-1])
        )

    def summed(self, texts: Sequence[str], belongs: csr_array, most: int | None) -> Iterator[np.ndarray]:
        """Add up the scores of the best quotes by what they belong to.

        Args:
            texts: Any number of texts.
            belongs: Which quote is which entity's; shape (n_quotes, n).
            most: How many of the best quotes count; None for all.

        Yields:
            float32, shape (some, n), for one stretch of the texts after the other.
        """
        asked = csr_array(self.vectorizer.transform(texts))
        asked.data[:] = 1
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            found = asked[start : start + _TEXTS_AT_ONCE] @ self.weights
            yield ((_best(found, most) if most else found) @ belongs).toarray()


def _best(found: csr_array, most: int) -> csr_array:
    """Keep the largest values of each row."""
    rows = []
    for row in range(found.shape[0]):
        span = slice(*found.indptr[row : row + 2])
        values, places = found.data[span], found.indices[span]
        top = np.argpartition(-values, most)[:most] if len(values) > most else np.arange(len(values))
        rows.append((values[top], places[top]))
    ends = np.cumsum([0, *(len(values) for values, _ in rows)])
    values, places = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return csr_array((values, places, ends), shape=found.shape)


def cosines(queries: np.ndarray, embeddings: np.ndarray, belongs: csr_array) -> np.ndarray:
    """Compare texts with the mean of each entity's embeddings.

    Args:
        queries: float, shape (m, dim).
        embeddings: float, shape (n_quotes, dim).
        belongs: Which quote is which entity's; shape (n_quotes, n).

    Returns:
        float32, shape (m, n); the lowest for an entity without quotes.
    """
    means = _unit(belongs.T @ _unit(embeddings))
    means[belongs.sum(axis=0) == 0] = 0
    return _unit(queries) @ means.T


def few_of_each(belongs: csr_array, most: int, seed: int = 0) -> np.ndarray:
    """Choose quotes so that each entity has a few.

    Args:
        belongs: Which quote is which entity's; shape (n_quotes, n).
        most: Quotes of one entity.
        seed: Draws them.

    Returns:
        Places of the quotes, ascending.
    """
    columns = belongs.tocsc()
    rng = np.random.default_rng(seed)
    chosen = []
    for place in range(columns.shape[1]):
        quotes = columns.indices[slice(*columns.indptr[place : place + 2])]
        chosen.append(rng.permutation(quotes)[:most])
    return np.unique(np.concatenate(chosen))


def untouched_encoder(folder: Path, tokenizer: Path, max_length: int) -> OnnxEncoder:
    """Make the encoder as it was before it learnt the themes, quantized as ours is.

    Args:
        folder: Keeps its graph.
        tokenizer: The ``tokenizer.json`` that both have.
        max_length: Tokens of a text to read.

    Returns:
        The encoder.
    """
    graph = folder / "untouched_int8.onnx"
    if not graph.exists():
        folder.mkdir(parents=True, exist_ok=True)
        model, _ = load_encoder(COMPACT, 1)
        to_onnx(model, folder / "untouched.onnx")
        quantize(folder / "untouched.onnx", graph)
    return OnnxEncoder(graph, tokenizer, max_length)


def _unit(vectors: np.ndarray) -> np.ndarray:
    single = np.asarray(vectors, dtype=np.float32)
    return single / np.maximum(np.linalg.norm(single, axis=1, keepdims=True), 1e-9)
