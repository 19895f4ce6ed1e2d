"""Files of texts: what every command that answers row by row asks of them before it starts, and says at the end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textthema.classifier import readable
from textthema.errors import EmptyTextError, InputError, shown
from textthema.tables import Table, format_of, read_table

_ROWS_NAMED = 5


@dataclass(frozen=True, eq=False)
class Rows:
    """A table with the texts that were found in it.

    Attributes:
        table: The rows.
        texts: Row number, from 0 → its text; rows without one are left out.
    """

    table: Table
    texts: dict[int, str]

    def notes(self, truncated: Iterable[int], max_length: int, empty_results: str) -> list[str]:
        """Say which rows were not read, or not whole.

        Args:
            truncated: Numbers of the rows whose text was longer than the model reads, from 0.
            max_length: Tokens that the model reads.
            empty_results: What of a row without text is empty, such as ``"themes and scores"``.

        Returns:
            A line for each kind of such rows that there is.
        """
        empty = [row for row in range(len(self.table)) if row not in self.texts]
        found = (
            (empty, f"have no text; their {empty_results} are empty"),
            (list(truncated), f"are longer than {max_length} tokens; the rest of them was not read"),
        )
        return [self._note(rows, what) for rows, what in found if rows]

    def _note(self, rows: Sequence[int], what: str) -> str:
        first = ", ".join(str(row + 1) for row in rows[:_ROWS_NAMED]) + (", …" if len(rows) > _ROWS_NAMED else "")
        return f"note: {len(rows)} of {len(self.table)} rows {what} (rows {first})"


def read_rows(source: Path, target: Path, column: str, new_columns: Iterable[str], *, allow_empty: bool) -> Rows:
    """Read a table whose rows will be written to another file with more columns.

    Args:
        source: The table.
        target: The file that will be written.
        column: Where the texts are.
        new_columns: Columns that will be added.
        allow_empty: Whether rows without text may be.

    Returns:
        The rows and their texts.

    Raises:
        InputError: One of the files, the column or a cell is at fault; the message says which.
    """
    format_of(target)
    if source.exists() and target.exists() and source.samefile(target):
        raise InputError(f"IN and OUT are both {shown(str(source))}; choose another OUT", value=str(target))
    table = read_table(source)
    for name in new_columns:
        if name in table.columns:
            raise InputError(f"{table.path} already has a column {shown(name)}; rename it first", value=name)
    return Rows(table, texts_of(table, column, allow_empty=allow_empty))


def texts_of(table: Table, column: str, *, allow_empty: bool) -> dict[int, str]:
    """Collect the texts of a table by row.

    Args:
        table: The rows.
        column: Where the texts are.
        allow_empty: Whether rows without text (empty, null, NaN) are left out; without it the first is an error.

    Returns:
        Row number, from 0 → its text, as it stands there.

    Raises:
        InputError: A cell holds no text that can be read; the message names its row.
        EmptyTextError: A row has no text and none may lack it, or no row has one.
    """
    texts: dict[int, str] = {}
    for row, cell in enumerate(table.column(column)):
        missing = cell is None or (isinstance(cell, float) and math.isnan(cell))
        try:
            readable("" if missing else cell)
            texts[row] = str(cell)
        except EmptyTextError as error:
            if not allow_empty:
                message = (
                    f"row {row + 1}, column {shown(column)} holds no text: {shown(cell)}; "
                    "fill it, drop the row, or keep such rows with --allow-empty"
                )
                raise EmptyTextError(message, value=cell) from error
        except InputError as error:
            message = f"row {row + 1}, column {shown(column)}: {error}"
            raise type(error)(message, value=cell) from error
    if len(table) and not texts:
        raise EmptyTextError(
            f"column {shown(column)} of {table.path} is empty in all {len(table)} rows; is it the right one?",
            value=column,
        )
    return texts
