import json

import pandas as pd
import pytest
from hashtags import METRICS, OURS, THEMES_ONLY, all_answers, draw_texts, measure, plain_tag, write_results
from keywords import keybert_keywords, tfidf_keywords


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
    from textthema.cleaning import text_id

    texts = ["The tide went home alone.", "Nobody asked the kettle."]
    raw = pd.DataFrame({"text": texts, "tags": [["Sea", "quotes"], []], "author": ["A", "B"]})
    raw.to_parquet(tmp_path / "raw.parquet")
    pd.DataFrame({"id": map(text_id, texts), "text": texts}).to_parquet(tmp_path / "test.parquet")
    drawn = draw_texts(tmp_path / "test.parquet", tmp_path / "raw.parquet", 10, 0)
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
    answers = all_answers(texts, tmp_path / "train.parquet", model_with_catalogue, model_with_catalogue / "catalogue")
    assert all(len(rows) == len(texts) for rows in answers.values())
    record = measure([["sea"], ["home"], ["love", "loss"], ["maps"], ["no"], ["letters"]], answers, 0)
    write_results(tmp_path, record | {"rows": 6})
    assert set(json.loads((tmp_path / "hashtags.json").read_text())["methods"][OURS]) == set(METRICS)
    page = (tmp_path / "hashtags.md").read_text()
    assert f"| {OURS} |" in page and f"{OURS} − {THEMES_ONLY}" in page
