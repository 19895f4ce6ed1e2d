"""How good a table of scores is, with percentile bootstrap intervals over rows.

Every metric is a weighted sum over rows, so one function gives both the point (each row once) and a bootstrap
replicate (each row as often as it was drawn). The points equal scikit-learn's; the tests hold them to it.

Two rules where the usual definitions would flatter or mislead:

- A label without a single true row can't be measured. It is left out of macro-F1 and mAP (its false alarms
  still count in micro-F1), and the report says how many such labels there are. The set depends on the truth
  alone, so two models on the same rows are averaged over the same labels.
- A row without any true label would give LRAP 1.0 for free in scikit-learn. It is left out of LRAP and
  precision@k, counts in F1 and mAP as what it is, a row of negatives, and the report says how many there are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from textthema.errors import InputError, NotEnoughDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

METRIC_TITLES = {
    "micro_f1": "micro-F1",
    "macro_f1": "macro-F1",
    "lrap": "LRAP",
    "map": "mAP",
    "p_at_1": "precision@1",
    "p_at_5": "precision@5",
    "ece": "calibration error",
}
# The only metric of which less is better.
LOWER_IS_BETTER = frozenset({"ece"})
_CALIBRATION_BINS = 15
CONFIDENCE = 0.95
_ROWS_PER_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric and its 95 % interval; the ends are None when nothing was resampled."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None:
            return f"{self.value:.4f}"
        return f"{self.value:.4f}  ({self.low:.4f} to {self.high:.4f})"


@dataclass(frozen=True, slots=True)
class LabelScore:
    """One label's precision, recall and F1 at its threshold; ``support`` is its number of true rows."""

    precision: float
    recall: float
    f1: float
    support: int
    threshold: float


@dataclass(frozen=True)
class Report:
    """What `evaluate_scores` found.

    Args:
        metrics: Metric name (a key of `METRIC_TITLES`) to its estimate.
        per_label: Label to its scores, in the order of the labels.
        counts: ``rows``, ``rows_without_label``, ``labels``, ``labels_without_positives``; whoever prepares
            the rows may add what was left out.
        replicates: Metric name to its bootstrap replicates, float64 (n_bootstrap,).
    """

    metrics: dict[str, Estimate]
    per_label: dict[str, LabelScore]
    counts: dict[str, int]
    replicates: dict[str, np.ndarray] = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain values for JSON, without the replicates."""
        return {
            "metrics": {name: asdict(estimate) for name, estimate in self.metrics.items()},
            "per_label": {label: asdict(score) for label, score in self.per_label.items()},
            "counts": dict(self.counts),
        }

    def as_table(self, *, per_label: bool = False) -> str:
        """Write the report for a terminal.

        Args:
            per_label: Add one line a label, the best supported first.

        Returns:
            Lines of text without a closing line break.
        """
        lines = [f"{METRIC_TITLES[name]:<17} {estimate}" for name, estimate in self.metrics.items()]
        lines += ["", *(f"{name.replace('_', ' ')}: {count:,}" for name, count in self.counts.items())]
        if per_label:
            lines += ["", *_label_lines(self.per_label)]
        return "\n".join(lines)


def evaluate_scores(
    truth: np.ndarray,
    scores: np.ndarray,
    thresholds: np.ndarray,
    labels: Sequence[str],
    n_bootstrap: int = 200,
    seed: int = 0,
) -> Report:
    """Measure scores against the truth.

    Precision@5 divides by 5 for every row, so rows with fewer than five labels keep its best value below 1. The
    calibration error is the expected one over all cells, in 15 equally wide bins.
    The intervals come from drawing rows with replacement; they don't cover another draw of training rows. A row
    drawn twice shares its rank with itself, which lifts mAP: where labels have few true rows, its interval sits
    too high and may even leave the value outside.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        scores: Probabilities, float (n, n_labels).
        thresholds: A label is predicted from this score on, float (n_labels,).
        labels: The labels' names, in the order of the columns.
        n_bootstrap: Number of replicates; 0 for none.
        seed: Of the draws. Two reports with the same rows and seed are paired; see `difference`.

    Returns:
        The report.

    Raises:
        InputError: If the shapes don't fit together or a score isn't finite.
        NotEnoughDataError: If no row has a true label.

    Source:
        Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015, for the
        calibration error.
    """
    truth, scores, thresholds = np.asarray(truth, bool), np.asarray(scores), np.asarray(thresholds)
    check_scores(truth, scores)
    sizes = (truth.shape[1], *thresholds.shape, len(labels))
    if len(sizes) != 3 or len(set(sizes)) != 1:
        raise InputError(f"columns, thresholds and labels must be equally many, not {sizes}", value=sizes)
    if n_bootstrap < 0:
        message = f"the number of replicates can't be {n_bootstrap}; give 0 or more"
        raise InputError(message, value=n_bootstrap)

    rows = _Rows(truth, scores, thresholds)
    n = len(truth)
    point = rows.metrics(np.ones(n))
    rng = np.random.default_rng(seed)
    drawn = [rows.metrics(np.bincount(rng.integers(0, n, n), minlength=n)) for _ in range(n_bootstrap)]
    replicates = {name: np.array([draw[name] for draw in drawn]) for name in METRIC_TITLES}
    return Report(
        metrics={name: _estimate(point[name], replicates[name]) for name in METRIC_TITLES},
        per_label=dict(zip(labels, rows.label_scores(thresholds), strict=True)),
        counts={
            "rows": n,
            "rows_without_label": int((~truth.any(axis=1)).sum()),
            "labels": truth.shape[1],
            "labels_without_positives": int((~truth.any(axis=0)).sum()),
        },
        replicates=replicates,
    )


def difference(report: Report, other: Report) -> dict[str, Estimate]:
    """Subtract another model's metrics, with intervals of the paired difference.

    Args:
        report: A report.
        other: A report on the same rows with the same seed and number of replicates.

    Returns:
        Metric name to ``report - other``.

    Raises:
        InputError: If the two don't have the same rows or replicates.
    """
    sizes = [(r.counts["rows"], r.counts["labels"], len(r.replicates["lrap"])) for r in (report, other)]
    if sizes[0] != sizes[1]:
        raise InputError(f"the two reports differ in rows, labels or replicates: {sizes}", value=sizes)
    return {
        name: _estimate(
            report.metrics[name].value - other.metrics[name].value,
            report.replicates[name] - other.replicates[name],
        )
        for name in METRIC_TITLES
    }


def micro_macro_f1(truth: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Measure micro-F1 over all cells and macro-F1 over the labels that have a true row.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        predicted: Which labels are predicted, bool (n, n_labels).

    Returns:
        Micro-F1 and macro-F1.
    """
    hits, said, true = (truth & predicted).sum(axis=0), predicted.sum(axis=0), truth.sum(axis=0)
    return _f1_from_sums(hits, said, true)


def reliability(truth: np.ndarray, scores: np.ndarray, n_bins: int = 10, fewest: int = 50) -> list[dict[str, Any]]:
    """Compare probabilities with how often they come true.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        scores: Probabilities, float (n, n_labels).
        n_bins: Number of equally wide bins from 0 to 1.
        fewest: Bins with fewer cells are left out.

    Returns:
        ``predicted`` (mean probability), ``observed`` (share that is true) and ``cells`` of each bin.

    Source:
        DeGroot and Fienberg, "The Comparison and Evaluation of Forecasters", The Statistician 32, 1983.
    """
    places = np.minimum((scores.ravel() * n_bins).astype(int), n_bins - 1)
    cells = np.bincount(places, minlength=n_bins)
    predicted = _ratio(np.bincount(places, scores.ravel(), minlength=n_bins), cells)
    observed = _ratio(np.bincount(places, truth.ravel(), minlength=n_bins), cells)
    return [
        {"predicted": float(predicted[i]), "observed": float(observed[i]), "cells": int(cells[i])}
        for i in np.flatnonzero(cells >= fewest)
    ]


def check_scores(truth: np.ndarray, scores: np.ndarray) -> None:
    """Refuse a truth and scores that can't be measured.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        scores: Scores, float (n, n_labels).

    Raises:
        InputError: If the shapes differ or a score isn't finite.
        NotEnoughDataError: If nothing is true.
    """
    if truth.ndim != 2 or truth.shape != scores.shape:
        shapes = (truth.shape, scores.shape)
        raise InputError(f"truth and scores must be tables of one shape, not {shapes}", value=shapes)
    if not np.isfinite(scores).all():
        bad = scores[~np.isfinite(scores)][0]
        raise InputError(f"a score is {bad}; every score must be a finite number", value=float(bad))
    if not truth.any():
        message = f"none of the {len(truth)} rows has a true label; there is nothing to measure"
        raise NotEnoughDataError(message, value=len(truth))


class _Rows:
    """What stays the same from one resample to the next."""

    def __init__(self, truth: np.ndarray, scores: np.ndarray, thresholds: np.ndarray) -> None:
        predicted = scores >= thresholds
        # float32 holds counts up to 2**24 exactly and halves the traffic of the products.
        self._true = truth.astype(np.float32)
        self._said = predicted.astype(np.float32)
        self._hits = (truth & predicted).astype(np.float32)
        self._labelled = truth.any(axis=1)
        self._row_terms = {
            "lrap": _ranking_precision(truth, scores),
            "p_at_1": _precision_at(1, truth, scores),
            "p_at_5": _precision_at(5, truth, scores),
        }
        self._surplus = _surplus_by_bin(truth, scores)
        self._ranked = [_RankedLabel(truth[:, i], scores[:, i]) for i in range(truth.shape[1])]

    def metrics(self, weights: np.ndarray) -> dict[str, float]:
        weights32 = weights.astype(np.float32)
        true = weights32 @ self._true
        micro, macro = _f1_from_sums(weights32 @ self._hits, weights32 @ self._said, true)
        present = true > 0
        precisions = np.array([ranked.average_precision(weights) for ranked in self._ranked])
        labelled = float(weights @ self._labelled)
        by_row = {name: float(_ratio(weights @ terms, labelled)) for name, terms in self._row_terms.items()}
        mean_precision = float(_ratio(precisions[present].sum(), present.sum()))
        ece = float(_ratio(np.abs(weights @ self._surplus).sum(), weights.sum() * self._true.shape[1]))
        found = {"micro_f1": micro, "macro_f1": macro, "map": mean_precision, "ece": ece, **by_row}
        return {name: found[name] for name in METRIC_TITLES}

    def label_scores(self, thresholds: np.ndarray) -> list[LabelScore]:
        tables = (self._hits, self._said, self._true)
        hits, said, true = (table.sum(axis=0, dtype=np.float64) for table in tables)
        columns = (_ratio(hits, said), _ratio(hits, true), _ratio(2 * hits, said + true), true, thresholds)
        return [
            LabelScore(float(precision), float(recall), float(f1), int(support), float(threshold))
            for precision, recall, f1, support, threshold in zip(*columns, strict=True)
        ]


class _RankedLabel:
    """One label's rows from the highest score down; tied rows are passed together, as in scikit-learn."""

    def __init__(self, truth: np.ndarray, scores: np.ndarray) -> None:
        self._order = np.argsort(-scores, kind="stable").astype(np.int32)
        falling = -scores[self._order]
        self._positives = np.flatnonzero(truth[self._order])
        self._tie_ends = np.searchsorted(falling, falling[self._positives], side="right") - 1
        self._hits_at = np.searchsorted(self._positives, self._tie_ends, side="right") - 1

    def average_precision(self, weights: np.ndarray) -> float:
        ranked = weights[self._order]
        positive = ranked[self._positives]
        precision = _ratio(np.cumsum(positive)[self._hits_at], np.cumsum(ranked)[self._tie_ends])
        return float(_ratio(positive @ precision, positive.sum()))


def _ranking_precision(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    blocks = [slice(i, i + _ROWS_PER_BLOCK) for i in range(0, len(truth), _ROWS_PER_BLOCK)]
    return np.concatenate([_ranking_precision_of_block(truth[block], scores[block]) for block in blocks])


def _ranking_precision_of_block(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(truth)
    as_high = scores[rows] >= scores[rows, columns][:, None]
    terms = (as_high & truth[rows]).sum(axis=1) / as_high.sum(axis=1)
    return _ratio(np.bincount(rows, terms, minlength=len(truth)), truth.sum(axis=1))


def _precision_at(k: int, truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(truth, top, axis=1).sum(axis=1) / k


def _surplus_by_bin(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Sum up, for each row and bin of probability, by how much the scores exceed the truth."""
    places = np.clip((scores * _CALIBRATION_BINS).astype(int), 0, _CALIBRATION_BINS - 1)
    cells = np.arange(len(truth))[:, None] * _CALIBRATION_BINS + places
    surplus = np.bincount(cells.ravel(), (scores - truth).ravel(), minlength=len(truth) * _CALIBRATION_BINS)
    return surplus.reshape(len(truth), _CALIBRATION_BINS)


def _f1_from_sums(hits: np.ndarray, said: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    hits, said, true = (np.asarray(sums, np.float64) for sums in (hits, said, true))
    present = true > 0
    micro = _ratio(2 * hits.sum(), said.sum() + true.sum())
    macro = _ratio(_ratio(2 * hits, said + true)[present].sum(), present.sum())
    return float(micro), float(macro)


def _ratio(part: np.ndarray | float, whole: np.ndarray | float) -> np.ndarray:
    """Divide; nothing out of nothing is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    zeros = np.zeros(np.broadcast_shapes(part.shape, whole.shape))
    return np.divide(part, whole, out=zeros, where=whole != 0)


def _estimate(value: float, replicates: np.ndarray) -> Estimate:
    if not len(replicates):
        return Estimate(value)
    low, high = np.quantile(replicates, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high))


def _label_lines(per_label: dict[str, LabelScore]) -> list[str]:
    width = max(len("label"), *(len(label) for label in per_label))
    by_support = sorted(per_label.items(), key=lambda item: (-item[1].support, item[0]))
    return [
        f"{'label':<{width}}  precision  recall     F1  support  threshold",
        *(
            f"{label:<{width}}  {s.precision:9.3f}  {s.recall:6.3f}  {s.f1:5.3f}  {s.support:7,}  {s.threshold:9.3f}"
            for label, s in by_support
        ),
    ]
