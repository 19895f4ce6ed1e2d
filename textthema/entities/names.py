"""Names of authors: spelling variants brought to one key, attributions to nobody left out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from textthema.entities.rules import AuthorRules
from textthema.text import plain

_ADDITION = re.compile(r"\s*(?:[(\[{~|;].*|,?\s+(?:ph\.?\s?d|m\.?d|mba|esq)\b.*)$", re.IGNORECASE)
_HONORIFIC = re.compile(r"^(?:dr|sir|prof|professor|rev|president)\b\.?\s+(?=\S+\s)", re.IGNORECASE)
_EDGES = " \t\n-–—―~*\"'“”‘’,;:|"
_WORD = re.compile(r"[^\W_]+")
_VERSE = re.compile(r"\d+\s?:\s?\d+")
_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}


def folded(text: str) -> str:
    """Write a text without accents and capitals.

    Args:
        text: Any text.

    Returns:
        Its base letters in lower case.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def tidy_name(name: str) -> str:
    """Write an attribution as a name alone.

    Args:
        name: Such as ``"― J. K. Rowling, "``.

    Returns:
        The name without dashes, trailing commas, degrees and what stands in parentheses.
    """
    text = " ".join(plain(name).split()).strip(_EDGES)
    return _ADDITION.sub("", text).strip(_EDGES) or text


def name_key(name: str) -> str:
    """Name an author the same in every spelling.

    Args:
        name: Such as ``"J.K. Rowling"`` or ``"J. K. Rowling,"``.

    Returns:
        Words without accents, initials in a row as one word, such as ``"jk rowling"``.
    """
    words = _WORD.findall(folded(tidy_name(name)))
    key: list[str] = []
    initials = False
    for word in words:
        if len(word) == 1 and initials:
            key[-1] += word
        else:
            key.append(word)
        initials = len(word) == 1 or (initials and len(word) == 1)
    return " ".join(key)


def author_keys(names: Iterable[str | None], rules: AuthorRules) -> dict[str, str]:
    """Bring attributions to authors.

    A name with something after a comma or before it (``"Dr."``) is the plain name, where that one has more rows.

    Args:
        names: The rows' attributions.
        rules: Aliases, and who is nobody.

    Returns:
        Attribution → key of its author; attributions to nobody are left out.
    """
    rows = Counter(name for name in names if name)
    own = {name: name_key(name) for name in rows}
    size: Counter[str] = Counter()
    for name, key in own.items():
        size[key] += rows[name]
    found = {}
    for name, key in own.items():
        best = max((key, *_shorter_keys(name)), key=lambda other: (size[other], other == key))
        best = rules.alias.get(best, best)
        if best and not _is_nobody(name, best, rules):
            found[name] = best
    return found


def display_names(keys: dict[str, str], names: Iterable[str | None]) -> dict[str, str]:
    """Choose each author's usual spelling.

    Args:
        keys: Attribution → key of its author.
        names: The rows' attributions.

    Returns:
        Key → the tidy spelling that most rows have.
    """
    spellings: dict[str, Counter[str]] = {}
    for name, rows in Counter(name for name in names if name).items():
        if name in keys:
            spellings.setdefault(keys[name], Counter())[tidy_name(name)] += rows
    return {key: max(counts, key=lambda name: (counts[name], name)) for key, counts in spellings.items()}


def _shorter_keys(name: str) -> list[str]:
    tidy = tidy_name(name)
    shorter = [name_key(_HONORIFIC.sub("", tidy))]
    if "," in tidy:
        head, rest = tidy.split(",", 1)
        if folded(rest).strip(" .") not in _SUFFIXES:
            shorter.append(name_key(head))
    return [key for key in shorter if " " in key]


def _is_nobody(name: str, key: str, rules: AuthorRules) -> bool:
    words = key.split()
    return key in rules.nobody or not rules.nobody_words.isdisjoint(words) or bool(_VERSE.search(name))
