"""Tables of texts in files: read whole, and written with what was found in each text.

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
import io
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.columns = tuple(columns)

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
        if self.columns.count(name) != 1:
            how_often = "more than one column" if name in self.columns else "no column"
            raise MissingColumnError(
                f"{self.path} has {how_often} {shown(name)}; its columns are {shown(list(self.columns))}", value=name
            )
        return self._cells(self.columns.index(name))

    def _cells(self, index: int) -> list[object]:
        return [row[index] for row in self.rows()]


class CsvTable(Table):
    """Rows of a CSV file, every cell a string.

    Args:
        path: The file.
        columns: Its header.
        rows: Cells of each row.
    """

    def __init__(self, path: Path, columns: Sequence[str], rows: list[list[str]]) -> None:
        super().__init__(path, columns)
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
    """

    def __init__(self, path: Path, lines: list[str], records: list[dict[str, object]]) -> None:
        super().__init__(path, list(dict.fromkeys(key for record in records for key in record)))
        self.lines = lines
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
    """

    def __init__(self, path: Path, arrow: pyarrow.Table) -> None:
        super().__init__(path, arrow.column_names)
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


def read_table(path: str | Path) -> Table:
    """Read a table.

    Args:
        path: A CSV file with a header (RFC 4180, UTF-8), a JSON lines file of objects, or a Parquet file.

    Returns:
        Its rows.

    Raises:
        UnknownFormatError: The suffix names none of these formats.
        UnreadableFileError: The file is missing, binary or broken; the message says where.
        MissingDependencyError: It is Parquet and pyarrow is not installed.
    """
    path = Path(path)
    read = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}[format_of(path)]
    try:
        return read(path)
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableFileError(f"can't read {shown(str(path))}: {reason}", value=str(path)) from error


def write_results(table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: str | Path) -> None:
    """Write a table with more columns.

    Args:
        table: The rows.
        results: The new cells of each row, in the order of the new columns.
        columns: New column → form of its cells.
        path: The file to write, in the format of its suffix. It is not replaced at once: give a temporary path.

    Raises:
        InputError: The format has no form for the table's values.
        MissingDependencyError: It is Parquet and pyarrow is not installed.
    """
    path = Path(path)
    write = {".csv": _write_csv, ".jsonl": _write_jsonl, ".parquet": _write_parquet}[format_of(path)]
    rounded = ([_rounded(cell) for cell in result] for result in results)
    try:
        write(table, rounded, columns, path)
    except UnicodeEncodeError as error:
        raise NotTextError(
            f"{table.path} holds {shown(error.object[error.start : error.end])}, half of a surrogate pair, "
            "which UTF-8 can't write; repair it first",
            value=error.object,
        ) from error


def _read_text(path: Path) -> str:
    raw = path.read_bytes()
    if b"\0" in raw:
        raise UnreadableFileError(
            f"{shown(str(path))} holds NUL bytes: it is binary or UTF-16; save it as UTF-8 text", value=str(path)
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = shown(error.object[error.start : error.end])
        raise UnreadableFileError(
            f"{shown(str(path))} is not UTF-8: line {line} holds {found}; save it as UTF-8", value=str(path)
        ) from error


def _read_csv(path: Path) -> CsvTable:
    text = _read_text(path)
    # no cell is longer than the file; the reader's own limit would forbid long texts
    previous_limit = csv.field_size_limit(len(text) + 1)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        numbered = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UnreadableFileError(
            f"{shown(str(path))} is broken at line {reader.line_num}: {error}; check the quotation marks",
            value=str(path),
        ) from error
    finally:
        csv.field_size_limit(previous_limit)
    first = next((i for i, (_, row) in enumerate(numbered) if row), None)
    if first is None:
        raise UnreadableFileError(f"{shown(str(path))} is empty; its first line must name columns", value=str(path))
    (_, header), *body = numbered[first:]
    # A blank line is an empty cell where there is one column, and nothing where there are more.
    body = [(line, row or [""]) for line, row in body if row or len(header) == 1]
    for line, row in body:
        if len(row) != len(header):
            raise UnreadableFileError(
                f"{shown(str(path))} is broken at line {line}: {len(row)} cells, the header has {len(header)}; "
                "check commas and quotation marks",
                value=row,
            )
    return CsvTable(path, header, [row for _, row in body])


def _read_jsonl(path: Path) -> JsonlTable:
    lines, records = [], []
    # not splitlines(): JSON strings may hold U+2028 and its kin
    for number, line in enumerate(_read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnreadableFileError(f"{shown(str(path))} is broken at line {number}: {error}", value=line) from error
        if not isinstance(record, dict):
            raise UnreadableFileError(
                f"{shown(str(path))} is broken at line {number}: {shown(record)} is no JSON object", value=line
            )
        lines.append(line.strip())
        records.append(record)
    return JsonlTable(path, lines, records)


def _read_parquet(path: Path) -> ParquetTable:
    pyarrow = _pyarrow()
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            return ParquetTable(path, file.read())
    except pyarrow.ArrowException as error:
        raise UnreadableFileError(
            f"{shown(str(path))} is no readable Parquet file: {error}", value=str(path)
        ) from error


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _write_csv(table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        # a bare carriage return would end the row, and the writer quotes it only if told to
        careful = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow([*table.columns, *columns])
        for row, result in zip(table.rows(), results, strict=True):
            cells = [_csv_cell(cell) for cell in (*row, *result)]
            (careful if any("\r" in cell for cell in cells) else writer).writerow(cells)


def _write_jsonl(table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: Path) -> None:
    _refuse_twins(table)
    lines = table.lines if isinstance(table, JsonlTable) else (_json_object(table.columns, row) for row in table.rows())
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line, result in zip(lines, results, strict=True):
            # the new members are put before the brace: parsing and writing again would change numbers and escapes
            members = line[:-1].rstrip()
            comma = "" if members == "{" else ", "
            file.write(f"{members}{comma}{_json_object(list(columns), result)[1:]}\n")


def _write_parquet(table: Table, results: Iterable[Result], columns: Mapping[str, Form], path: Path) -> None:
    _refuse_twins(table)
    pyarrow = _pyarrow()
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
            columns[name] = pyarrow.array([row[i] for row in table.rows()])
        except (pyarrow.ArrowException, OverflowError) as error:
            raise InputError(
                f"column {shown(name)} of {table.path} fits no Parquet type: {error}; write .jsonl instead", value=name
            ) from error
    return pyarrow.table(columns)


def _refuse_twins(table: Table) -> None:
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


def _pyarrow() -> ModuleType:
    try:
        import pyarrow.parquet  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise MissingDependencyError("Parquet files need pyarrow: pip install 'textthema[parquet]'") from error
    module: ModuleType = pyarrow
    return module
