"""Tables of texts, and how they are written with what was found in each text.

==========  ==================================  =====================================
format      ``themes`` of a classified row      ``scores`` of a classified row
==========  ==================================  =====================================
.csv        JSON array of labels                JSON object: label → probability
.jsonl      array of labels                     object: label → probability
.parquet    list<string>                        map<string, float>
==========  ==================================  =====================================

Within a format every other cell stays as it was, to the character; between formats a CSV cell is a string, and
what CSV has no form for becomes JSON.
"""

from __future__ import annotations

import csv
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from textthema.errors import (
    InputError,
    MissingColumnError,
    MissingDependencyError,
    NotTextError,
    UnknownFormatError,
    UnreadableFileError,
    shown,
)
from textthema.inference import DECIMALS

if TYPE_CHECKING:
    import pyarrow

Result = Sequence[object]
# What a new column holds: str, float, [form of the items], {name: form of its value}, {str: form of every value}.
Form = type | list[Any] | dict[Any, Any]
CLASSIFIED: dict[str, Form] = {"themes": [str], "scores": {str: float}}
FORMATS = (".csv", ".jsonl", ".parquet")
_ROWS_AT_ONCE = 1000


class Table(ABC):
    """The rows of a file, in its order.

    Args:
        path: Where the rows come from, for messages.
        columns: Names of the columns.
        first_row: Number of the first row in the file, from 0, where these are some of its rows.
    """

    def __init__(self, path: Path, columns: Sequence[str], first_row: int = 0) -> None:
        self.path = path
        self.columns = tuple(columns)
        self.first_row = first_row

    @abstractmethod
    def __len__(self) -> int:
        """Count the rows."""

    @abstractmethod
    def rows(self) -> Iterator[Sequence[object]]:
        """Give the cells of each row in the order of the columns."""

    def column(self, name: str) -> list[object]:
        """Give the cells of one column.

        Args:
            name: The column's name.

        Returns:
            A cell a row: strings from CSV, JSON or Arrow values otherwise, None where there is none.

        Raises:
            MissingColumnError: No column, or more than one, has this name.
        """
        refuse_column(self.path, self.columns, name)
        return self._cells(self.columns.index(name))

    def _cells(self, index: int) -> list[object]:
        return [row[index] for row in self.rows()]


class CsvTable(Table):
    """Rows of a CSV file, every cell a string.

    Args:
        path: The file.
        columns: Its header.
        rows: Cells of each row.
        first_row: Number of the first row in the file, from 0.
    """

    def __init__(self, path: Path, columns: Sequence[str], rows: list[list[str]], first_row: int = 0) -> None:
        super().__init__(path, columns, first_row)
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterator[Sequence[object]]:
        """Give the cells of each row in the order of the columns."""
        return iter(self._rows)


class JsonlTable(Table):
    """Rows of a JSON lines file.

    Args:
        path: The file.
        lines: The lines, as they are written.
        records: The lines, parsed.
        columns: The file's columns; these rows may lack some.
        first_row: Number of the first row in the file, from 0.
        schema: The columns' types in Parquet, for a file that is not seen whole; by default those that fit these rows.
    """

    def __init__(
        self,
        path: Path,
        lines: list[str],
        records: list[dict[str, object]],
        columns: Sequence[str],
        first_row: int = 0,
        schema: pyarrow.Schema | None = None,
    ) -> None:
        super().__init__(path, columns, first_row)
        self.lines = lines
        self.schema = schema
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def rows(self) -> Iterator[Sequence[object]]:
        """Give the cells of each row in the order of the columns."""
        return ([record.get(name) for name in self.columns] for record in self._records)


class ParquetTable(Table):
    """Rows of a Parquet file.

    Args:
        path: The file.
        arrow: Its content.
        first_row: Number of the first row in the file, from 0.
    """

    def __init__(self, path: Path, arrow: pyarrow.Table, first_row: int = 0) -> None:
        super().__init__(path, arrow.column_names, first_row)
        self.arrow = arrow

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def rows(self) -> Iterator[Sequence[object]]:
        """Give the cells of each row in the order of the columns."""
        return zip(*(self._cells(i) for i in range(len(self.columns))), strict=True)

    def _cells(self, index: int) -> list[object]:
        try:
            cells: list[object] = self.arrow.column(index).to_pylist()
        except ValueError as error:
            raise UnreadableFileError(
                f"column {shown(self.columns[index])} of {self.path} can't be read: {error}", value=str(self.path)
            ) from error
        return cells


def refuse_column(path: Path, columns: Sequence[str], name: str) -> None:
    """Refuse a column that is not there, or there more than once.

    Args:
        path: The table's file, for the message.
        columns: All its columns.
        name: The column's name.

    Raises:
        MissingColumnError: No column, or more than one, has this name.
    """
    if columns.count(name) != 1:
        how_often = "more than one column" if name in columns else "no column"
        raise MissingColumnError(
            f"{path} has {how_often} {shown(name)}; its columns are {shown(list(columns))}", value=name
        )


def format_of(path: str | Path) -> str:
    """Tell a table's format by its suffix.

    Args:
        path: A file, there or not.

    Returns:
        ``.csv``, ``.jsonl`` or ``.parquet``.

    Raises:
        UnknownFormatError: It has another suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UnknownFormatError(
            f"{shown(str(path))} ends in {shown(suffix)}; tables end in {', '.join(FORMATS)}", value=str(path)
        )
    return suffix


def write_results(
    table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: str | Path, *, header: bool = True
) -> None:
    """Write a table with more columns.

    Args:
        table: The rows.
        results: The new cells of each row, in the order of the new columns.
        columns: New column → form of its cells.
        path: The file to write, in the format of its suffix. It is not replaced at once: give a temporary path.
        header: Whether a CSV file gets one; not where it is a part of another.

    Raises:
        InputError: The format has no form for the table's values.
        MissingDependencyError: It is Parquet and pyarrow is not installed.
    """
    path = Path(path)
    suffix = format_of(path)
    rounded = ([_rounded(cell) for cell in result] for result in results)
    with _utf8(table):
        if suffix == ".csv":
            _write_csv(table, rounded, columns, path, header)
        elif suffix == ".jsonl":
            _write_jsonl(table, rounded, columns, path)
        else:
            _write_parquet(table, rounded, columns, path)


def refuse_unwritable(table: Table, suffix: str) -> None:
    """Look whether a text format has a form for every value of a table.

    Args:
        table: The rows.
        suffix: ``.csv`` or ``.jsonl``.

    Raises:
        InputError: It has not.
    """
    if suffix == ".jsonl":
        refuse_twins(table)
    with _utf8(table):
        for row in table.rows():
            for cell in row:
                _csv_cell(cell).encode()


def schema_of(table: Table) -> pyarrow.Schema:
    """Find the types that a table's columns get in a Parquet file.

    Args:
        table: The rows.

    Returns:
        The columns and their types.

    Raises:
        InputError: No type fits a column, or two columns have one name.
        MissingDependencyError: pyarrow is not installed.
    """
    refuse_twins(table)
    return _as_arrow(table, import_pyarrow()).schema


def common_schema(path: Path, first: pyarrow.Schema | None, second: pyarrow.Schema) -> pyarrow.Schema:
    """Find types that fit the rows of two parts of a table.

    Args:
        path: The table's file, for messages.
        first: Columns of the one part; None if there is none.
        second: Columns of the other.

    Returns:
        All columns, each with a type that holds both parts' values.

    Raises:
        InputError: No type holds both.
    """
    pyarrow = import_pyarrow()
    if first is None or first.equals(second):
        return second
    try:
        return pyarrow.unify_schemas([first, second], promote_options="permissive")
    except pyarrow.ArrowException as error:
        raise InputError(
            f"a column of {path} fits no Parquet type: {error}; write .jsonl instead", value=path
        ) from error


@contextmanager
def _utf8(table: Table) -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise NotTextError(
            f"{table.path} holds {shown(error.object[error.start : error.end])}, half of a surrogate pair, "
            "which UTF-8 can't write; repair it first",
            value=error.object,
        ) from error


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _write_csv(table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: Path, header: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        # a bare carriage return would end the row, and the writer quotes it only if told to
        careful = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        if header:
            writer.writerow([*table.columns, *columns])
        for row, result in zip(table.rows(), results, strict=True):
            cells = [_csv_cell(cell) for cell in (*row, *result)]
            (careful if any("\r" in cell for cell in cells) else writer).writerow(cells)


def _write_jsonl(table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: Path) -> None:
    refuse_twins(table)
    lines = table.lines if isinstance(table, JsonlTable) else (_json_object(table.columns, row) for row in table.rows())
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line, result in zip(lines, results, strict=True):
            # the new members are put before the brace: parsing and writing again would change numbers and escapes
            members = line[:-1].rstrip()
            comma = "" if members == "{" else ", "
            file.write(f"{members}{comma}{_json_object(list(columns), result)[1:]}\n")


def _write_parquet(table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: Path) -> None:
    refuse_twins(table)
    pyarrow = import_pyarrow()
    arrow = table.arrow if isinstance(table, ParquetTable) else _as_arrow(table, pyarrow)
    types = [_arrow_type(form, pyarrow) for form in columns.values()]
    chunks: list[list[Any]] = [[] for _ in columns]
    results = iter(results)
    while some := list(islice(results, _ROWS_AT_ONCE)):
        for parts, cells, kind in zip(chunks, zip(*some, strict=True), types, strict=True):
            is_map = pyarrow.types.is_map(kind)
            parts.append(
                pyarrow.array([list(cell.items()) if is_map and cell is not None else cell for cell in cells], kind)
            )
    for name, parts, kind in zip(columns, chunks, types, strict=True):
        arrow = arrow.append_column(pyarrow.field(name, kind), pyarrow.chunked_array(parts, kind))
    pyarrow.parquet.write_table(arrow, path)


def _arrow_type(form: Form, pyarrow: ModuleType) -> pyarrow.DataType:
    if isinstance(form, list):
        return pyarrow.list_(_arrow_type(form[0], pyarrow))
    if isinstance(form, dict):
        if str in form:
            return pyarrow.map_(pyarrow.string(), _arrow_type(form[str], pyarrow))
        return pyarrow.struct([(name, _arrow_type(part, pyarrow)) for name, part in form.items()])
    simple = {str: pyarrow.string(), float: pyarrow.float32(), int: pyarrow.int32(), bool: pyarrow.bool_()}
    return simple[form]


def _as_arrow(table: Table, pyarrow: ModuleType) -> pyarrow.Table:
    columns = {}
    for i, name in enumerate(table.columns):
        try:
            columns[name] = pyarrow.array([row[i] for row in table.rows()], _type_of(table, name, pyarrow))
        except (pyarrow.ArrowException, OverflowError) as error:
            raise InputError(
                f"column {shown(name)} of {table.path} fits no Parquet type: {error}; write .jsonl instead", value=name
            ) from error
    return pyarrow.table(columns)


def _type_of(table: Table, name: str, pyarrow: ModuleType) -> pyarrow.DataType | None:
    if isinstance(table, CsvTable):
        return pyarrow.string()
    schema = table.schema if isinstance(table, JsonlTable) else None
    return schema and schema.field(name).type


def refuse_twins(table: Table) -> None:
    """Refuse a table that only CSV can hold.

    Args:
        table: The rows.

    Raises:
        InputError: Two columns have one name.
    """
    twins = sorted({name for name in table.columns if table.columns.count(name) > 1})
    if twins and table.path.suffix.lower() == ".csv":
        raise InputError(
            f"{table.path} has more than one column {shown(twins[0])}; only .csv can hold that", value=twins[0]
        )


def _csv_cell(value: object) -> str:
    value = _plain_json(value)
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _json_object(names: Sequence[str], values: Sequence[object]) -> str:
    return json.dumps(dict(zip(names, map(_plain_json, values), strict=True)), ensure_ascii=False)


def _plain_json(value: object) -> object:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_json(item) for item in value]
    if isinstance(value, bytes):
        raise InputError(f"only Parquet can hold the bytes {shown(value)}; write .parquet instead", value=value)
    # dates, times, decimals
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def import_pyarrow() -> ModuleType:
    """Import what reads and writes Parquet.

    Returns:
        pyarrow.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise MissingDependencyError("Parquet files need pyarrow: pip install 'textthema[parquet]'") from error
    module: ModuleType = pyarrow
    return module
