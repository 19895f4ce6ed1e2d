"""Which quotes belong to which entity, and which of them a catalogue never sees."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection as Names
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from textthema.catalogue import KINDS, Entity
from textthema.errors import InputError, NotEnoughDataError, UnreadableFileError
from textthema.identity import identity_tags
from textthema.labels import LabelRules, slug

TRAIN, VALIDATION, TEST, UNUSED = "train", "validation", "test", "unused"
FEWEST_QUOTES = 5
_FEWEST_TAGGED, _FEWEST_TAGGERS = 30, 8


@dataclass(frozen=True, eq=False)
class Holdings:
    """Entities and the rows that are theirs.

    Attributes:
        entities: Those of a kind together, kinds in the order of `KINDS`; `support` counts training rows.
        belongs: Which row is which entity's; float32, shape (n_rows, n_entities).
        parts: What each row is for: training, validation, test or nothing; str, shape (n_rows,).
    """

    entities: list[Entity]
    belongs: csr_array
    parts: np.ndarray

    @property
    def kinds(self) -> dict[str, tuple[int, int]]:
        """Give each kind's first entity and the one after its last."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, entity in enumerate(self.entities):
            places[entity.kind].append(place)
        return {kind: (places[kind][0], places[kind][-1] + 1) for kind in KINDS if places[kind]}

    def rows(self, part: str) -> np.ndarray:
        """Give the places of a part's rows.

        Args:
            part: Such as `TRAIN`.

        Returns:
            int64, ascending.
        """
        return np.flatnonzero(self.parts == part)

    def worth_embedding(self, authors: Sequence[str | None], most: int, have: np.ndarray, seed: int = 0) -> np.ndarray:
        """Choose all held-out rows and, of each author, a few for training; not those that only tags could learn from.

        Args:
            authors: All rows' authors.
            most: Training rows of one author.
            have: Which rows were embedded before, and are chosen first; bool, shape (n_rows,).
            seed: Draws the others.

        Returns:
            Places of the rows, int64, ascending.
        """
        named = self.belongs[:, : self.kinds.get("tag", (len(self.entities),))[0]]
        rows = np.flatnonzero((self.parts == TRAIN) & (named.sum(axis=1) > 0))
        rows = np.random.default_rng(seed).permutation(rows)
        rows = rows[np.argsort(~have[rows], kind="stable")]
        names = pd.Series([authors[row] or "" for row in rows])
        rank = names.groupby(names).cumcount().to_numpy()
        return np.sort(np.concatenate([rows[rank < most], self.rows(VALIDATION), self.rows(TEST)]))


def gather(entities: list[dict], mentions: pd.DataFrame, parts: np.ndarray, tags: dict[str, list[int]]) -> Holdings:
    """Bring entities with enough training rows together with their rows.

    Args:
        entities: As `read_entities` gives them.
        mentions: Columns ``row, entity``.
        parts: What each row is for, shape (n_rows,).
        tags: Tag → its rows, as `long_tail_tags` gives them.

    Returns:
        The holdings.

    Raises:
        NotEnoughDataError: No entity has enough training rows.
    """
    names = {entity["id"]: entity["name"] for entity in entities}
    rows_of = {identity: rows.to_numpy() for identity, rows in mentions.groupby("entity")["row"]}
    known = [(entity, rows_of[entity["id"]]) for entity in entities if entity["id"] in rows_of]
    known += [({"id": f"tag:{tag}", "kind": "tag", "name": tag}, np.asarray(rows)) for tag, rows in tags.items()]
    kept = []
    for entity, rows in known:
        support = int((parts[rows] == TRAIN).sum())
        if support >= FEWEST_QUOTES:
            links = [names.get(entity.get(link)) for link in ("author", "franchise")]
            kept.append((Entity(entity["id"], entity["kind"], entity["name"], *links, support), rows))
    if not kept:
        raise NotEnoughDataError(
            f"no entity has {FEWEST_QUOTES} quotes among {len(parts)} rows; give more", value=len(parts)
        )
    kept.sort(key=lambda pair: (KINDS.index(pair[0].kind), -pair[0].support, pair[0].id))
    places = np.repeat(np.arange(len(kept)), [len(rows) for _, rows in kept])
    rows = np.concatenate([rows for _, rows in kept])
    belongs = csr_array((np.ones(len(rows), np.float32), (rows, places)), shape=(len(parts), len(kept)))
    belongs.data[:] = 1
    return Holdings([entity for entity, _ in kept], belongs, parts)


def read_entities(folder: Path) -> tuple[list[dict], pd.DataFrame]:
    """Read what ``textthema entities`` wrote.

    Args:
        folder: Its output folder.

    Returns:
        The entities, and the mentions with columns ``row, text_id, entity``.

    Raises:
        UnreadableFileError: A file is missing or broken.
    """
    path = folder / "entities.jsonl"
    try:
        entities = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise _no_entities(path, error) from error
    return entities, read_mentions(folder / "mentions.parquet")


def read_mentions(path: Path) -> pd.DataFrame:
    """Read which texts speak for which entity.

    Args:
        path: A file that ``textthema entities`` wrote.

    Returns:
        Columns ``row, text_id, entity``.

    Raises:
        UnreadableFileError: The file is missing or broken.
    """
    try:
        return pd.read_parquet(path, columns=["row", "text_id", "entity"]).drop_duplicates()
    except (OSError, ValueError) as error:
        raise _no_entities(path, error) from error


def find_rows(mentions: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """Find the texts that entities are mentioned with in a table that may have other rows by now.

    Args:
        mentions: As `read_entities` gives them.
        ids: Names of the table's texts, n of them.

    Returns:
        Columns ``row, entity``: a row that still has its text stays, others are found by their text or left out.

    Raises:
        InputError: The table has none of the texts.
    """
    named = pd.Series(ids, dtype=object)
    stays = mentions["text_id"].to_numpy() == named.reindex(mentions["row"]).to_numpy()
    rows = pd.DataFrame({"text_id": named, "row": range(len(named))})
    moved = mentions.loc[~stays, ["text_id", "entity"]].merge(rows, on="text_id")
    found = pd.concat([mentions.loc[stays, ["row", "entity"]], moved[["row", "entity"]]])
    if found.empty and len(mentions):
        raise InputError(
            f"the entities were found in other texts: none of {len(ids)} rows has one of theirs; type textthema "
            "entities for this table first",
            value=len(ids),
        )
    return found.drop_duplicates()


def deal_out(
    ids: Sequence[str], usable: np.ndarray, alone: np.ndarray, known: np.ndarray, share: float, seed: int = 0
) -> np.ndarray:
    """Say of each row whether it is for training, validation, test or nothing.

    Only a row of a known author that has no near-duplicate is held out, so that a held-out text has no twin in
    training. Rows are dealt by a seeded hash of their ids, so that they stay where they are when the table grows.

    Args:
        ids: The rows' ids, n of them.
        usable: Which rows may be used at all, bool, shape (n,).
        alone: Which rows have no near-duplicate, bool, shape (n,).
        known: Which rows have a known author, bool, shape (n,).
        share: Of the rows that can be held out: for test, and as many again for validation.
        seed: Another seed, other rows.

    Returns:
        str, shape (n,).

    Raises:
        InputError: The share is not between 0 and 0.25.
    """
    if not 0 < share <= 0.25:
        raise InputError(f"the share of rows held out has to be above 0 and at most 0.25, not {share}", value=share)
    place = np.array([_place(row, seed) for row in ids])
    could = usable & known & alone
    parts = np.where(usable, TRAIN, UNUSED).astype("<U10")
    parts[could & (place < 2 * share)] = VALIDATION
    parts[could & (place < share)] = TEST
    return parts


def long_tail_tags(
    raw: pd.DataFrame, parts: np.ndarray, labels: Names[str], entities: list[dict], rules: LabelRules
) -> dict[str, list[int]]:
    """Find the tags beyond the themes that many authors' readers use.

    Args:
        raw: Columns ``tags, author, book``.
        parts: What each row is for; only training rows are counted.
        labels: The themes; they, and what is spelt otherwise but means one of them, are left out.
        entities: Whose names are no tags.
        rules: What tags mean.

    Returns:
        Tag → its rows, held-out ones included; at least 30 for training, of at least 8 authors.
    """
    usable = np.flatnonzero(parts != UNUSED)
    slugs = [[slug(tag) for tag in raw["tags"].iat[row]] for row in usable]
    columns = (raw[name].iloc[usable].tolist() for name in ("author", "book"))
    left_out = identity_tags(slugs, *columns, rules) | {slug(entity["name"]) for entity in entities} | set(labels)
    meaning = {tag: rules.canonical(tag) for row in slugs for tag in row}
    rows_of: dict[str, list[int]] = defaultdict(list)
    taggers: dict[str, Counter[str]] = defaultdict(Counter)
    for row, tags in zip(usable, slugs, strict=True):
        for tag in {meaning[tag] for tag in tags if tag not in left_out} - left_out - {None, ""}:
            rows_of[tag].append(int(row))
            if parts[row] == TRAIN:
                taggers[tag][raw["author"].iat[row] or ""] += 1
    return {
        tag: rows
        for tag, rows in rows_of.items()
        if taggers[tag].total() >= _FEWEST_TAGGED and len(taggers[tag]) >= _FEWEST_TAGGERS
    }


def _no_entities(path: Path, error: Exception) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path} holds no entities: {error}; type textthema entities RAW {path.parent} first", value=str(path)
    )


def _place(key: str, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
