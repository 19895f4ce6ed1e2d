"""Raw tables as the scraper leaves them, read into the columns that cleaning works on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from textthema.collection import Collection
from textthema.errors import InputError, MissingColumnError, UnknownFormatError, UnreadableFileError, shown

_NEEDED = ("text", "tags")


def read_raw(path: Path, collection: Collection) -> pd.DataFrame:
    """Read a scraper's CSV or a Parquet file.

    Args:
        path: A table with the collection's columns; tags are lists in Parquet, JSON lists in CSV cells.
        collection: Which columns to look for.

    Returns:
        One row a text with the columns ``text, author, book, series, tags, likes, group``; what the table lacks is
        None.

    Raises:
        UnknownFormatError: If the suffix is neither .csv nor .parquet.
        UnreadableFileError: If the file is missing, broken, or a tags cell is no JSON list.
        MissingColumnError: If it has no text or no tags.
    """
    raw = _reader(path)(path)
    table = pd.DataFrame(index=raw.index)
    for name, spellings in collection.columns.items():
        spelling = next((column for column in spellings if column in raw.columns), None)
        if spelling is None and name in _NEEDED:
            raise MissingColumnError(
                f"{path} has no column {' or '.join(spellings)}; it has: {', '.join(map(str, raw.columns))}",
                value=list(raw.columns),
            )
        table[name] = raw[spelling] if spelling else None
    table["tags"] = [_tag_list(cell, row, path) for row, cell in enumerate(table["tags"], start=1)]
    for column in ("text", "author", "book", "series"):
        cells = [cell if isinstance(cell, str) and cell.strip() else None for cell in table[column]]
        # As objects: pandas' own string type would turn None into NaN.
        table[column] = pd.Series(cells, index=table.index, dtype=object)
    return table


def _reader(path: Path) -> Callable[[Path], pd.DataFrame]:
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise UnknownFormatError(
            f"{path.name} ends in {shown(path.suffix)}; cleaning reads .csv and .parquet", value=path.suffix
        )
    if not path.is_file():
        raise UnreadableFileError(f"there is no file {path}", value=str(path))
    return readers[path.suffix.lower()]


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableFileError(f"{path} is no UTF-8 CSV: {error}", value=str(path)) from error


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path} is no Parquet file: {error}", value=str(path)) from error


def _tag_list(cell: object, row: int, path: Path) -> list[str]:
    if isinstance(cell, str):
        if not cell.strip():
            return []
        try:
            cell = json.loads(cell)
        except json.JSONDecodeError as error:
            raise UnreadableFileError(
                f"{path}, row {row}: tags have to be a JSON list, this cell is {shown(cell)}", value=cell
            ) from error
    if cell is None or cell is pd.NA or isinstance(cell, float):
        return []
    try:
        return [tag for tag in cell if isinstance(tag, str)]
    except TypeError as error:
        raise InputError(
            f"{path}, row {row}: tags have to be a list, this cell is {shown(cell)}", value=cell
        ) from error
