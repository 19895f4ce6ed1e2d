import json

import numpy as np
import pandas as pd
import pytest
from hashtags import METRICS, OURS, THEMES_ONLY, all_answers, draw_texts, measure, plain_tag, write_results
from keywords import keybert_keywords, tfidf_keywords
from unseen_tags import learn_tags

from textthema.bundle import Bundle
from textthema.catalogue import Catalogue
from textthema.cleaning import text_id
from textthema.embedding_cache import EmbeddingCache


@pytest.mark.parametrize("tag", ["#LifeLessons", "life-lessons", "life lessons", "Life_Lessons"])
def test_a_tag_is_the_same_however_it_is_written(tag):
    assert plain_tag(tag) == "lifelessons"


def test_precision_and_recall():
    tags = [["inspirational", "sea"], ["love"]]
    answers = {OURS: [["inspirational", "a", "b", "sea", "c"], ["loss"]], THEMES_ONLY: [["inspiration"], []]}
    found = measure(tags, answers, seed=0)["methods"]
    assert found[OURS]["precision_at_5"]["value"] == pytest.approx((0.4 + 0) / 2)
    assert found[OURS]["recall_at_10"]["value"] == pytest.approx(0.5)
    assert found[THEMES_ONLY]["recall_at_10"]["value"] == 0
    assert found[THEMES_ONLY]["label_recall_at_10"]["value"] == pytest.approx(0.25)


def test_texts_come_with_all_the_tags_that_were_given(tmp_path):
    texts = ["The tide went home alone.", "Nobody asked the kettle."]
    raw = pd.DataFrame({"text": texts, "tags": [["Sea", "quotes"], []], "author": ["A", "B"]})
    pd.DataFrame({"id": map(text_id, texts), "text": texts}).to_parquet(tmp_path / "test.parquet")
    drawn = draw_texts(tmp_path / "test.parquet", raw, 10, 0)
    assert (drawn.texts, drawn.tags) == (texts[:1], [["sea", "quotes"]])


def test_keywords_are_words_of_the_text(classifier, texts):
    assert (
        tfidf_keywords(["kettle kettle roof"], ["kettle", "roof roof", "roof kettle", "roof", "kettle sea"])[0][0]
        == "kettle"
    )
    found = keybert_keywords(texts, classifier.encode(texts).embeddings, classifier)
    assert all(word in texts[0].lower() for keyword in found[0] for word in keyword.split())
    assert len(found[0]) == len(set(found[0])) <= 10
    assert found[4] == []  # "No." is a stop word


def test_everyone_answers_for_every_text(tmp_path, model_with_catalogue, texts):
    pd.DataFrame({"text": texts * 3}).to_parquet(tmp_path / "train.parquet")
    bundle = Bundle.read(model_with_catalogue)
    answers = all_answers(texts, tmp_path / "train.parquet", bundle, Catalogue.read(bundle))
    assert all(len(rows) == len(texts) for rows in answers.values())
    record = measure([["sea"], ["home"], ["love", "loss"], ["maps"], ["no"], ["letters"]], answers, 0)
    write_results(tmp_path, record | {"rows": 6, "part": "test"})
    assert set(json.loads((tmp_path / "hashtags.json").read_text())["methods"][OURS]) == set(METRICS)
    page = (tmp_path / "hashtags.md").read_text()
    assert f"| {OURS} |" in page and f"{OURS} − {THEMES_ONLY}" in page


def test_tags_are_learnt_from_training_rows_only(tmp_path, bundle, classifier):
    texts = [f"The {word} boat went out at {hour}." for word in ("red", "old", "lost") for hour in range(40)]
    raw = pd.DataFrame({"text": texts, "author": [f"A{i % 20}" for i in range(120)], "book": None})
    raw["tags"] = [["boats-of-ours"]] * 80 + [["only-in-validation"]] * 40
    ids = [text_id(text) for text in texts]
    pd.DataFrame({"id": ids[:80]}).to_parquet(tmp_path / "train.parquet")
    pd.DataFrame({"id": ids[80:]}).to_parquet(tmp_path / "validation.parquet")
    cache = EmbeddingCache.open(tmp_path / "embeddings", bundle, texts, 64)
    cache.fill(bundle, texts, np.arange(120), 64, 32)
    known = learn_tags(raw, tmp_path, tmp_path / "embeddings", bundle, tmp_path / "work")
    encoded = classifier.encode(texts[:1])
    hits = known.nearest(encoded.embeddings[0], encoded.probabilities[0], "tag", 5, texts[0])
    assert [hit.entity.name for hit in hits] == ["boats-of-ours"]
