"""Train, validation and test rows that share neither an author nor a near-duplicate."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from textthema.errors import InputError, NotEnoughDataError
from textthema.labels import slug
from textthema.near_duplicates import connected_groups

NAMES = ("train", "validation", "test")
DEFAULT_SHARES = (0.8, 0.1, 0.1)


def split_rows(
    authors: Sequence[str | None],
    groups: Sequence[int],
    *,
    shares: tuple[float, float, float] = DEFAULT_SHARES,
    seed: int = 0,
) -> np.ndarray:
    """Deal rows out so that nothing that belongs together is parted.

    Rows that share an author or a near-duplicate group are connected; each connected component goes to one part as a
    whole. Components are dealt out by a seeded hash of their smallest author or group name, so that the rows of known
    authors stay where they are when the table grows.

    Args:
        authors: The rows' authors, None where unknown; n of them.
        groups: The rows' near-duplicate groups; n of them.
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
    component = _components(authors, groups)
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


def _components(authors: Sequence[str | None], groups: Sequence[int]) -> np.ndarray:
    first_row: dict[str, int] = {}
    pairs = []
    for row, (author, group) in enumerate(zip(authors, groups, strict=True)):
        pairs.append((row, first_row.setdefault(f"group {group}", row)))
        if author:
            pairs.append((row, first_row.setdefault(f"author {slug(author)}", row)))
    return connected_groups(pairs, len(authors))


def _place(key: str, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
