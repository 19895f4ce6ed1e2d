"""Themes, readers' tags and names in a text → hashtags that one would post.

Four kinds of candidates compete by how likely readers are to tag the text so: its themes, narrower words for a theme
that the text says itself (``dogs`` for ``animals``), tags of the catalogue, and entities of the catalogue that the text
names. Of candidates that mean the same (``love``, ``loving``, ``love-quotes``)
the likeliest spelling stays. Which tags never become a hashtag, and why, is written in ``rules/hashtags.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import chain

from textthema.catalogue import Hit, LookUp
from textthema.classifier import Prediction
from textthema.labels import LabelRules, read_rules, slug
from textthema.text import words

FEWEST = 5
MOST = 10
# Beyond the fewest, a hashtag has to be at least this likely.
_ENOUGH = 0.08
# A tag's share among all of the catalogue's, times this, is how likely it is; tuned on validation rows, as is the next.
_TAGS_OF_A_TEXT = 0.7
_TAGS_LOOKED_AT = 12
# A theme's probability times this is how likely its narrower word is, if the text says it.
_NARROWER = 0.4
_NAMED = 0.4
# An entity further from the text is another of the same name.
_NAMES_LOOKED_AT = 4
_NAMED_KINDS = ("character", "franchise", "book", "author")
_MOST_CHARACTERS = 40
_JOINING = frozenset({"a", "an", "and", "for", "in", "is", "of", "on", "or", "the", "to", "with"})
# What is left of "don't", "we're" and "women's" when a slug has lost the apostrophe.
_AFTER_APOSTROPHE = frozenset({"d", "ll", "m", "re", "s", "t", "ve"})
_STEM = re.compile(r"(?<=\w{3})(ies|ings?|ed|es|e|s|y)$")
_WORD = re.compile(r"\w+")
_BEGINNING = 4
_NAMES_KEPT = 10_000


@dataclass(frozen=True)
class HashtagRules:
    """The reviewed rules of ``rules/hashtags.toml``.

    Attributes:
        blocked_words: Words that no hashtag may hold.
        blocked_tags: Slugs that are no hashtag as a whole.
        spelling: Word in lower case → how it is written.
        posted: Theme → the form of it that readers use, where that is another.
        labels: Rules that bring tags to labels.
        narrower: A stem → stems, label and tag of the tags with it that the label rules bring to a label.
    """

    blocked_words: frozenset[str]
    blocked_tags: frozenset[str]
    spelling: dict[str, str]
    posted: dict[str, str]
    labels: LabelRules
    narrower: dict[str, list[tuple[frozenset[str], str, str]]]

    def allows(self, tag: str) -> bool:
        """Tell whether a tag may become a hashtag.

        Args:
            tag: A slug.

        Returns:
            False if it is blocked, empty of meaning, too long, or has no letter.
        """
        if len(tag) > _MOST_CHARACTERS or not any(character.isalpha() for character in tag):
            return False
        says_nothing = self.labels.canonical(tag) is None and self.labels.meta.get(tag) != "shelves"
        singular = (word.removesuffix(ending) for word in tag.split("-") for ending in ("", "s", "es"))
        return not says_nothing and tag not in self.blocked_tags and self.blocked_words.isdisjoint(singular)

    def are_twins(self, one: str, other: str) -> bool:
        """Tell whether two tags mean the same, so that only one of them is posted.

        Args:
            one: A slug.
            other: A slug.

        Returns:
            True for forms of the same words, and for tags of the same label that begin alike: ``inspirational`` and
            ``inspiring``, but not ``dogs`` and ``cats``, which are both of the label ``animals``.
        """
        if _stems(one) == _stems(other):
            return True
        if one[:_BEGINNING] != other[:_BEGINNING]:
            return False
        label = self.labels.canonical(one)
        return label is not None and label == self.labels.canonical(other)

    def hashtag(self, name: str) -> str:
        """Write a tag or a name as a hashtag.

        Args:
            name: A slug such as ``"life-lessons"`` or a name such as ``"J.K. Rowling"``.

        Returns:
            Such as ``"#LifeLessons"`` or ``"#JKRowling"``.
        """
        written: list[str] = []
        for word in _WORD.findall(name.replace("'", "").replace("’", "").replace("_", " ")):
            if written and word in _AFTER_APOSTROPHE:
                written[-1] += word
            else:
                written.append(self.spelling.get(word.lower(), word[:1].upper() + word[1:]))
        return "#" + "".join(written)


@cache
def read_hashtag_rules() -> HashtagRules:
    """Read the rules from the package.

    Returns:
        The rules.
    """
    source = resources.files("textthema.rules").joinpath("hashtags.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    labels = read_rules()
    narrower: dict[str, list[tuple[frozenset[str], str, str]]] = {}
    for tag, label in labels.alias.items():
        if tag != label:
            narrower.setdefault(max(_stems(tag), key=len), []).append((_stems(tag), label, tag))
    return HashtagRules(
        blocked_words=frozenset(word for words in data["blocked_words"].values() for word in words),
        blocked_tags=frozenset(tag for tags in data["blocked_tags"].values() for tag in tags),
        spelling=data["spelling"],
        posted=data["posted"],
        labels=labels,
        narrower=narrower,
    )


def choose_hashtags(
    text: str, prediction: Prediction, found: LookUp | None, fewest: int = FEWEST, most: int = MOST
) -> tuple[str, ...]:
    """Choose a text's hashtags.

    Args:
        text: The text.
        prediction: Its themes.
        found: The text compared with the catalogue, where there is one.
        fewest: So many are given however unlikely they are, if there are candidates.
        most: How many, at most.

    Returns:
        Hashtags, the likeliest first; no two mean the same.
    """
    rules = read_hashtag_rules()
    candidates = [*_themes(prediction, rules), *_narrower_words(text, prediction, rules)]
    if found is not None:
        tags = found.nearest("tag", _TAGS_LOOKED_AT)
        candidates += [(min(1.0, _TAGS_OF_A_TEXT * hit.score), hit.entity.name) for hit in tags]
        candidates += [(_NAMED, hit.entity.name) for hit in _named_in(text, found)]
    chosen: dict[str, str] = {}
    for likelihood, name in sorted(candidates, key=lambda candidate: -candidate[0]):
        if len(chosen) >= most or (len(chosen) >= fewest and likelihood < _ENOUGH):
            break
        tag = _slug(name)
        if rules.allows(tag) and not any(rules.are_twins(tag, other) for other in chosen):
            chosen[tag] = rules.hashtag(name)
    return tuple(chosen.values())


@lru_cache(maxsize=_NAMES_KEPT)
def _slug(name: str) -> str:
    return slug(name)


@lru_cache(maxsize=_NAMES_KEPT)
def _stems(tag: str) -> frozenset[str]:
    parts = tag.split("-")
    telling = [part for part in parts if part not in _JOINING] or parts
    return frozenset(_STEM.sub("", word) for word in telling)


def _themes(prediction: Prediction, rules: HashtagRules) -> Iterator[tuple[float, str]]:
    for label, probability in prediction.scores.items():
        yield probability, rules.posted.get(label, label)


def _narrower_words(text: str, prediction: Prediction, rules: HashtagRules) -> Iterator[tuple[float, str]]:
    said = frozenset(_STEM.sub("", word) for word in words(text))
    for stems, label, tag in chain.from_iterable(rules.narrower.get(stem, ()) for stem in sorted(said)):
        if stems <= said and label in prediction.scores:
            yield _NARROWER * prediction.scores[label], tag


def _named_in(text: str, found: LookUp) -> Iterator[Hit]:
    """Give the entities whose name stands in the text, word for word."""
    spoken = f"-{slug(text)}-"
    for kind in _NAMED_KINDS:
        for hit in found.nearest(kind, _NAMES_LOOKED_AT):
            name = _slug(hit.entity.name)
            # a single word is a name only where it is written as one
            if f"-{name}-" in spoken and ("-" in name or hit.entity.name in text):
                yield hit
