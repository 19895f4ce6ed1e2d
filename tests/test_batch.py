import pytest

from textthema.batch import read_rows, texts_of
from textthema.errors import EmptyTextError, InputError, NotTextError
from textthema.tables import read_table


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,text\n1,The tide went home.\n2,\n3,Go slowly.\n", encoding="utf-8")
    return path


def test_texts_keep_their_row_numbers(source, tmp_path):
    rows = read_rows(source, tmp_path / "out.csv", "text", ["themes"], allow_empty=True)
    assert rows.texts == {0: "The tide went home.", 2: "Go slowly."}


def test_a_row_without_text_is_an_error_unless_allowed(source):
    with pytest.raises(EmptyTextError, match="row 2") as caught:
        texts_of(read_table(source), "text", allow_empty=False)
    assert caught.value.value == ""


def test_a_cell_that_is_no_text_names_its_row(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "fine"}\n{"text": 7}\n')
    with pytest.raises(NotTextError, match="row 2, column 'text'"):
        texts_of(read_table(path), "text", allow_empty=True)


def test_new_columns_must_be_new(source, tmp_path):
    with pytest.raises(InputError, match="'id'"):
        read_rows(source, tmp_path / "out.csv", "text", ["id"], allow_empty=True)


def test_in_and_out_must_differ(source):
    with pytest.raises(InputError, match="IN and OUT"):
        read_rows(source, source, "text", ["themes"], allow_empty=True)


def test_notes_count_from_one(source, tmp_path):
    rows = read_rows(source, tmp_path / "out.csv", "text", [], allow_empty=True)
    assert rows.notes([2], 256, "themes and scores") == [
        "note: 1 of 3 rows have no text; their themes and scores are empty (rows 2)",
        "note: 1 of 3 rows are longer than 256 tokens; the rest of them was not read (rows 3)",
    ]
    assert rows.notes([], 256, "x")[1:] == []
