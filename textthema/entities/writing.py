"""The files that hold entities and their mentions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from textthema.cleaning import text_id
from textthema.entities.assembly import Found
from textthema.entities.records import KINDS, to_jsonl
from textthema.errors import MissingColumnError, UnknownFormatError, UnreadableFileError, shown
from textthema.normalising import readable
from textthema.staging import write_parquet, write_text

_BOOK_COLUMNS = ("title", "author", "description")
_LINKS = ("author", "franchise", "book")


def read_books(path: Path) -> pd.DataFrame:
    """Read a table of described books.

    Args:
        path: CSV or Parquet with the columns ``title, author, description``.

    Returns:
        Those columns; empty cells are None.

    Raises:
        UnknownFormatError: If the suffix is neither .csv nor .parquet.
        UnreadableFileError: If the file is missing or broken.
        MissingColumnError: If it lacks one of the columns.
    """
    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    if path.suffix.lower() not in readers:
        raise UnknownFormatError(f"{path.name} ends in {shown(path.suffix)}; give .csv or .parquet", value=path.suffix)
    if not path.is_file():
        raise UnreadableFileError(f"there is no file {path}", value=str(path))
    try:
        table = readers[path.suffix.lower()](path)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path} is no readable table: {error}", value=str(path)) from error
    for column in _BOOK_COLUMNS:
        if column not in table.columns:
            raise MissingColumnError(f"{path} has no column {column}", value=list(map(str, table.columns)))
    table = table[list(_BOOK_COLUMNS)].astype(object)
    return table.where(table.notna(), None)


def write_found(found: Found, texts: Sequence[str | None], books: pd.DataFrame | None, folder: Path) -> dict:
    """Write entities, mentions and a report.

    Args:
        found: What was found.
        texts: The quotes' texts, by row.
        books: The table of described books, if there was one.
        folder: Gets the files.

    Returns:
        The report: entities and rows of each kind.
    """
    write_text(to_jsonl(found.entities), folder / "entities.jsonl")
    write_parquet(_mentions(found.mentions, list(texts)), folder / "mentions.parquet")
    if books is not None:
        write_parquet(_mentions(found.descriptions, books["description"].tolist()), folder / "descriptions.parquet")
    report = _report(found, len(texts))
    write_text(json.dumps(report, indent=1) + "\n", folder / "report.json")
    return report


def _mentions(pairs: list[tuple[int, str]], texts: list[str | None]) -> pd.DataFrame:
    rows = sorted({row for row, _ in pairs})
    ids = {row: text_id(readable(texts[row] or "")) for row in tqdm(rows, desc="text ids", disable=None)}
    return pd.DataFrame(
        {
            "row": pd.Series([row for row, _ in pairs], dtype="int64"),
            "text_id": pd.Series([ids[row] for row, _ in pairs], dtype=object),
            "entity": pd.Series([entity for _, entity in pairs], dtype=object),
        }
    )


def _report(found: Found, n_rows: int) -> dict:
    counts = {}
    for kind in KINDS:
        own = [entity for entity in found.entities if entity.kind == kind]
        linked = {f"with_{link}": sum(bool(getattr(entity, link)) for entity in own) for link in _LINKS}
        rows = len({row for row, entity in found.mentions if entity.startswith(f"{kind}:")})
        counts[kind] = {"entities": len(own), "rows": rows} | {name: count for name, count in linked.items() if count}
    described = len({row for row, _ in found.descriptions})
    return {"rows": n_rows, "mentions": len(found.mentions), "described": described, "kinds": counts}
