"""Labelled sets for nuances and intents, brought to one form: a text, and what is known of it.

What a set does not say is unknown, never a negative. Positions are character offsets into the text.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from textthema.cleaning import text_id
from textthema.errors import UnreadableFileError
from textthema.near_duplicates import near_duplicate_groups
from textthema.normalising import readable
from textthema.similes import comparisons
from textthema.text import plain
from textthema.weak_intents import INTENTS, weak_votes

TEXT_HEADS = ("humor", "metaphor", *INTENTS)
TOKEN_HEADS = ("simile", "image")
# Sets in the register of the served texts.
READ, TAGGED = "read", "tagged"
# Too small to be split: it is measured in five folds.
FOLDS = "simile_mapskb"
_SEED = 0
_DEV_TENTHS = 3
_MOST_QUOTES = 60_000
_ALL = 1_000_000
# A set with this split has one class, and nothing can be measured on it.
_SPLITS = {"all": "train"}


@dataclass(slots=True)
class Example:
    """One text with what is known of it.

    Attributes:
        text: The text, plainly written.
        source: Name of the set that it comes from.
        split: ``train``, ``dev``, ``test``, or ``folds`` for a set that is measured by cross-validation: layers never
            learn from it, only a last linear head does.
        known: Text head → target between 0 and 1.
        cues: Token head → (first character of a word, label).
        tags: Readers' tags of a quote.
        similes: Where a reader found similes, marker and vehicle: start and end.
    """

    text: str
    source: str
    split: str
    known: dict[str, float] = field(default_factory=dict)
    cues: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    similes: tuple[tuple[int, int], ...] = ()


def read_all(labelled: Path, quotes: Path, readings: Path) -> list[Example]:
    """Read everything that heads learn from and are tuned on.

    Args:
        labelled: Folder of labelled sets.
        quotes: Raw quotes with tags, Parquet.
        readings: Folder with ``learn.jsonl`` and ``gold.jsonl``.

    Returns:
        Quotes labelled by reading, tagged quotes, and the labelled sets. The gold quotes have split ``test``; nothing
        nearly like them is in ``train`` or ``dev``.

    Raises:
        UnreadableFileError: A file is missing or broken.
    """
    try:
        table = pd.read_parquet(quotes, columns=["text", "tags"])
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{quotes} holds no quotes with tags: {error}", value=str(quotes)) from error
    table["text_id"] = table["text"].map(text_id)
    lines = {name: _lines(readings / f"{name}.jsonl") for name in ("gold", "learn")}
    ids = {line["id"] for some in lines.values() for line in some}
    drawn = table.sample(min(len(table), _MOST_QUOTES), random_state=_SEED).index
    table = readably(table[table["text_id"].isin(ids) | table.index.isin(drawn)])
    gold = readings_of(lines["gold"], table, lambda _: "test")
    learn = readings_of(lines["learn"], table, _tuning_or_training)
    others = unlike([example.text for example in gold], [*learn, *read_labelled(labelled)])
    return [*gold, *others, *draw_tagged(table, ids)]


def read_labelled(folder: Path) -> list[Example]:
    """Read the labelled sets in a folder.

    Args:
        folder: Parquet files, one a set.

    Returns:
        Examples of all sets; of the larger ones a part, drawn by seed.

    Raises:
        UnreadableFileError: A set is missing or broken.
    """
    examples: list[Example] = []
    for name, (most, read) in _SETS.items():
        path = folder / f"{name}.parquet"
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise UnreadableFileError(f"{path} is no labelled set: {error}", value=str(path)) from error
        text = table["text"] if "text" in table else table["tokens"].map(" ".join)
        table["split"] = table["split"].replace(_SPLITS)
        # a text to be judged is never learnt from, wherever else it stands
        training = table["split"] == "train"
        table = table[~(training & text.isin(text[~training]))]
        table = table.sample(frac=1, random_state=_SEED)
        for split, rows in table.groupby("split"):
            kept = rows.head(most.get(split, _ALL))
            examples += [example for row in kept.itertuples() if (example := read(row, name)) is not None]
    return examples


def readings_of(lines: Sequence[dict], quotes: pd.DataFrame, split_of: Callable[[str], str]) -> list[Example]:
    """Find the quotes of what readers said, by their ids.

    Args:
        lines: Each with ``id``, ``humor``, ``similes``, ``metaphor`` and ``intents``; spans as offsets.
        quotes: Table with ``text_id``, ``text`` and ``tags``.
        split_of: Id → split.

    Returns:
        Examples whose every head is known; those whose quote is not in the table are left out.

    Raises:
        UnreadableFileError: A line lacks a part.
    """
    rows = {row.text_id: row for row in quotes.itertuples()}
    try:
        return [_reading(line, rows[line["id"]], split_of(line["id"])) for line in lines if line["id"] in rows]
    except (KeyError, TypeError) as error:
        raise UnreadableFileError(f"a reading lacks {error}", value=str(error)) from error


def draw_tagged(
    quotes: pd.DataFrame, held_out: Collection[str], *, comic: int = 3_000, other: int = 4_000
) -> list[Example]:
    """Draw quotes whose tags say something of their humour or intents.

    Args:
        quotes: Table with ``text_id``, ``text`` and ``tags``.
        held_out: Ids of quotes that must not be drawn, nor anything nearly like them.
        comic: How many quotes with a humorous tag; as many with grave tags only.
        other: How many further quotes that some weak vote speaks of.

    Returns:
        Examples with soft targets.
    """
    shuffled = quotes.sample(frac=1, random_state=_SEED)
    kinds = {"comic": comic, "grave": comic, "other": other}
    rows: list[tuple[str, str, list[str], str]] = []
    for row in shuffled.itertuples():
        kind = _kind(frozenset(row.tags))
        if kinds[kind] > 0 and row.text_id not in held_out:
            kinds[kind] -= 1
            rows.append((row.text_id, row.text, list(row.tags), kind))
        if not any(kinds.values()):
            break
    kept_out = quotes.loc[quotes["text_id"].isin(held_out), "text"].tolist()
    return unlike(kept_out, [_tagged(row) for row in rows])


def unlike(kept_out: Sequence[str], examples: Sequence[Example]) -> list[Example]:
    """Leave out what nearly repeats texts that are kept for measuring.

    Args:
        kept_out: Those texts.
        examples: Others.

    Returns:
        The examples of which none of those texts is a near-duplicate.
    """
    groups = near_duplicate_groups([*kept_out, *(example.text for example in examples)], jaccard=0.4)
    taboo = set(groups[: len(kept_out)].tolist())
    return [example for example, group in zip(examples, groups[len(kept_out) :], strict=True) if group not in taboo]


def readably(quotes: pd.DataFrame) -> pd.DataFrame:
    """Write quotes as models read them.

    Args:
        quotes: Table with ``text_id``, ``text`` and ``tags``.

    Returns:
        The same table, each id once.
    """
    table = quotes.drop_duplicates("text_id").reset_index(drop=True)
    table["text"] = [readable(text) for text in tqdm(table["text"], desc="quotes", unit="text", disable=None)]
    return table


def _lines(path: Path) -> list[dict]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path} holds no readings: {error}", value=str(path)) from error


def _tuning_or_training(name: str) -> str:
    return "dev" if int(name[:4], 16) % 10 < _DEV_TENTHS else "train"


def _reading(line: dict, quote: object, split: str) -> Example:
    text = quote.text
    known = {"humor": float(line["humor"]), "metaphor": float(line["metaphor"])}
    known |= {intent: float(intent in line["intents"]) for intent in INTENTS}
    spans = line["similes"]
    cues = [(c.cue, int(any(c.start < end and start < c.end for start, end in spans))) for c in comparisons(text)]
    return Example(text, READ, split, known, {"simile": cues}, tuple(quote.tags), tuple(map(tuple, spans)))


@cache
def _humour_tags() -> dict[str, frozenset[str]]:
    source = resources.files("textthema.rules").joinpath("humour.toml")
    return {kind: frozenset(tags) for kind, tags in tomllib.loads(source.read_text(encoding="utf-8")).items()}


def _kind(tags: frozenset[str]) -> str:
    kinds = _humour_tags()
    if tags & kinds["comic"]:
        return "comic"
    return "grave" if tags & kinds["grave"] and not tags & kinds["borderline"] else "other"


def _tagged(row: tuple[str, str, list[str], str]) -> Example:
    _, text, tags, kind = row
    votes = weak_votes(text, tags)
    known = {}
    if votes.any():
        # a vote is no proof, and a missing one hardly a hint
        soft = np.where(votes > 0, 0.3 + 0.4 * votes, 0.1)
        known = dict(zip(INTENTS, np.minimum(soft, 0.9).tolist(), strict=True))
    if kind != "other":
        known |= {"humor": 0.85 if kind == "comic" else 0.03}
        known |= {"amuse": known["humor"]}
    return Example(text, TAGGED, "train", known, tags=tuple(tags))


def _humor(row: object, name: str) -> Example:
    return Example(plain(row.text), name, row.split, {"humor": float(row.label), "amuse": float(row.label)})


def _simile(row: object, name: str) -> Example:
    text = plain(row.text)
    cues = [(comparison.cue, int(row.label)) for comparison in comparisons(text)]
    return Example(text, name, "folds" if name == FOLDS else row.split, {}, {"simile": cues})


def _figqa(row: object, name: str) -> Example:
    text = plain(row.text)
    cues = [(comparison.cue, int(row.label)) for comparison in comparisons(text)]
    known = {"humor": 0.0, "amuse": 0.0}
    if row.label == 0 or not cues:
        known["metaphor"] = float(row.label)
    return Example(text, name, row.split, known, {"simile": cues})


def _flute(row: object, name: str) -> Example | None:
    if row.label == "sarcasm":
        return None
    text = plain(row.text)
    known = {"humor": 0.0}
    if row.label in ("literal", "metaphor"):
        known["metaphor"] = float(row.label == "metaphor")
    cues = []
    if row.label in ("literal", "simile"):
        cues = [(comparison.cue, int(row.label == "simile")) for comparison in comparisons(text)]
    return Example(text, name, row.split, known, {"simile": cues})


def _vua(row: object, name: str) -> Example:
    starts = np.cumsum([0, *(len(token) + 1 for token in row.tokens)])[:-1]
    cues = [(int(start), int(label)) for start, label in zip(starts, row.labels, strict=True)]
    return Example(" ".join(row.tokens), name, row.split, {}, {"image": cues})


def _advice(row: object, name: str) -> Example:
    return Example(plain(row.text), name, row.split, {"advise": float(row.label)})


def _inspaired(row: object, name: str) -> Example | None:
    return None if row.machine else Example(plain(row.text), name, row.split, {"inspire": float(row.label)})


_EMPATHETIC = {
    **{said: {"console": 1.0, "advise": 0.0} for said in ("consoling", "sympathizing", "expressing_care_concern")},
    **{said: {"advise": 1.0, "console": 0.0} for said in ("suggesting", "advising")},
    "encouraging": {"inspire": 1.0},
    "disapproving": {"criticise": 1.0, "console": 0.0},
    **{said: {"console": 0.0, "advise": 0.0, "inspire": 0.0} for said in ("questioning", "acknowledging", "agreeing")},
}


def _empathetic(row: object, name: str) -> Example | None:
    known = _EMPATHETIC.get(row.label)
    return None if known is None else Example(plain(row.text), name, row.split, dict(known))


_Reader = Callable[[object, str], Example | None]
_SETS: dict[str, tuple[dict[str, int], _Reader]] = {
    "humor_hahackathon": ({}, _humor),
    "humor_oneliners_proverbs": ({"train": 2_000, "dev": 400}, _humor),
    "humor_puns": ({"train": 2_000, "dev": 300}, _humor),
    "figurative_figqa": ({"train": 2_500, "dev": 300, "test": 1_500}, _figqa),
    "figtype_flute": ({"train": 1_500, "test": 0}, _flute),
    FOLDS: ({}, _simile),
    "simile_interpret_pos": ({"train": 800}, _simile),
    "metaphor_vua18_tokens": ({}, _vua),
    "intent_advice": ({"train": 700, "dev": 0, "test": 0}, _advice),
    "intent_inspaired": ({"train": 700, "dev": 0, "test": 0}, _inspaired),
    "intent_empathetic_manual": ({}, _empathetic),
}
