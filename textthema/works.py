"""Which work and which series a text belongs to, from a title as the site writes it."""

from __future__ import annotations

import re

from textthema.labels import slug

_SERIES = re.compile(r"\s*\(([^()]*#[^()]*)\)\s*$")
_NUMBER = re.compile(r",?\s*#.*$")


def works_of(title: str | None, series: str | None = None) -> list[str]:
    """Name the work and the series that a book is part of.

    Args:
        title: Such as ``"Fallen Too Far (Rosemary Beach, #1; Too Far, #1)"``; None where it isn't known.
        series: Such as ``"The Salt Road #2"``, from pages that show it apart from the title.

    Returns:
        Names such as ``["title fallen-too-far", "series rosemary-beach", "series too-far"]``.
    """
    found = _SERIES.search(title or "")
    named = [*(found[1].split(";") if found else ()), series or ""]
    names = [
        f"title {slug(_SERIES.sub('', title or ''))}",
        *(f"series {slug(_NUMBER.sub('', name))}" for name in named),
    ]
    return [name for name in names if name.split(" ", 1)[1]]
