"""What heads for nuances have to beat: words with one linear head, and the frozen encoder with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from textthema.nuance_data import Example
from textthema.nuance_training import targets_of
from textthema.nuance_tuning import IMAGES, best_threshold

if TYPE_CHECKING:
    from nuances import Measured

_C_WORDS, _C_STATES = 3.0, 0.02


def tfidf(texts: Mapping[str, Sequence[str]], truth: np.ndarray) -> dict[str, np.ndarray]:
    """Fit TF-IDF with a logistic regression, and score the other splits.

    Args:
        texts: Split → texts, ``train`` among them.
        truth: Labels of the training texts, bool (n_train,).

    Returns:
        Split → scores.
    """
    fitted = _words().fit(texts["train"], truth)
    return {split: fitted.predict_proba(some)[:, 1] for split, some in texts.items() if split != "train"}


def tfidf_all(texts: Sequence[str], truth: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Fit TF-IDF on some rows and score all.

    Args:
        texts: n texts.
        truth: Their labels.
        train: Numbers of the rows to fit on.

    Returns:
        Scores, float (n,).
    """
    return _words().fit([texts[row] for row in train], truth[train]).predict_proba(texts)[:, 1]


def linear(pooled: Mapping[str, np.ndarray], truth: np.ndarray) -> dict[str, np.ndarray]:
    """Fit a logistic regression on frozen features, and score the other splits.

    Args:
        pooled: Split → features (n, d), ``train`` among them.
        truth: Labels of the training rows.

    Returns:
        Split → scores.
    """
    fitted = _states().fit(pooled["train"], truth)
    return {split: fitted.predict_proba(some)[:, 1] for split, some in pooled.items() if split != "train"}


def linear_all(pooled: np.ndarray, truth: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Fit a logistic regression on some rows of frozen features and score all.

    Args:
        pooled: Features (n, d).
        truth: Labels.
        train: Numbers of the rows to fit on.

    Returns:
        Scores, float (n,).
    """
    return _states().fit(pooled[train], truth[train]).predict_proba(pooled)[:, 1]


def words_in_context(parts: Mapping[str, Sequence[Example]]) -> float:
    """Measure a linear head on each word and its neighbours, as words.

    Args:
        parts: Split → texts with labelled words.

    Returns:
        F1 on the test words, with the threshold of the development words.
    """
    read = {split: _word_features(some) for split, some in parts.items()}
    fitted = make_pipeline(DictVectorizer(), LogisticRegression(C=_C_WORDS, max_iter=300)).fit(*read["train"])
    return _f1({split: (np.array(y), fitted.predict_proba(x)[:, 1]) for split, (x, y) in read.items()})


def frozen_tokens(measured: Measured) -> float:
    """Measure a linear head on the frozen encoder's token states.

    Args:
        measured: The texts and their features.

    Returns:
        F1 on the test words, with the threshold of the development words.
    """
    read = {}
    tokens = targets_of(measured.examples, measured.features).tokens
    for split in ("train", "dev", "test"):
        rows = measured.rows(IMAGES, split)
        targets = [tokens[row] for row in rows]
        states = [
            measured.features.states[measured.features.starts[row] + cues[:, 0]]
            for row, cues in zip(rows, targets, strict=True)
        ]
        read[split] = np.concatenate(states).astype(np.float32), np.concatenate([cues[:, 2] for cues in targets])
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=_C_STATES, max_iter=60)).fit(*read["train"])
    return _f1({split: (y, fitted.predict_proba(x)[:, 1]) for split, (x, y) in read.items()})


def _f1(scores: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> float:
    truth, said = scores["test"]
    return float(f1_score(truth, said >= best_threshold(*scores["dev"])))


def _words() -> Pipeline:
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, dtype=np.float32)
    return make_pipeline(vectors, LogisticRegression(C=_C_WORDS, solver="liblinear"))


def _states() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=_C_STATES, max_iter=200))


def _word_features(examples: Sequence[Example]) -> tuple[list[dict], list[int]]:
    features, labels = [], []
    for example in examples:
        words = ["<s>", *example.text.lower().split(" "), "</s>"]
        for place, (_, label) in enumerate(example.cues["image"], start=1):
            features.append(
                {f"word={words[place]}": 1, f"before={words[place - 1]}": 1, f"after={words[place + 1]}": 1}
            )
            labels.append(label)
    return features, labels
