"""Soft labels from a teacher."""

import numpy as np
import pandas as pd
import pytest

from textthema.cli import main
from textthema.distillation import TAUGHT, hold_same_rows, teacher_logits, with_soft_targets
from textthema.errors import InputError
from textthema.manifest import append_line


def test_targets_lie_between_label_and_teacher_and_further_labels_stay_as_they_are():
    table = pd.DataFrame({"themes": [["sea", "tag:boats"], ["bread"]]})
    logits = np.array([[0.0, 20.0], [-20.0, 0.0]], np.float16)
    taught = with_soft_targets(table, ["sea", "bread", "tag:boats"], logits, 0.5)
    expected = [[0.75, 0.5, 1.0], [0.0, 0.75, 0.0]]
    assert np.stack(taught["targets"]) == pytest.approx(np.array(expected), abs=1e-4)
    assert taught["targets"][0].dtype == np.float32


@pytest.mark.parametrize("weight", [-0.1, 1.5, float("nan")])
def test_a_weight_that_is_no_share_is_refused(weight):
    with pytest.raises(InputError, match="share from 0 to 1"):
        with_soft_targets(pd.DataFrame({"themes": [["sea"]]}), ["sea"], np.zeros((1, 1), np.float16), weight)


def test_kept_logits_are_taken_only_for_as_many_texts(tmp_path):
    kept = tmp_path / "kept.npz"
    np.savez(kept, logits=np.zeros((2, 3), np.float16))
    options = {"max_length": 8, "precision": "fp32"}
    assert teacher_logits(["a", "b"], "xyz", tmp_path / "gone", kept, **options).shape == (2, 3)
    with pytest.raises(InputError, match="other texts"):
        teacher_logits(["a"], "xyz", tmp_path / "gone", kept, **options)


def test_a_teacher_has_to_have_learnt_from_the_same_split(tmp_path):
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    first.write_bytes(b"first"), second.write_bytes(b"second")
    append_line(tmp_path / "manifest.jsonl", "train", {"train": first}, {}, {})
    hold_same_rows(tmp_path, first)
    with pytest.raises(InputError, match=r"second\.parquet"):
        hold_same_rows(tmp_path, second)
    with pytest.raises(InputError, match="no finished run"):
        hold_same_rows(tmp_path / "nothing", first)


@pytest.mark.train
def test_the_command_takes_an_earlier_run_as_teacher(built, tiny_roberta, tmp_path):
    options = ["--encoder", str(tiny_roberta), "--epochs", "1", "--max-length", "48", "--batch-size", "16"]
    told = ["--max-rows", "48", "--teacher", str(built / "run")]
    assert main(["train", str(built / "splits"), str(tmp_path), *options, *told]) == 0
    with np.load(tmp_path / TAUGHT, allow_pickle=False) as stored:
        assert len(stored["logits"]) == 48
