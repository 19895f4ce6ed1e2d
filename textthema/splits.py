"""Train, validation and test rows that share no author, near-duplicate or series; and a few of known authors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from textthema.errors import InputError, NotEnoughDataError
from textthema.labels import slug
from textthema.near_duplicates import connected_groups

NAMES = ("train", "validation", "test")
SEEN = "seen_authors"
DEFAULT_SEEN_SHARE = 0.02
# Whose texts are fewer would hardly be known by the rest of them.
_FEWEST_TEXTS = 5
DEFAULT_SHARES = (0.8, 0.1, 0.1)


def split_rows(
    authors: Sequence[str | None],
    groups: Sequence[int],
    works: Sequence[Sequence[str]] | None = None,
    *,
    shares: tuple[float, float, float] = DEFAULT_SHARES,
    seed: int = 0,
) -> np.ndarray:
    """Deal rows out so that nothing that belongs together is parted.

    Rows that share an author, a near-duplicate group or a work are connected; each connected component goes to one
    part as a whole. Components are dealt out by a seeded hash of their smallest author or group name, so that the rows
    of known authors stay where they are when the table grows.

    Args:
        authors: The rows' authors, None where unknown; n of them.
        groups: The rows' near-duplicate groups; n of them.
        works: Names of the works and series that each row belongs to, n lists; None where they may be parted.
        shares: Shares of the components that train, validation and test get.
        seed: Another seed, another split.

    Returns:
        Array of str (n,), each ``"train"``, ``"validation"`` or ``"test"``.

    Raises:
        InputError: If the shares don't add up to 1.
        NotEnoughDataError: If a part would be empty.
    """
    if not np.isclose(sum(shares), 1) or min(shares) <= 0:
        raise InputError(f"shares have to be positive and add up to 1, these are {shares}", value=shares)
    component = _components(authors, groups, works or [()] * len(authors))
    keys = [slug(author) if author else f"group {group}" for author, group in zip(authors, groups, strict=True)]
    key_of = pd.Series(keys).groupby(component).min()
    place = key_of.map(lambda key: _place(key, seed)).to_numpy()[component]
    parts = np.asarray(NAMES)[np.searchsorted(np.cumsum(shares)[:-1], place, side="right")]
    empty = set(NAMES) - set(parts.tolist())
    if empty:
        raise NotEnoughDataError(
            f"{len(parts)} rows leave {', '.join(sorted(empty))} empty: give more", value=len(parts)
        )
    return parts


def hold_out_seen(
    parts: np.ndarray,
    ids: Sequence[str],
    authors: Sequence[str | None],
    groups: Sequence[int],
    *,
    share: float = DEFAULT_SEEN_SHARE,
    seed: int = 0,
) -> np.ndarray:
    """Move a few training rows to a part of their own: texts not trained on, by authors that are.

    They tell how much a model gains from knowing an author's other texts. A row that has a near-duplicate stays, and
    so does one whose author has fewer than five training rows.

    Args:
        parts: What ``split_rows`` gave, (n,).
        ids: The rows' ids, n of them; a row's id and the seed decide whether it moves.
        authors: The rows' authors, None where unknown; n of them.
        groups: The rows' near-duplicate groups; n of them.
        share: How many of the rows that could move do.
        seed: Another seed, other rows.

    Returns:
        The parts, with ``SEEN`` for the rows that moved.

    Raises:
        InputError: If the share is not between 0 and 0.5.
    """
    if not 0 <= share <= 0.5:
        raise InputError(f"the share of rows of known authors has to be from 0 to 0.5, not {share}", value=share)
    codes = author_codes(authors)
    in_training = parts == "train"
    texts = np.bincount(codes[in_training], minlength=codes.max() + 1)
    alone = ~pd.Series(np.asarray(groups)).duplicated(keep=False).to_numpy()
    could = in_training & alone & (texts[codes] >= _FEWEST_TEXTS)
    place = np.array([_place(f"row {row}", seed) for row in ids])
    return np.where(could & (place < share), SEEN, parts)


def author_codes(authors: Sequence[str | None]) -> np.ndarray:
    """Number authors, whatever the spelling of their names.

    Args:
        authors: The rows' authors, None where unknown; n of them.

    Returns:
        int64 (n,), one number an author; a row without author has a number of its own.
    """
    names = [slug(author) if author else f"row {row}" for row, author in enumerate(authors)]
    return np.unique(names, return_inverse=True)[1]


def fingerprint(ids: Sequence[str]) -> str:
    """Name a set of rows, whatever their order.

    Args:
        ids: The rows' ids.

    Returns:
        16 hexadecimal digits.
    """
    return hashlib.blake2b("\n".join(sorted(ids)).encode(), digest_size=8).hexdigest()


def _components(authors: Sequence[str | None], groups: Sequence[int], works: Sequence[Sequence[str]]) -> np.ndarray:
    first_row: dict[str, int] = {}
    pairs = []
    for row, (author, group, names) in enumerate(zip(authors, groups, works, strict=True)):
        pairs.append((row, first_row.setdefault(f"group {group}", row)))
        if author:
            pairs.append((row, first_row.setdefault(f"author {slug(author)}", row)))
        pairs.extend((row, first_row.setdefault(f"work {name}", row)) for name in names)
    return connected_groups(pairs, len(authors))


def _place(key: str, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
