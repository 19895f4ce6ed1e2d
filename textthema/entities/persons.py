"""Whether a text treats a name as a person's: who speaks, looks, laughs is no place and no theme."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tqdm import tqdm

from textthema.entities.names import folded

_VERBS = (
    "said|says|asked|asks|whispered|whispers|replied|replies|answered|muttered|mumbled|murmured|growled|shouted|yelled|"
    "snapped|sighed|laughed|laughs|grinned|grins|smiled|smiles|smirked|chuckled|giggled|nodded|nods|shrugged|frowned|"
    "looked|looks|stared|glanced|glared|blinked|winked|cried|sobbed|screamed|gasped|groaned|snorted|hissed|swallowed|"
    "leaned|turned|stood|sat|stepped|walked|reached|grabbed|kissed|hugged|rolled|shook|raised|lifted|wanted|knew|"
    "thought|felt|continued|added|explained|interrupted|demanded|told|tells|called|admitted|agreed|suggested|insisted"
)
_PARTS = "eyes|voice|face|hands?|arms?|lips|mouth|head|smile|hair|heart|shoulders?|mother|father|brother|sister"
_NAME = r"(?P<{}>[A-Z][\w'’]*?(?:\s[A-Z][\w'’]*?){{0,2}})"
_SPEAKER = re.compile(rf"\b(?:{_VERBS})\s{_NAME.format('name')}(?=[\s.,;:!?\"]|$)")
_ACTOR = re.compile(rf"\b{_NAME.format('name')}\s(?:{_VERBS})\b")
_OWNER = re.compile(rf"\b{_NAME.format('name')}['’]s?\s(?:{_PARTS})\b")
_ADDRESSED = re.compile(r"[a-z\"],\s(?P<name>[A-Z][a-z]+)(?=[.!?,]\s?[\"”]|[.!?]$)")
_CAPITAL = re.compile(r"(?<=[a-z,;] )(?P<name>[A-Z][\w]*)")
_TELLING = re.compile(
    rf"\b(?:he|she|I|[A-Z][a-z]+) (?:{_VERBS})\b|\b(?:said|asked|whispered|replied) (?:he|she|I|[A-Z])"
)
_WORD = re.compile(r"[^\W_]+")
# Words that stand where a name could, with a capital at a sentence's beginning or as an address.
_NO_NAMES = frozenset(
    {"i", "he", "she", "we", "they", "you", "it", "the", "a", "an", "and", "but", "so", "then", "that", "this", "what"}
    | {"who", "if", "when", "as", "my", "his", "her", "your", "our", "no", "yes", "oh", "god", "lord", "man", "men"}
    | {"people", "someone", "everyone", "nobody", "one", "mom", "mum", "dad", "mother", "father"}
)


@dataclass
class Persons:
    """What one author's texts say of capitalised words.

    Args:
        cues: Folded word → places where it speaks, acts, owns a face, or is addressed.
        capitals: Folded word → places inside a sentence where it has a capital.
        spellings: Folded word → how it is written, with counts.
        telling: Rows that tell a story.
        rows: All rows.
    """

    cues: Counter = field(default_factory=Counter)
    capitals: Counter = field(default_factory=Counter)
    spellings: dict[str, Counter] = field(default_factory=dict)
    telling: int = 0
    rows: int = 0

    def read(self, text: str) -> None:
        """Take one more text of the author into account.

        Args:
            text: A quote.
        """
        self.rows += 1
        self.telling += bool(_TELLING.search(text))
        for pattern in (_SPEAKER, _ACTOR, _OWNER, _ADDRESSED):
            for found in pattern.finditer(text):
                self.cues.update({folded(word) for word in _WORD.findall(found["name"])} - _NO_NAMES)
        for found in _CAPITAL.finditer(text):
            word = folded(found["name"])
            self.capitals[word] += 1
            self.spellings.setdefault(word, Counter())[found["name"]] += 1


def persons_of(
    texts: Iterable[str], authors: Iterable[str | None], wanted: frozenset[str], *, progress: bool = True
) -> dict[str, Persons]:
    """Read what the texts of some authors say of capitalised words.

    Args:
        texts: The rows' texts.
        authors: Keys of the rows' authors.
        wanted: Authors whose texts are read.
        progress: Whether to show a progress bar.

    Returns:
        Author key → what was found.
    """
    found: dict[str, Persons] = {author: Persons() for author in wanted}
    rows = list(zip(texts, authors, strict=True))
    for text, author in tqdm(rows, desc="names in texts", disable=None if progress else True, unit=" rows"):
        if author in found and text:
            found[author].read(text)
    return found
