"""What readers' tags mean: spelling twins and paraphrases brought to one label, everything else left out."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from textthema.errors import NotTextError, shown

_BETWEEN_WORDS = re.compile(r"[\s_\-–—/&,.:;]+")
_NOT_IN_A_SLUG = re.compile(r"[^\w-]+")


def slug(tag: str) -> str:
    """Write a tag as the site's own slug.

    Args:
        tag: A tag as readers write it, such as ``"Life Lessons"`` or ``"#life_lessons"``.

    Returns:
        Lower case words joined by hyphens, such as ``"life-lessons"``; ``""`` if nothing is left.

    Raises:
        NotTextError: If the tag is no string.
    """
    if not isinstance(tag, str):
        raise NotTextError(f"a tag has to be text, this one is {shown(tag)}", value=tag)
    text = unicodedata.normalize("NFKC", tag).casefold().replace("’", "-").replace("'", "-")
    return _NOT_IN_A_SLUG.sub("", _BETWEEN_WORDS.sub("-", text)).strip("-")


@dataclass(frozen=True)
class LabelRules:
    """The reviewed rules that bring tags to labels.

    Args:
        alias: Tag slug → canonical label, canonical labels included.
        meta: Tag slug → why it says nothing about a text.
        prefixes: Beginnings that are cut off, longest first.
        suffixes: Ends that are cut off, longest first.
        common_words: Slugs that are never an identity.
        name_share: Share of a name-like tag's uses on its bearer's rows from which on it is identity.
        author_share: Share of any tag's uses by one author from which on it is identity.
        n_labels: How many labels the cleaning stage keeps, the most used ones; None where a share decides.
        least_share: Share of the texts from which on a label is kept; None where the number decides.
        boilerplate: Parts of a text that are about its edition, and are cut out.
    """

    alias: dict[str, str]
    meta: dict[str, str]
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]
    common_words: frozenset[str]
    name_share: float
    author_share: float
    n_labels: int | None
    least_share: float | None
    boilerplate: tuple[re.Pattern[str], ...]

    def canonical(self, tag: str) -> str | None:
        """Bring one tag to its canonical label.

        Args:
            tag: A tag in any spelling.

        Returns:
            The label, which is the tag's own slug where no rule knows it, or None for a meta tag.
        """
        name = slug(tag)
        while name:
            if name in self.alias:
                return self.alias[name]
            if name in self.meta:
                return None
            shorter = self._without_affix(name)
            if shorter == name:
                return name
            name = shorter
        return None

    def _without_affix(self, name: str) -> str:
        for prefix in self.prefixes:
            if name.startswith(prefix + "-"):
                return name[len(prefix) + 1 :]
        for suffix in self.suffixes:
            if name.endswith("-" + suffix):
                return name[: -len(suffix) - 1]
        return name


@cache
def read_rules(collection: str = "quotes") -> LabelRules:
    """Read a collection's label rules from the package.

    Args:
        collection: Name of the rule file without its suffix.

    Returns:
        The rules.
    """
    source = resources.files("textthema.rules").joinpath(f"{collection}.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    alias = {tag: label for label, tags in data["aliases"].items() for tag in (label, *tags)}
    meta = {tag: reason for reason, tags in data["meta"].items() for tag in tags}
    return LabelRules(
        alias=alias,
        meta=meta,
        prefixes=_longest_first(data["affixes"]["prefixes"]),
        suffixes=_longest_first(data["affixes"]["suffixes"]),
        common_words=frozenset(data["identity"]["common_words"]),
        name_share=data["identity"]["name_share"],
        author_share=data["identity"]["author_share"],
        n_labels=data.get("n_labels"),
        least_share=data.get("least_share"),
        boilerplate=tuple(re.compile(pattern, re.IGNORECASE) for pattern in data["boilerplate"]),
    )


def labels_in(tags: Iterable[str], labels: Iterable[str], rules: LabelRules | None = None) -> list[str]:
    """Name the labels that a text's tags stand for.

    Args:
        tags: Tags in any spelling.
        labels: The labels that count.
        rules: Label rules; those of the quotes by default.

    Returns:
        The labels, each once, in the order in which the tags first name them.
    """
    rules = rules or read_rules()
    known = labels if isinstance(labels, (set, frozenset, dict)) else set(labels)
    named = (rules.canonical(tag) for tag in tags)
    return list(dict.fromkeys(label for label in named if label is not None and label in known))


def themes_of(tags: list[str]) -> list[str]:
    """Name the themes that a quote's tags stand for.

    Args:
        tags: Tags in any spelling, such as ``["Life Lessons", "humour", "love-quotes"]``.

    Returns:
        Themes of the embedded model, such as ``["life-lessons", "humor", "love"]``, each once, in the tags' order.

    Raises:
        NotTextError: If ``tags`` is a single string or holds anything but strings.
        BundleNotFoundError: If no embedded model says which themes there are.
    """
    return labels_of(tags)


def labels_of(names: list[str], collection: str = "quotes") -> list[str]:
    """Name the labels that a text's tags, or a book's genres, stand for.

    Args:
        names: Names in any spelling, such as ``["Kids", "Historical Fiction", "Audiobook"]``.
        collection: Whose labels: ``"quotes"`` for themes, ``"books"`` for genres.

    Returns:
        Labels of that collection's embedded model, such as ``["childrens", "historical-fiction"]``, each once, in the
        names' order.

    Raises:
        NotTextError: If ``names`` is a single string or holds anything but strings.
        InputError: If there is no such collection.
        BundleNotFoundError: If no embedded model says which labels there are.
    """
    if isinstance(names, str):
        raise NotTextError(f"tags are given as a list, not as one string: {shown(names)}", value=names)
    return labels_in(names, _embedded_labels(collection), read_rules(collection))


@cache
def _embedded_labels(collection: str) -> frozenset[str]:
    from textthema.bundle import Bundle, find_default  # noqa: PLC0415

    return frozenset(Bundle.read(find_default(collection), verify=False).labels)


def _longest_first(words: list[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True))
