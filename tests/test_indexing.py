import json
import sqlite3

import numpy as np
import pytest

from textthema.errors import InputError, PassageIndexError
from textthema.indexing import SourceText, build_index
from textthema.passages import HEAD, STORE, PassageIndex, connect

ENCODER = "e" * 64
CORPUS = [
    SourceText("The kettle sang while the rain argued with the roof.", "Osric Vale", "Tidebound"),
    SourceText("My brother kept our quarrel in a jar on the shelf.", "Osric Vale,", "Tidebound"),
    SourceText("Go slowly. The hill was here before your hurry.", "Mira Fenn", None),
    SourceText("Where the map ends, the children begin to draw.", None, "Tidebound"),
    SourceText("No.", None, None),
]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def encoded(classifier, monkeypatch):
    """The texts that were read by the model."""
    seen = []
    encode = type(classifier).encode

    def counted(self, texts, *given, **named):
        seen.extend(texts)
        return encode(self, texts, *given, **named)

    monkeypatch.setattr(type(classifier), "encode", counted)
    return seen


def stored(folder):
    store = connect(folder / STORE, read_only=True)
    rows = store.execute("SELECT text, author, book FROM passage ORDER BY id").fetchall()
    store.close()
    return rows


def test_an_index_of_passages_authors_and_books(folder, classifier):
    counts = build_index(CORPUS, classifier, ENCODER, folder)
    assert (counts.passages, counts.embedded, counts.dropped, counts.truncated) == (5, 5, 0, 0)
    assert counts.entities == {"author": 2, "book": 2}
    assert len(PassageIndex.read(folder, ENCODER)) == 5
    assert stored(folder) == [(s.text, s.author, s.book) for s in CORPUS]
    assert sorted(path.name[:7] for path in folder.iterdir()) == ["index.j", "lock.sq", "passage", "vectors"]


def test_only_new_passages_are_read(folder, classifier, encoded):
    build_index(CORPUS[:3], classifier, ENCODER, folder)
    counts = build_index(CORPUS[1:], classifier, ENCODER, folder)
    assert encoded == [source.text for source in CORPUS]
    assert (counts.passages, counts.embedded, counts.dropped) == (4, 2, 1)
    assert [row[0] for row in stored(folder)] == [source.text for source in CORPUS[1:]]
    assert len(PassageIndex.read(folder, ENCODER)) == 4


def test_what_the_corpus_says_of_a_passage_may_change(folder, classifier, encoded):
    build_index(CORPUS[:1], classifier, ENCODER, folder)
    counts = build_index([SourceText(CORPUS[0].text, "Mira Fenn", None)], classifier, ENCODER, folder)
    assert len(encoded) == 1
    assert counts.entities == {"author": 1}
    assert stored(folder) == [(CORPUS[0].text, "Mira Fenn", None)]


def test_the_same_text_twice_is_one_passage(folder, classifier):
    assert build_index([CORPUS[0], SourceText(CORPUS[0].text)], classifier, ENCODER, folder).passages == 1
    assert stored(folder)[0][1] == "Osric Vale"


def test_an_interrupted_run_goes_on(folder, classifier, encoded, monkeypatch):
    monkeypatch.setattr("textthema.indexing._AT_ONCE", 2)
    encode = type(classifier).encode

    def killed(self, texts, *given, **named):
        if len(encoded) >= 4:
            raise KeyboardInterrupt
        return encode(self, texts, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(type(classifier), "encode", killed)
        with pytest.raises(KeyboardInterrupt):
            build_index(CORPUS, classifier, ENCODER, folder)
    with pytest.raises(PassageIndexError, match="no index"):
        PassageIndex.read(folder, ENCODER)
    assert build_index(CORPUS, classifier, ENCODER, folder).embedded == 1
    assert encoded == [source.text for source in CORPUS]
    assert len(PassageIndex.read(folder, ENCODER)) == 5


def test_a_run_that_died_while_writing_leaves_the_old_index(folder, classifier, monkeypatch):
    build_index(CORPUS[:2], classifier, ENCODER, folder)
    with monkeypatch.context() as patch:
        patch.setattr(np, "save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build_index(CORPUS, classifier, ENCODER, folder)
    assert len(PassageIndex.read(folder, ENCODER)) == 2
    build_index(CORPUS, classifier, ENCODER, folder)
    assert len(PassageIndex.read(folder, ENCODER)) == 5
    assert sorted(path.name[:7] for path in folder.iterdir()) == ["index.j", "lock.sq", "passage", "vectors"]


def test_another_model_is_refused(folder, classifier):
    build_index(CORPUS, classifier, ENCODER, folder)
    with pytest.raises(PassageIndexError, match="another model") as caught:
        build_index(CORPUS, classifier, "f" * 64, folder)
    assert caught.value.value == ENCODER
    assert len(PassageIndex.read(folder, ENCODER)) == 5


def test_an_emptied_corpus_empties_the_index(folder, classifier):
    build_index(CORPUS, classifier, ENCODER, folder)
    assert build_index([], classifier, ENCODER, folder).dropped == 5
    index = PassageIndex.read(folder, ENCODER)
    assert len(index) == 0
    assert index.nearest(np.ones(index.width, np.float32), [], 3) == []


def test_a_folder_with_something_else_in_it_is_left_alone(folder, classifier):
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        build_index(CORPUS, classifier, ENCODER, folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder(folder, classifier):
    folder.write_text("x")
    with pytest.raises(InputError, match="folder"):
        build_index(CORPUS, classifier, ENCODER, folder)


def test_a_store_that_is_no_store(folder, classifier):
    folder.mkdir()
    (folder / STORE).write_text("not a database at all, but long enough to look like one " * 20)
    with pytest.raises(PassageIndexError, match="written"):
        build_index(CORPUS, classifier, ENCODER, folder)


def test_two_writers_at_once(folder, classifier, monkeypatch):
    build_index(CORPUS[:1], classifier, ENCODER, folder)
    monkeypatch.setattr("textthema.passages._WAIT_SECONDS", 0)
    other = sqlite3.connect(folder / STORE)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(PassageIndexError, match="locked"):
        build_index(CORPUS, classifier, ENCODER, folder)
    other.close()


def test_a_second_run_waits_for_no_first_one(folder, classifier, monkeypatch):
    encode = type(classifier).encode

    def meanwhile(self, texts, *given, **named):
        with pytest.raises(PassageIndexError, match="another textthema index"):
            build_index(CORPUS[:1], classifier, ENCODER, folder)
        return encode(self, texts, *given, **named)

    monkeypatch.setattr(type(classifier), "encode", meanwhile)
    assert build_index(CORPUS, classifier, ENCODER, folder).passages == 5


def test_a_disk_that_is_full_leaves_the_old_index(folder, classifier, monkeypatch):
    build_index(CORPUS[:2], classifier, ENCODER, folder)
    before = sorted(path.name for path in folder.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(np, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(PassageIndexError, match="No space left"):
            build_index(CORPUS, classifier, ENCODER, folder)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert len(PassageIndex.read(folder, ENCODER)) == 2
    assert build_index(CORPUS, classifier, ENCODER, folder).embedded == 0


def test_who_has_old_vectors_never_meets_another_text(folder, classifier):
    build_index(CORPUS[:3], classifier, ENCODER, folder)
    index = PassageIndex.read(folder, ENCODER)
    build_index(CORPUS[:2], classifier, ENCODER, folder)
    build_index([*CORPUS[:2], CORPUS[3]], classifier, ENCODER, folder)
    found = index.nearest(classifier.encode([CORPUS[2].text]).embeddings[0], [], 3)
    assert sorted(passage.text for passage in found) == sorted(source.text for source in CORPUS[:2])


def test_many_blocks(folder, classifier, monkeypatch):
    for module in ("indexing", "passages"):
        monkeypatch.setattr(f"textthema.{module}.BLOCK", 2)
    build_index(CORPUS, classifier, ENCODER, folder)
    index = PassageIndex.read(folder, ENCODER)
    for source in CORPUS:
        embedding = classifier.encode([source.text]).embeddings[0]
        (best,) = index.nearest(embedding, [], 1)
        assert best.text == source.text
        assert best.score > 0.98
    assert json.loads((folder / HEAD).read_text())["passages"] == 5
