"""What any model has to beat: the best constant answer, and TF-IDF with one logistic regression a label.

Both give a table of scores like the model's, so all three meet the same thresholds and the same metrics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from textthema.errors import InputError, NotEnoughDataError
from textthema.thresholds import best_cut

if TYPE_CHECKING:
    from collections.abc import Sequence

# Everything that decides about the outcome, so that a stored result can be told from another's.
TFIDF_SETTINGS = {"ngram_range": [1, 2], "sublinear_tf": True, "min_df": 2, "max_features": 200_000}
REGRESSION_SETTINGS = {"solver": "liblinear", "C": 3.0}


def fit_tfidf(texts: Sequence[str], truth: np.ndarray) -> Pipeline:
    """Fit TF-IDF of words and word pairs with one logistic regression a label.

    Args:
        texts: n training texts.
        truth: Which labels are true, bool (n, n_labels).

    Returns:
        A fitted pipeline; ``predict_proba(texts)`` gives float64 (n, n_labels).

    Raises:
        InputError: If there are not as many texts as rows of truth.
        NotEnoughDataError: If a label is true in no row or in all.
    """
    if len(texts) != len(truth):
        sizes = (len(texts), len(truth))
        raise InputError(f"{sizes[0]} texts need as many rows of labels, not {sizes[1]}", value=sizes)
    constant = np.flatnonzero(truth.all(axis=0) | ~truth.any(axis=0))
    if len(constant):
        message = f"label number {constant[0]} is the same in all {len(truth)} rows; drop it or give more rows"
        raise NotEnoughDataError(message, value=int(constant[0]))
    settings = TFIDF_SETTINGS | {"ngram_range": tuple(TFIDF_SETTINGS["ngram_range"])}
    pipeline = make_pipeline(
        TfidfVectorizer(**settings, dtype=np.float32),
        OneVsRestClassifier(LogisticRegression(**REGRESSION_SETTINGS)),
    )
    return pipeline.fit(texts, truth.astype(np.int8))


def constant_scores(train_truth: np.ndarray, n: int) -> np.ndarray:
    """Score every text by how frequent each label is in training.

    Args:
        train_truth: Which labels are true in the training rows, bool (n_train, n_labels).
        n: Number of texts to score.

    Returns:
        n times the same row, float32 (n, n_labels).
    """
    return np.tile(train_truth.mean(axis=0, dtype=np.float64).astype(np.float32), (n, 1))


def constant_thresholds(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Choose which of the most frequent labels to say of every text.

    One threshold for all labels: with one each, every label would be said of every text.

    Args:
        truth: Which labels are true in the validation rows, bool (n, n_labels).
        scores: What `constant_scores` gave for those rows.

    Returns:
        The threshold with the highest micro-F1, once a label, float32 (n_labels,).
    """
    return np.full(truth.shape[1], best_cut(truth.ravel(), scores.ravel()), np.float32)
