"""How a text is written before anything reads it: the same in training and in serving."""

from __future__ import annotations

import unicodedata

_PLAIN = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "\u00a0": " ", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n",
        "\u200b": None, "\u2060": None, "\ufeff": None, "\u00ad": None,
    }
)  # fmt: skip


def plain(text: str) -> str:
    """Write a text with composed letters, straight quotation marks and ordinary spaces.

    Args:
        text: Any text.

    Returns:
        The text in Unicode's NFC, without invisible characters; lines stay lines.
    """
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").translate(_PLAIN)
