"""The benchmark scripts from end to end on a tiny model: what they write, not how good it is."""

import json
import subprocess
import sys

import numpy as np
import pytest

from textthema.cli import main

pytestmark = pytest.mark.train
TITLES = {
    "TextThema int8",
    "TextThema fp32",
    "frozen encoder + linear head",
    "static embeddings + linear head (fastText's way)",
    "TF-IDF + logistic regression",
    "earlier recipe: head only, int8 without a gate, threshold 0.23",
    "earlier recipe: head only, int8 without a gate, threshold 0.5",
    "best constant answer",
}


def script(root, name, *arguments):
    command = [sys.executable, str(root / "benchmarks" / f"{name}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def built(root, tiny_roberta, tmp_path_factory):
    build = tmp_path_factory.mktemp("benchmarks")
    steps = [
        ["clean", root / "data" / "sample" / "quotes.csv", build / "clean"],
        ["split", build / "clean", build / "splits"],
        [
            *["train", build / "splits", build / "run", "--encoder", tiny_roberta, "--epochs", "1"],
            *["--max-length", "48", "--batch-size", "16"],
        ],
        ["tune", build / "run"],
        ["export", build / "run", build / "splits", build / "model", "--max-length", "48"],
    ]
    for step in steps:
        assert main([str(part) for part in step]) == 0
    options = ["--splits", build / "splits", "--run", build / "run", "--model", build / "model"]
    done = script(root, "quality", *options, "--work", build / "rivals", "--out", build / "results", "--bootstrap", 10)
    assert done.returncode == 0, done.stderr
    return build


def test_every_model_meets_every_metric_with_an_interval(built):
    record = json.loads((built / "results" / "quality.json").read_text(encoding="utf-8"))
    assert set(record["models"]) == TITLES
    for model in record["models"].values():
        assert set(model["metrics"]) == {"micro_f1", "macro_f1", "lrap", "map", "p_at_1", "p_at_5", "ece"}
        assert all(estimate["low"] is not None for estimate in model["metrics"].values())
    assert set(record["slices"]) == {"length", "kind", "frequency of the theme", "author"}


def test_tables_and_plots_are_written(built):
    page = (built / "results" / "quality.md").read_text(encoding="utf-8")
    assert all(f"| {title} |" in page for title in TITLES)
    assert "## Weakest themes" in (built / "results" / "slices.md").read_text(encoding="utf-8")
    for name in ("quality_metrics", "quality_f1_by_support", "quality_reliability"):
        assert (built / "results" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_what_was_fitted_is_not_fitted_again(root, built):
    before = {path: path.stat().st_mtime_ns for path in (built / "rivals").rglob("*") if path.is_file()}
    options = ["--splits", built / "splits", "--run", built / "run", "--model", built / "model"]
    again = script(root, "quality", *options, "--work", built / "rivals", "--out", built / "again", "--bootstrap", 10)
    assert again.returncode == 0
    assert {path: path.stat().st_mtime_ns for path in (built / "rivals").rglob("*") if path.is_file()} == before
    first, second = (built / name / "quality.json" for name in ("results", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_rival_says_the_same_after_it_was_saved(built):
    import pandas as pd
    from contestants import CONTESTANTS

    from textthema.baseline import fit_tfidf
    from textthema.staging import truth_matrix

    train = pd.read_parquet(built / "splits" / "train.parquet")
    labels = sorted({theme for row in train["themes"] for theme in row})
    texts, truth = train["text"].tolist(), truth_matrix(train["themes"], labels)
    loaded = CONTESTANTS["tfidf"].load(built / "rivals" / "tfidf")(texts[:5])
    assert loaded.shape == (5, 103)
    straight = fit_tfidf(texts, truth).predict_proba(texts[:5])
    places = json.loads((built / "splits" / "tag_types_encoded.json").read_text(encoding="utf-8"))
    assert np.abs(loaded[:, [places[label] for label in labels]] - straight).max() < 1e-4


def test_another_seed_is_held_to_the_interval(root, built):
    options = ["--splits", built / "splits", "--run", built / "run", "--model", built / "model"]
    second = ["--second-model", built / "model", "--work", built / "rivals", "--out", built / "second"]
    done = script(root, "quality", *options, *second, "--bootstrap", 10)
    assert done.returncode == 0, done.stderr
    page = (built / "second" / "quality.md").read_text(encoding="utf-8")
    assert "| TextThema int8, another seed |" in page
    assert "> The same recipe with another seed lies within the interval in every column" in page


def test_speed_is_measured_in_processes_of_their_own(root, built):
    options = ["--model", built / "model", "--rivals", built / "rivals", "--out", built / "speed"]
    done = script(root, "speed", *options, "--rounds", 1, "--repetitions", 3, "--texts", 5)
    assert done.returncode == 0, done.stderr
    record = json.loads((built / "speed" / "speed.json").read_text(encoding="utf-8"))
    assert len(record["models"]) == 7
    for model in record["models"].values():
        assert model["single_ms"]["median"] > 0
        assert model["peak_mb"] > 10
        assert model["cold_start_s"]["median"] > 0


def test_without_a_run_the_message_names_what_to_do(root, built, tmp_path):
    options = ["--splits", tmp_path, "--run", tmp_path, "--model", built / "model", "--work", tmp_path / "w"]
    done = script(root, "quality", *options, "--out", tmp_path)
    assert done.returncode == 2
    assert "run the pipeline's stages first" in done.stderr


def test_data_facts_count_and_quote_nothing(root, built):
    done = script(root, "data_facts", "--clean", built / "clean", "--splits", built / "splits", "--out", built)
    assert done.returncode == 0, done.stderr
    facts = json.loads((built / "data.json").read_text(encoding="utf-8"))
    assert facts["splits"]["train"]["rows"] > 100
    assert set(facts["words"]) == {"5%", "25%", "50%", "75%", "95%"}
