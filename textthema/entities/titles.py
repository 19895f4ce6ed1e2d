"""Titles of books: the series split off, editions and subtitles that twins have left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from textthema.entities.names import folded
from textthema.text import plain

# "(The Lord of the Rings, #1)", "(Fallen #2; Extra, #1)", "(Lorien Legacies, Book 1)", "(Dune Chronicles)"
_PARENTHESES = re.compile(r"\s*[(\[](?P<inside>[^()\[\]]+)[)\]]['’\s.]*$")
_NUMBERED = re.compile(
    r"^(?P<series>.+?)[\s,:;]*(?:#\s?|\b(?:book|volume|vol\.?|no\.?|part)\s+)(?P<number>\d+(?:\.\d+)?(?:\s?[-–]\s?\d+)?|one|two|three)\b.*$",
    re.IGNORECASE,
)
_SERIES_WORD = re.compile(r"\b(?:series|saga|trilogy|chronicles|cycle|duology|quartet)$", re.IGNORECASE)
_VOLUME = re.compile(r"^(?P<series>.{3,}?)[\s,:]+(?:Vol\.?|Volume|Tome|Omnibus,? Vol\.?)\s*\d+\b.*$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_ARTICLES = ("the ", "a ", "an ")


@dataclass(frozen=True)
class Title:
    """A title taken apart.

    Args:
        name: The book's own title.
        series: The series that the title names, if any.
    """

    name: str
    series: str | None = None


def split_title(title: str) -> Title:
    """Part a title from the series that it names.

    Args:
        title: Such as ``"The Two Towers (The Lord of the Rings, #2)"`` or ``"Death Note, Vol. 1: Boredom"``.

    Returns:
        The title's parts; a remark in parentheses that names no series stays in the title.
    """
    text = " ".join(plain(title).split())
    found = _PARENTHESES.search(text)
    if found and found.start():
        series = series_name(found["inside"])
        if series:
            return Title(text[: found.start()].rstrip(" ,:"), series)
    volume = _VOLUME.match(text)
    if volume:
        return Title(text, volume["series"].strip(" ,:-"))
    return Title(text)


def series_name(inside: str) -> str | None:
    """Read the series from what stands in parentheses after a title.

    Args:
        inside: Such as ``"Perfect Chemistry #2"``, ``"Rosemary Beach, #1; Too Far, #1"``, ``"Gone Series, #6"``.

    Returns:
        The first series named, or None.
    """
    numbered = _NUMBERED.match(inside.partition(";")[0].strip())
    if numbered:
        name = numbered["series"].strip(" ,:;-#")
        return name if _WORD.search(name) else None
    return inside.strip() if _SERIES_WORD.search(inside.strip()) else None


def title_key(title: str) -> str:
    """Name a book the same in every spelling of its title.

    Args:
        title: A title without its series.

    Returns:
        Words without accents, capitals, punctuation and a leading article.
    """
    words = " ".join(_WORD.findall(folded(title.replace("&", " and ").replace("'", "").replace("’", ""))))
    for article in _ARTICLES:
        if words.startswith(article) and len(words) > len(article):
            return words[len(article) :]
    return words


def head_key(title: str) -> str:
    """Name a book by its title without the subtitle.

    Args:
        title: A title without its series.

    Returns:
        The key of what stands before the first colon or dash.
    """
    return title_key(re.split(r"\s*:\s|\s[-–—]\s", title, maxsplit=1)[0])
