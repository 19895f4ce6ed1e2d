import argparse
import json

import numpy as np
import pandas as pd
import pytest
from related import as_markdown, main
from retrieval import Bm25, cosines, few_of_each
from scipy.sparse import csr_array

from textthema.commands import catalogue
from textthema.labels import slug
from textthema.text import text_id

PLACES = ["harbour", "orchard", "station", "mountain", "kitchen", "desert"]
DEEDS = ["waited", "sang", "quarrelled", "forgave", "counted", "laughed", "listened", "left"]
QUOTES = ["the sea the sea", "a lamp by the sea", "a miller", "flour and a mill"]
BELONGS = csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32))


def test_bm25_prefers_rare_words_and_short_quotes():
    (found,) = Bm25.over(QUOTES).summed(["a lamp", "sea"], csr_array(np.eye(4, dtype=np.float32)), [4])
    scores = found[4]
    assert scores[0].argmax() == 1
    assert scores[0, 1] > scores[0, 2] > 0 == scores[0, 0]
    assert scores[1, 0] > scores[1, 1] > 0


def test_only_the_best_quotes_are_added_up():
    (found,) = Bm25.over(QUOTES).summed(["the sea", "flour mill"], BELONGS, [1, 4])
    assert found[1][0, 0] < found[4][0, 0]
    assert found[1][1, 1] == found[4][1, 1] > 0
    assert found[4][1, 0] == 0


def test_cosines_are_with_the_mean_of_an_entitys_quotes():
    embeddings = np.array([[2, 0], [0, 1], [0, 5], [0, 1.0]])
    belongs = csr_array(np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]]))
    found = cosines(np.array([[0, 3.0]]), embeddings, belongs)
    assert found[0] == pytest.approx([0.5**0.5, 1, 0])


def test_a_few_quotes_of_each_are_drawn():
    belongs = csr_array(np.kron(np.eye(3), np.ones((7, 1))))
    chosen = few_of_each(belongs, 2)
    assert belongs[chosen].sum(axis=0).tolist() == [2, 2, 2]


def described():
    """Four descriptions of each author's two books, by place."""
    return pd.DataFrame(
        [
            {
                "title": f"The {place.title()}{again}",
                "author": f"Author {place.title()}",
                "description": f"In the {place} a clerk {deed} every evening, until a letter about the {place} comes.",
            }
            for place in PLACES
            for again in ("", " Again")
            for deed in DEEDS[:4]
        ]
    ).drop_duplicates("description")


def mentioned(table, texts):
    rows = [(row, f"author:{slug(table['author'][row])}") for row in table.index]
    rows += [(row, f"book:{slug(table['title'][row])}") for row in table.index]
    mentions = pd.DataFrame(rows, columns=["row", "entity"])
    mentions["text_id"] = [text_id(table[texts][row]) for row in mentions["row"]]
    return mentions


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A catalogue of invented authors, each with a place of their own to write of in two books."""
    folder = tmp_path_factory.mktemp("related")
    rows = [
        {
            "text": f"Nobody in the {place} ever {first} where somebody had {second}, and I counted {number}.",
            "author": f"Author {place.title()}",
            "title": f"The {place.title()}{' Again' if number % 2 else ''}",
            "tags": '["patience"]',
        }
        for place in PLACES
        for number, (first, second) in enumerate((a, b) for a in DEEDS for b in DEEDS[:4])
    ]
    quotes, books = pd.DataFrame(rows), described().reset_index(drop=True)
    quotes.rename(columns={"title": "book"}).to_csv(folder / "quotes.csv", index=False)
    books.to_parquet(folder / "books.parquet")
    names = [{"id": f"author:{slug(name)}", "kind": "author", "name": name} for name in quotes["author"].unique()]
    names += [
        {"id": f"book:{slug(title)}", "kind": "book", "name": title, "author": f"author:{slug(author)}"}
        for title, author in quotes.drop_duplicates("title")[["title", "author"]].itertuples(index=False)
    ]
    (folder / "entities").mkdir()
    (folder / "entities" / "entities.jsonl").write_text("\n".join(map(json.dumps, names)) + "\n")
    mentioned(quotes, "text").to_parquet(folder / "entities" / "mentions.parquet")
    mentioned(books, "description").to_parquet(folder / "entities" / "descriptions.parquet")
    parser = argparse.ArgumentParser()
    catalogue.configure(parser)
    parts = [folder / name for name in ("quotes.csv", "entities", "out")]
    options = ["--hold-out", "0.25", "--dim", "12", "--epochs", "2", "--books", folder / "books.parquet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "_DESCRIPTIONS_HELD_OUT", 0.25)
        assert catalogue.run(parser.parse_args([*map(str, parts), *map(str, options)])) == 0
    return folder


def test_every_contestant_is_measured_on_the_same_quotes(made, monkeypatch, capsys):
    from textthema.bundle import find_default
    from textthema.inference import OnnxEncoder

    monkeypatch.setattr(
        "related.untouched_encoder",
        lambda _, tokenizer, length: OnnxEncoder(find_default() / "onnx/model_quantized.onnx", tokenizer, length),
    )
    parts = [str(made / name) for name in ("quotes.csv", "entities", "out")]
    options = ["--books", str(made / "books.parquet"), "--work", str(made / "work"), "--out", str(made / "results")]
    assert main([*parts, *options]) == 0
    record = json.loads((made / "results" / "quality.json").read_text())
    held_out = pd.read_parquet(made / "out" / "rows.parquet").query("part == 'test'")["row"]
    n_quotes = len(pd.read_csv(made / "quotes.csv"))
    for kind, candidates in (("author", 6), ("book", 12)):
        found = record["kinds"][kind]
        assert found["candidates"] == candidates
        assert found["texts"] == (held_out < n_quotes).sum()
        assert len(found["contestants"]) == 6
        for metrics in found["contestants"].values():
            for value, low, high in metrics.values():
                assert 0 <= low <= value <= high <= 1
    # all six are among the first ten
    assert record["kinds"]["author"]["recall_over_best_rival"] == 1
    for found in record["descriptions"]["sought"].values():
        assert found["texts"] == (held_out >= n_quotes).sum() > 0
        ours, by_words, popular = found["contestants"].values()
        assert ours["recall_at_10"][0] == by_words["recall_at_10"][0] == 1
        assert ours["mrr"][0] > popular["mrr"][0]
    assert (made / "results" / "quality.png").read_bytes().startswith(b"\x89PNG")
    page = (made / "results" / "quality.md").read_text()
    assert page == as_markdown(record)
    assert page.strip() in capsys.readouterr().out
    assert "Nobody in the" not in page
