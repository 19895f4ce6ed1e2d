"""The benchmark scripts from end to end on a tiny model: what they write, not how good it is."""

import json
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.train
TITLES = {
    "TextThema int8",
    "TextThema fp32",
    "one encoder, two heads: the other model's int8 + linear head",
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
def measured(root, built, tmp_path_factory):
    """Results and rivals of one run of the quality benchmark."""
    folder = tmp_path_factory.mktemp("measured")
    done = quality(root, built, folder, "results")
    assert done.returncode == 0, done.stderr
    return folder


def quality(root, built, folder, out, *more):
    options = ["--splits", built / "splits", "--run", built / "run", "--model", built / "model", "--bootstrap", 10]
    options += ["--other-model", built / "model"]
    return script(root, "quality", *options, "--work", folder / "rivals", "--out", folder / out, *more)


def test_every_model_meets_every_metric_with_an_interval(measured):
    record = json.loads((measured / "results" / "quality.json").read_text(encoding="utf-8"))
    assert set(record["models"]) == TITLES
    for model in record["models"].values():
        assert set(model["metrics"]) == {"micro_f1", "macro_f1", "lrap", "map", "p_at_1", "p_at_5", "ece"}
        assert all(estimate["low"] is not None for estimate in model["metrics"].values())
    assert set(record["slices"]) == {"length", "kind", "frequency of the label", "author"}


def test_tables_and_plots_are_written(measured):
    page = (measured / "results" / "quality.md").read_text(encoding="utf-8")
    assert all(f"| {title} |" in page for title in TITLES)
    assert "> int8 lies within 0.005 of fp32" in page or "not in every column" in page
    assert "> An encoder of its own is worth" in page
    assert "## Weakest themes" in (measured / "results" / "slices.md").read_text(encoding="utf-8")
    for name in ("quality_metrics", "quality_f1_by_support", "quality_reliability"):
        assert (measured / "results" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_what_was_fitted_is_not_fitted_again(root, built, measured):
    before = {path: path.stat().st_mtime_ns for path in (measured / "rivals").rglob("*") if path.is_file()}
    assert quality(root, built, measured, "again").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in (measured / "rivals").rglob("*") if path.is_file()} == before
    first, second = (measured / name / "quality.json" for name in ("results", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_rivals_learn_from_the_rows_that_the_model_was_trained_on(measured):
    record = json.loads((measured / "results" / "quality.json").read_text(encoding="utf-8"))
    assert record["train_rows_drawn"] == record["data"]["rows"]["train"] == 240


def test_a_rival_says_the_same_after_it_was_saved(built, measured):
    import pandas as pd
    from contestants import CONTESTANTS

    from textthema.baseline import fit_tfidf
    from textthema.staging import truth_matrix

    train = pd.read_parquet(built / "splits" / "train.parquet").sample(240, random_state=0)
    labels = sorted({theme for row in train["themes"] for theme in row})
    texts, truth = train["text"].tolist(), truth_matrix(train["themes"], labels)
    loaded = CONTESTANTS["tfidf"].load(measured / "rivals" / "tfidf")(texts[:5])
    assert loaded.shape == (5, 103)
    straight = fit_tfidf(texts, truth).predict_proba(texts[:5])
    places = json.loads((built / "splits" / "tag_types_encoded.json").read_text(encoding="utf-8"))
    assert np.abs(loaded[:, [places[label] for label in labels]] - straight).max() < 1e-4


def test_another_seed_is_held_to_the_interval(root, built, measured):
    done = quality(root, built, measured, "second", "--second-model", built / "model")
    assert done.returncode == 0, done.stderr
    page = (measured / "second" / "quality.md").read_text(encoding="utf-8")
    assert "| TextThema int8, another seed |" in page
    assert "> The same recipe with another seed lies within the interval in every column" in page


def test_speed_is_measured_in_processes_of_their_own(root, built, measured):
    options = ["--model", built / "model", "--rivals", measured / "rivals", "--out", measured / "results"]
    done = script(root, "speed", *options, "--rounds", 1, "--repetitions", 3, "--texts", 5)
    assert done.returncode == 0, done.stderr
    record = json.loads((measured / "results" / "speed.json").read_text(encoding="utf-8"))
    assert len(record["models"]) == 8
    for model in record["models"].values():
        assert model["single_ms"]["median"] > 0
        assert model["peak_mb"] > 10
        assert model["cold_start_s"]["median"] > 0
    assert (measured / "results" / "latency.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_that_does_not_load_is_named(root, built, tmp_path):
    broken = tmp_path / "rivals" / "tfidf"
    broken.mkdir(parents=True)
    (broken / "built").touch()
    options = ["--model", built / "model", "--rivals", tmp_path / "rivals", "--out", tmp_path]
    done = script(root, "speed", *options, "--rounds", 1, "--repetitions", 1, "--texts", 1)
    assert done.returncode == 2
    assert "tfidf" in done.stderr


def test_other_splits_than_the_models_own_are_refused(root, built, tmp_path):
    import shutil

    splits = shutil.copytree(built / "splits", tmp_path / "splits")
    shutil.copy(splits / "test.parquet", splits / "train.parquet")
    options = ["--splits", splits, "--run", built / "run", "--model", built / "model"]
    done = script(root, "quality", *options, "--work", tmp_path / "w", "--out", tmp_path)
    assert done.returncode == 2
    assert "was not trained on" in done.stderr


def test_without_a_run_the_message_names_what_to_do(root, built, tmp_path):
    options = ["--splits", built / "splits", "--run", tmp_path, "--model", built / "model", "--work", tmp_path / "w"]
    done = script(root, "quality", *options, "--out", tmp_path)
    assert done.returncode == 2
    assert "run the pipeline's stages first" in done.stderr


def test_data_facts_count_and_quote_nothing(root, built, tmp_path):
    done = script(root, "data_facts", "--clean", built / "clean", "--splits", built / "splits", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "data.json").read_text(encoding="utf-8"))
    assert facts["splits"]["train"]["rows"] > 100
    assert set(facts["words"]) == {"5%", "25%", "50%", "75%", "95%"}
