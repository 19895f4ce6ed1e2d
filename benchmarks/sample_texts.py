"""Texts to time models with, made of our own words; what they say makes no difference to the time."""

from __future__ import annotations

import random

TOKENS = 40
_SENTENCE = (
    "the river keeps a slow account of every bridge and lamp we left behind in winter light while somebody"
    " at the far window sings about bread and rain and the patience of small boats under a very old moon"
)
_WORDS = _SENTENCE.split()
_SPECIAL_TOKENS = 2
_SHORTEST, _LONGEST = 8, 90


def text_of_tokens(n_tokens: int = TOKENS) -> str:
    """Write a text of so many tokens.

    Args:
        n_tokens: Special tokens included; every word of the sentence is one token of BERT's vocabulary.

    Returns:
        The text.
    """
    n_words = n_tokens - _SPECIAL_TOKENS
    return " ".join((_WORDS * (n_words // len(_WORDS) + 1))[:n_words])


def mixed_texts(n: int) -> list[str]:
    """Write texts of mixed length, the same ones each time.

    Args:
        n: How many.

    Returns:
        Texts of 8 to 90 words.
    """
    rng = random.Random(0)  # noqa: S311
    return [" ".join(rng.choices(_WORDS, k=rng.randint(_SHORTEST, _LONGEST))) for _ in range(n)]
