"""From which probability on a label is said: one threshold a label, tuned on validation rows.

A label's own best threshold is noisy when few validation rows carry it, so it is pulled towards the global::

    threshold = (n_positive * own + k * global) / (n_positive + k)

``k`` is the support at which a label's own threshold and the global one weigh the same. ``k = 0`` gives the
own thresholds, which serve macro-F1 and can cost micro-F1; a large ``k`` gives the global one, tuned for
micro-F1. `choose_shrinkage` finds the ``k`` that is best for both on rows that the thresholds have not seen.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textthema.bundle import replacing
from textthema.errors import InputError, UnreadableFileError
from textthema.metrics import check_scores, micro_macro_f1

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DEFAULT_SHRINKAGE = 30.0
SHRINKAGES = (0.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)


@dataclass(frozen=True)
class Thresholds:
    """One threshold for all labels, and one for each, float32 (n_labels,)."""

    global_: float
    per_label: np.ndarray


@dataclass(frozen=True, slots=True)
class CrossFit:
    """What a shrinkage reaches on rows that the thresholds were not tuned on."""

    shrinkage: float
    micro_f1: float
    macro_f1: float


def tune_thresholds(truth: np.ndarray, scores: np.ndarray, *, shrinkage: float = DEFAULT_SHRINKAGE) -> Thresholds:
    """Find the thresholds that maximise F1 on the given rows.

    The global threshold maximises micro-F1, each label's own its F1, both exactly, over all cut points; a
    threshold lies midway between the two scores that it parts. A score equal to its threshold is over it.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        scores: Probabilities from 0 to 1, float (n, n_labels).
        shrinkage: Number of positive rows at which a label's own threshold weighs as much as the global one.

    Returns:
        The thresholds. A label without positive rows gets the global one.

    Raises:
        InputError: If the shapes differ, a score isn't a probability or the shrinkage is negative.
        NotEnoughDataError: If no row has a true label.
    """
    if not (shrinkage >= 0 and math.isfinite(shrinkage)):
        raise InputError(f"the shrinkage can't be {shrinkage}; give 0 or more", value=shrinkage)
    truth, scores = _checked(truth, scores)
    return _shrunk(_own_thresholds(truth, scores), truth, shrinkage)


def cross_fit(
    truth: np.ndarray,
    scores: np.ndarray,
    groups: np.ndarray | None = None,
    *,
    shrinkages: Sequence[float] = SHRINKAGES,
    repeats: int = 5,
    seed: int = 0,
) -> list[CrossFit]:
    """Measure shrinkages on rows that the thresholds have not seen.

    The rows are halved at random; thresholds tuned on one half are applied to the other, and vice versa.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        scores: Probabilities from 0 to 1, float (n, n_labels).
        groups: Rows of one group (an author, say) stay in one half, (n,); None if rows are independent.
        shrinkages: The candidates.
        repeats: Number of random halvings to average over.
        seed: Of the halvings.

    Returns:
        One result for each candidate, in their order.

    Raises:
        InputError: As `tune_thresholds`, or if there are not as many groups as rows.
        NotEnoughDataError: If the rows can't be halved so that each half has a true label.
    """
    truth, scores = _checked(truth, scores)
    groups = np.arange(len(truth)) if groups is None else np.asarray(groups)
    if groups.shape != (len(truth),):
        raise InputError(f"{len(truth)} rows need as many groups, not {groups.shape}", value=groups.shape)
    rng = np.random.default_rng(seed)
    reached = [_cross_fit_once(truth, scores, _half(groups, rng), shrinkages) for _ in range(repeats)]
    return [
        CrossFit(shrinkage, float(micro), float(macro))
        for shrinkage, (micro, macro) in zip(shrinkages, np.mean(reached, axis=0), strict=True)
    ]


def choose_shrinkage(truth: np.ndarray, scores: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Find the shrinkage with the highest sum of micro-F1 and macro-F1 on unseen rows.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        scores: Probabilities from 0 to 1, float (n, n_labels).
        groups: As in `cross_fit`.

    Returns:
        One of `SHRINKAGES`.

    Raises:
        InputError: As `cross_fit`.
        NotEnoughDataError: As `cross_fit`.
    """
    return best_of(cross_fit(truth, scores, groups)).shrinkage


def best_of(fits: Sequence[CrossFit]) -> CrossFit:
    """Pick the result with the highest micro-F1 plus macro-F1; of equals, the one that shrinks most.

    Args:
        fits: Results of `cross_fit`.

    Returns:
        One of them.
    """
    return max(fits, key=lambda fit: (fit.micro_f1 + fit.macro_f1, fit.shrinkage))


def best_cut(truth: np.ndarray, scores: np.ndarray) -> float:
    """Find the threshold with the highest F1.

    Args:
        truth: Which cells are true, bool (n,).
        scores: Probabilities, float (n,).

    Returns:
        A threshold midway between two neighbouring scores, a float32 value; of equally good ones the highest.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(truth[order])
    cuts = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))
    best = cuts[np.argmax(2 * hits[cuts] / (cuts + 1 + hits[-1]))]
    upper, lower = ranked[best], ranked[best + 1] if best + 1 < len(ranked) else 0.0
    middle = np.float32((float(upper) + float(lower)) / 2)
    # Between two neighbouring float32 values there is no middle; it may round down to the lower one.
    return float(middle if middle > lower else upper)


def write_thresholds(path: Path, thresholds: Thresholds, labels: Sequence[str]) -> None:
    """Write ``{"global": …, "labels": {label: threshold}}``; the file appears whole or not at all.

    Args:
        path: The JSON file to write.
        thresholds: What to write.
        labels: The labels' names, in the order of the thresholds.

    Raises:
        InputError: If there are not as many labels as thresholds or the file can't be written.
    """
    if len(labels) != len(thresholds.per_label):
        message = f"{len(thresholds.per_label)} thresholds need as many labels, not {len(labels)}"
        raise InputError(message, value=len(labels))
    per_label = {label: _short(value) for label, value in zip(labels, thresholds.per_label, strict=True)}
    content = {"global": _short(thresholds.global_), "labels": per_label}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_thresholds(path: Path, labels: Sequence[str]) -> Thresholds:
    """Read what `write_thresholds` wrote.

    Args:
        path: The JSON file.
        labels: The labels whose thresholds are wanted, in the order wanted.

    Returns:
        The thresholds, in the order of the labels.

    Raises:
        UnreadableFileError: If the file is missing, isn't such JSON or lacks a label.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        per_label = np.array([float(content["labels"][label]) for label in labels], np.float32)
        return Thresholds(float(content["global"]), per_label)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} holds no thresholds for these labels; run `textthema tune`"
        raise UnreadableFileError(message, value=str(path)) from error


def _checked(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, scores = np.asarray(truth, bool), np.asarray(scores, np.float32)
    check_scores(truth, scores)
    if scores.min() < 0 or scores.max() > 1:
        outside = scores[(scores < 0) | (scores > 1)][0]
        message = f"a score is {outside}; thresholds need probabilities from 0 to 1"
        raise InputError(message, value=float(outside))
    return truth, scores


def _own_thresholds(truth: np.ndarray, scores: np.ndarray) -> Thresholds:
    global_ = best_cut(truth.ravel(), scores.ravel())
    columns = zip(truth.T, scores.T, strict=True)
    own = [best_cut(true, score) if true.any() else global_ for true, score in columns]
    return Thresholds(global_, np.array(own, np.float32))


def _shrunk(own: Thresholds, truth: np.ndarray, shrinkage: float) -> Thresholds:
    positives = truth.sum(axis=0)
    trust = np.where(positives > 0, positives / np.maximum(positives + shrinkage, 1), 0.0)
    per_label = trust * own.per_label + (1 - trust) * own.global_
    return Thresholds(own.global_, per_label.astype(np.float32))


def _half(groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    _, members = np.unique(groups, return_inverse=True)
    return rng.permutation(members.max() + 1)[members] % 2 == 0


def _cross_fit_once(
    truth: np.ndarray, scores: np.ndarray, half: np.ndarray, shrinkages: Sequence[float]
) -> list[tuple[float, float]]:
    predicted = np.zeros((len(shrinkages), *truth.shape), bool)
    for tuned_on in (half, ~half):
        check_scores(truth[tuned_on], scores[tuned_on])
        own = _own_thresholds(truth[tuned_on], scores[tuned_on])
        for i, shrinkage in enumerate(shrinkages):
            predicted[i, ~tuned_on] = scores[~tuned_on] >= _shrunk(own, truth[tuned_on], shrinkage).per_label
    return [micro_macro_f1(truth, said) for said in predicted]


def _short(value: float) -> float:
    """Give the shortest decimal that reads back as the same float32."""
    return float(str(np.float32(value)))
