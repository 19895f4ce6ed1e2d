"""What a catalogue is learnt from: quotes, below them the descriptions of books, and which entities each speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from textthema.collection import QUOTES
from textthema.entities.writing import read_books
from textthema.holdings import find_rows, read_entities, read_mentions
from textthema.normalising import readable
from textthema.raw import read_raw
from textthema.text import plain, text_id


@dataclass(frozen=True, eq=False)
class Evidence:
    """Texts that speak for entities.

    Attributes:
        table: Columns as `read_raw` gives them; quotes first, then descriptions.
        n_quotes: How many of the rows are quotes.
        entities: As `read_entities` gives them.
        mentions: Columns ``row, entity``.
    """

    table: pd.DataFrame
    n_quotes: int
    entities: list[dict]
    mentions: pd.DataFrame

    @property
    def texts(self) -> list[str]:
        """Write all texts as models read them; none is empty."""
        return [plain(text or "") or "." for text in self.table["text"]]

    @property
    def of_known_author(self) -> np.ndarray:
        """Tell which rows an author is known of; bool, shape (n_rows,)."""
        known = np.zeros(len(self.table), dtype=bool)
        known[self.mentions.loc[self.mentions["entity"].str.startswith("author:"), "row"]] = True
        return known


def read_evidence(quotes: Path, folder: Path, books: Path | None = None) -> Evidence:
    """Read quotes, described books and the entities that were found in them.

    Args:
        quotes: The scraper's CSV, or Parquet with its columns.
        folder: What ``textthema entities`` wrote for these quotes.
        books: The described books that it was given, if descriptions are to count.

    Returns:
        The evidence.

    Raises:
        UnreadableFileError: A file is missing or broken.
        InputError: The entities were found in other texts.
    """
    table = read_raw(quotes, QUOTES)
    entities, mentions = read_entities(folder)
    mentions = find_rows(mentions, _ids(table["text"]))
    if books is None:
        return Evidence(table, len(table), entities, mentions)
    described = read_books(books)
    found = find_rows(read_mentions(folder / "descriptions.parquet"), _ids(described["description"]))
    rows, places = np.unique(found["row"], return_inverse=True)
    some = described.iloc[rows]
    below = pd.DataFrame({"text": some["description"], "author": some["author"], "book": some["title"]})
    below = below.reindex(columns=table.columns).astype(object)
    below = below.where(below.notna(), None).assign(tags=[[] for _ in rows])
    found = found.assign(row=len(table) + places)
    return Evidence(pd.concat([table, below], ignore_index=True), len(table), entities, pd.concat([mentions, found]))


def _ids(texts: pd.Series) -> list[str]:
    return [text_id(readable(text or "")) for text in tqdm(texts, "ids", unit="text", disable=None)]
