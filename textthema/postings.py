"""Which words speak for which entity, and how strongly: a language model an entity, kept where it says something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

_STEPS = 255


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words that may tell entities apart.

    Attributes:
        hashes: CRC-32 of each, ascending; uint32, shape (n_words,).
    """

    hashes: np.ndarray

    @classmethod
    def of(cls, documents: Sequence[np.ndarray], *, fewest: int, largest_share: float) -> Vocabulary:
        """Choose words by how many texts have them.

        Args:
            documents: Each text's `word_hashes`.
            fewest: Texts that a word has to be in.
            largest_share: Share of the texts above which a word says nothing.

        Returns:
            The vocabulary.
        """
        hashes, texts = np.unique(np.concatenate(documents), return_counts=True)
        return cls(hashes[(texts >= fewest) & (texts <= largest_share * len(documents))])

    def matrix(self, documents: Sequence[np.ndarray]) -> csr_array:
        """Mark which text has which word.

        Args:
            documents: Each text's `word_hashes`, n of them.

        Returns:
            float32, shape (n, n_words), 1 where a text has a word.
        """
        rows = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
        found = np.concatenate(documents) if len(documents) else np.zeros(0, np.uint32)
        places = np.searchsorted(self.hashes, found)
        known = (places < len(self.hashes)) & (self.hashes[np.minimum(places, len(self.hashes) - 1)] == found)
        ones = np.ones(known.sum(), np.float32)
        return csr_array((ones, (rows[known], places[known])), shape=(len(documents), len(self.hashes)))


@dataclass(frozen=True, eq=False)
class Postings:
    """How strongly words speak for n entities.

    Attributes:
        counts: Steps from 0 to 255; uint8 in a csr_array of shape (n_words, n).
        step: What one step is worth, in nats.
        of_word: What each word of a text takes away from an entity, in nats; float32, shape (n,).
    """

    counts: csr_array
    step: float
    of_word: np.ndarray

    def scores(self, documents: csr_array) -> np.ndarray:
        """Give each text's likelihood ratio under each entity, as serving computes it.

        Args:
            documents: Texts as `Vocabulary.matrix` marks them, shape (m, n_words).

        Returns:
            float32, shape (m, n), in nats: of the words that are kept, above and below the average text.
        """
        said = (documents @ self.counts.astype(np.float32)).toarray() * np.float32(self.step)
        return said + documents.sum(axis=1)[:, None] * self.of_word


def weigh_words(documents: csr_array, belongs: csr_array, *, smoothing: float, most: int) -> Postings:
    """Learn entities' language models.

    Args:
        documents: Training texts as `Vocabulary.matrix` marks them, shape (m, n_words).
        belongs: Which text is which entity's; shape (m, n).
        smoothing: Words of the whole collection that every entity is lent.
        most: Postings to keep, those first that an entity's texts repeat and others' lack.

    Returns:
        The postings.

    Source:
        Zhai and Lafferty, "A study of smoothing methods for language models applied to ad hoc information retrieval",
        SIGIR 2001: query likelihood with Dirichlet smoothing.
    """
    counts = (documents.T @ belongs).tocoo()
    of_all = documents.sum(axis=0)
    expected = smoothing * of_all / of_all.sum()
    gain = np.log1p(counts.data / expected[counts.row])
    kept = np.argsort(-counts.data * gain, kind="stable")[:most]
    step = float(gain[kept].max(initial=1e-9)) / _STEPS
    steps = np.maximum(np.rint(gain[kept] / step), 1).astype(np.uint8)
    lengths = belongs.T @ documents.sum(axis=1)
    of_word = np.log(smoothing / (lengths + smoothing)).astype(np.float32)
    return Postings(csr_array((steps, (counts.row[kept], counts.col[kept])), shape=counts.shape), step, of_word)
