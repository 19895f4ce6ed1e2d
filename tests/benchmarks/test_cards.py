"""Every figure in the cards comes out of a result file; a card that was edited by hand or grew old is noticed."""

import re

import cards
import pytest
from huggingface_hub import ModelCard


@pytest.fixture(scope="module")
def results():
    return cards.read_results(cards.THEMES)


@pytest.mark.parametrize("subject", cards.SUBJECTS, ids=lambda subject: subject.collection.name)
def test_a_model_card_is_what_the_results_say(subject):
    written = (subject.model / "README.md").read_text(encoding="utf-8")
    assert written == cards.model_card(subject, cards.read_results(subject)), "type: python benchmarks/cards.py"


def test_the_data_card_is_what_the_results_say(results):
    assert cards.DATA_CARD.read_text(encoding="utf-8") == cards.data_card(results), "type: python benchmarks/cards.py"


def test_the_model_card_carries_hugging_faces_metadata(results):
    metadata = ModelCard(cards.model_card(cards.THEMES, results)).data
    assert metadata.license == "apache-2.0"
    stated = {result.metric_name: result.metric_value for result in metadata.eval_results}
    ours = results["quality"]["models"]["TextThema int8"]["metrics"]
    assert stated["micro-F1"] == pytest.approx(ours["micro_f1"]["value"], abs=1e-4)
    assert len(stated) == len(ours)


def test_the_cards_hold_no_sentence_of_the_collection(results):
    model_cards = [cards.model_card(subject, cards.read_results(subject)) for subject in cards.SUBJECTS]
    for card in (*model_cards, cards.data_card(results)):
        assert not re.search(r"[“”]", card)


@pytest.mark.parametrize("subject", cards.SUBJECTS, ids=lambda subject: subject.collection.name)
def test_results_are_those_of_the_shipped_model(subject):
    from textthema.bundle import ONNX, THRESHOLDS, Bundle, file_digest

    measured = cards.read_results(subject)["quality"]["model_sha256"]
    encoder = Bundle.read(subject.model).encoder_id
    assert measured == {ONNX: encoder, THRESHOLDS: file_digest(subject.model / THRESHOLDS)}
