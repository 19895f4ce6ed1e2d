import argparse
import csv
import json

import numpy as np
import pytest

from textthema.classifier import ThemeClassifier
from textthema.commands import evaluate
from textthema.errors import BundleNotFoundError, InputError, MissingColumnError
from textthema.metrics import METRIC_TITLES

ROWS = [("The harbour kept our names.", ["love"]), ("Try the door again.", ["hope"]), ("Salt and bread.", [])]


class Stub:
    collection = "quotes"
    labels = ("love", "hope")
    thresholds = np.array([0.4, 0.4], np.float32)

    def probabilities(self, texts, **_options):
        return np.array([[0.9, 0.1] if "harbour" in text else [0.3, 0.6] for text in texts], np.float32)


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setattr(ThemeClassifier, "from_pretrained", staticmethod(lambda *_, **__: Stub()))
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "tags"), *((text, json.dumps(tags)) for text, tags in ROWS)])
    return path


def run(*arguments):
    parser = argparse.ArgumentParser()
    evaluate.configure(parser)
    return evaluate.run(parser.parse_args([str(argument) for argument in arguments]))


def test_prints_every_metric_as_a_table(table, capsys):
    assert run(table) == 0
    output = capsys.readouterr().out
    assert all(title in output for title in METRIC_TITLES.values())
    assert "rows without theme: 1" in output


def test_prints_json(table, capsys):
    assert run(table, "--json", "--bootstrap", 20) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["metrics"]["micro_f1"]["value"] == 1
    assert set(content["per_label"]) == {"love", "hope"}
    assert content["counts"]["rows"] == 2


def test_lists_labels_on_request(table, capsys):
    run(table, "--per-label", "--bootstrap", 0)
    assert "threshold" in capsys.readouterr().out


def test_writes_json_to_a_file(table, tmp_path, capsys):
    out = tmp_path / "quality.json"
    run(table, "--out", out)
    content = json.loads(out.read_text(encoding="utf-8"))
    assert set(content["metrics"]) == set(METRIC_TITLES)
    assert "micro-F1" in capsys.readouterr().out


def test_a_failure_leaves_no_file_and_keeps_the_old_one(table, tmp_path):
    out = tmp_path / "quality.json"
    with pytest.raises(MissingColumnError):
        run(table, "--text-column", "quote", "--out", out)
    assert not out.exists()
    out.write_text("old", encoding="utf-8")
    with pytest.raises(MissingColumnError):
        run(table, "--text-column", "quote", "--out", out)
    assert out.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quality.json", "rows.csv"]


def test_an_output_folder_that_is_missing_is_refused(table, tmp_path):
    with pytest.raises(InputError, match="can't write"):
        run(table, "--out", tmp_path / "missing" / "quality.json")


def test_a_model_that_is_missing_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,tags\n", encoding="utf-8")
    with pytest.raises(BundleNotFoundError):
        run(path, "--model", tmp_path / "missing")
