import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np
from sklearn import metrics as sk

from textthema.errors import InputError, NotEnoughDataError, UnreadableFileError
from textthema.thresholds import (
    SHRINKAGES,
    CrossFit,
    Thresholds,
    best_cut,
    best_of,
    choose_shrinkage,
    cross_fit,
    read_thresholds,
    tune_thresholds,
    write_thresholds,
)


def make_rows(n=400, n_labels=8, seed=0, spread=0.3):
    rng = np.random.default_rng(seed)
    truth = rng.random((n, n_labels)) < 0.15
    scale = rng.uniform(0.3, 1.0, n_labels)
    scores = np.clip(scale * (0.3 * truth + spread * rng.random((n, n_labels)) + 0.1), 0, 1)
    return truth, scores.astype(np.float32)


columns = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st_np.arrays(bool, n),
        st_np.arrays(np.float32, n, elements=st.floats(0, 1, width=32)),
    )
)


def f1(truth, predicted):
    return sk.f1_score(truth, predicted, zero_division=0)


@given(columns)
def test_no_cut_beats_the_best_cut(column):
    truth, scores = column
    if not truth.any():
        truth = ~truth
    reached = f1(truth, scores >= np.float32(best_cut(truth, scores)))
    assert all(reached >= f1(truth, scores >= cut) - 1e-12 for cut in [*scores, np.float32(0.5)])


@given(columns, columns)
def test_tuned_labels_are_no_worse_than_at_one_half(first, second):
    n = min(len(first[0]), len(second[0]))
    truth = np.column_stack([first[0][:n], second[0][:n]])
    scores = np.column_stack([first[1][:n], second[1][:n]])
    truth[0, 0] = True
    tuned = tune_thresholds(truth, scores, shrinkage=0).per_label
    for i in range(2):
        if truth[:, i].any():
            assert f1(truth[:, i], scores[:, i] >= tuned[i]) >= f1(truth[:, i], scores[:, i] >= 0.5) - 1e-12
        else:
            assert tuned[i] == pytest.approx(tune_thresholds(truth, scores).global_)


@given(columns, st.floats(0, 1e6))
def test_thresholds_are_probabilities(column, shrinkage):
    truth, scores = column
    truth[0] = True
    tuned = tune_thresholds(truth[:, None], scores[:, None], shrinkage=shrinkage)
    assert 0 <= tuned.global_ <= 1
    assert ((tuned.per_label >= 0) & (tuned.per_label <= 1)).all()


def test_threshold_lies_midway_between_the_scores_it_parts():
    truth = np.array([True, True, False, False])
    scores = np.array([0.9, 0.6, 0.2, 0.1], np.float32)
    assert best_cut(truth, scores) == pytest.approx(0.4)


def test_neighbouring_float32_scores_are_parted():
    upper = np.float32(0.3)
    lower = np.nextafter(upper, np.float32(0))
    cut = np.float32(best_cut(np.array([True, False]), np.array([upper, lower])))
    assert lower < cut <= upper


def test_global_threshold_has_the_highest_micro_f1():
    truth, scores = make_rows()
    tuned = tune_thresholds(truth, scores)
    reached = sk.f1_score(truth, scores >= tuned.global_, average="micro")
    others = [sk.f1_score(truth, scores >= cut, average="micro") for cut in np.linspace(0.01, 0.99, 99)]
    assert reached >= max(others) - 1e-12


def test_shrinkage_follows_its_formula():
    truth, scores = make_rows()
    own = tune_thresholds(truth, scores, shrinkage=0)
    shrunk = tune_thresholds(truth, scores, shrinkage=20)
    positives = truth.sum(axis=0)
    expected = (positives * own.per_label + 20 * own.global_) / (positives + 20)
    assert shrunk.per_label == pytest.approx(expected, abs=1e-6)
    assert shrunk.global_ == own.global_


def test_label_without_positives_gets_the_global_threshold():
    truth, scores = make_rows()
    truth[:, 2] = False
    for shrinkage in (0, 30):
        tuned = tune_thresholds(truth, scores, shrinkage=shrinkage)
        assert tuned.per_label[2] == pytest.approx(tuned.global_)


def test_great_shrinkage_gives_the_global_threshold():
    tuned = tune_thresholds(*make_rows(), shrinkage=1e9)
    assert tuned.per_label == pytest.approx(tuned.global_, abs=1e-6)


def test_rare_noisy_labels_are_shrunk_and_well_supported_differing_ones_are_not():
    rng = np.random.default_rng(3)
    noisy_truth = rng.random((600, 40)) < 0.01
    noisy = 0.5 * rng.random((600, 40)) + 0.25 * noisy_truth
    assert choose_shrinkage(noisy_truth, noisy.astype(np.float32)) >= 100
    truth, scores = make_rows(n=4000, spread=0.1)
    assert choose_shrinkage(truth, scores) <= 30


def test_cross_fit_keeps_groups_together():
    # Each group repeats one row: only whole groups in one half keep the tuned rows unseen.
    truth, scores = make_rows(n=40, n_labels=4, spread=0.9)
    groups = np.repeat([f"author-{i}" for i in range(40)], 25)
    truth, scores = np.repeat(truth, 25, axis=0), np.repeat(scores, 25, axis=0)
    seen = cross_fit(truth, scores, shrinkages=(0.0,))[0]
    unseen = cross_fit(truth, scores, groups, shrinkages=(0.0,))[0]
    assert unseen.macro_f1 < seen.macro_f1 - 0.1


def test_cross_fit_depends_on_the_seed_alone():
    rows = make_rows()
    assert cross_fit(*rows, seed=1) == cross_fit(*rows, seed=1)
    assert [fit.shrinkage for fit in cross_fit(*rows)] == list(SHRINKAGES)


def test_best_of_weighs_both_and_prefers_to_shrink():
    fits = [CrossFit(0, 0.4, 0.4), CrossFit(10, 0.5, 0.35), CrossFit(30, 0.35, 0.5), CrossFit(99, 0.5, 0.1)]
    assert best_of(fits).shrinkage == 30


@pytest.mark.parametrize(
    ("truth", "scores", "error"),
    [
        (np.zeros((4, 2), bool), np.full((4, 2), 0.5), NotEnoughDataError),
        (np.ones((4, 2), bool), np.full((4, 3), 0.5), InputError),
        (np.ones((4, 2), bool), np.full((4, 2), -2.0), InputError),
        (np.ones((4, 2), bool), np.full((4, 2), np.nan), InputError),
    ],
)
def test_bad_tables_are_refused(truth, scores, error):
    with pytest.raises(error):
        tune_thresholds(truth, scores)
    with pytest.raises(error):
        cross_fit(truth, scores)


@pytest.mark.parametrize("shrinkage", [-1, float("nan"), float("inf")])
def test_bad_shrinkage_is_refused(shrinkage):
    with pytest.raises(InputError, match="shrinkage"):
        tune_thresholds(*make_rows(), shrinkage=shrinkage)


def test_groups_must_match_the_rows():
    with pytest.raises(InputError, match="groups"):
        cross_fit(*make_rows(), np.zeros(3))


def test_one_group_can_not_be_halved():
    truth, scores = make_rows()
    with pytest.raises(NotEnoughDataError):
        cross_fit(truth, scores, np.zeros(len(truth)))


def test_written_thresholds_read_back_exactly(tmp_path):
    tuned = tune_thresholds(*make_rows())
    labels = [f"thème-{i}" for i in range(8)]
    path = tmp_path / "thresholds.json"
    write_thresholds(path, tuned, labels)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert set(content) == {"global", "labels"}
    assert list(content["labels"]) == labels
    back = read_thresholds(path, labels)
    assert np.float32(back.global_) == np.float32(tuned.global_)
    assert (back.per_label == tuned.per_label).all()
    assert (read_thresholds(path, labels[::-1]).per_label == tuned.per_label[::-1]).all()


def test_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "thresholds.json"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(InputError, match="labels"):
        write_thresholds(path, Thresholds(0.5, np.full(2, 0.5, np.float32)), ["one"])
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        b'{"global": 0.5, "labels": {}}',
        b'{"global": 0.5, "labels": {"a": []}}',
    ],
)
def test_unreadable_thresholds_are_named(tmp_path, content):
    path = tmp_path / "thresholds.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"thresholds\.json"):
        read_thresholds(path, ["a"])
