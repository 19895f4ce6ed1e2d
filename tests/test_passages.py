import json
import shutil
import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textthema import passages as passages_module
from textthema.errors import InputError, PassageIndexError
from textthema.indexing import SourceText, build_index
from textthema.passages import BLOCK, HEAD, STORE, PassageIndex

ENCODER = "e" * 64
AUTHORS = ["Osric Vale", "Osric Vale", "Osric Vale", "Mira Fenn", None, "Tom Hale"]
BOOKS = ["Tidebound", "Saltbound", "Rivenbound", None, None, "Letters"]


@pytest.fixture(scope="module")
def made(tmp_path_factory, classifier, texts):
    folder = tmp_path_factory.mktemp("passages") / "index"
    corpus = [SourceText(*row) for row in zip(texts, AUTHORS, BOOKS, strict=True)]
    build_index(corpus, classifier, ENCODER, folder)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """An index of the test's own, to be damaged."""
    return shutil.copytree(made, tmp_path / "index")


@pytest.fixture(scope="module")
def index(made):
    return PassageIndex.read(made, ENCODER)


@pytest.fixture(scope="module")
def embeddings(classifier, texts):
    return classifier.encode(texts).embeddings


@pytest.mark.parametrize("row", range(6))
def test_a_passage_is_nearest_to_itself(index, embeddings, texts, row):
    passages = index.nearest(embeddings[row], [], 6)
    assert (passages[0].text, passages[0].author, passages[0].book) == (texts[row], AUTHORS[row], BOOKS[row])
    assert passages[0].score > 0.98
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)
    exact = embeddings @ embeddings[row] / np.linalg.norm(embeddings, axis=1) / np.linalg.norm(embeddings[row])
    assert scores == pytest.approx(np.maximum(sorted(exact, reverse=True), 0), abs=0.03)


def test_shared_themes_come_in_the_texts_order(index, embeddings, classifier, texts):
    themes = [theme.label for theme in classifier(texts[5]).themes]
    assert themes
    (passage,) = index.nearest(embeddings[5], ["no-theme", *themes], 1)
    assert list(passage.shares) == themes[:3]


def test_entities_come_with_the_passage_that_matched(index, embeddings, texts):
    related, passages = index.related(embeddings[0], [], 3)
    assert [hit.entity.name for hit in related.authors] and related.authors[0].entity.name == "Osric Vale"
    assert related.authors[0].score == passages[0].score
    assert related.authors[0].entity.id in passages[0].entities
    assert passages[0].text == texts[0]
    named = {hit.entity.id for hit in (*related.authors, *related.books)}
    assert named <= {identity for passage in passages for identity in passage.entities}


def test_no_list_is_full_of_one_authors_books(index, embeddings):
    related, _ = index.related(embeddings[0], [], 5)
    assert [hit.entity.author for hit in related.books].count("Osric Vale") == 2


@pytest.mark.parametrize("top", [0, -1])
def test_top_below_one(index, embeddings, top):
    with pytest.raises(InputError, match="top"):
        index.nearest(embeddings[0], [], top)


@pytest.mark.parametrize("top", [0, -1])
def test_related_below_one(index, embeddings, top):
    with pytest.raises(InputError, match="top"):
        index.related(embeddings[0], [], top)


def test_more_passages_than_sqlite_takes_values(made):
    many = 260_000
    index = PassageIndex(made, np.ones((4, 2, BLOCK), np.int8), np.ones(many, np.float32), np.arange(many))
    assert len(index.nearest(np.ones(2, np.float32), [], many)) == 6


def test_only_passages_that_are_given_are_read_and_each_once(index, embeddings, monkeypatch):
    read = []
    counted = SimpleNamespace(loads=lambda written: read.append(written) or json.loads(written))
    monkeypatch.setattr("textthema.passages.json", counted)
    _, passages = index.related(embeddings[0], ["love", "home", "sea"], 1)
    assert len(read) == len(passages) < 6


def test_an_entity_that_is_gone_meanwhile_is_skipped(folder, embeddings):
    store = sqlite3.connect(folder / STORE)
    store.execute("DELETE FROM entity WHERE id = 'author:osric-vale'")
    store.commit()
    store.close()
    related, _ = PassageIndex.read(folder, ENCODER).related(embeddings[0], [], 3)
    assert sorted(hit.entity.name for hit in related.authors) == ["Mira Fenn", "Tom Hale"]


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=40), st.integers(1, 50))
def test_the_highest_are_found_without_sorting_all(numbers, top):
    scores = np.array(numbers, np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages_module, "_MAXIMA", 5)
        places = passages_module._highest(scores, top)
    assert len(set(places.tolist())) == len(places)
    assert sorted(scores[places], reverse=True) == sorted(numbers, reverse=True)[:top]


def test_an_answer_comes_from_one_commit(folder, embeddings, monkeypatch):
    read = passages_module._entities

    def meanwhile(store, ids):
        other = sqlite3.connect(folder / STORE, timeout=0)
        other.execute("DELETE FROM entity")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.commit()
        other.close()
        return read(store, ids)

    monkeypatch.setattr(passages_module, "_entities", meanwhile)
    related, _ = PassageIndex.read(folder, ENCODER).related(embeddings[0], [], 3)
    assert related.authors


def test_an_embedding_of_another_width(index):
    with pytest.raises(InputError, match="use the model"):
        index.nearest(np.ones(7, np.float32), [], 1)


def test_an_embedding_of_zeros_is_near_to_nothing(index):
    assert {passage.score for passage in index.nearest(np.zeros(384, np.float32), [], 6)} == {0.0}


def test_a_passage_that_was_dropped_meanwhile_is_skipped(folder, embeddings, texts):
    index = PassageIndex.read(folder, ENCODER)
    store = sqlite3.connect(folder / STORE)
    store.execute("DELETE FROM passage WHERE text = ?", (texts[0],))
    store.commit()
    store.close()
    assert texts[0] not in [passage.text for passage in index.nearest(embeddings[0], [], 6)]


def test_another_models_index_is_refused(folder):
    with pytest.raises(PassageIndexError, match="another model") as caught:
        PassageIndex.read(folder, "f" * 64)
    assert caught.value.value == ENCODER


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "{}", '{"format": 2}', '{"format": 1, "encoder": 7, "vectors": "x"}'),
        '{"format": 1, "encoder": "e", "vectors": "../x"}',
    ],
)
def test_a_broken_head(folder, content):
    (folder / HEAD).write_text(content)
    with pytest.raises(PassageIndexError, match=HEAD):
        PassageIndex.read(folder, ENCODER)


@pytest.mark.parametrize("name", ["vectors", "scales", "ids"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", None])
def test_broken_arrays(folder, name, content):
    path = folder / json.loads((folder / HEAD).read_text())["vectors"] / f"{name}.npy"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PassageIndexError, match=name):
        PassageIndex.read(folder, ENCODER)


def test_arrays_that_do_not_fit(folder):
    path = folder / json.loads((folder / HEAD).read_text())["vectors"] / "ids.npy"
    np.save(path, np.arange(9))
    with pytest.raises(PassageIndexError, match="fit"):
        PassageIndex.read(folder, ENCODER)


def test_arrays_without_a_dimension(folder):
    for name in ("ids", "scales"):
        path = folder / json.loads((folder / HEAD).read_text())["vectors"] / f"{name}.npy"
        np.save(path, np.array(1, np.load(path).dtype))
    with pytest.raises(PassageIndexError, match="fit"):
        PassageIndex.read(folder, ENCODER)


def test_pickles_are_never_read(folder):
    path = folder / json.loads((folder / HEAD).read_text())["vectors"] / "ids.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(PassageIndexError):
        PassageIndex.read(folder, ENCODER)


def test_a_lost_store(folder, embeddings):
    index = PassageIndex.read(folder, ENCODER)
    (folder / STORE).unlink()
    with pytest.raises(PassageIndexError):
        index.nearest(embeddings[0], [], 1)


def test_no_index_at_all(tmp_path):
    with pytest.raises(PassageIndexError, match="textthema index"):
        PassageIndex.read(tmp_path / "nowhere", ENCODER)
