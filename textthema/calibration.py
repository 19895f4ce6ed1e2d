"""Probabilities that can be taken at their word: one slope and one offset a label, learnt on validation rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textthema.bundle import replacing
from textthema.errors import InputError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CALIBRATION = "calibration.json"
# A label's own slope and offset are held to those of all labels with the force of this many cells.
_PULL = 20.0
_ITERATIONS = 50
_TOLERANCE = 1e-7


@dataclass(frozen=True)
class Calibration:
    """What turns a logit into one that is neither too sure nor too modest.

    Args:
        slope: Factor of each label's logit, float32 (n_labels,).
        offset: Summand of each label's logit, float32 (n_labels,).
    """

    slope: np.ndarray
    offset: np.ndarray

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Calibrate logits (n, n_labels)."""
        return logits * self.slope + self.offset


def fit_calibration(truth: np.ndarray, logits: np.ndarray, *, pull: float = _PULL) -> Calibration:
    """Find slopes and offsets that make the given rows most likely.

    One slope and offset is found for all labels, then each label's own, pulled towards it.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        logits: What the model said, float (n, n_labels).
        pull: Strength of the pull; the larger, the more alike the labels' calibrations.

    Returns:
        The calibration.

    Raises:
        InputError: If the shapes differ or a logit isn't finite.

    Source:
        Platt, "Probabilistic Outputs for Support Vector Machines", 1999.
    """
    truth, logits = np.asarray(truth, bool), np.asarray(logits, np.float64)
    if truth.shape != logits.shape or truth.ndim != 2:
        shapes = (truth.shape, logits.shape)
        raise InputError(f"truth and logits must be tables of one shape, not {shapes}", value=shapes)
    if not np.isfinite(logits).all():
        raise InputError("a logit isn't finite", value=float(logits[~np.isfinite(logits)][0]))
    common = _platt(truth.ravel(), logits.ravel(), np.array([1.0, 0.0]), 1e-6)
    own = np.array([_platt(true, logit, common, pull) for true, logit in zip(truth.T, logits.T, strict=True)])
    return Calibration(own[:, 0].astype(np.float32), own[:, 1].astype(np.float32))


def write_calibration(path: Path, calibration: Calibration, labels: Sequence[str]) -> None:
    """Write ``{label: [slope, offset]}``.

    Args:
        path: The JSON file.
        calibration: What to write.
        labels: The labels in the order of the calibration.
    """
    pairs = zip(calibration.slope, calibration.offset, strict=True)
    content = {label: [round(float(x), 6) for x in pair] for label, pair in zip(labels, pairs, strict=True)}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_calibration(path: Path, labels: Sequence[str]) -> Calibration:
    """Read what ``write_calibration`` wrote.

    Args:
        path: The JSON file.
        labels: The labels in the order wanted.

    Returns:
        The calibration.

    Raises:
        UnreadableFileError: If the file is missing, isn't such JSON or lacks a label.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        slope, offset = np.array([content[label] for label in labels], np.float32).T
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} holds no calibration for these labels; run `textthema tune`"
        raise UnreadableFileError(message, value=str(path)) from error
    return Calibration(slope, offset)


def _platt(truth: np.ndarray, logits: np.ndarray, towards: np.ndarray, pull: float) -> np.ndarray:
    """Newton's method for a logistic regression with one feature, whose weights are drawn towards given ones."""
    weights = towards.copy()
    for _ in range(_ITERATIONS):
        probability = 1 / (1 + np.exp(-np.clip(logits * weights[0] + weights[1], -40, 40)))
        surplus, spread = probability - truth, probability * (1 - probability)
        gradient = np.array([surplus @ logits, surplus.sum()]) + pull * (weights - towards)
        cross = spread @ logits
        hessian = np.array([[spread @ logits**2, cross], [cross, spread.sum()]]) + pull * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        weights -= step
        if np.abs(step).max() < _TOLERANCE:
            break
    return weights
