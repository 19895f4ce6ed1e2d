"""How good a classifier is on a file of texts with readers' tags."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textthema.classifier import readable
from textthema.errors import EmptyTextError, InputError, NotEnoughDataError, shown
from textthema.labels import labels_in, read_rules
from textthema.metrics import Report, evaluate_scores
from textthema.sources import read_table

if TYPE_CHECKING:
    from textthema.classifier import ThemeClassifier


def evaluate_file(
    path: str | Path,
    classifier: ThemeClassifier,
    text_column: str = "text",
    tags_column: str = "tags",
    *,
    n_bootstrap: int = 200,
    seed: int = 0,
) -> Report:
    """Measure a classifier on a table of texts and tags.

    Tags are brought to the classifier's labels as for training. A row whose tags name none of them says nothing
    about its text, so it is left out and counted, as is a row without text.

    Args:
        path: CSV, JSONL or Parquet.
        classifier: What to measure, at its own thresholds.
        text_column: The column of texts.
        tags_column: The column of tags: a list, or in CSV a JSON list.
        n_bootstrap: Number of bootstrap replicates for the intervals; 0 for none.
        seed: Of the replicates.

    Returns:
        The report; its counts begin with ``rows_in_file``, ``rows_without_text`` and ``rows_without_theme``.

    Raises:
        InputError: If the file, a column, a text or a tag list can't be read; the message says which row.
        NotEnoughDataError: If no row has both a text and a tag that names one of the labels.
    """
    table = read_table(path)
    texts = [_text(cell, row) for row, cell in enumerate(table.column(text_column), start=1)]
    known = frozenset(classifier.labels)
    rules = read_rules(classifier.collection)
    themes = [labels_in(_tags(cell, row), known, rules) for row, cell in enumerate(table.column(tags_column), start=1)]
    kept = [i for i, text in enumerate(texts) if text is not None and themes[i]]
    if not kept:
        message = f"none of the {len(texts)} rows of {path} has a text and a tag that names a theme"
        raise NotEnoughDataError(message, value=str(path))

    truth = _truth([themes[i] for i in kept], classifier.labels)
    scores = classifier.probabilities([texts[i] for i in kept], progress=True)
    report = evaluate_scores(truth, scores, classifier.thresholds, classifier.labels, n_bootstrap, seed)
    without_text = texts.count(None)
    left_out = {
        "rows_in_file": len(texts),
        "rows_without_text": without_text,
        "rows_without_theme": len(texts) - without_text - len(kept),
    }
    return replace(report, counts={**left_out, **report.counts})


def _truth(themes: Sequence[Sequence[str]], labels: Sequence[str]) -> np.ndarray:
    column = {label: i for i, label in enumerate(labels)}
    truth = np.zeros((len(themes), len(labels)), bool)
    for row, named in enumerate(themes):
        truth[row, [column[label] for label in named]] = True
    return truth


def _tags(cell: object, row: int) -> list[str]:
    if _is_missing(cell) or cell == "":
        return []
    tags = cell
    if isinstance(cell, str):
        try:
            tags = json.loads(cell)
        except (ValueError, RecursionError):
            tags = None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        message = f'row {row}: the tags must be a JSON list such as ["love", "hope"], not {shown(cell)}'
        raise InputError(message, value=cell)
    return tags


def _text(cell: object, row: int) -> str | None:
    if _is_missing(cell):
        return None
    try:
        return readable(cell)
    except EmptyTextError:
        return None
    except InputError as error:
        raise type(error)(f"row {row}: {error}", value=error.value) from error


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
