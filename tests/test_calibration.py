import numpy as np
import pytest

from textthema.calibration import Calibration, fit_calibration, read_calibration, write_calibration
from textthema.errors import InputError, UnreadableFileError
from textthema.inference import sigmoid
from textthema.metrics import evaluate_scores

LABELS = ["sea", "home", "grief"]


@pytest.fixture(scope="module")
def overconfident():
    """Logits that are twice too large and one too high, and the truth that the right ones were drawn from."""
    rng = np.random.default_rng(0)
    right = rng.normal(-2, 1.5, (20_000, 3))
    truth = rng.random(right.shape) < sigmoid(right)
    return truth, (2 * right + 1).astype(np.float32), right


def error(truth, logits):
    return evaluate_scores(truth, sigmoid(logits), np.full(3, 0.5), LABELS, n_bootstrap=0).metrics["ece"].value


def test_the_right_slope_and_offset_are_found(overconfident):
    truth, logits, _ = overconfident
    calibration = fit_calibration(truth, logits)
    assert calibration.slope == pytest.approx([0.5] * 3, abs=0.03)
    assert calibration.offset == pytest.approx([-0.5] * 3, abs=0.1)


@pytest.mark.parametrize(("scale", "shift"), [(1.5, 0), (2, 0), (3, 0), (1, -4), (1, 5), (0.2, 2), (6, 6)])
def test_logits_far_off_are_brought_back(scale, shift):
    rng = np.random.default_rng(1)
    right = rng.normal(-4, 1.5, (20_000, 2))
    truth = rng.random(right.shape) < sigmoid(right)
    calibration = fit_calibration(truth, scale * right + shift)
    assert calibration.slope == pytest.approx([1 / scale] * 2, rel=0.1)
    assert calibration.offset == pytest.approx([-shift / scale] * 2, abs=0.35)


def test_no_label_is_turned_round_even_if_its_logits_are():
    rng = np.random.default_rng(2)
    right = rng.normal(-2, 1.5, (3_000, 3))
    truth = rng.random(right.shape) < sigmoid(right)
    right[:, 2] *= -1
    assert (fit_calibration(truth, right).slope > 0).all()


def test_calibrated_probabilities_can_be_taken_at_their_word(overconfident):
    truth, logits, right = overconfident
    assert error(truth, logits) > 0.05
    assert error(truth, fit_calibration(truth, logits)(logits)) < 0.01
    assert error(truth, right) < 0.01


def test_a_label_without_examples_follows_the_others(overconfident):
    truth, logits, _ = overconfident
    truth = truth.copy()
    truth[:, 2] = False
    few = slice(0, 30)
    rare = np.column_stack([truth[:, :2], truth[:, 2]])
    together = fit_calibration(rare, logits, pull=1e6)
    assert together.slope[2] == pytest.approx(together.slope[0], abs=0.02)
    assert np.isfinite(fit_calibration(truth[few], logits[few]).slope).all()


def test_order_within_a_label_stays(overconfident):
    truth, logits, _ = overconfident
    calibrated = fit_calibration(truth, logits)(logits)
    in_order = np.take_along_axis(calibrated, np.argsort(logits, axis=0), axis=0)
    assert (np.diff(in_order, axis=0) >= 0).all()


def test_what_is_written_is_read(tmp_path):
    calibration = Calibration(np.array([1.5, 0.25, 1.0], np.float32), np.array([0.5, -1.0, 0.0], np.float32))
    write_calibration(tmp_path / "calibration.json", calibration, LABELS)
    read = read_calibration(tmp_path / "calibration.json", LABELS[::-1])
    assert read.slope.tolist() == [1.0, 0.25, 1.5]
    assert read.offset.tolist() == [0.0, -1.0, 0.5]


@pytest.mark.parametrize("content", [None, "{", '{"sea": [1, 0]}', '{"sea": 1, "home": 1, "grief": 1}', "[]"])
def test_no_calibration_names_the_command(tmp_path, content):
    path = tmp_path / "calibration.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnreadableFileError, match="textthema tune"):
        read_calibration(path, LABELS)


@pytest.mark.parametrize(
    ("truth", "logits"), [(np.ones((2, 3), bool), np.ones((2, 2))), (np.ones((1, 2), bool), np.array([[0, np.nan]]))]
)
def test_tables_that_do_not_fit_are_refused(truth, logits):
    with pytest.raises(InputError):
        fit_calibration(truth, logits)
