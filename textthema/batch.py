"""Files of texts: what every command that answers row by row asks of them before it starts, and says at the end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textthema.classifier import readable
from textthema.errors import EmptyTextError, InputError, shown
from textthema.sources import Shard, ShardList, Source, open_source, read_windows
from textthema.tables import (
    JsonlTable,
    Table,
    common_schema,
    format_of,
    refuse_column,
    refuse_twins,
    refuse_unwritable,
    schema_of,
)
from textthema.terminal import progress_bar

if TYPE_CHECKING:
    import pyarrow

_ROWS_NAMED = 5


@dataclass(frozen=True)
class RowNumbers:
    """How many rows something is true of, and which are the first of them.

    Attributes:
        count: How many.
        first: The numbers of a few, from 0.
    """

    count: int = 0
    first: tuple[int, ...] = ()

    @classmethod
    def of(cls, rows: Sequence[int]) -> RowNumbers:
        """Count rows.

        Args:
            rows: Their numbers, from 0.

        Returns:
            Their count.
        """
        return cls(len(rows), tuple(rows[: _ROWS_NAMED + 1]))

    def __add__(self, other: RowNumbers) -> RowNumbers:
        first = sorted((*self.first, *other.first))[: _ROWS_NAMED + 1]
        return RowNumbers(self.count + other.count, tuple(first))

    def __str__(self) -> str:
        more = [", …"] if self.count > _ROWS_NAMED else []
        return ", ".join(str(row + 1) for row in self.first[:_ROWS_NAMED]) + "".join(more)


@dataclass(frozen=True)
class Checked:
    """A file whose rows can all be answered.

    Attributes:
        path: The file.
        columns: Names of its columns.
        n_rows: How many rows it has.
        shards: Where they are.
        schema: Types of JSON lines' columns, where they will be written as Parquet.
    """

    path: Path
    columns: tuple[str, ...]
    n_rows: int
    shards: tuple[Shard, ...]
    schema: pyarrow.Schema | None


def check_rows(
    path: Path, column: str, new_columns: Iterable[str], suffix: str, *, allow_empty: bool, progress: bool = False
) -> Checked:
    """Read a table once, and see whether its rows can be answered and written to another file with more columns.

    Args:
        path: The table.
        column: Where the texts are.
        new_columns: Columns that will be added.
        suffix: Format of the file that will be written.
        allow_empty: Whether rows without text may be.
        progress: Whether to draw a progress bar on stderr, if that is a terminal.

    Returns:
        Where its rows are.

    Raises:
        InputError: The file, the column or a cell is at fault; the message says which.
    """
    source = open_source(path)
    check = _Check(source, column, tuple(new_columns), suffix, allow_empty)
    with progress_bar(source.size, progress, unit="", what="checking") as done:
        for table, shard in read_windows(source):
            check.add(table, shard)
            done(shard.end - shard.start)
    return check.result()


class _Check:
    def __init__(
        self, source: Source, column: str, new_columns: tuple[str, ...], suffix: str, allow_empty: bool
    ) -> None:
        self._source = source
        self._column = column
        self._new_columns = new_columns
        self._suffix = suffix
        self._allow_empty = allow_empty
        self._shards = ShardList()
        self._schema: pyarrow.Schema | None = None
        self._n_rows = self._n_texts = 0
        self._fault: InputError | None = None

    def add(self, table: Table, shard: Shard) -> None:
        # Later JSON lines may have columns that the first ones lack.
        if not isinstance(table, JsonlTable):
            refuse_column(self._source.path, self._source.columns, self._column)
        self._refuse_taken()
        try:
            self._n_texts += len(texts_of_shard(table, self._column, allow_empty=self._allow_empty))
        except InputError as error:
            self._fault = self._fault or error
        if self._fault and self._column in self._source.columns:
            raise self._fault
        self._fit(table)
        self._shards.add(shard)
        self._n_rows += shard.n_rows

    def result(self) -> Checked:
        source = self._source
        self._refuse_taken()
        refuse_column(source.path, source.columns, self._column)
        if self._n_rows and not self._n_texts:
            raise _all_empty(source.path, self._column, self._n_rows)
        return Checked(source.path, source.columns, self._n_rows, tuple(self._shards), self._schema)

    def _refuse_taken(self) -> None:
        taken = next((name for name in self._new_columns if name in self._source.columns), None)
        if taken:
            raise InputError(f"{self._source.path} already has a column {shown(taken)}; rename it first", value=taken)

    def _fit(self, table: Table) -> None:
        if self._suffix == format_of(table.path):
            return
        if self._suffix != ".parquet":
            refuse_unwritable(table, self._suffix)
        elif isinstance(table, JsonlTable):
            self._schema = common_schema(table.path, self._schema, schema_of(table))
        else:
            refuse_twins(table)


def texts_of(table: Table, column: str, *, allow_empty: bool) -> dict[int, str]:
    """Collect the texts of a table by row.

    Args:
        table: The rows.
        column: Where the texts are.
        allow_empty: Whether rows without text (empty, null, NaN) are left out; without it the first is an error.

    Returns:
        Row number in the table, from 0 → its text, as it stands there.

    Raises:
        InputError: A cell holds no text that can be read; the message names its row.
        EmptyTextError: A row has no text and none may lack it, or no row has one.
    """
    refuse_column(table.path, table.columns, column)
    texts = texts_of_shard(table, column, allow_empty=allow_empty)
    if len(table) and not texts:
        raise _all_empty(table.path, column, len(table))
    return texts


def notes(
    n_rows: int, without_text: RowNumbers, truncated: RowNumbers, max_length: int, empty_results: str
) -> list[str]:
    """Say which rows of a file were not read, or not whole.

    Args:
        n_rows: How many rows there are.
        without_text: Those that have none.
        truncated: Those whose text was longer than the model reads.
        max_length: Tokens that the model reads.
        empty_results: What of a row without text is empty, such as ``"themes and scores"``.

    Returns:
        A line for each kind of such rows that there is.
    """
    found = (
        (without_text, f"have no text; their {empty_results} are empty"),
        (truncated, f"are longer than {max_length} tokens; the rest of them was not read"),
    )
    return [f"note: {rows.count} of {n_rows} rows {what} (rows {rows})" for rows, what in found if rows.count]


def texts_of_shard(table: Table, column: str, *, allow_empty: bool) -> dict[int, str]:
    """Collect the texts of some rows of a file.

    Args:
        table: The rows; in JSON lines, none of them need have the column.
        column: Where the texts are.
        allow_empty: Whether rows without text (empty, null, NaN) are left out; without it the first is an error.

    Returns:
        Row number in the table, from 0 → its text, as it stands there.

    Raises:
        InputError: A cell holds no text that can be read; the message names its row.
    """
    texts: dict[int, str] = {}
    for row, cell in enumerate(table.column(column) if column in table.columns else [None] * len(table)):
        missing = cell is None or (isinstance(cell, float) and math.isnan(cell))
        where = f"row {table.first_row + row + 1}, column {shown(column)}"
        try:
            readable("" if missing else cell)
            texts[row] = str(cell)
        except EmptyTextError as error:
            if not allow_empty:
                message = (
                    f"{where} holds no text: {shown(cell)}; fill it, drop the row, or keep such rows with --allow-empty"
                )
                raise EmptyTextError(message, value=cell) from error
        except InputError as error:
            raise type(error)(f"{where}: {error}", value=cell) from error
    return texts


def _all_empty(path: Path, column: str, n_rows: int) -> EmptyTextError:
    return EmptyTextError(
        f"column {shown(column)} of {path} is empty in all {n_rows} rows; is it the right one?", value=column
    )
