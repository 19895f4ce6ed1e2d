"""Where a text may liken one thing to another: markers and what follows them, found by rule.

The rule finds nearly every simile and far too much besides ("I like rain", "taller than me"); which of its finds are
figurative, a model decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# What never likens anything, and would only be judged in vain.
_FIXED = re.compile(
    r"\bas (?:well|soon|long|far|such|yet|of|per) as\b|\b(?:rather|other|no later|no sooner) than\b"
    r"|\b(?:would|'d|should|don't|didn't|doesn't|might|may|will) like\b|\blike (?:to|this|that|these|those)\b",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"\bas (?!if\b|though\b|as\b)(?:[\w'’-]+ ){1,4}?(?P<as>as)\b(?! (?:if|though)\b)"
    r"|\bas (?P<if>if|though)\b"
    r"|\b(?P<like>like)\b"
    r"|\b(?P<than>than)\b",
    re.IGNORECASE,
)
# A vehicle ends with its clause: at a mark, or before a word that begins another one; and after 14 words.
_VEHICLE = re.compile(
    r"\s+(?P<vehicle>[\w'’-]+(?:[^\S\n]+(?!(?:and|but|or|because|when|while|until|so|yet|although|though|if|which|as|like)\b)[\w'’-]+){0,13})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A marker with what it likens something to.

    Attributes:
        start: First character of the marker.
        end: End of the vehicle.
        cue: First character of the marker's last word, where a model is asked whether this is figurative.
    """

    start: int
    end: int
    cue: int


def comparisons(text: str) -> list[Comparison]:
    """Find everything that may be a simile.

    Args:
        text: Any text.

    Returns:
        Candidates in the text's order; they do not overlap.
    """
    found: list[Comparison] = []
    fixed = {place for match in _FIXED.finditer(text) for place in range(*match.span())}
    for match in _MARKER.finditer(text):
        cue = match.start(match.lastgroup or 0)
        if cue in fixed or (found and match.start() < found[-1].end):
            continue
        if vehicle := _VEHICLE.match(text, match.end()):
            found.append(Comparison(match.start(), vehicle.end(), cue))
    return found
