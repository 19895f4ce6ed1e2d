"""Real quotes to time models with, drawn by seed, and the files that they are handed over in."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path

from textthema.collection import QUOTES
from textthema.errors import InputError
from textthema.raw import read_raw


def draw_texts(source: Path, n: int, seed: int, longest: int | None = None) -> list[str]:
    """Draw texts of a table, without repeats as long as there are enough, then all of them again.

    Args:
        source: Raw quotes, a scraper's CSV or a Parquet file.
        n: How many.
        seed: The same seed draws the same texts.
        longest: Characters of the longest that may be drawn; any by default.

    Returns:
        The texts.

    Raises:
        InputError: No text is short enough.
    """
    texts = [text for text in read_raw(source, QUOTES)["text"].dropna() if longest is None or len(text) <= longest]
    if not texts:
        raise InputError(f"{source} has no text of at most {longest} characters; allow longer ones", value=longest)
    rng, drawn = random.Random(seed), []  # noqa: S311
    while len(drawn) < n:
        drawn += rng.sample(texts, min(len(texts), n - len(drawn)))
    return drawn


def write_texts(path: Path, texts: Iterable[str]) -> None:
    """Write texts as JSON lines, numbered from 0.

    Args:
        path: Gets ``{"id": …, "text": …}`` a line.
        texts: Any number of them.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, text in enumerate(texts):
            file.write(json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n")


def read_texts(path: Path) -> list[str]:
    """Read what `write_texts` wrote.

    Args:
        path: The file.

    Returns:
        The texts, in their order.
    """
    with path.open(encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file]
