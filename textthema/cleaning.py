"""Raw scraped quotes to a table of texts with themes: each row that goes is counted with its reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from textthema.collection import Collection
from textthema.errors import NotEnoughDataError
from textthema.identity import identity_tags
from textthema.labels import LabelRules, slug
from textthema.near_duplicates import connected_groups, near_duplicate_groups
from textthema.normalising import readable, without
from textthema.text import text_id, words
from textthema.works import works_of

_COLUMNS = ["id", "text", "author", "book", "works", "tags", "themes", "likes", "group"]


@dataclass
class Cleaned:
    """What cleaning leaves.

    Args:
        table: Columns ``id, text, author, book, works, tags, themes, likes, group``; one row a text.
        labels: The themes that were kept, most widely used first.
        dropped: Reason → rows dropped for it, in the order of the steps.
        rows_in: Rows that were read.
        identity: Tags that were recognised as identity.
        votes: Candidate theme → its votes, kept or not, most first.
    """

    table: pd.DataFrame
    labels: list[str]
    dropped: dict[str, int] = field(default_factory=dict)
    rows_in: int = 0
    identity: set[str] = field(default_factory=set)
    votes: dict[str, int] = field(default_factory=dict)


def clean(
    raw: pd.DataFrame, collection: Collection, rules: LabelRules, *, seed: int = 0, progress: bool = True
) -> Cleaned:
    """Turn raw rows into texts with themes.

    Args:
        raw: Columns ``text, author, book, series, tags, likes, group`` as ``textthema.raw.read_raw`` gives them.
        collection: Limits for noise, over-tagging and authors.
        rules: Which tags mean what, how many labels to keep, and what in a text is boilerplate.
        seed: Decides which rows of an author above the cap stay.
        progress: Whether to show progress bars.

    Returns:
        The cleaned table with its report.

    Raises:
        NotEnoughDataError: If no text is left, or fewer candidates than themes.
    """
    result = Cleaned(table=raw, labels=[], rows_in=len(raw))
    table = _readable_rows(raw, collection, rules, result)
    table["tags"] = [list(dict.fromkeys(filter(None, map(_slug, tags)))) for tags in table["tags"]]
    table = _keep(table, table["tags"].map(len) > 0, "no tags", result)
    table = _keep(table, table["tags"].map(len) <= collection.most_tags, "over-tagged", result)
    table = _keep(table, ~pasted_blocks(table["tags"], collection), "pasted block of tags", result)
    result.identity = identity_tags(table["tags"], table["author"], table["book"], rules)
    kept_tags = [[tag for tag in tags if tag not in result.identity] for tags in table["tags"]]
    canonical = cache(rules.canonical)
    table["tags"] = [[tag for tag in tags if canonical(tag)] for tags in kept_tags]
    candidates = [list(dict.fromkeys(map(canonical, tags))) for tags in table["tags"]]
    result.labels = _choose_labels(candidates, table["author"], collection, rules, result)
    kept = set(result.labels)
    table["themes"] = [[label for label in labels if label in kept] for labels in candidates]
    table = _keep(table, table["themes"].map(len) > 0, f"no {collection.label_noun}", result)
    table = _without_near_duplicates(table, result, progress=progress)
    table = _keep(table, _within_author_cap(table["author"], collection.author_rows, seed), "author's cap", result)
    table["id"] = [text_id(text) for text in table["text"]]
    titled = zip(table["book"], table["series"], strict=True)
    table["works"] = [works_of(title, series) if collection.by_work else [] for title, series in titled]
    result.table = table[_COLUMNS].reset_index(drop=True)
    return result


def pasted_blocks(tags: pd.Series, collection: Collection) -> pd.Series:
    """Find rows whose tags were pasted: the same long list under many texts.

    Args:
        tags: Tag slugs, one list a row.
        collection: From how many tags, and on how many rows, an identical list is a pasted block.

    Returns:
        bool, one a row.
    """
    blocks = tags.map(lambda row: tuple(sorted(row)) if len(row) >= collection.block_tags else ())
    rows = Counter(blocks)
    return blocks.map(lambda block: bool(block) and rows[block] >= collection.block_rows)


def label_index(labels: Sequence[str]) -> str:
    """Write labels the way ``tag_types_encoded.json`` holds them.

    Args:
        labels: Labels in the model's order.

    Returns:
        JSON, label → index.
    """
    return json.dumps({label: index for index, label in enumerate(labels)}, indent=1) + "\n"


def _readable_rows(raw: pd.DataFrame, collection: Collection, rules: LabelRules, result: Cleaned) -> pd.DataFrame:
    table = _keep(raw, raw["text"].notna(), "no text", result)
    table["text"] = [readable(without(text, rules.boilerplate)) for text in table["text"]]
    length = table["text"].map(lambda text: len(words(text)))
    table = _keep(table, length >= collection.fewest_words, "too few words", result)
    return _keep(table, table["text"].str.len() <= collection.most_characters, "too long", result)


def _keep(table: pd.DataFrame, mask: pd.Series, reason: str, result: Cleaned) -> pd.DataFrame:
    result.dropped[reason] = int((~mask).sum())
    if not mask.any():
        raise NotEnoughDataError(f"no row is left after dropping “{reason}”", value=reason)
    return table[mask].copy()


def _choose_labels(
    candidates: Sequence[list[str]],
    authors: Sequence[str | None],
    collection: Collection,
    rules: LabelRules,
    result: Cleaned,
) -> list[str]:
    by_author: Counter[tuple[str, str | None]] = Counter()
    for labels, author in zip(candidates, authors, strict=True):
        by_author.update((label, author) for label in labels)
    votes: Counter[str] = Counter()
    for (label, _), rows in by_author.items():
        votes[label] += min(rows, collection.author_votes)
    ranked = sorted(votes, key=lambda label: (-votes[label], label))
    wanted = rules.n_labels or sum(count >= rules.least_share * len(candidates) for count in votes.values())
    if not 0 < wanted <= len(ranked):
        raise NotEnoughDataError(
            f"{len(ranked)} {collection.label_noun}s found where {wanted} are wanted: give more rows",
            value=len(ranked),
        )
    result.votes = {label: votes[label] for label in ranked[: 2 * wanted]}
    return ranked[:wanted]


def _without_near_duplicates(table: pd.DataFrame, result: Cleaned, *, progress: bool) -> pd.DataFrame:
    table = table.assign(group=_groups(table, progress=progress), _tagged=table["tags"].map(len))
    first = table.sort_values("_tagged", ascending=False, kind="stable").drop_duplicates("group").index
    return _keep(table, table.index.to_series().isin(first), "near-duplicate", result).drop(columns="_tagged")


def _groups(table: pd.DataFrame, *, progress: bool) -> np.ndarray:
    found = near_duplicate_groups(table["text"].tolist(), progress=progress)
    given = table["group"].fillna("").astype(str).tolist()
    first_row: dict[str, int] = {}
    pairs = [(row, first_row.setdefault(f"found {group}", row)) for row, group in enumerate(found)]
    pairs += [(row, first_row.setdefault(f"given {group}", row)) for row, group in enumerate(given) if group]
    return connected_groups(pairs, len(table))


def _within_author_cap(authors: pd.Series, cap: int, seed: int) -> pd.Series:
    order = np.random.default_rng(seed).permutation(len(authors))
    shuffled = authors.iloc[order]
    rank = shuffled.groupby(shuffled.map(lambda name: slug(name or "")), sort=False).cumcount()
    unknown = shuffled.isna()
    return ((rank < cap) | unknown).reindex(authors.index)


@cache
def _slug(tag: str) -> str:
    return slug(tag)
