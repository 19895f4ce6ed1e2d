import json

import pandas as pd
import pytest

from tests.entities.quotes import BOOKS, collection
from textthema.cli import main
from textthema.manifest import read_lines


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    collection().to_parquet(folder / "quotes.parquet")
    BOOKS.to_parquet(folder / "books.parquet")
    return folder


def test_writes_entities_mentions_descriptions_report_and_manifest(tables, tmp_path, capsys):
    arguments = [tables / "quotes.parquet", tmp_path / "out", "--books", tables / "books.parquet"]
    assert main(["entities", *map(str, arguments)]) == 0
    entities = [json.loads(line) for line in (tmp_path / "out" / "entities.jsonl").read_text().splitlines()]
    ids = {entity["id"] for entity in entities}
    assert {"author:osric-vale", "book:saltgate", "franchise:the-harbour-books", "character:mirrin-holt"} <= ids
    for name in ("mentions", "descriptions"):
        assert set(pd.read_parquet(tmp_path / "out" / f"{name}.parquet")["entity"]) <= ids
    (line,) = read_lines(tmp_path / "out" / "manifest.jsonl")
    assert line["stage"] == "entities"
    assert set(line["inputs"]) == {"raw", "books"}
    assert line["counts"] == json.loads((tmp_path / "out" / "report.json").read_text())
    assert "1 characters, in 12 quotes" in capsys.readouterr().out


def test_the_same_data_give_the_same_files(tables, tmp_path):
    for name in ("first", "second"):
        assert main(["entities", str(tables / "quotes.parquet"), str(tmp_path / name)]) == 0
    for name in ("entities.jsonl", "mentions.parquet", "report.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_bad_input_is_named(tables, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["entities", str(tmp_path / "none.csv"), out]) == 2
    assert main(["entities", str(tables / "quotes.parquet"), out, "--books", str(tables / "quotes.parquet")]) == 2
    assert main(["entities", str(tables / "quotes.parquet"), out, "--collection", "songs"]) == 2
    errors = capsys.readouterr().err
    for part in ("none.csv", "no column title", "songs"):
        assert part in errors
    assert not (tmp_path / "out").exists()
