from types import SimpleNamespace

import numpy as np
import pytest
from slices import kind_of, slices_of, weaknesses_of

from textthema.metrics import evaluate_scores

LABELS = ["sea", "home", "grief"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The tide took the letter back.", "quote"),
        ("A kettle sang.\nA door stood wide.\nThe rain moved in\nand would not hide.", "verse"),
        ("“Did you lock it?” she asked. “I thought you had,” he said.", "dialogue"),
        ("- Who's there?\n- Nobody.\n- Then come in.", "dialogue"),
        ("ANNA: You came back.\nTOM: The road was shut.", "dialogue"),
        ("The house stood where three fields met, and nobody could say whose it was. " * 8, "longer prose"),
        ("“One spoken sentence,” she said, and that was all.", "quote"),
        ("He called it “love” and she called it “need”.", "quote"),
        (
            "'Tis late, and the lamp is low.\n'Twas later when you came.\nThe road was snow,\nthe door the same.",
            "verse",
        ),
        ("– bread\n– salt\n– nothing else", "quote"),
    ],
)
def test_the_shape_of_a_text_tells_its_kind(text, kind):
    assert kind_of(text) == kind


@pytest.fixture(scope="module")
def measured():
    rng = np.random.default_rng(0)
    truth = rng.random((60, 3)) < 0.4
    truth[~truth.any(axis=1), 0] = True
    scores = (0.6 * truth + 0.4 * rng.random((60, 3))).astype(np.float32)
    texts = [("word " * n).strip() for n in rng.integers(3, 130, 60)]
    return SimpleNamespace(texts=texts, truth=truth, authors=np.arange(60) // 6), scores


def test_slices_part_the_rows_and_the_themes(measured):
    test, scores = measured
    models = {"ours": (scores, np.full(3, 0.5))}
    seen = {"ours": (scores[:20], np.full(3, 0.5))}
    slices = slices_of(test, test.truth[:20], test.truth, models, seen, LABELS)
    for kind in ("length", "kind"):
        assert sum(part["rows"] for part in slices[kind].values()) == 60
    assert sum(part["themes"] for part in slices["frequency of the label"].values()) == 3
    assert slices["author"]["seen in training"]["rows"] == 20
    whole = evaluate_scores(test.truth, scores, np.full(3, 0.5), LABELS, n_bootstrap=0).metrics
    assert slices["author"]["unseen, with five texts or more"]["models"]["ours"]["lrap"] == pytest.approx(
        whole["lrap"].value
    )


def test_an_empty_slice_says_so_and_measures_nothing(measured):
    test, scores = measured
    short = SimpleNamespace(texts=["one two"] * 60, truth=test.truth, authors=test.authors)
    models = {"ours": (scores, np.full(3, 0.5))}
    slices = slices_of(short, test.truth, test.truth, models, models, LABELS)
    assert slices["length"]["longer"] == {"rows": 0, "models": {}}


def test_what_is_said_instead_of_what_readers_tagged_is_a_confusion():
    truth = np.array([[1, 0, 0]] * 5 + [[0, 0, 1]] * 3, bool)
    said = np.array([[0, 1, 0]] * 4 + [[1, 0, 0]] + [[0, 0, 1]] * 3, bool)
    report = evaluate_scores(truth, said.astype(float), np.full(3, 0.5), LABELS, n_bootstrap=0)
    train = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], bool)
    found = weaknesses_of(truth, said, train, LABELS, report.per_label, report.per_label)
    first = found["confused"][0]
    assert first["themes"] == ["sea", "home"]
    assert first["texts"] == 4
    assert first["share_of_rarer_with_both_in_training"] == 0.5
    sea = next(weak for weak in found["weakest"] if weak["theme"] == "sea")
    assert sea["said_instead"][0] == "home"
    assert any(reason.startswith("rare") for reason in sea["reasons"])
