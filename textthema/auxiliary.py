"""Further tags that a model learns beside its labels and forgets again: they teach the encoder what readers see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from textthema.labels import LabelRules
from textthema.splits import author_codes

# No label holds a colon, so a tag of the same name can't be taken for one.
_PREFIX = "tag:"


def frequent_tags(table: pd.DataFrame, labels: Iterable[str], n: int, rules: LabelRules) -> list[str]:
    """Find the tags used by most authors' texts that name none of the labels.

    Args:
        table: Columns ``tags`` (lists of raw tags) and ``author``.
        labels: The model's labels.
        n: How many tags.
        rules: What tags mean.

    Returns:
        At most n names, the most frequent first; they can't be mistaken for labels.
    """
    if not n:
        return []
    known = set(labels)
    uses = {
        (code, tag) for code, tags in zip(author_codes(table["author"]), table["tags"], strict=True) for tag in tags
    }
    counts = Counter(tag for _, tag in uses)
    further = (tag for tag, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    chosen: list[str] = []
    for tag in further:
        canonical = rules.canonical(tag)
        if canonical is not None and canonical not in known:
            chosen.append(_PREFIX + tag)
        if len(chosen) == n:
            break
    return chosen


def with_auxiliary(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Add further tags to the labels of the texts that carry them.

    Args:
        table: Columns ``tags`` and ``themes``.
        names: What ``frequent_tags`` chose.

    Returns:
        The table with longer lists in ``themes``.
    """
    known = set(names)
    if not known:
        return table
    longer = [
        [*themes, *(name for name in (_PREFIX + tag for tag in tags) if name in known)]
        for themes, tags in zip(table["themes"], table["tags"], strict=True)
    ]
    return table.assign(themes=longer)
