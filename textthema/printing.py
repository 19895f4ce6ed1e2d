"""An analysis as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textthema.analysis import RELATED_KINDS, Analysis
from textthema.catalogue import Hit
from textthema.classifier import Prediction, ThemeScore
from textthema.intents import Intents
from textthema.nuances import Nuances

if TYPE_CHECKING:
    from textthema.passages import Passage

_BAR_WIDTH = 30
_LINE_WIDTH = 78
_PASSAGE_CHARACTERS = 300


def analysis_lines(analysis: Analysis, max_length: int) -> list[str]:
    """Write everything that was found.

    Args:
        analysis: What was found.
        max_length: Tokens that the model reads.

    Returns:
        Lines.
    """
    lines = theme_lines(analysis.prediction, max_length)
    if analysis.hashtags:
        lines += ["", "Hashtags", *_wrapped(" ".join(analysis.hashtags), "  ")]
    if analysis.related is not None:
        for kinds in RELATED_KINDS:
            lines += related_lines(kinds, getattr(analysis.related, kinds), analysis.passages)
    if analysis.nuances is not None:
        lines += nuance_lines(analysis.nuances)
    if analysis.intents is not None:
        lines += intent_lines(analysis.intents)
    return lines


def theme_lines(prediction: Prediction, max_length: int) -> list[str]:
    """Write themes as bars.

    Args:
        prediction: A text's themes.
        max_length: Tokens that the model reads.

    Returns:
        Lines.
    """
    lines = ["Themes", *_bars(prediction.themes)] if prediction.themes else ["No theme reaches its threshold."]
    if prediction.also:
        lines += ["", "Also considered", *_bars(prediction.also)]
    lines += ["", "│ marks the threshold from which a theme counts."]
    if prediction.truncated:
        lines += [f"The text has {prediction.n_tokens} tokens; the model read the first {max_length}."]
    return lines


def related_lines(kinds: str, hits: Sequence[Hit], passages: Sequence[Passage] = ()) -> list[str]:
    """Write related entities of one kind, each with what it shares with the text.

    Args:
        kinds: Such as ``"authors"``.
        hits: The entities, the nearest first.
        passages: Passages of the reader's own; an entity's nearest is written below it.

    Returns:
        Lines, an empty one first; none for no entity.
    """
    if not hits:
        return []
    width = min(max(len(hit.entity.name) for hit in hits), _LINE_WIDTH // 2)
    lines = ["", f"Related {kinds}"]
    for hit in hits:
        lines.append(f"  {hit.entity.name:<{width}}  {_why(hit)}".rstrip())
        passage = next((found for found in passages if hit.entity.id in found.entities), None)
        if passage:
            lines += _quoted(passage.text, "    ")
    return lines


def nuance_lines(nuances: Nuances) -> list[str]:
    """Write how a text speaks, with the words that carry it.

    Args:
        nuances: What was found.

    Returns:
        Lines, an empty one first.
    """
    lines = ["", "Nuances"]
    for title, nuance in (("humour", nuances.humor), ("simile", nuances.simile), ("metaphor", nuances.metaphor)):
        words = ", ".join(f"“{span.text}”" for span in nuance.spans)
        found = "found" if nuance.present else "not found"
        lines += _wrapped(f"{title:<8}  {nuance.score:4.0%}  {found}{': ' * bool(words)}{words}", "  ")
    return lines


def intent_lines(intents: Intents) -> list[str]:
    """Write what a text is for.

    Args:
        intents: What was found.

    Returns:
        Lines, an empty one first.
    """
    named = [f"{name.replace('_', ' ')} ({intents.scores[name]:.0%})" for name in intents.present]
    return ["", "Intents", *_wrapped(", ".join(named) or "none stands out", "  ")]


def passage_lines(passages: Sequence[Passage]) -> list[str]:
    """Write passages, each with whose it is.

    Args:
        passages: Passages, the nearest first.

    Returns:
        Lines.
    """
    lines = []
    for passage in passages:
        source = ", ".join(filter(None, (passage.author, passage.book)))
        shares = f"shares {', '.join(passage.shares)}" if passage.shares else ""
        below = " · ".join(filter(None, (source, shares)))
        lines += [*_quoted(passage.text, "  "), *([f"    — {below}"] if below else []), ""]
    return lines[:-1] or ["The index holds no passage."]


def _why(hit: Hit) -> str:
    parts = [
        f"by {hit.entity.author}" if hit.entity.author else "",
        f"from {hit.entity.franchise}" if hit.entity.franchise else "",
        f"shares {', '.join(hit.shares)}" if hit.shares else "",
    ]
    return " · ".join(filter(None, parts))


def _quoted(text: str, indent: str) -> list[str]:
    short = textwrap.shorten(text, _PASSAGE_CHARACTERS, placeholder=" …")
    return _wrapped(f"“{short}”", indent)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _LINE_WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _bars(scores: Sequence[ThemeScore]) -> list[str]:
    width = max(len(score.label) for score in scores)
    return [f"  {score.label:<{width}}  {_bar(score)} {score.probability:4.0%}" for score in scores]


def _bar(score: ThemeScore) -> str:
    filled = round(score.probability * _BAR_WIDTH)
    mark = round(score.threshold * _BAR_WIDTH)
    bar = "█" * filled + "·" * (_BAR_WIDTH - filled)
    return bar[:mark] + "│" + bar[mark:]
