"""What a text is for, guessed from readers' tags and turns of phrase: weak votes to learn from, and a baseline."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np

INTENTS = (
    "inspire",
    "advise",
    "amuse",
    "console",
    "criticise",
    "reflect",
    "inform",
    "persuade",
    "express_love",
    "express_grief",
    "narrate",
)
# A reader chose the tag for this text; a turn of phrase may stand anywhere.
_TAG_WEIGHT = 1.0
_PATTERN_WEIGHT = 0.6


def weak_votes(text: str, tags: Iterable[str]) -> np.ndarray:
    """Add up what tags and turns of phrase say of a text's intents.

    Args:
        text: The text, plainly written.
        tags: Its tags, as slugs.

    Returns:
        Votes in the order of ``INTENTS``, float32 (11,); 0 where nothing speaks for an intent.
    """
    tagged = set(tags)
    return np.array(
        [
            _TAG_WEIGHT * bool(tagged & rule_tags) + _PATTERN_WEIGHT * any(pattern.search(text) for pattern in patterns)
            for rule_tags, patterns in _rules()
        ],
        dtype=np.float32,
    )


@cache
def _rules() -> tuple[tuple[frozenset[str], tuple[re.Pattern[str], ...]], ...]:
    source = resources.files("textthema.rules").joinpath("intents.toml")
    rules = tomllib.loads(source.read_text(encoding="utf-8"))
    return tuple(
        (
            frozenset(rules[intent]["tags"]),
            tuple(re.compile(pattern, re.IGNORECASE) for pattern in rules[intent]["patterns"]),
        )
        for intent in INTENTS
    )
