"""Parents are found in the data, and answers rise to them or sink without them."""

import json

import hierarchy
import numpy as np
import pytest

# 0: fiction, 1: fantasy, always fiction, 2: dragons, always fantasy and fiction, 3: essays
TRUTH = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
PARENTS = hierarchy.parents_of(TRUTH)


def test_a_parent_comes_with_nearly_every_row_of_its_child():
    assert np.argwhere(PARENTS).tolist() == [[1, 0], [2, 0], [2, 1]]


def test_rising_adds_parents_and_sinking_takes_back_orphans():
    said = np.array([[0, 0, 1, 0], [1, 0, 1, 1], [1, 1, 1, 0]], dtype=bool)
    assert hierarchy.rising(said, PARENTS).tolist() == [[1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 0]]
    assert hierarchy.sinking(said, PARENTS).tolist() == [[0, 0, 0, 0], [1, 0, 0, 1], [1, 1, 1, 0]]


@pytest.mark.train
def test_the_three_answers_are_measured(built, tmp_path):
    options = ["--splits", built / "splits", "--run", built / "run", "--out", tmp_path]
    assert hierarchy.main([str(option) for option in options]) == 0
    record = json.loads((tmp_path / "hierarchy.json").read_text(encoding="utf-8"))
    assert set(record["answers"]) == {"as they come", "rising", "sinking"}
    assert "| rising |" in (tmp_path / "hierarchy.md").read_text(encoding="utf-8")
