"""Probabilities that can be taken at their word: one slope and one offset a label, learnt on validation rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from textthema.bundle import replacing
from textthema.errors import InputError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CALIBRATION = "calibration.json"
# How strongly a label's own slope and offset are held to those of all labels. A cell with a probability of 2 % counts
# 0.02, so this is the force of about a thousand of them.
_PULL = 20.0
_LEAST_SLOPE = 0.01


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
        The calibration; its slopes are positive, so that it keeps the order of a label's texts.

    Raises:
        InputError: If the shapes differ, a logit isn't finite or nothing fits.

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
    """Fit a logistic regression with one feature, whose slope and offset are drawn towards given ones."""

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scaled = logits * weights[0] + weights[1]
        surplus = expit(scaled) - truth
        away = weights - towards
        value = np.logaddexp(0, scaled).sum() - scaled[truth].sum() + pull / 2 * (away @ away)
        return value / len(truth), (np.array([surplus @ logits, surplus.sum()]) + pull * away) / len(truth)

    # A slope of 0 or less would turn the order of a label's texts round.
    found = minimize(loss, towards, jac=True, method="L-BFGS-B", bounds=[(_LEAST_SLOPE, None), (None, None)])
    if not found.success:
        raise InputError(f"no calibration fits these logits: {found.message}; train again", value=found.message)
    return found.x
