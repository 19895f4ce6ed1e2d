import json
import subprocess
import sys

import piped
import pytest
from real_texts import write_texts

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def model(bundle, tmp_path_factory):
    from throughput import without_heads

    return without_heads(bundle, tmp_path_factory.mktemp("piped") / "model")


def test_one_by_one_gives_the_scores_that_the_classifier_gives(model, classifier, texts):
    for text, scores in zip(texts, piped.load_one_by_one(model)(texts), strict=True):
        assert scores == pytest.approx(classifier(text).scores, abs=1e-4)


def test_a_process_says_what_it_took_and_its_first_scores(root, model, texts, tmp_path):
    write_texts(tmp_path / "texts.jsonl", texts)
    command = [sys.executable, root / "benchmarks" / "piped.py", "one_by_one", model, tmp_path / "texts.jsonl", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert found["rows"] == len(found["scores"]) == 3
    assert found["seconds"] > 0


def test_as_much_is_read_as_the_model_reads(model, bundle):
    assert piped.length_read(model) == bundle.max_length


def test_a_pipeline_is_given_batches_and_told_how_much_the_model_reads(model):
    asked = []

    def classify(texts, **settings):
        asked.append(settings)
        return ([{"label": "sea", "score": 0.5}, {"label": text, "score": 0.1}] for text in texts)

    assert list(piped._piped(classify, model)(["a", "b"])) == [{"sea": 0.5, "a": 0.1}, {"sea": 0.5, "b": 0.1}]
    assert asked == [{"batch_size": 32, "truncation": True, "max_length": piped.length_read(model)}]
