import pandas as pd
import pytest

from textthema.collection import QUOTES
from textthema.errors import InputError, MissingColumnError, UnknownFormatError, UnreadableFileError
from textthema.raw import read_raw


def test_the_scrapers_csv_is_read(tmp_path):
    path = tmp_path / "raw.csv"
    path.write_text('quote,author,tags\n"two\nlines",A,"[""love"", ""sea""]"\nNA,,\n', encoding="utf-8")
    table = read_raw(path, QUOTES)
    assert table["text"].tolist() == ["two\nlines", "NA"]
    assert table["tags"].tolist() == [["love", "sea"], []]
    assert table["author"].tolist() == ["A", None]


def test_parquet_is_read(tmp_path):
    path = tmp_path / "raw.parquet"
    pd.DataFrame({"text": ["a", None], "tags": [["x"], None], "author": [None, "B"]}).to_parquet(path)
    table = read_raw(path, QUOTES)
    assert table["tags"].tolist() == [["x"], []]
    assert table["author"].tolist() == [None, "B"]
    assert table["text"].tolist() == ["a", None]


@pytest.mark.parametrize(
    ("name", "content", "error", "named"),
    [
        ("raw.txt", b"text,tags\n", UnknownFormatError, ".txt"),
        ("raw.csv", b"text,author\na,b\n", MissingColumnError, "tags"),
        ("raw.csv", b"tags\n[]\n", MissingColumnError, "text or quote"),
        ("raw.csv", b"text,tags\na,\"['x']\"\n", UnreadableFileError, "row 1"),
        ("raw.csv", b"text,tags\na,7\n", InputError, "row 1"),
        ("raw.csv", b"\xff\xfe\x00text", UnreadableFileError, "UTF-8"),
        ("raw.csv", b"", UnreadableFileError, "CSV"),
        ("raw.parquet", b"no parquet", UnreadableFileError, "Parquet"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path, name, content, error, named):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match=named):
        read_raw(path, QUOTES)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"nowhere\.csv"):
        read_raw(tmp_path / "nowhere.csv", QUOTES)
