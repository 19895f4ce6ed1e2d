import json

import pandas as pd
import pytest

from textthema.errors import InputError, UnreadableFileError
from textthema.evidence import read_evidence
from textthema.text import text_id

QUOTES = ["The miller counted his sacks twice.", "Nobody asked the river for its opinion.", "  "]
DESCRIPTIONS = [None, "A lighthouse keeper writes letters to a town that has moved away.", "A baker inherits a ferry."]


def mentions(path, texts, of):
    rows = [(row, text_id(texts[row]), entity) for row, entity in of]
    pd.DataFrame(rows, columns=["row", "text_id", "entity"]).to_parquet(path)


@pytest.fixture
def folder(tmp_path):
    pd.DataFrame({"text": QUOTES, "author": ["Ada Mill", "Ben Quay", None], "tags": ["[]"] * 3}).to_csv(
        tmp_path / "quotes.csv", index=False
    )
    books = pd.DataFrame({"title": ["A", "Letters", "The Ferry"], "author": ["X", "Ben Quay", "Ada Mill"]})
    books.assign(description=DESCRIPTIONS).to_parquet(tmp_path / "books.parquet")
    entities = [{"id": "author:ada-mill", "kind": "author"}, {"id": "author:ben-quay", "kind": "author"}]
    (tmp_path / "entities.jsonl").write_text("".join(json.dumps(entity) + "\n" for entity in entities))
    mentions(tmp_path / "mentions.parquet", QUOTES, [(0, "author:ada-mill"), (1, "author:ben-quay")])
    mentions(tmp_path / "descriptions.parquet", DESCRIPTIONS, [(1, "author:ben-quay"), (2, "author:ada-mill")])
    return tmp_path


def test_described_books_stand_below_the_quotes(folder):
    evidence = read_evidence(folder / "quotes.csv", folder, folder / "books.parquet")
    assert evidence.n_quotes == 3
    assert evidence.texts == [*QUOTES[:2], ".", *DESCRIPTIONS[1:]]
    assert evidence.table["author"].tolist() == ["Ada Mill", "Ben Quay", None, "Ben Quay", "Ada Mill"]
    assert evidence.table["tags"].tolist() == [[]] * 5
    pairs = {(row, entity) for row, entity in zip(evidence.mentions["row"], evidence.mentions["entity"], strict=True)}
    assert pairs == {(0, "author:ada-mill"), (1, "author:ben-quay"), (3, "author:ben-quay"), (4, "author:ada-mill")}
    assert evidence.of_known_author.tolist() == [True, True, False, True, True]


def test_without_books_only_quotes_count(folder):
    evidence = read_evidence(folder / "quotes.csv", folder)
    assert len(evidence.table) == evidence.n_quotes == 3
    assert set(evidence.mentions["row"]) == {0, 1}


def test_books_that_have_moved_are_found_by_their_descriptions(folder):
    pd.read_parquet(folder / "books.parquet").iloc[::-1].to_parquet(folder / "turned.parquet")
    evidence = read_evidence(folder / "quotes.csv", folder, folder / "turned.parquet")
    assert evidence.table["book"].tolist()[3:] == ["The Ferry", "Letters"]


def test_books_without_their_entities_are_refused(folder):
    (folder / "descriptions.parquet").unlink()
    with pytest.raises(UnreadableFileError, match=r"descriptions\.parquet"):
        read_evidence(folder / "quotes.csv", folder, folder / "books.parquet")


def test_other_books_are_refused(folder):
    pd.read_parquet(folder / "books.parquet").assign(description="Another one.").to_parquet(folder / "others.parquet")
    with pytest.raises(InputError, match="other texts"):
        read_evidence(folder / "quotes.csv", folder, folder / "others.parquet")
