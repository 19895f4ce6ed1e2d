"""How a text is written before anything reads it: the same in training and in serving."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "\u00a0": " ", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n",
        "\u200b": None, "\u2060": None, "\ufeff": None, "\u00ad": None,
    }
)  # fmt: skip

_WORD = re.compile(r"\w+")

# NFC sorts a run of combining marks in quadratic time: a text of nothing else would hold a server for seconds.
_MOST_MARKS = 30


def plain(text: str) -> str:
    """Write a text with composed letters, straight quotation marks and ordinary spaces.

    Args:
        text: Any text.

    Returns:
        The text in Unicode's NFC, without invisible characters; lines stay lines. Of more than 30 combining marks in a
        row, which no language writes, the first 30 are left.

    Source:
        Unicode Standard Annex 15, "Stream-Safe Text Format", for the 30.
    """
    safe = text if text.isascii() else _stream_safe(text)
    return unicodedata.normalize("NFC", safe).replace("\r\n", "\n").replace("\r", "\n").translate(_PLAIN)


def words(text: str) -> list[str]:
    """List a text's words in lower case, without punctuation.

    Args:
        text: Any text.

    Returns:
        The words in order.
    """
    return _WORD.findall(text.casefold().replace("'", ""))


def _stream_safe(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
