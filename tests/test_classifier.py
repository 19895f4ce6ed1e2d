import json
import math
import sys
import types
import unicodedata

import numpy as np
import pytest

from textthema.bundle import write_manifest
from textthema.classifier import Prediction, ThemeClassifier, ThemeScore, readable
from textthema.errors import (
    BundleCorruptError,
    BundleNotFoundError,
    EmptyTextError,
    MissingDependencyError,
    NotTextError,
    TextTooLongError,
)

UNREADABLE = [
    ("", EmptyTextError),
    (" \t\r\n\u00a0\u3000", EmptyTextError),
    ("\x00\x07\u200b\ufeff", EmptyTextError),
    ("w" * 1_000_000, TextTooLongError),
    ("w" * 100_001, TextTooLongError),
    ("half \ud83d of a pair", NotTextError),
    (b"bytes", NotTextError),
    (bytearray(b"bytes"), NotTextError),
    (None, NotTextError),
    (float("nan"), NotTextError),
    (7, NotTextError),
    ({"text": "in a mapping"}, NotTextError),
]
FOREIGN = ["Ночью море молчит.", "夜の海は静かだった", "الليل طويل", "रात लंबी है", "🌊🌊", "ﬁ½", "e\u0301", "\x00a"]


def test_a_text_gives_a_prediction_and_a_list_gives_a_list(classifier, texts):
    alone = classifier(texts[0])
    assert isinstance(alone, Prediction)
    several = classifier(texts)
    assert isinstance(several, list)
    assert len(several) == len(texts)
    assert several[0] == alone
    assert classifier([texts[0]]) == [alone]
    assert classifier(iter(texts)) == classifier(tuple(texts)) == several
    assert classifier([]) == []


def test_themes_reach_their_threshold_and_the_rest_does_not(classifier, texts):
    for prediction in classifier(texts):
        probabilities = np.array(list(prediction.scores.values()), dtype=np.float32)
        over = {classifier.labels[i] for i in np.flatnonzero(probabilities >= classifier.thresholds)}
        assert {theme.label for theme in prediction.themes} == over
        probabilities = [theme.probability for theme in prediction.themes]
        assert probabilities == sorted(probabilities, reverse=True)
        shares = [score.probability / score.threshold for score in prediction.also]
        assert shares == sorted(shares, reverse=True)
        assert all(share < 1 for share in shares)
        assert len(prediction.also) == min(5, len(classifier.labels) - len(over))


def test_scores_name_every_label_in_order(classifier, texts):
    prediction = classifier(texts[1])
    assert tuple(prediction.scores) == classifier.labels
    assert all(0 <= probability <= 1 for probability in prediction.scores.values())
    np.testing.assert_array_equal(
        np.array(list(prediction.scores.values()), dtype=np.float32), classifier.probabilities([texts[1]])[0]
    )
    for score in (*prediction.themes, *prediction.also):
        assert score.probability == prediction.scores[score.label]


def test_labels_over(classifier):
    probabilities = classifier.thresholds.copy()
    probabilities[1:] = np.nextafter(probabilities[1:], np.float32(0))
    assert classifier.labels_over(probabilities) == [classifier.labels[0]]
    assert classifier.labels_over(np.zeros_like(probabilities)) == []
    assert classifier.labels_over(np.ones_like(probabilities)) == list(classifier.labels)


def test_predictions_can_not_be_changed(classifier, texts):
    prediction = classifier(texts[0])
    with pytest.raises(AttributeError):
        prediction.truncated = True
    with pytest.raises(AttributeError):
        ThemeScore("sea", 0.5, 0.3).probability = 1.0


def test_probabilities_and_one_pass_for_scores_and_embeddings(classifier, texts):
    probabilities = classifier.probabilities(texts)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (len(texts), len(classifier.labels))
    encoded = classifier.encode(texts)
    np.testing.assert_array_equal(encoded.probabilities, probabilities)
    assert encoded.embeddings.shape[0] == len(texts)


@pytest.mark.parametrize(("value", "error"), UNREADABLE, ids=lambda value: ascii(value)[:20])
def test_unreadable_values_are_typed_errors(classifier, value, error):
    with pytest.raises(error) as caught:
        classifier(value)
    assert caught.value.value is value or math.isnan(value)
    with pytest.raises(error):
        classifier(["a good one", value])
    with pytest.raises(error):
        readable(value)


@pytest.mark.parametrize("text", FOREIGN)
def test_other_scripts_work(classifier, text):
    assert np.isfinite(list(classifier(text).scores.values())).all()


def test_the_longest_text_allowed(classifier):
    prediction = classifier("tide " * 20_000)
    assert prediction.truncated
    assert prediction.n_tokens == 20_002


def test_a_short_text_is_not_truncated(classifier):
    prediction = classifier("tide and stone")
    assert not prediction.truncated
    assert prediction.n_tokens == 5


def test_one_text_however_its_letters_are_composed(classifier):
    composed = "The café was naïve about the weather."
    assert classifier(unicodedata.normalize("NFD", composed)) == classifier(composed)


def test_the_same_text_gives_the_same_scores(classifier, texts):
    assert classifier(texts[0]) == classifier(texts[0])


def test_one_thread_gives_the_same_themes(classifier, bundle, texts):
    single = ThemeClassifier.from_pretrained(bundle.root, threads=1)
    np.testing.assert_allclose(single.probabilities(texts), classifier.probabilities(texts), atol=1e-3)


def test_from_pretrained_reads_the_default_or_a_folder(classifier, bundle):
    assert ThemeClassifier.from_pretrained().labels == classifier.labels
    assert ThemeClassifier.from_pretrained(str(bundle.root)).labels == classifier.labels


@pytest.mark.parametrize("name", ["no such folder", "/no/such/folder", "a/b/c"])
def test_no_such_folder(name):
    with pytest.raises(BundleNotFoundError):
        ThemeClassifier.from_pretrained(name)


def test_a_tampered_model_is_refused(model_copy):
    path = model_copy / "onnx" / "model_quantized.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleCorruptError, match="model_quantized"):
        ThemeClassifier.from_pretrained(model_copy)


def test_a_broken_model_with_a_matching_manifest_is_corrupt(model_copy):
    path = model_copy / "onnx" / "model_quantized.onnx"
    path.write_bytes(path.read_bytes()[:1_000_000])
    write_manifest(model_copy, {})
    with pytest.raises(BundleCorruptError, match="model_quantized"):
        ThemeClassifier.from_pretrained(model_copy)


def test_labels_that_do_not_fit_the_model_are_corrupt(model_copy):
    config = json.loads((model_copy / "config.json").read_text())
    config["id2label"] = {"0": "sea"}
    (model_copy / "config.json").write_text(json.dumps(config))
    (model_copy / "thresholds.json").write_text(json.dumps({"global": 0.3, "labels": {}}))
    write_manifest(model_copy, {})
    with pytest.raises(BundleCorruptError, match="1"):
        ThemeClassifier.from_pretrained(model_copy)


def test_a_hub_id_is_downloaded(monkeypatch, bundle, classifier):
    asked = []

    def snapshot_download(repo_id, **options):
        asked.append((repo_id, options))
        return str(bundle.root)

    monkeypatch.setitem(sys.modules, "huggingface_hub", types.SimpleNamespace(snapshot_download=snapshot_download))
    assert ThemeClassifier.from_pretrained("someone/some-model").labels == classifier.labels
    ((repo_id, options),) = asked
    assert repo_id == "someone/some-model"
    assert options["etag_timeout"] > 0


def test_a_hub_id_that_can_not_be_had(monkeypatch):
    def snapshot_download(repo_id, **options):
        raise ConnectionError("offline")

    monkeypatch.setitem(sys.modules, "huggingface_hub", types.SimpleNamespace(snapshot_download=snapshot_download))
    with pytest.raises(BundleNotFoundError, match="offline"):
        ThemeClassifier.from_pretrained("someone/some-model")


def test_a_hub_id_without_the_hub_package_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        ThemeClassifier.from_pretrained("someone/some-model")
