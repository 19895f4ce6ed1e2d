"""A catalogue of tags alone, learnt from training rows, to measure hashtags on authors that it never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from textthema.bundle import Bundle, file_digest
from textthema.catalogue import Catalogue, write_catalogue
from textthema.cataloguing import Wording, make_catalogue
from textthema.cleaning import text_id
from textthema.collection import QUOTES
from textthema.embedding_cache import EmbeddingCache
from textthema.holdings import TRAIN, UNUSED, VALIDATION, gather, long_tail_tags
from textthema.labels import read_rules
from textthema.prototypes import Training
from textthema.text import plain

# As the catalogue's own command has it.
_MAX_LENGTH = 64


def learn_tags(raw: pd.DataFrame, splits: Path, embeddings: Path, bundle: Bundle, work: Path) -> Catalogue:
    """Learn tags as the shipped catalogue does, but from the training rows of a split, and tune on its validation rows.

    Args:
        raw: Columns ``text, author, book, tags``.
        splits: Folder with ``train.parquet`` and ``validation.parquet``.
        embeddings: Folder with embeddings of the raw rows, those that were computed already.
        bundle: The model that computed them.
        work: Folder where the tags are kept for another run, under the hash of the training rows.

    Returns:
        The catalogue.
    """
    folder = work / f"tags-{file_digest(splits / 'train.parquet')[:16]}"
    if not (folder / "catalogue.json").is_file():
        _learn(raw, splits, embeddings, bundle, folder)
    return Catalogue.read_folder(folder, bundle)


def _learn(raw: pd.DataFrame, splits: Path, embeddings: Path, bundle: Bundle, folder: Path) -> None:
    ids = raw["text"].map(lambda text: text_id(text or ""))
    parts = np.full(len(raw), UNUSED, dtype="<U10")
    for part in (VALIDATION, TRAIN):
        parts[ids.isin(pd.read_parquet(splits / f"{part}.parquet", columns=["id"])["id"])] = part
    rules = read_rules(QUOTES.name)
    nothing = pd.DataFrame({"row": [], "entity": []})
    holdings = gather([], nothing, parts, long_tail_tags(raw, parts, bundle.labels, [], rules))
    texts = [plain(text or "") or "." for text in raw["text"]]
    cache = EmbeddingCache.open(embeddings, bundle, texts, _MAX_LENGTH)
    arrays, _ = make_catalogue(texts, cache, holdings, Training(), Wording())
    folder.mkdir(parents=True, exist_ok=True)
    write_catalogue(folder, bundle.encoder_id, holdings.entities, arrays, holdings.kinds)
