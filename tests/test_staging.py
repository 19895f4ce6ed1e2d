import numpy as np
import pandas as pd
import pytest

from textthema.errors import UnreadableFileError
from textthema.staging import read_labels, read_table, truth_matrix, write_parquet, write_text


def test_a_table_comes_back_with_lists_and_missing_authors(tmp_path):
    table = pd.DataFrame(
        {"text": ["a", "b"], "author": ["X", None], "tags": [["t"], []], "themes": [["love"], ["sea"]]}
    )
    write_parquet(table, tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet", "textthema clean")
    assert back["themes"].tolist() == [["love"], ["sea"]]
    assert back["author"].tolist() == ["X", None]


def test_a_missing_table_names_the_stage_to_run(tmp_path):
    with pytest.raises(UnreadableFileError, match="textthema split"):
        read_table(tmp_path / "train.parquet", "textthema split")
    with pytest.raises(UnreadableFileError, match="textthema clean"):
        read_labels(tmp_path / "tag_types_encoded.json", "textthema clean")


def test_a_broken_table_is_named(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR0")
    with pytest.raises(UnreadableFileError, match=r"t\.parquet"):
        read_table(tmp_path / "t.parquet", "x")


def test_labels_come_in_the_models_order(tmp_path):
    write_text('{"b": 1, "a": 0}', tmp_path / "l.json")
    assert read_labels(tmp_path / "l.json", "x") == ["a", "b"]


def test_truth_marks_each_rows_labels():
    truth = truth_matrix(pd.Series([["b"], ["a", "c"], []]), ["a", "b", "c"])
    assert np.array_equal(truth, [[0, 1, 0], [1, 0, 1], [0, 0, 0]])
