import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from textthema.errors import InputError, NotEnoughDataError
from textthema.metrics import METRIC_TITLES, difference, evaluate_scores, micro_macro_f1, reliability


def make_rows(n=300, n_labels=12, seed=0):
    """Scores on a coarse grid, so that many are tied; every row and every label has a positive."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, n_labels)) < 0.15
    truth[np.arange(n), rng.integers(0, n_labels, n)] = True
    scores = (0.7 * rng.random((n, n_labels)) + 0.3 * truth * rng.random((n, n_labels))).round(2)
    return truth, scores.astype(np.float32), rng.uniform(0.4, 0.7, n_labels).astype(np.float32)


def names(n):
    return [f"label-{i}" for i in range(n)]


def value(truth, scores, thresholds, metric):
    return evaluate_scores(truth, scores, thresholds, names(truth.shape[1]), n_bootstrap=0).metrics[metric].value


@pytest.mark.parametrize("seed", range(3))
def test_points_equal_scikit_learn(seed):
    truth, scores, thresholds = make_rows(seed=seed)
    report = evaluate_scores(truth, scores, thresholds, names(12), n_bootstrap=0)
    predicted = scores >= thresholds
    expected = {
        "micro_f1": sk.f1_score(truth, predicted, average="micro"),
        "macro_f1": sk.f1_score(truth, predicted, average="macro"),
        "lrap": sk.label_ranking_average_precision_score(truth, scores),
        "map": sk.average_precision_score(truth, scores, average="macro"),
    }
    assert {name: report.metrics[name].value for name in expected} == pytest.approx(expected, abs=1e-9)


def test_points_equal_scikit_learn_over_several_blocks_of_rows():
    truth, scores, thresholds = make_rows(n=5000, n_labels=6)
    expected = sk.label_ranking_average_precision_score(truth, scores)
    assert value(truth, scores, thresholds, "lrap") == pytest.approx(expected, abs=1e-9)


def test_label_scores_equal_scikit_learn():
    truth, scores, thresholds = make_rows()
    report = evaluate_scores(truth, scores, thresholds, names(12), n_bootstrap=0)
    columns = sk.precision_recall_fscore_support(truth, scores >= thresholds, zero_division=0)
    for i, label in enumerate(names(12)):
        found = report.per_label[label]
        expected = [column[i] for column in columns]
        assert [found.precision, found.recall, found.f1, found.support] == pytest.approx(expected)
        assert found.threshold == pytest.approx(float(thresholds[i]))


def test_precision_at_k_counts_true_labels_among_the_top():
    truth = np.array([[1, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1]], bool)
    scores = np.array([[0.9, 0.8, 0.7, 0.1, 0.1, 0.1], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]])
    thresholds = np.full(6, 0.5)
    assert value(truth, scores, thresholds, "p_at_1") == pytest.approx(0.5)
    assert value(truth, scores, thresholds, "p_at_5") == pytest.approx((2 / 5 + 0) / 2)


def test_labels_without_positives_are_left_out_of_the_averages_and_counted():
    truth, scores, thresholds = make_rows()
    truth[:, 3] = False
    truth[~truth.any(axis=1), 0] = True
    kept = np.delete(np.arange(12), 3)
    report = evaluate_scores(truth, scores, thresholds, names(12), n_bootstrap=0)
    assert report.counts["labels_without_positives"] == 1
    predicted = scores >= thresholds
    macro = sk.f1_score(truth[:, kept], predicted[:, kept], average="macro")
    assert report.metrics["macro_f1"].value == pytest.approx(macro)
    precision = sk.average_precision_score(truth[:, kept], scores[:, kept], average="macro")
    assert report.metrics["map"].value == pytest.approx(precision)
    assert report.metrics["micro_f1"].value == pytest.approx(sk.f1_score(truth, predicted, average="micro"))


def test_rows_without_label_do_not_raise_the_ranking_metrics():
    truth, scores, thresholds = make_rows()
    before = evaluate_scores(truth, scores, thresholds, names(12), n_bootstrap=0)
    more_truth = np.vstack([truth, np.zeros((50, 12), bool)])
    more_scores = np.vstack([scores, scores[:50]])
    after = evaluate_scores(more_truth, more_scores, thresholds, names(12), n_bootstrap=0)
    assert after.counts["rows_without_label"] == 50
    for name in ("lrap", "p_at_1", "p_at_5"):
        assert after.metrics[name].value == pytest.approx(before.metrics[name].value)
    assert after.metrics["micro_f1"].value < before.metrics["micro_f1"].value


def test_replicate_equals_scikit_learn_on_the_drawn_rows():
    truth, scores, thresholds = make_rows(n=120)
    report = evaluate_scores(truth, scores, thresholds, names(12), n_bootstrap=3, seed=7)
    rng = np.random.default_rng(7)
    for i in range(3):
        drawn = rng.integers(0, 120, 120)
        t, s = truth[drawn], scores[drawn]
        assert t.any(axis=0).all()
        expected = {
            "micro_f1": sk.f1_score(t, s >= thresholds, average="micro"),
            "macro_f1": sk.f1_score(t, s >= thresholds, average="macro"),
            "lrap": sk.label_ranking_average_precision_score(t, s),
            "map": sk.average_precision_score(t, s, average="macro"),
        }
        found = {name: report.replicates[name][i] for name in expected}
        assert found == pytest.approx(expected, abs=1e-9)


def test_intervals_hold_the_point_and_depend_on_the_seed_alone():
    rows = make_rows()
    first = evaluate_scores(*rows, names(12), n_bootstrap=100, seed=1)
    again = evaluate_scores(*rows, names(12), n_bootstrap=100, seed=1)
    other = evaluate_scores(*rows, names(12), n_bootstrap=100, seed=2)
    assert first == again
    assert first != other
    for name in ("micro_f1", "lrap", "p_at_1", "p_at_5"):
        estimate = first.metrics[name]
        assert estimate.low < estimate.value < estimate.high


def test_intervals_narrow_with_more_rows():
    few = evaluate_scores(*make_rows(n=100), names(12), n_bootstrap=100).metrics["lrap"]
    many = evaluate_scores(*make_rows(n=1600), names(12), n_bootstrap=100).metrics["lrap"]
    assert many.high - many.low < 0.5 * (few.high - few.low)


def test_difference_is_paired():
    truth, scores, thresholds = make_rows()
    report = evaluate_scores(truth, scores, thresholds, names(12), n_bootstrap=50)
    none = difference(report, report)
    assert set(none) == set(METRIC_TITLES)
    assert all((d.value, d.low, d.high) == (0, 0, 0) for d in none.values())
    with pytest.raises(InputError, match="differ"):
        difference(report, evaluate_scores(truth[1:], scores[1:], thresholds, names(12), n_bootstrap=50))


def test_report_is_json_and_a_table():
    report = evaluate_scores(*make_rows(), names(12), n_bootstrap=10)
    content = json.loads(json.dumps(report.to_dict()))
    assert set(content["metrics"]) == set(METRIC_TITLES)
    assert set(content["metrics"]["lrap"]) == {"value", "low", "high"}
    assert set(content["per_label"]["label-0"]) == {"precision", "recall", "f1", "support", "threshold"}
    table = report.as_table()
    assert all(title in table for title in METRIC_TITLES.values())
    assert "label-0" not in table
    assert "label-0" in report.as_table(per_label=True)


def test_without_replicates_there_are_no_intervals():
    report = evaluate_scores(*make_rows(), names(12), n_bootstrap=0)
    assert report.metrics["lrap"].low is None
    assert " to " not in report.as_table()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda t, s, h: (t, s[:, 1:], h), InputError),
        (lambda t, s, h: (t[0], s[0], h), InputError),
        (lambda t, s, h: (t, np.where(s == s[0, 0], np.nan, s), h), InputError),
        (lambda t, s, h: (t, s, h[1:]), InputError),
        (lambda t, s, h: (t, s, h[0]), InputError),
        (lambda t, s, h: (np.zeros_like(t), s, h), NotEnoughDataError),
        (lambda t, s, h: (t[:0], s[:0], h), NotEnoughDataError),
    ],
)
def test_bad_tables_are_refused(change, error):
    with pytest.raises(error):
        evaluate_scores(*change(*make_rows()), names(12))


def test_negative_number_of_replicates_is_refused():
    with pytest.raises(InputError, match="-1"):
        evaluate_scores(*make_rows(), names(12), n_bootstrap=-1)


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 7))
def test_every_metric_lies_between_0_and_1(seed, n, n_labels):
    rng = np.random.default_rng(seed)
    truth = rng.random((n, n_labels)) < 0.3
    truth[0, 0] = True
    scores = rng.random((n, n_labels)).round(1)
    report = evaluate_scores(truth, scores, np.full(n_labels, 0.5), names(n_labels), n_bootstrap=3)
    for name, estimate in report.metrics.items():
        assert 0 <= estimate.value <= 1
        assert ((report.replicates[name] >= 0) & (report.replicates[name] <= 1)).all()


def test_micro_macro_f1_of_plain_predictions():
    truth = np.array([[1, 0, 0], [1, 1, 0]], bool)
    predicted = np.array([[1, 0, 1], [0, 1, 0]], bool)
    micro, macro = micro_macro_f1(truth, predicted)
    assert micro == pytest.approx(2 * 2 / (3 + 3))
    assert macro == pytest.approx((2 / 3 + 1) / 2)


def test_reliability_compares_each_bin_with_what_came_true_and_leaves_thin_bins_out():
    scores = np.array([[0.1, 0.1, 0.1, 0.1, 0.95, 0.95, 1.0, 0.5]])
    truth = np.array([[True, False, False, False, True, True, True, False]])
    low, high = reliability(truth, scores, fewest=3)
    assert low == {"predicted": pytest.approx(0.1), "observed": 0.25, "cells": 4}
    assert high == {"predicted": pytest.approx((0.95 + 0.95 + 1) / 3), "observed": 1.0, "cells": 3}
