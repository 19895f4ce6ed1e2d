import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textthema.errors import InputError, NotEnoughDataError
from textthema.labels import slug
from textthema.splits import NAMES, SEEN, author_codes, fingerprint, hold_out_seen, split_rows


def parts_of(keys, parts):
    seen = {}
    for key, part in zip(keys, parts, strict=True):
        seen.setdefault(key, set()).add(part)
    return seen


@given(st.integers(0, 1000))
def test_no_author_and_no_near_duplicate_crosses(seed):
    rng = np.random.default_rng(seed)
    authors = [f"Author {n}" if n < 80 else None for n in rng.integers(0, 100, 300)]
    groups = rng.integers(0, 2000, 300).tolist()
    try:
        parts = split_rows(authors, groups, seed=seed)
    except NotEnoughDataError:
        return
    crossing = parts_of([slug(author) if author else object() for author in authors], parts)
    assert all(len(found) == 1 for found in crossing.values())
    assert all(len(found) == 1 for found in parts_of(groups, parts).values())


def test_spellings_of_one_author_stay_together():
    authors = [f"A{n}" for n in range(50)] + ["J. K. Fern", "j.k. fern"]
    parts = split_rows(authors, list(range(52)))
    assert parts[50] == parts[51]


def test_works_and_series_stay_together():
    authors = [f"A{n}" for n in range(100)]
    works = [[f"title t{n}", f"series s{n % 50}"] for n in range(100)]
    parts = split_rows(authors, list(range(100)), works)
    assert (parts[:50] == parts[50:]).all()


def test_shares_are_about_kept_and_the_seed_decides():
    authors = [f"A{n}" for n in range(4000)]
    parts = split_rows(authors, list(range(4000)), shares=(0.6, 0.2, 0.2))
    assert abs(np.mean(parts == "train") - 0.6) < 0.03
    assert (parts == split_rows(authors, list(range(4000)), shares=(0.6, 0.2, 0.2))).all()
    assert (parts != split_rows(authors, list(range(4000)), shares=(0.6, 0.2, 0.2), seed=1)).any()


def test_new_rows_leave_the_others_where_they_were():
    authors = [f"A{n}" for n in range(500)]
    before = split_rows(authors, list(range(500)))
    after = split_rows([*authors, "New", "Newer"], list(range(502)))
    assert (before == after[:500]).all()


@pytest.mark.parametrize("shares", [(0.5, 0.2, 0.2), (1.0, 0.0, 0.0)])
def test_shares_have_to_be_shares(shares):
    with pytest.raises(InputError, match="add up to 1"):
        split_rows(["A"], [0], shares=shares)


def test_a_part_without_rows_is_refused():
    with pytest.raises(NotEnoughDataError, match="empty"):
        split_rows(["A", "A"], [0, 1])


def test_a_fingerprint_forgets_the_order_only():
    assert fingerprint(["a", "b"]) == fingerprint(["b", "a"]) != fingerprint(["a", "c"])


def test_no_author_and_no_near_duplicate_crosses_in_the_real_split():
    folder = os.environ.get("TEXTTHEMA_DATA")
    if not folder or not (Path(folder) / "splits" / "train.parquet").is_file():
        pytest.skip("TEXTTHEMA_DATA names no folder with splits/train.parquet")
    import pandas as pd

    seen = {"author": {}, "group": {}}
    for name in NAMES:
        table = pd.read_parquet(Path(folder) / "splits" / f"{name}.parquet", columns=["author", "group"])
        for column, parts in seen.items():
            keys = table[column].dropna().astype(str).map(slug if column == "author" else str)
            for key in set(keys):
                assert parts.setdefault(key, name) == name


def test_author_codes_forget_spelling_and_keep_the_unknown_apart():
    codes = author_codes(["Bo Ek", None, "bo  ek", None, "Al"])
    assert codes[0] == codes[2]
    assert len(set(codes)) == 4


def held_out(share, seed=0):
    authors = [f"Author {n % 40}" for n in range(800)] + [f"Rare {n}" for n in range(100)]
    groups = list(range(900))
    groups[40] = groups[0]
    ids = [f"id{n}" for n in range(900)]
    parts = split_rows(authors, groups, seed=1)
    return parts, hold_out_seen(parts, ids, authors, groups, share=share, seed=seed), authors


def test_rows_of_known_authors_leave_training_only_alone_and_only_where_others_stay():
    before, after, authors = held_out(0.2)
    moved = np.flatnonzero(after == SEEN)
    assert len(moved)
    assert set(before[moved]) == {"train"}
    assert (before == after)[after != SEEN].all()
    rows_of = Counter(author for author, part in zip(authors, before, strict=True) if part == "train")
    assert min(rows_of[authors[row]] for row in moved) >= 5
    assert not [row for row in moved if authors[row].startswith("Rare") or row in {0, 40}]


def test_no_share_holds_out_nothing_and_the_seed_decides():
    before, after, *_ = held_out(0)
    assert (before == after).all()
    assert (held_out(0.2, seed=1)[1] != held_out(0.2, seed=2)[1]).any()


@pytest.mark.parametrize("share", [-0.1, 0.6, 2])
def test_most_training_rows_have_to_stay(share):
    with pytest.raises(InputError, match="from 0 to 0"):
        held_out(share)
