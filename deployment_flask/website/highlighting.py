"""A text cut into pieces, each with the nuances that cover it."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: The part.
        kinds: Names of the nuances that cover all of it.
    """

    text: str
    kinds: tuple[str, ...]


def pieces(text: str, nuances: dict[str, dict]) -> list[Piece]:
    """Cut a text wherever a nuance begins or ends.

    Args:
        text: The text.
        nuances: Name → what the model found, of which ``present`` and ``spans`` are read; spans may overlap.

    Returns:
        The pieces, which joined are the text.
    """
    spans = [
        (max(0, span["start"]), min(len(text), span["end"]), kind)
        for kind, nuance in nuances.items()
        if nuance["present"]
        for span in nuance["spans"]
    ]
    cuts = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end) if start < end)})
    return [
        Piece(
            text[begin:end], tuple(dict.fromkeys(kind for start, stop, kind in spans if start <= begin < end <= stop))
        )
        for begin, end in pairwise(cuts)
    ]
