import json

import pandas as pd
import pytest

from textthema.cleaning import text_id
from textthema.entities.assembly import Found
from textthema.entities.records import Entity
from textthema.entities.writing import read_books, write_found
from textthema.errors import MissingColumnError, UnknownFormatError, UnreadableFileError

FOUND = Found([Entity("author:bo-ek", "author", "Bo Ek", support=1)], [(1, "author:bo-ek")], [(0, "author:bo-ek")])


def test_mentions_know_the_text_as_cleaning_names_it(tmp_path):
    write_found(FOUND, ["Lost.", "“The tide &amp; the rope.”"], None, tmp_path)
    mentions = pd.read_parquet(tmp_path / "mentions.parquet")
    assert mentions.to_dict("records") == [
        {"row": 1, "text_id": text_id("The tide & the rope."), "entity": "author:bo-ek"}
    ]
    assert str(mentions["row"].dtype) == "int64"
    assert not (tmp_path / "descriptions.parquet").exists()


def test_descriptions_and_report_are_written(tmp_path):
    books = pd.DataFrame({"description": ["A story."]})
    report = write_found(FOUND, ["Lost.", "Found."], books, tmp_path)
    assert pd.read_parquet(tmp_path / "descriptions.parquet")["text_id"].tolist() == [text_id("A story.")]
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert report["kinds"]["author"] == {"entities": 1, "rows": 1}
    assert report["described"] == 1


def test_nothing_found_is_no_error(tmp_path):
    assert write_found(Found(), ["Lost."], None, tmp_path)["mentions"] == 0
    assert list(pd.read_parquet(tmp_path / "mentions.parquet")) == ["row", "text_id", "entity"]


def test_books_are_read_from_csv_and_parquet(tmp_path):
    table = pd.DataFrame({"title": ["Low Water"], "author": [None], "description": ["A story."], "url": ["x"]})
    table.to_csv(tmp_path / "books.csv", index=False)
    table.to_parquet(tmp_path / "books.parquet")
    for name in ("books.csv", "books.parquet"):
        assert read_books(tmp_path / name).to_dict("records") == [
            {"title": "Low Water", "author": None, "description": "A story."}
        ]


def test_a_table_that_is_no_books_table_is_refused(tmp_path):
    (tmp_path / "books.csv").write_text("title,author\nLow Water,Vale\n", encoding="utf-8")
    with pytest.raises(MissingColumnError, match="description"):
        read_books(tmp_path / "books.csv")
    with pytest.raises(UnreadableFileError, match="no file"):
        read_books(tmp_path / "none.csv")
    with pytest.raises(UnknownFormatError):
        read_books(tmp_path / "books.txt")
    (tmp_path / "books.parquet").write_bytes(b"none")
    with pytest.raises(UnreadableFileError):
        read_books(tmp_path / "books.parquet")
