"""How a text is written before anything reads it: the same in training and in serving."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

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
# Characters that are no marks themselves, but are written with nothing else.
_OF_MARKS = frozenset("\u0f73\u0f75\u0f81")
# No character below this melts into the one before it.
_FIRST_MARK = "\u0300"


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
    return _composed(text).replace("\r\n", "\n").replace("\r", "\n").translate(_PLAIN)


def origins(text: str) -> list[int]:
    """Say where each character of ``plain(text)`` comes from.

    Args:
        text: Any text.

    Returns:
        For each character of the plain text the index of the first character in ``text`` that it stands for, and
        ``len(text)`` at the end; so the plain text's ``[start:end]`` is ``text[origins[start]:origins[end]]``.
    """
    if text.isascii() and "\r" not in text:
        return list(range(len(text) + 1))
    found: list[int] = []
    for start, end in pairwise([*_clusters(text), len(text)]):
        found += [start] * len(plain(text[start:end]))
    return [*found, len(text)]


def _clusters(text: str) -> Iterator[int]:
    """Give the places where no character melts into the one before: neither marks nor Hangul's parts, nor CR and LF.

    Only the last starter and its marks are looked at, which are few, so that a long text is read once.
    """
    starters = [place for place, character in enumerate(text) if place == 0 or not _is_mark(character)]
    last = ""
    for start, end in pairwise([*starters, len(text)]):
        piece = _composed(text[start:end])
        joined = piece if text[start] < _FIRST_MARK else unicodedata.normalize("NFC", last + piece)
        if joined in {piece, last + piece} and not (last.endswith("\r") and piece.startswith("\n")):
            yield start
            last = piece
        else:
            last = joined


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", _stream_safe(text))


def _is_mark(character: str) -> bool:
    return character >= _FIRST_MARK and (unicodedata.combining(character) > 0 or character in _OF_MARKS)


def words(text: str) -> list[str]:
    """List a text's words in lower case, without punctuation.

    Args:
        text: Any text.

    Returns:
        The words in order.
    """
    return _WORD.findall(text.casefold().replace("'", ""))


def text_id(text: str) -> str:
    """Name a text by its words, so that a rerun or another crawl names it the same.

    Args:
        text: Any text.

    Returns:
        16 hexadecimal digits.
    """
    return hashlib.blake2b(" ".join(words(text)).encode(), digest_size=8).hexdigest()


def _stream_safe(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
