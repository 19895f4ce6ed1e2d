import argparse
import json

import numpy as np
import pytest

from textthema.calibration import read_calibration
from textthema.commands import tune
from textthema.errors import InputError, UnreadableFileError
from textthema.inference import sigmoid
from textthema.manifest import read_lines
from textthema.thresholds import read_thresholds, tune_thresholds

pytest.importorskip("matplotlib")
LABELS = ["love", "hope", "time", "loss"]


@pytest.fixture
def run_dir(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.random((200, 4)) < 0.2
    logits = (2.0 * truth + rng.normal(size=(200, 4)) - 1).astype(np.float32)
    np.savez_compressed(tmp_path / "validation_scores.npz", truth=truth, logits=logits)
    (tmp_path / "labels.json").write_text(json.dumps(LABELS), encoding="utf-8")
    return tmp_path


def run(*arguments):
    parser = argparse.ArgumentParser()
    tune.configure(parser)
    return tune.run(parser.parse_args([str(argument) for argument in arguments]))


def test_writes_thresholds_plot_and_manifest_line(run_dir, capsys):
    assert run(run_dir) == 0
    thresholds = read_thresholds(run_dir / "thresholds.json", LABELS)
    line = read_lines(run_dir / "manifest.jsonl")[-1]
    assert line["stage"] == "tune"
    with np.load(run_dir / "validation_scores.npz") as arrays:
        scores = sigmoid(read_calibration(run_dir / "calibration.json", LABELS)(arrays["logits"]))
        expected = tune_thresholds(arrays["truth"], scores, shrinkage=line["settings"]["shrinkage"])
    assert thresholds.per_label == pytest.approx(expected.per_label, abs=1e-5)
    assert (run_dir / "thresholds.png").read_bytes().startswith(b"\x89PNG")
    output = capsys.readouterr().out
    assert "all at 0.5" in output
    assert "cross-fitted" in output


def test_tuning_raises_f1_above_one_half(run_dir):
    run(run_dir, "--shrinkage", 0)
    line = read_lines(run_dir / "manifest.jsonl")[-1]
    before, after = (line["counts"]["micro_macro_f1"][name] for name in ("all at 0.5", "each its own"))
    assert after[1] > before[1]
    assert line["settings"] == {"shrinkage": 0, "chosen": False}


def test_authors_stay_together_where_the_run_names_them(run_dir):
    with np.load(run_dir / "validation_scores.npz") as arrays:
        rows = dict(arrays)
    np.savez(run_dir / "validation_scores.npz", **rows, groups=np.zeros(200, np.int64))
    with pytest.raises(InputError):
        run(run_dir)


def test_same_run_same_thresholds(run_dir):
    run(run_dir)
    first = (run_dir / "thresholds.json").read_bytes()
    run(run_dir)
    assert (run_dir / "thresholds.json").read_bytes() == first


@pytest.mark.parametrize("broken", ["validation_scores.npz", "labels.json"])
@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut short", b"[1, 2"])
def test_a_run_that_is_not_whole_is_refused(run_dir, broken, content):
    (run_dir / broken).unlink()
    if content is not None:
        (run_dir / broken).write_bytes(content)
    with pytest.raises(UnreadableFileError, match="textthema train"):
        run(run_dir)
    assert not (run_dir / "thresholds.json").exists()


def test_scores_of_other_labels_are_refused(run_dir):
    (run_dir / "labels.json").write_text('["love"]', encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="don't fit"):
        run(run_dir)


def test_negative_shrinkage_is_refused_and_nothing_written(run_dir):
    with pytest.raises(InputError, match="shrinkage"):
        run(run_dir, "--shrinkage", -1)
    assert sorted(path.name for path in run_dir.iterdir()) == ["labels.json", "validation_scores.npz"]
