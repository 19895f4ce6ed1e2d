"""Keywords of a text by its own words: what hashtags are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from textthema.classifier import ThemeClassifier

_TOP = 10
_FEWEST_TEXTS = 3
_TOKENS = 512
# KeyBERT's own default where maximal marginal relevance is asked for.
_DIVERSITY = 0.5


def tfidf_keywords(texts: Sequence[str], training: Sequence[str]) -> list[list[str]]:
    """Name the words and word pairs that a text has more of than others.

    Args:
        texts: n texts.
        training: Texts that say how frequent each word is.

    Returns:
        At most 10 keywords a text, the heaviest first.
    """
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=_FEWEST_TEXTS, stop_words="english", dtype=np.float32)
    vectorizer.fit(training)
    names = vectorizer.get_feature_names_out()
    weights = vectorizer.transform(texts)
    rows = (weights[[row]] for row in range(len(texts)))
    return [[names[row.indices[i]] for i in np.argsort(-row.data, kind="stable")[:_TOP]] for row in rows]


def keybert_keywords(texts: Sequence[str], embeddings: np.ndarray, classifier: ThemeClassifier) -> list[list[str]]:
    """Name the words and word pairs of a text whose embeddings are nearest to the text's, but unlike each other.

    Args:
        texts: n texts.
        embeddings: Their embeddings, float32, shape (n, dim).
        classifier: Embeds the words.

    Returns:
        At most 10 keywords a text, in the order in which they are chosen.

    Source:
        Grootendorst, KeyBERT, 2020; Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering
        documents and producing summaries", 1998.
    """
    vectorizer = CountVectorizer(ngram_range=(1, 2), stop_words="english")
    counts = vectorizer.fit_transform(texts)
    names = vectorizer.get_feature_names_out()
    words = _unit(classifier.encode(names.tolist(), token_budget=_TOKENS, progress=True).embeddings)
    rows = zip(counts, _unit(embeddings), strict=True)
    return [[names[i] for i in _chosen(np.sort(row.indices), text, words)] for row, text in rows]


def _chosen(candidates: np.ndarray, text: np.ndarray, words: np.ndarray) -> list[int]:
    """Choose by maximal marginal relevance."""
    if not len(candidates):
        return []
    vectors = words[candidates]
    near, alike = vectors @ text, vectors @ vectors.T
    chosen = [int(np.argmax(near))]
    while len(chosen) < min(_TOP, len(candidates)):
        value = (1 - _DIVERSITY) * near - _DIVERSITY * alike[:, chosen].max(axis=1)
        value[chosen] = -np.inf
        chosen.append(int(np.argmax(value)))
    return candidates[chosen].tolist()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
