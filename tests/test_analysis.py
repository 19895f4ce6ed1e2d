import json
import shutil

import pytest

import textthema
from textthema import analysis as module
from textthema.analysis import COLUMNS, Analyzer, analyze
from textthema.bundle import write_manifest
from textthema.catalogue import FOLDER
from textthema.errors import (
    BundleError,
    CatalogueError,
    EmptyTextError,
    InputError,
    NotTextError,
    PassageIndexError,
    TextTooLongError,
)
from textthema.inference import OnnxEncoder


@pytest.fixture(scope="module")
def analyzer(model_with_catalogue):
    return Analyzer.from_pretrained(model_with_catalogue)


@pytest.fixture(scope="module")
def plain_analyzer(classifier):
    """One without a catalogue."""
    return Analyzer(classifier)


def test_themes_are_the_classifiers(analyzer, classifier, texts):
    assert analyzer(texts[0]).prediction == classifier(texts[0])


def test_one_forward_pass_a_text(analyzer, texts, monkeypatch):
    passes = []
    encode = OnnxEncoder.encode
    monkeypatch.setattr(OnnxEncoder, "encode", lambda *given, **named: passes.append(1) or encode(*given, **named))
    analyzer(texts[0])
    assert len(passes) == 1


def test_related_and_hashtags_come_from_the_catalogue(analyzer, texts):
    found = analyzer(texts[0], top=2)
    assert found.related.authors[0].entity.name == "Osric Vale"
    assert [len(getattr(found.related, kinds)) for kinds in module.RELATED_KINDS] == [2, 2, 2, 1]
    assert all(hashtag.startswith("#") for hashtag in found.hashtags)
    assert found.passages == ()


def test_top_counts_for_each_kind(analyzer, texts):
    assert len(analyzer(texts[0], top=1).related.books) == 1
    with pytest.raises(InputError, match="top"):
        analyzer(texts[0], top=0)


@pytest.mark.parametrize("top", [0, -3])
def test_top_below_one_is_refused_everywhere(plain_analyzer, texts, top):
    for call in (plain_analyzer, plain_analyzer.hashtags, lambda text, top: list(plain_analyzer.stream([text], top))):
        with pytest.raises(InputError, match="top"):
            call(texts[0], top)
    with pytest.raises(InputError, match="top"):
        list(plain_analyzer.stream([], top))


def test_as_dict_is_json_with_every_part(analyzer, texts):
    found = analyzer(texts[1]).as_dict()
    parts = ["themes", "also", "scores", "truncated", "n_tokens", "hashtags", "related"]
    assert list(found) == [*parts, "nuances", "intents", "intents_present"]
    assert json.loads(json.dumps(found)) == found
    assert list(found["related"]) == ["authors", "books", "characters", "franchises"]
    book = found["related"]["books"][0]
    assert book == {
        "id": "book:tidebound", "name": "Tidebound", "score": book["score"], "shares": book["shares"],
        "by": "Osric Vale", "franchise": "The Tidebound",
    } or book["by"]  # fmt: skip
    assert "by" not in found["related"]["authors"][0]
    assert set(COLUMNS) <= set(found)


def test_a_model_without_a_catalogue_still_works(plain_analyzer, texts):
    found = plain_analyzer(texts[1])
    assert found.related is None
    assert found.hashtags
    assert "related" not in found.as_dict()


def test_many_texts_as_one_by_one(analyzer, texts):
    many = texts * 15
    streamed = list(analyzer.stream(many, top=2))
    assert [found.as_dict() for found in streamed[:3]] == [analyzer(text, top=2).as_dict() for text in texts[:3]]
    assert len(streamed) == len(many)
    assert list(analyzer.stream([])) == []


def test_a_typographic_text_is_read_as_a_plain_one(analyzer):
    assert analyzer("“Go,” she said — and ‘went’.").hashtags == analyzer("\"Go,\" she said — and 'went'.").hashtags


def test_hashtags_alone(analyzer, texts):
    assert analyzer.hashtags(texts[0]) == analyzer(texts[0]).hashtags
    assert len(analyzer.hashtags(texts[0], 2)) == 2


@pytest.mark.parametrize(
    ("text", "error"),
    [("", EmptyTextError), (" \u200b", EmptyTextError), (None, NotTextError), (float("nan"), NotTextError),
     ("half \ud83d", NotTextError), ("w" * 1_000_000, TextTooLongError)],
)  # fmt: skip
def test_bad_text(plain_analyzer, text, error):
    with pytest.raises(error):
        plain_analyzer(text)
    with pytest.raises(error):
        plain_analyzer.hashtags(text)
    with pytest.raises(error):
        list(plain_analyzer.stream(["fine", text]))


def test_the_default_is_loaded_once(monkeypatch, plain_analyzer, texts):
    loaded = []
    monkeypatch.setattr(Analyzer, "from_pretrained", lambda: loaded.append(1) or plain_analyzer)
    module._default.cache_clear()
    assert textthema.analyze(texts[0]) == analyze(texts[0]) == plain_analyzer(texts[0])
    module._default.cache_clear()
    assert loaded == [1]


def test_a_broken_catalogue_is_refused(model_copy):
    (model_copy / FOLDER).mkdir(exist_ok=True)
    (model_copy / FOLDER / "catalogue.json").write_text("{}")
    with pytest.raises(BundleError):
        Analyzer.from_pretrained(model_copy)


def test_a_catalogue_that_is_not_sealed_is_refused(model_copy, bundle, model_with_catalogue):
    shutil.rmtree(model_copy / FOLDER, ignore_errors=True)
    write_manifest(model_copy, {}, encoder=bundle.encoder_id)
    shutil.copytree(model_with_catalogue / FOLDER, model_copy / FOLDER)
    with pytest.raises(CatalogueError, match="does not list"):
        Analyzer.from_pretrained(model_copy)


def test_a_missing_index_is_refused(tmp_path):
    with pytest.raises(PassageIndexError, match="textthema index"):
        Analyzer.from_pretrained(index=tmp_path)
