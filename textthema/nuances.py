"""How a text speaks: humour, similes and metaphors, each with its score and the words that carry it.

A simile is proposed by rule and decided by the model at its marker. A metaphor is decided for the whole text; the
words shown for it are cues, those at which the model finds an image likeliest.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from textthema.bundle import Heads
from textthema.inference import DECIMALS, HeadScores, sigmoid
from textthema.similes import comparisons
from textthema.text import origins, plain

_MOST_CUES = 6
_WORD = re.compile(r"[^\W\d_][\w'-]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the reader's own text.

    Attributes:
        start: Index of its first character.
        end: Index after its last one.
        text: What stands there.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Nuance:
    """Whether a text has one nuance, and where.

    Attributes:
        score: Between 0 and 1.
        threshold: Score from which the nuance counts.
        spans: The words that carry it, in the text's order; none where it is absent or lies in the whole.
    """

    score: float
    threshold: float
    spans: tuple[Span, ...] = ()

    @property
    def present(self) -> bool:
        """Tell whether the score reaches its threshold."""
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class Nuances:
    """How one text speaks.

    Attributes:
        humor: Whether it is meant to amuse; lies in the whole text.
        simile: Whether it likens things by a marker such as "like"; spans are marker and vehicle.
        metaphor: Whether it speaks in images without a marker; spans are cues.
    """

    humor: Nuance
    simile: Nuance
    metaphor: Nuance

    def as_dict(self) -> dict[str, Any]:
        """Write the nuances as plain values.

        Returns:
            JSON, one object a nuance.
        """
        return {name: _as_dict(getattr(self, name)) for name in ("humor", "simile", "metaphor")}


def read_nuances(said: HeadScores, heads: Heads, text: str) -> Nuances:
    """Read the nuances of one text off the model's heads.

    Args:
        said: What the heads said of the text.
        heads: Their names and thresholds.
        text: The text as its reader gave it.

    Returns:
        The nuances; spans are places in ``text``.
    """
    scores = dict(zip(heads.text, sigmoid(said.text).tolist(), strict=True))
    tokens = dict(zip(heads.tokens, sigmoid(said.tokens).T, strict=True))
    written = plain(text)
    simile, similes = _simile(written, tokens["simile"], said.starts, heads.tokens["simile"])
    metaphor = Nuance(scores["metaphor"], heads.text["metaphor"])
    cues = []
    if metaphor.present:
        outside = [word for word in _words(written) if not any(start <= word[0] < end for start, end in similes)]
        cues = _cues(written, outside, tokens["image"], said.starts, heads.tokens["image"])
    places = origins(text)
    return Nuances(
        humor=Nuance(scores["humor"], heads.text["humor"]),
        simile=Nuance(simile, heads.tokens["simile"], _spans(similes, places, text)),
        metaphor=Nuance(metaphor.score, metaphor.threshold, _spans(cues, places, text)),
    )


def token_at(starts: np.ndarray, character: int) -> int | None:
    """Find the token that begins at a character.

    Args:
        starts: First character of each token, -1 for special ones, int64 (n_tokens,).
        character: Index of a character.

    Returns:
        The token's index, None where no token begins.
    """
    found = np.flatnonzero(starts == character)
    return int(found[0]) if len(found) else None


def _simile(text: str, scores: np.ndarray, starts: np.ndarray, threshold: float) -> tuple[float, list[tuple[int, int]]]:
    best, spans = 0.0, []
    for comparison in comparisons(text):
        token = token_at(starts, comparison.cue)
        if token is None:
            continue
        best = max(best, float(scores[token]))
        if scores[token] >= threshold:
            spans.append((comparison.start, comparison.end))
    return best, spans


@cache
def _function_words() -> frozenset[str]:
    source = resources.files("textthema.rules").joinpath("function_words.toml")
    return frozenset(tomllib.loads(source.read_text(encoding="utf-8"))["words"])


def _words(text: str) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text):
        if match[0].lower() not in _function_words():
            yield match.span()


def _cues(
    text: str, words: list[tuple[int, int]], scores: np.ndarray, starts: np.ndarray, threshold: float
) -> list[tuple[int, int]]:
    scored = [(float(scores[token]), word) for word in words if (token := token_at(starts, word[0])) is not None]
    if not scored:
        return []
    scored.sort(key=lambda item: -item[0])
    over = [word for score, word in scored[:_MOST_CUES] if score >= threshold] or [scored[0][1]]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(over):
        if merged and text[merged[-1][1] : start].isspace():
            start = merged.pop()[0]  # noqa: PLW2901 - neighbours are shown as one
        merged.append((start, end))
    return merged


def _spans(found: list[tuple[int, int]], places: list[int], text: str) -> tuple[Span, ...]:
    own = [(places[start], places[end]) for start, end in found]
    return tuple(Span(start, end, text[start:end]) for start, end in own)


def _as_dict(nuance: Nuance) -> dict[str, Any]:
    return {
        "score": round(nuance.score, DECIMALS),
        "threshold": round(nuance.threshold, DECIMALS),
        "present": nuance.present,
        "spans": [asdict(span) for span in nuance.spans],
    }
