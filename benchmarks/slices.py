"""Where a model is good and where not: by length, kind, frequency of the label, known author; and what it confuses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from textthema.metrics import LabelScore, evaluate_scores, micro_macro_f1

if TYPE_CHECKING:
    from quality import Split

_LENGTHS = {"up to 15 words": (0, 15), "16 to 40 words": (16, 40), "41 to 100 words": (41, 100), "longer": (101, 10**9)}
_DIALOGUE_LINE = re.compile(r"^\s*(?:[-–—]\s.*[.?!…]|[\"“].*|[A-Z][\w .'-]{0,24}:\s.*)")
_SPOKEN = re.compile(r"[\"“][^\"“”]+[,.?!…—-][\"”]")
_VERSE_LINES, _VERSE_CHARACTERS, _PROSE_CHARACTERS = 4, 60, 400
_N_WORST = 10
_SEVERAL = 5
_RARE = 150

Models = Mapping[str, tuple[np.ndarray, np.ndarray]]


def kind_of(text: str) -> str:
    """Tell verse, dialogue, longer prose and single quotes apart by their shape.

    Args:
        text: A text with its line breaks.

    Returns:
        ``"dialogue"`` if at least two lines begin as speech does or two stretches in quotation marks end as clauses
        do, ``"verse"`` for four or more lines that are mostly short, ``"longer prose"`` above 400 characters,
        ``"quote"`` otherwise.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if sum(bool(_DIALOGUE_LINE.match(line)) for line in lines) >= 2 or len(_SPOKEN.findall(text)) >= 2:
        return "dialogue"
    if len(lines) >= _VERSE_LINES and np.median([len(line) for line in lines]) <= _VERSE_CHARACTERS:
        return "verse"
    return "longer prose" if len(text) > _PROSE_CHARACTERS else "quote"


def slices_of(
    test: Split,
    seen_truth: np.ndarray,
    train_truth: np.ndarray,
    models: Models,
    seen: Models,
    labels: Sequence[str],
) -> dict[str, dict[str, dict]]:
    """Measure models on parts of the test rows, and on texts of authors that they were trained on.

    Args:
        test: The test rows.
        seen_truth: Labels of the rows of known authors, bool (n_seen, n_labels).
        train_truth: Labels of the training rows, bool (n_train, n_labels).
        models: Title to scores (n, n_labels) and thresholds (n_labels,) on the test rows.
        seen: The same on the rows of known authors.
        labels: The labels' names.

    Returns:
        Kind of slice to name of slice to ``rows`` and the models' metrics.
    """
    words = np.array([len(text.split()) for text in test.texts])
    kinds = np.array([kind_of(text) for text in test.texts])

    def by_rows(rows: np.ndarray) -> dict:
        return _measured(test.truth[rows], {t: (s[rows], cuts) for t, (s, cuts) in models.items()}, labels)

    # Known authors all have several texts; so do the unseen ones that they are set beside.
    several = np.bincount(test.authors)[test.authors] >= _SEVERAL
    unseen = {title: (models[title][0][several], models[title][1]) for title in seen}
    return {
        "length": {name: by_rows((words >= low) & (words <= high)) for name, (low, high) in _LENGTHS.items()},
        "kind": {kind: by_rows(kinds == kind) for kind in ("quote", "verse", "dialogue", "longer prose")},
        "frequency of the label": _by_frequency(test.truth, train_truth, models),
        "author": {
            "unseen, with five texts or more": _measured(test.truth[several], unseen, labels),
            "seen in training": _measured(seen_truth, seen, labels),
        },
    }


def weaknesses_of(
    truth: np.ndarray,
    said: np.ndarray,
    train_truth: np.ndarray,
    labels: Sequence[str],
    ours: Mapping[str, LabelScore],
    baseline: Mapping[str, LabelScore],
) -> dict[str, list[dict]]:
    """Find the pairs of themes that are taken for each other most often, and the weakest themes, with reasons.

    Args:
        truth: Labels of the test rows, bool (n, n_labels).
        said: What the model says of them, bool (n, n_labels).
        train_truth: Labels of the training rows.
        labels: The labels' names.
        ours: Label to the model's scores.
        baseline: Label to the baseline's scores.

    Returns:
        ``confused`` and ``weakest``, ten of each.
    """
    missed, invented = (truth & ~said).astype(np.float32), (said & ~truth).astype(np.float32)
    instead = missed.T @ invented
    both = instead + instead.T
    together = train_truth.astype(np.float32).T @ train_truth.astype(np.float32)
    order = np.argsort(-np.triu(both, 1), axis=None, kind="stable")[:_N_WORST]
    confused = [
        {
            "themes": [labels[i], labels[j]],
            "texts": int(both[i, j]),
            "share_of_rarer_with_both_in_training": float(together[i, j] / max(min(together[i, i], together[j, j]), 1)),
        }
        for i, j in zip(*np.unravel_index(order, both.shape), strict=True)
    ]
    company = truth.sum(axis=1)
    measured = [label for label in labels if ours[label].support]
    weakest = sorted(measured, key=lambda label: ours[label].f1)[:_N_WORST]
    return {
        "confused": confused,
        "weakest": [_weakness(label, labels, truth, company, instead, ours, baseline) for label in weakest],
    }


def _weakness(
    label: str,
    labels: Sequence[str],
    truth: np.ndarray,
    company: np.ndarray,
    instead: np.ndarray,
    ours: Mapping[str, LabelScore],
    baseline: Mapping[str, LabelScore],
) -> dict:
    place = list(labels).index(label)
    score, rows = ours[label], truth[:, place]
    others = float(company[rows].mean() - 1) if rows.any() else 0.0
    typical = float(company.mean() - 1)
    reasons = [
        reason
        for reason, holds in (
            (f"rare: {score.support} test texts carry it", score.support < _RARE),
            (
                f"used as a catch-all: its texts carry {others:.1f} other themes, a text on average {typical:.1f}",
                others > 1.5 * typical,
            ),
            (f"words don't give it away: TF-IDF reaches {baseline[label].f1:.2f}", baseline[label].f1 < 0.25),
            (f"much of what is found was not tagged: precision {score.precision:.0%}", score.precision < 0.3),
        )
        if holds
    ]
    return {
        "theme": label,
        "f1": score.f1,
        "precision": score.precision,
        "recall": score.recall,
        "support": score.support,
        "said_instead": [labels[i] for i in np.argsort(-instead[place], kind="stable")[:3]],
        "reasons": reasons,
    }


def _by_frequency(truth: np.ndarray, train_truth: np.ndarray, models: Models) -> dict[str, dict]:
    order = np.argsort(-train_truth.sum(axis=0), kind="stable")
    names = ("most frequent third", "middle third", "rarest third")
    slices = {}
    for name, columns in zip(names, np.array_split(order, len(names)), strict=True):
        figures = {}
        for title, (scores, cuts) in models.items():
            micro, macro = micro_macro_f1(truth[:, columns], scores[:, columns] >= cuts[columns])
            figures[title] = {"micro_f1": micro, "macro_f1": macro}
        slices[name] = {"themes": len(columns), "rows": int(truth[:, columns].any(axis=1).sum()), "models": figures}
    return slices


def _measured(truth: np.ndarray, models: Models, labels: Sequence[str]) -> dict:
    def figures(scores: np.ndarray, cuts: np.ndarray) -> dict[str, float]:
        report = evaluate_scores(truth, scores, cuts, labels, n_bootstrap=0)
        return {name: estimate.value for name, estimate in report.metrics.items()}

    measured = models if len(truth) else {}
    return {"rows": len(truth), "models": {title: figures(*model) for title, model in measured.items()}}
