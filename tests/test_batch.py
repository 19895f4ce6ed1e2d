import pytest

from textthema.batch import RowNumbers, check_rows, notes, texts_of
from textthema.errors import EmptyTextError, InputError, MissingColumnError, NotTextError
from textthema.sources import open_source, read_table


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,text\n1,The tide went home.\n2,\n3,Go slowly.\n", encoding="utf-8")
    return path


def check(source, new_columns=("themes",), suffix=".csv", **options):
    return check_rows(source, "text", new_columns, suffix, **{"allow_empty": True, **options})


def test_texts_keep_their_row_numbers(source):
    assert texts_of(read_table(source), "text", allow_empty=True) == {0: "The tide went home.", 2: "Go slowly."}


def test_a_row_without_text_is_an_error_unless_allowed(source):
    with pytest.raises(EmptyTextError, match="row 2") as caught:
        texts_of(read_table(source), "text", allow_empty=False)
    assert caught.value.value == ""


def test_a_cell_that_is_no_text_names_its_row(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "fine"}\n{"text": 7}\n')
    with pytest.raises(NotTextError, match="row 2, column 'text'"):
        texts_of(read_table(path), "text", allow_empty=True)


def test_new_columns_must_be_new(source):
    with pytest.raises(InputError, match="'id'"):
        check(source, ["id"])


def test_a_file_is_cut_into_shards_that_hold_every_row_once(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("text\n" + "".join(f"Wave {i}.\n" for i in range(1000)), encoding="utf-8")
    rows = check(path)
    assert rows.n_rows == sum(shard.n_rows for shard in rows.shards) == 1000
    tables = [open_source(path, rows.columns).read(shard) for shard in reversed(rows.shards)]
    assert [text for table in reversed(tables) for text in table.column("text")] == [f"Wave {i}." for i in range(1000)]
    assert len(tables) > 1


def test_a_column_that_only_later_lines_have_may_be_missing_before(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"n": 1}\n' * 100 + '{"text": "Go slowly."}\n')
    assert check(path).n_rows == 101
    with pytest.raises(EmptyTextError, match="row 1"):
        check(path, allow_empty=False)
    path.write_text('{"n": 1}\n' * 100)
    for allow_empty in (True, False):
        with pytest.raises(MissingColumnError, match="'text'"):
            check(path, allow_empty=allow_empty)


def test_what_the_other_format_can_not_hold_is_found_before_any_text_is_read(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "fine", "n": 1}\n' * 100 + '{"text": "fine", "n": "one"}\n')
    assert check(path, suffix=".csv").schema is None
    with pytest.raises(InputError, match="Parquet type"):
        check(path, suffix=".parquet")
    path.write_text('{"text": "fine", "n": 1}\n' * 100 + '{"text": "fine", "n": 1.5}\n')
    assert str(check(path, suffix=".parquet").schema.field("n").type) == "double"
    path.write_text(r'{"text": "fine", "other": "\ud800"}')
    assert check(path, suffix=".jsonl").n_rows == 1
    with pytest.raises(NotTextError, match="surrogate"):
        check(path, suffix=".csv")


def test_notes_count_from_one():
    said = notes(3, RowNumbers.of([1]), RowNumbers.of([2]), 256, "themes and scores")
    assert said == [
        "note: 1 of 3 rows have no text; their themes and scores are empty (rows 2)",
        "note: 1 of 3 rows are longer than 256 tokens; the rest of them was not read (rows 3)",
    ]
    assert notes(3, RowNumbers.of([1]), RowNumbers(), 256, "x")[1:] == []


def test_the_first_rows_are_named_whatever_the_order():
    rows = RowNumbers.of([700, 800]) + RowNumbers.of(list(range(4)))
    assert rows.count == 6
    assert str(rows) == "1, 2, 3, 4, 701, …"
