import argparse
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from textthema.analysis import Analyzer
from textthema.bundle import MANIFEST, Bundle, find_default, write_manifest
from textthema.catalogue import Catalogue
from textthema.commands import catalogue
from textthema.errors import CatalogueError, InputError, NotEnoughDataError, UnreadableFileError
from textthema.labels import slug
from textthema.manifest import read_lines
from textthema.recommender import Recommender
from textthema.text import text_id

pytest.importorskip("torch")
PLACES = ["harbour", "orchard", "station", "mountain", "kitchen", "desert"]
DEEDS = ["waited", "sang", "quarrelled", "forgave", "counted", "laughed", "listened", "left"]


def write_quotes(path, n_authors=6):
    """Invented quotes: each author has a place of their own to write of."""
    rows = [
        {
            "text": f"Nobody in the {PLACES[author]} ever {first} where somebody had {second} before {number}.",
            "author": f"Author {PLACES[author].title()}",
            "book": f"The {PLACES[author].title()}",
            "tags": json.dumps(["patience", f"{PLACES[author]}-life"]),
        }
        for author in range(n_authors)
        for number, (first, second) in enumerate((a, b) for a in DEEDS for b in DEEDS[:3])
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return pd.DataFrame(rows)


def write_entities(folder, quotes):
    folder.mkdir()
    entities, mentions = [], []
    for kind in ("author", "book"):
        for name, rows in quotes.groupby(kind).groups.items():
            author = f"author:{slug(quotes['author'][rows[0]])}" if kind == "book" else None
            identity = f"{kind}:{slug(name)}"
            entities.append({"id": identity, "kind": kind, "name": name, "author": author, "franchise": None})
            mentions += [(row, text_id(quotes["text"][row]), identity) for row in rows]
    (folder / "entities.jsonl").write_text("".join(json.dumps(entity) + "\n" for entity in entities))
    pd.DataFrame(mentions, columns=["row", "text_id", "entity"]).to_parquet(folder / "mentions.parquet")


def run(*arguments):
    parser = argparse.ArgumentParser()
    catalogue.configure(parser)
    return catalogue.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("making")
    quotes = write_quotes(folder / "quotes.csv")
    write_entities(folder / "entities", quotes)
    options = ["--hold-out", 0.1, "--dim", 12, "--epochs", 3]
    assert run(folder / "quotes.csv", folder / "entities", folder / "out", *options) == 0
    return folder


def test_held_out_quotes_find_their_authors_and_books(made, classifier):
    quotes = pd.read_csv(made / "quotes.csv")
    parts = pd.read_parquet(made / "out" / "rows.parquet")["part"]
    assert set(parts) >= {"train", "test"}
    held_out = quotes[parts == "test"]
    recommender = Recommender(Catalogue.read_folder(made / "out" / "catalogue", Bundle.read(find_default())))
    encoded = classifier.encode(held_out["text"])
    found = [
        recommender.related(embedding, probabilities, 1, text)
        for embedding, probabilities, text in zip(
            encoded.embeddings, encoded.probabilities, held_out["text"], strict=True
        )
    ]
    by = [hit.authors[0].entity.name for hit in found]
    assert (np.array(by) == held_out["author"]).mean() > 0.8
    titles = [hit.books[0].entity.name for hit in found]
    assert (np.array(titles) == held_out["book"]).mean() > 0.8
    assert found[0].books[0].entity.author == held_out["author"].iloc[0]


def test_no_sentence_is_in_the_catalogue(made):
    content = b"".join(file.read_bytes() for file in (made / "out" / "catalogue").iterdir())
    assert b"Nobody in the" not in content
    assert b"quarrelled" not in content


def test_the_manifest_says_how_it_went(made):
    (line,) = read_lines(made / "out" / "manifest.jsonl")
    assert line["stage"] == "catalogue"
    assert line["counts"]["entities"] == {"author": 6, "book": 6}
    assert line["counts"]["validation"]["author"]["texts"] == line["counts"]["rows"]["validation"]
    assert sum(line["counts"]["rows"].values()) == len(pd.read_csv(made / "quotes.csv"))


def test_a_second_run_gives_the_same_and_embeds_nothing(made, tmp_path, monkeypatch):
    monkeypatch.setattr("textthema.embedding_cache.OnnxEncoder", None)
    embeddings = ["--embeddings", made / "out" / "embeddings"]
    options = ["--hold-out", 0.1, "--dim", 12, "--epochs", 3, *embeddings]
    run(made / "quotes.csv", made / "entities", tmp_path, *options)
    for file in (made / "out" / "catalogue").iterdir():
        assert (tmp_path / "catalogue" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_catalogue_is_put_into_a_model_which_stays_whole(made, tmp_path, model_copy, bundle):
    shutil.rmtree(model_copy / "catalogue", ignore_errors=True)
    embeddings = ["--embeddings", made / "out" / "embeddings"]
    options = ["--hold-out", 0.1, "--dim", 12, "--epochs", 3, *embeddings]
    write_manifest(model_copy, bundle.manifest["lineage"], encoder=bundle.encoder_id)
    run(made / "quotes.csv", made / "entities", tmp_path / "out", *options, "--into", model_copy)
    analyzer = Analyzer.from_pretrained(model_copy)
    assert analyzer.catalogue.kinds == {"author": (0, 6), "book": (6, 12)}
    found = Bundle.read(model_copy)
    assert (found.encoder_id, found.manifest["lineage"]) == (bundle.encoder_id, bundle.manifest["lineage"])
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_model_with_another_encoder_gets_no_catalogue(made, tmp_path, stand_in):
    before = (stand_in / MANIFEST).read_bytes()
    with pytest.raises(CatalogueError, match="another encoder"):
        run(made / "quotes.csv", made / "entities", tmp_path / "out", "--into", stand_in)
    assert (stand_in / MANIFEST).read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_entities_of_other_quotes_are_refused(made, tmp_path):
    quotes = pd.read_csv(made / "quotes.csv").assign(text=[f"Another sentence, {row}." for row in range(144)])
    quotes.to_csv(tmp_path / "others.csv", index=False)
    with pytest.raises(InputError, match="other texts"):
        run(tmp_path / "others.csv", made / "entities", tmp_path / "out")


def test_what_is_missing_or_too_small_is_said(made, tmp_path):
    with pytest.raises(UnreadableFileError, match="textthema entities"):
        run(made / "quotes.csv", tmp_path / "nowhere", tmp_path / "out")
    write_entities(tmp_path / "small", write_quotes(tmp_path / "small.csv").groupby("author").head(2))
    with pytest.raises(NotEnoughDataError):
        run(tmp_path / "small.csv", tmp_path / "small", tmp_path / "out")
