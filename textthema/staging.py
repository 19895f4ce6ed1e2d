"""Files between the stages: written whole or not at all, read with a message that names the stage to run first."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

from textthema.bundle import replacing
from textthema.errors import InputError, MissingColumnError, UnreadableFileError

_COLUMNS = ("text", "author", "tags", "themes")


def make_folder(folder: Path) -> None:
    """Make a stage's output folder before any work is done.

    Args:
        folder: The folder; its parents are made, too.

    Raises:
        InputError: If it can't be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't make the folder {folder}: {error.strerror}", value=str(folder)) from error
    if not os.access(folder, os.W_OK):
        raise InputError(f"can't write into the folder {folder}", value=str(folder))


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table so that a reader sees all of it or none.

    Args:
        table: Any table.
        path: A Parquet file.
    """
    with replacing(path) as partial:
        table.to_parquet(partial, index=False)


def write_text(text: str, path: Path) -> None:
    """Write a text file so that a reader sees all of it or none.

    Args:
        text: Its content.
        path: The file.
    """
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def read_table(path: Path, made_by: str, *, also: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table that an earlier stage wrote.

    Args:
        path: A Parquet file.
        made_by: The command that writes it, for the message.
        also: Columns that it has to have beside ``text, author, tags, themes``.

    Returns:
        The table; lists are Python lists, missing authors None.

    Raises:
        UnreadableFileError: If it is not there or broken.
        MissingColumnError: If some other program wrote it.
    """
    if not path.is_file():
        raise UnreadableFileError(f"there is no {path}: type {made_by} first", value=str(path))
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path} is no Parquet file: {error}", value=str(path)) from error
    missing = [column for column in (*_COLUMNS, *also) if column not in table.columns]
    if missing:
        raise MissingColumnError(f"{path} has no column {missing[0]}: type {made_by} again", value=missing[0])
    for column in ("tags", "themes"):
        table[column] = table[column].map(list)
    table["author"] = table["author"].astype(object).where(table["author"].notna(), None)
    return table


def read_labels(path: Path, made_by: str) -> list[str]:
    """Read labels in the model's order.

    Args:
        path: A ``tag_types_encoded.json``.
        made_by: The command that writes it, for the message.

    Returns:
        The labels.

    Raises:
        UnreadableFileError: If it is not there.
    """
    if not path.is_file():
        raise UnreadableFileError(f"there is no {path}: type {made_by} first", value=str(path))
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableFileError(f"{path} is no JSON: type {made_by} again", value=str(path)) from error
    return sorted(index, key=index.__getitem__)


def truth_matrix(themes: pd.Series, labels: list[str]) -> np.ndarray:
    """Mark which row carries which label.

    Args:
        themes: Lists of labels, n of them.
        labels: The labels in the model's order.

    Returns:
        bool (n, n_labels).
    """
    place = {label: index for index, label in enumerate(labels)}
    truth = np.zeros((len(themes), len(labels)), dtype=bool)
    for row, row_labels in enumerate(themes):
        truth[row, [place[label] for label in row_labels]] = True
    return truth
