import csv
import datetime
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textthema.errors import (
    InputError,
    MissingColumnError,
    MissingDependencyError,
    NotTextError,
    UnknownFormatError,
    UnreadableFileError,
)
from textthema.sources import read_table
from textthema.tables import CLASSIFIED, format_of, write_results

RESULT = (["sea", "home"], {"sea": 0.75, "home": 0.5, "grief": 0.125})
NOTHING = ([], {})


def convert(source, target, results=None):
    table = read_table(source)
    write_results(table, [RESULT] * len(table) if results is None else results, CLASSIFIED, target)
    return table


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "b.c.jsonl", "x.parquet"])
def test_formats_by_suffix(name):
    assert format_of(name) == "." + name.rsplit(".", 1)[1].lower()


@pytest.mark.parametrize("name", ["a.txt", "a", "a.csv.gz", "a.xlsx", ".csv"])
def test_other_suffixes_are_refused_by_name(name, tmp_path):
    with pytest.raises(UnknownFormatError, match=r"\.parquet") as caught:
        format_of(name)
    assert caught.value.value == name
    with pytest.raises(UnknownFormatError):
        read_table(tmp_path / name)


def test_csv_keeps_its_cells(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('id,text,note\n007,"a, b",\n8,"two\nlines"," ""x"" "\n9,NaN,1.10\n', encoding="utf-8")
    table = convert(source, target, [RESULT, NOTHING, RESULT])
    assert len(table) == 3
    assert table.columns == ("id", "text", "note")
    assert table.column("text") == ["a, b", "two\nlines", "NaN"]
    rows = read_csv(target)
    assert rows[0] == ["id", "text", "note", "themes", "scores"]
    assert [row[:3] for row in rows[1:]] == [["007", "a, b", ""], ["8", "two\nlines", ' "x" '], ["9", "NaN", "1.10"]]
    assert json.loads(rows[1][3]) == RESULT[0]
    assert json.loads(rows[1][4]) == RESULT[1]
    assert rows[2][3:] == ["[]", "{}"]


def test_csv_with_a_byte_order_mark_blank_lines_and_twin_columns(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(b"\xef\xbb\xbftext,x,x\r\na,1,2\r\n\r\nb,3,4\r\n")
    table = convert(source, target)
    assert table.column("text") == ["a", "b"]
    assert [row[:3] for row in read_csv(target)] == [["text", "x", "x"], ["a", "1", "2"], ["b", "3", "4"]]
    with pytest.raises(MissingColumnError, match="more than one"):
        table.column("x")
    with pytest.raises(InputError, match="more than one column"):
        convert(source, tmp_path / "out.jsonl")


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(cell, cell), max_size=5))
def test_any_csv_cell_survives(tmp_path, rows):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("text", "other"), *rows])
    convert(source, target)
    assert [tuple(row[:2]) for row in read_csv(target)[1:]] == rows


def test_a_cell_may_be_longer_than_the_readers_own_limit(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("text\n" + "w" * 1_000_000 + "\n")
    before = csv.field_size_limit()
    assert len(read_table(source).column("text")[0]) == 1_000_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'text,n\n"never closed,1\nb,2\n', "line 3"),
        (b'text,n\n"a"b,1\n', "line 2"),
        (b"text,n\na,1\nb,2,3\n", "line 3"),
        (b"text,n\na\n", "line 2"),
        (b"text\na\0b\n", "NUL"),
        (b"text\nok\ncaf\xe9\n", "line 3"),
        ("text\nx\n".encode("utf-16"), "NUL"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
    ],
)
def test_broken_csv_says_where(tmp_path, content, message):
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=message):
        read_table(source)


def test_jsonl_keeps_every_byte_of_its_members(tmp_path):
    lines = [
        r'{"text": "caf\u00e9", "n": 1.10, "big": 123456789012345678901234567890, "t": true}',
        r'{ "text":null,"list":[1,{"a":null}],"e":1e400 , "half": "\ud800" }  ',
        "{}",
        '{"text": "line\u2028separator"}',
    ]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    table = convert(source, target, [RESULT, NOTHING, NOTHING, RESULT])
    assert table.columns == ("text", "n", "big", "t", "list", "e", "half")
    assert table.column("text") == ["café", None, None, "line\u2028separator"]
    written = target.read_text(encoding="utf-8").split("\n")[:-1]
    for line, out in zip(lines, written, strict=True):
        assert out.startswith(line.strip()[:-1].rstrip())
    records = read_jsonl(target)
    assert list(records[0]) == ["text", "n", "big", "t", "themes", "scores"]
    assert records[0]["themes"] == RESULT[0]
    assert records[0]["scores"] == RESULT[1]
    assert records[2] == {"themes": [], "scores": {}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"text": "a"}\n{"text": \n', "line 2"),
        (b'{"text": "a"}\n\n["a"]\n', "line 3"),
        (b'"a"\n', "line 1"),
        (b'{"text": "a"} {"text": "b"}\n', "line 1"),
        (b"[" * 100_000, "line 1"),
        (b'{"text": "caf\xe9"}\n', "UTF-8"),
        (b'{"a": 1}\0', "NUL"),
    ],
)
def test_broken_jsonl_says_where(tmp_path, content, message):
    source = tmp_path / "in.jsonl"
    source.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=message):
        read_table(source)


def test_parquet_keeps_its_schema(tmp_path):
    schema = pa.schema(
        [
            pa.field("text", pa.large_string()),
            pa.field("n", pa.int16()),
            pa.field("when", pa.timestamp("ns", "UTC")),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("kind", pa.dictionary(pa.int8(), pa.string())),
        ],
        metadata={"made": "by hand"},
    )
    arrow = pa.table(
        {"text": ["a", None], "n": [1, None], "when": [1, 2], "tags": [["x"], []], "kind": ["p", "q"]}, schema=schema
    )
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(arrow, source)
    table = convert(source, target, [RESULT, NOTHING])
    assert table.column("text") == ["a", None]
    written = pq.read_table(target)
    assert written.select(schema.names).equals(arrow)
    assert written.schema.metadata[b"made"] == b"by hand"
    assert written.schema.field("themes").type == pa.list_(pa.field("element", pa.string()))
    assert pa.types.is_map(written.schema.field("scores").type)
    assert written.column("themes").to_pylist() == [RESULT[0], []]
    assert [dict(scores) for scores in written.column("scores").to_pylist()] == [RESULT[1], {}]


def test_parquet_of_many_rows(tmp_path):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"text": [str(i) for i in range(2500)]}), source)
    convert(source, target, (([str(i)], {"a": 0.5}) for i in range(2500)))
    assert pq.read_table(target).column("themes").to_pylist() == [[str(i)] for i in range(2500)]


@pytest.mark.parametrize("content", [b"", b"text\na\n", b"PAR1 not really PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_parquet_that_is_none(tmp_path, content):
    source = tmp_path / "in.parquet"
    source.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"in\.parquet"):
        read_table(source)


def test_parquet_without_pyarrow_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        read_table(tmp_path / "in.parquet")


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_tables_without_rows(tmp_path, suffix):
    source = tmp_path / "in.csv"
    source.write_text("text,n\n")
    target = tmp_path / f"out.{suffix}"
    convert(source, target)
    if suffix != "jsonl":
        assert read_table(target).columns == ("text", "n", "themes", "scores")
    assert len(read_table(target)) == 0


def test_between_formats(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "a", "n": 1, "t": true, "l": ["x"], "f": 0.5}\n{"text": "b", "n": null, "more": "m"}\n')
    convert(source, tmp_path / "out.csv")
    assert [row[:6] for row in read_csv(tmp_path / "out.csv")] == [
        ["text", "n", "t", "l", "f", "more"],
        ["a", "1", "true", '["x"]', "0.5", ""],
        ["b", "", "", "", "", "m"],
    ]
    convert(source, tmp_path / "out.parquet")
    written = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert written[0]["l"] == ["x"]
    assert written[1]["n"] is None
    assert written[0]["themes"] == RESULT[0]


def test_from_parquet_to_text_formats(tmp_path):
    source = tmp_path / "in.parquet"
    day = datetime.date(2020, 2, 29)
    pq.write_table(pa.table({"text": ["a", "b"], "day": [day, None], "f": [float("nan"), 2.0]}), source)
    convert(source, tmp_path / "out.jsonl")
    first, second = read_jsonl(tmp_path / "out.jsonl")
    assert first == {"text": "a", "day": "2020-02-29", "f": None, "themes": RESULT[0], "scores": RESULT[1]}
    assert second["day"] is None
    convert(source, tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv")[1][:3] == ["a", "2020-02-29", ""]


def test_what_a_format_can_not_hold_is_an_input_error(tmp_path):
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text('{"text": "a", "n": 1}\n{"text": "b", "n": "one"}\n')
    with pytest.raises(InputError, match="'n'"):
        convert(mixed, tmp_path / "out.parquet")
    binary = tmp_path / "binary.parquet"
    pq.write_table(pa.table({"text": ["a"], "b": [b"\xff"]}), binary)
    with pytest.raises(InputError, match="bytes"):
        convert(binary, tmp_path / "out.csv")
    half = tmp_path / "half.jsonl"
    half.write_text('{"text": "a", "other": "\\ud800"}\n')
    for suffix in ("csv", "parquet"):
        with pytest.raises(NotTextError, match="surrogate"):
            convert(half, tmp_path / f"out.{suffix}")


@pytest.mark.parametrize("name", ["gone.csv", "gone.jsonl", "gone.parquet"])
def test_missing_files_and_folders(tmp_path, name):
    with pytest.raises(UnreadableFileError, match="gone"):
        read_table(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(UnreadableFileError, match="gone"):
        read_table(tmp_path / name)


def test_a_missing_column_names_those_there_are(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("poem;author\na;b\n")
    with pytest.raises(MissingColumnError, match="poem;author") as caught:
        read_table(source).column("text")
    assert caught.value.value == "text"


def test_a_blank_line_in_a_single_column_is_a_row_without_text(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("text\nfirst\n\nthird\n", encoding="utf-8")
    assert list(read_table(path).column("text")) == ["first", "", "third"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_cells_within_cells(tmp_path, suffix):
    source, target = tmp_path / "in.jsonl", tmp_path / f"out.{suffix}"
    source.write_text('{"n": 1}\n{"n": 2}\n')
    columns = {"related": {"authors": [{"name": str, "score": float}]}, "by": str}
    results = [({"authors": [{"name": "Ada", "score": 0.25}]}, "a"), (None, None)]
    write_results(read_table(source), results, columns, target)
    if suffix == "csv":
        cells = [row[1:] for row in read_csv(target)]
        assert cells == [["related", "by"], ['{"authors": [{"name": "Ada", "score": 0.25}]}', "a"], ["", ""]]
        return
    rows = read_jsonl(target) if suffix == "jsonl" else pq.read_table(target).to_pylist()
    assert [(row["related"], row["by"]) for row in rows] == results


def test_numbers_within_cells_are_rounded(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("{}\n")
    write_results(read_table(source), [([{"score": 1 / 3}],)], {"found": [{"score": float}]}, target)
    assert read_jsonl(target) == [{"found": [{"score": 0.333333}]}]
