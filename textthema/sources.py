"""Tables of texts in files, read whole or in shards: then memory stays flat, whatever the size of the file."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from textthema.errors import UnreadableFileError, shown
from textthema.tables import CsvTable, JsonlTable, ParquetTable, Table, format_of, import_pyarrow

if TYPE_CHECKING:
    from _csv import Reader

    import pyarrow

# Rows of the smallest shard. Shards grow with the file, so that there are never more than so many.
_WINDOW_ROWS = 64
_MOST_SHARDS = 2048
_PARQUET_ROWS_AT_ONCE = 1024
_SNIFFED_BYTES = 1_000_000
# The csv module's limit is one for the whole process, and as wide as a C long everywhere.
_NO_FIELD_LIMIT = 2**31 - 1
_FIELD_LIMIT = threading.Lock()
_UP_TO_A_LINE_END = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Shard:
    """Neighbouring rows of a file.

    Attributes:
        first_row: Number of the first, from 0.
        n_rows: How many they are.
        start: Where they begin, in bytes; in rows in a Parquet file.
        end: Where they end.
    """

    first_row: int
    n_rows: int
    start: int
    end: int


class Source(ABC):
    """A file whose rows can be read piece by piece.

    Args:
        path: The file.

    Attributes:
        columns: Names of its columns; those of JSON lines are known as far as they were read.
    """

    columns: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    @abstractmethod
    def size(self) -> int:
        """Give the place where the file ends, as shards count it."""

    @abstractmethod
    def windows(self) -> Iterator[tuple[Table, Shard]]:
        """Read the file once, a few rows at a time.

        Yields:
            The next rows, and where they are.

        Raises:
            UnreadableFileError: The file is missing, binary or broken; the message says where.
        """

    def read(self, shard: Shard) -> Table:
        """Read some of the rows again.

        Args:
            shard: Which.

        Returns:
            The rows.

        Raises:
            UnreadableFileError: The file is not any more what it was.
        """
        with _there(self.path):
            table = self._read(shard)
        if len(table) != shard.n_rows:
            raise UnreadableFileError(f"{shown(str(self.path))} was changed while it was read", value=str(self.path))
        return table

    @abstractmethod
    def read_whole(self) -> Table:
        """Read all rows at once."""

    @abstractmethod
    def _read(self, shard: Shard) -> Table:
        """Read what is there now."""


class CsvSource(Source):
    """A CSV file with a header (RFC 4180, UTF-8).

    Args:
        path: The file.
        columns: Its header, where it was read before.
    """

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        super().__init__(path)
        self.columns = tuple(columns)

    @property
    def size(self) -> int:
        """Give the number of bytes."""
        return self.path.stat().st_size

    def windows(self) -> Iterator[tuple[Table, Shard]]:
        """Read the file once, a few rows at a time."""
        with self.path.open("rb") as file:
            lines = _Lines(file, self.path, returns=True)
            rows = self._rows(csv.reader(lines, strict=True))
            first_row, start = 0, lines.end
            while some := _take(rows, _WINDOW_ROWS):
                yield CsvTable(self.path, self.columns, some, first_row), Shard(first_row, len(some), start, lines.end)
                first_row, start = first_row + len(some), lines.end

    def read_whole(self) -> Table:
        """Read all rows at once."""
        with self.path.open("rb") as file:
            rows = _take(self._rows(csv.reader(_Lines(file, self.path, returns=True), strict=True)), None)
        return CsvTable(self.path, self.columns, rows)

    def _read(self, shard: Shard) -> Table:
        lines = _Lines(_bytes_of(self.path, shard), self.path, returns=True, begin=shard.start)
        rows = _take(self._body(csv.reader(lines, strict=True)), None)
        return CsvTable(self.path, self.columns, rows, shard.first_row)

    def _rows(self, reader: Reader) -> Iterator[list[str]]:
        """Give the rows below the header; the header is read when this is called."""
        with _fields_of_any_length(), self._broken_at(reader):
            header = next((row for row in reader if row), None)
        if header is None:
            raise UnreadableFileError(
                f"{shown(str(self.path))} is empty; its first line must name columns", value=str(self.path)
            )
        self.columns = tuple(header)
        return self._body(reader)

    def _body(self, reader: Reader) -> Iterator[list[str]]:
        with self._broken_at(reader):
            for row in reader:
                # A blank line is an empty cell where there is one column, and nothing where there are more.
                if not row and len(self.columns) != 1:
                    continue
                cells = row or [""]
                if len(cells) != len(self.columns):
                    raise UnreadableFileError(
                        f"{shown(str(self.path))} is broken at line {reader.line_num}: {len(cells)} cells, the header "
                        f"has {len(self.columns)}; check commas and quotation marks",
                        value=cells,
                    )
                yield cells

    @contextmanager
    def _broken_at(self, reader: Reader) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise UnreadableFileError(
                f"{shown(str(self.path))} is broken at line {reader.line_num}: {error}; check the quotation marks",
                value=str(self.path),
            ) from error


class JsonlSource(Source):
    """A file of JSON objects, one a line.

    Args:
        path: The file.
        columns: All names in it, where it was read before.
        schema: Types of the columns, where they will be written as Parquet.
    """

    def __init__(self, path: Path, columns: Sequence[str] = (), schema: pyarrow.Schema | None = None) -> None:
        super().__init__(path)
        self.columns = tuple(columns)
        self._schema = schema

    @property
    def size(self) -> int:
        """Give the number of bytes."""
        return self.path.stat().st_size

    def windows(self) -> Iterator[tuple[Table, Shard]]:
        """Read the file once, a few rows at a time."""
        with self.path.open("rb") as file:
            lines = _Lines(file, self.path)
            records = self._records(lines)
            first_row, start = 0, 0
            while some := list(islice(records, _WINDOW_ROWS)):
                yield self._table(some, first_row), Shard(first_row, len(some), start, lines.end)
                first_row, start = first_row + len(some), lines.end

    def read_whole(self) -> Table:
        """Read all rows at once."""
        with self.path.open("rb") as file:
            return self._table(list(self._records(_Lines(file, self.path))), 0)

    def _read(self, shard: Shard) -> Table:
        lines = _Lines(_bytes_of(self.path, shard), self.path, begin=shard.start)
        return self._table(list(self._records(lines)), shard.first_row)

    def _table(self, rows: list[tuple[str, dict[str, object]]], first_row: int) -> Table:
        self.columns = tuple(dict.fromkeys([*self.columns, *(key for _, record in rows for key in record)]))
        return JsonlTable(self.path, *_columns_of(rows), self.columns, first_row, self._schema)

    def _records(self, lines: _Lines) -> Iterator[tuple[str, dict[str, object]]]:
        for line in lines:
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UnreadableFileError(
                    f"{shown(str(self.path))} is broken at line {lines.number}: {error}", value=line
                ) from error
            if not isinstance(record, dict):
                raise UnreadableFileError(
                    f"{shown(str(self.path))} is broken at line {lines.number}: {shown(record)} is no JSON object",
                    value=line,
                )
            yield line.strip(), record


class ParquetSource(Source):
    """A Parquet file. Shards are best read in their order.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self._readable():
            self._file = import_pyarrow().parquet.ParquetFile(path)
        schema = self._file.schema_arrow
        self.columns = tuple(schema.names)
        n_rows = [self._file.metadata.row_group(group).num_rows for group in range(self._file.num_row_groups)]
        self._groups: list[int] = list(accumulate(n_rows, initial=0))
        self._position = self.size
        self._batches: Iterator[pyarrow.RecordBatch] = iter(())
        self._rest: pyarrow.RecordBatch | None = None

    @property
    def size(self) -> int:
        """Give the number of rows."""
        return self._groups[-1]

    def windows(self) -> Iterator[tuple[Table, Shard]]:
        """Read the file once, a few rows at a time."""
        for start in range(0, self.size, _WINDOW_ROWS):
            end = min(start + _WINDOW_ROWS, self.size)
            shard = Shard(start, end - start, start, end)
            yield self.read(shard), shard

    def read_whole(self) -> Table:
        """Read all rows at once."""
        with self._readable():
            return ParquetTable(self.path, self._file.read())

    def _read(self, shard: Shard) -> Table:
        pyarrow = import_pyarrow()
        self._go_to(shard.start)
        pieces = []
        with self._readable():
            while self._position < shard.end:
                batch = self._rest if self._rest is not None else next(self._batches)
                skipped = min(max(0, shard.start - self._position), batch.num_rows)
                taken = min(batch.num_rows, shard.end - self._position)
                pieces.append(batch.slice(skipped, taken - skipped))
                self._rest = batch.slice(taken) if taken < batch.num_rows else None
                self._position += taken
            table = pyarrow.Table.from_batches(pieces, self._file.schema_arrow)
        return ParquetTable(self.path, table, shard.first_row)

    def _go_to(self, row: int) -> None:
        # Only the beginnings of row groups can be jumped to.
        group = bisect_right(self._groups, row) - 1
        if self._groups[group] <= self._position <= row:
            return
        groups = list(range(group, self._file.num_row_groups))
        with self._readable():
            self._batches = self._file.iter_batches(_PARQUET_ROWS_AT_ONCE, row_groups=groups)
        self._position, self._rest = self._groups[group], None

    @contextmanager
    def _readable(self) -> Iterator[None]:
        pyarrow = import_pyarrow()
        try:
            yield
        except pyarrow.ArrowException as error:
            raise UnreadableFileError(
                f"{shown(str(self.path))} is no readable Parquet file: {error}", value=str(self.path)
            ) from error


class _Lines:
    """Lines of a UTF-8 file, with the number of the last one given and where it ended.

    Args:
        file: The file, or some whole lines of it.
        path: Its name, for messages.
        returns: Whether a carriage return alone ends a line, too.
        begin: Where in the file the lines begin.
    """

    def __init__(self, file: BinaryIO, path: Path, *, returns: bool = False, begin: int = 0) -> None:
        self.number = 0
        self.end = begin
        self._file = file
        self._path = path
        self._returns = returns

    def __iter__(self) -> Iterator[str]:
        for raw in self._file:
            alone = self._returns and raw.count(b"\r") > raw.endswith(b"\r\n")
            for line in _UP_TO_A_LINE_END.findall(raw) if alone else (raw,):
                encoding = "utf-8" if self.end else "utf-8-sig"
                self.number += 1
                self.end += len(line)
                yield self._decode(line, encoding)

    def _decode(self, line: bytes, encoding: str) -> str:
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            self._refuse_binary(line + self._file.read(_SNIFFED_BYTES))
            found = shown(error.object[error.start : error.end])
            raise UnreadableFileError(
                f"{shown(str(self._path))} is not UTF-8: line {self.number} holds {found}; save it as UTF-8",
                value=str(self._path),
            ) from error
        self._refuse_binary(line)
        return text

    def _refuse_binary(self, content: bytes) -> None:
        if b"\0" in content:
            raise UnreadableFileError(
                f"{shown(str(self._path))} holds NUL bytes: it is binary or UTF-16; save it as UTF-8 text",
                value=str(self._path),
            )


class ShardList:
    """Shards of a file that is read window by window, in its order: few where there are few rows, never too many."""

    def __init__(self) -> None:
        self._shards: list[Shard] = []
        self._rows_each = _WINDOW_ROWS

    def add(self, window: Shard) -> None:
        """Add the next rows.

        Args:
            window: Where they are.
        """
        if self._shards and self._shards[-1].n_rows < self._rows_each:
            self._shards[-1] = _joined(self._shards[-1], window)
            return
        self._shards.append(window)
        if len(self._shards) > _MOST_SHARDS:
            self._rows_each *= 2
            *pairs, last = self._shards
            self._shards = [_joined(*pair) for pair in zip(pairs[::2], pairs[1::2], strict=True)] + [last]

    def __iter__(self) -> Iterator[Shard]:
        return iter(self._shards)


def open_source(path: str | Path, columns: Sequence[str] = (), schema: pyarrow.Schema | None = None) -> Source:
    """Open a table that will be read in shards.

    Args:
        path: A CSV file with a header (RFC 4180, UTF-8), a JSON lines file of objects, or a Parquet file.
        columns: Its columns, where it was read before.
        schema: Types of JSON lines' columns, where they will be written as Parquet.

    Returns:
        The file.

    Raises:
        UnknownFormatError: The suffix names none of these formats.
        UnreadableFileError: It is no readable Parquet file.
        MissingDependencyError: It is Parquet and pyarrow is not installed.
    """
    path = Path(path)
    suffix = format_of(path)
    with _there(path):
        if suffix == ".parquet":
            return ParquetSource(path)
        path.stat()
        return CsvSource(path, columns) if suffix == ".csv" else JsonlSource(path, columns, schema)


def read_table(path: str | Path) -> Table:
    """Read a table at once.

    Args:
        path: A CSV file with a header (RFC 4180, UTF-8), a JSON lines file of objects, or a Parquet file.

    Returns:
        Its rows.

    Raises:
        UnknownFormatError: The suffix names none of these formats.
        UnreadableFileError: The file is missing, binary or broken; the message says where.
        MissingDependencyError: It is Parquet and pyarrow is not installed.
    """
    source = open_source(path)
    with _there(source.path):
        return source.read_whole()


def read_windows(source: Source) -> Iterator[tuple[Table, Shard]]:
    """Read a file once, a few rows at a time.

    Args:
        source: The file.

    Yields:
        The next rows, and where they are.

    Raises:
        UnreadableFileError: The file is missing, binary or broken; the message says where.
    """
    with _there(source.path):
        yield from source.windows()


@contextmanager
def _there(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableFileError(f"can't read {shown(str(path))}: {reason}", value=str(path)) from error


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    with _FIELD_LIMIT:
        before = csv.field_size_limit(_NO_FIELD_LIMIT)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _take(rows: Iterable[list[str]], how_many: int | None) -> list[list[str]]:
    with _fields_of_any_length():
        return list(islice(rows, how_many))


def _bytes_of(path: Path, shard: Shard) -> BinaryIO:
    with path.open("rb") as file:
        file.seek(shard.start)
        return io.BytesIO(file.read(shard.end - shard.start))


def _columns_of(rows: list[tuple[str, dict[str, object]]]) -> tuple[list[str], list[dict[str, object]]]:
    return [line for line, _ in rows], [record for _, record in rows]


def _joined(first: Shard, second: Shard) -> Shard:
    return replace(first, n_rows=first.n_rows + second.n_rows, end=second.end)
