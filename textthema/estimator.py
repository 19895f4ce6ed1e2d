"""The classifier as scikit-learn's pipelines, scorers and cross-validation take one; needs scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from textthema.classifier import ThemeClassifier
from textthema.errors import MissingDependencyError

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
except ImportError as error:
    raise MissingDependencyError("this needs: pip install scikit-learn", value="scikit-learn") from error

# A copy a fold is made of an estimator; the model behind them is one.
_load = lru_cache(maxsize=2)(ThemeClassifier.from_pretrained)


class ThemeEstimator(ClassifierMixin, BaseEstimator):
    """Themes of texts as a matrix; it has learnt all it knows, so that ``fit`` learns nothing.

    Args:
        model: A model directory or the id of one on the Hub; by default the model that comes with TextThema.
        collection: Whose model that is: ``"quotes"`` or ``"books"``.
    """

    def __init__(self, model: str | None = None, collection: str = "quotes") -> None:
        self.model = model
        self.collection = collection

    @property
    def classes_(self) -> np.ndarray:
        """Give the labels in the columns' order, str (n_labels,)."""
        return np.array(_load(self.model, collection=self.collection).labels)

    def fit(self, texts: Iterable[str], truth: object = None) -> ThemeEstimator:  # noqa: ARG002 - scikit-learn's signature
        """Learn nothing."""
        return self

    def predict_proba(self, texts: Iterable[str]) -> np.ndarray:
        """Give every label's probability for each text, float32 (n, n_labels)."""
        return _load(self.model, collection=self.collection).probabilities(texts)

    def predict(self, texts: Iterable[str]) -> np.ndarray:
        """Mark the labels that reach their threshold, int (n, n_labels)."""
        thresholds = _load(self.model, collection=self.collection).thresholds
        return (self.predict_proba(texts) >= thresholds).astype(np.int64)

    def __sklearn_is_fitted__(self) -> bool:
        return True
