import numpy as np
import pytest

from textthema.baseline import constant_scores, constant_thresholds, fit_tfidf
from textthema.errors import InputError, NotEnoughDataError
from textthema.metrics import evaluate_scores

WORDS = {
    "sea": ["tide", "harbour", "salt", "gull", "wave"],
    "garden": ["seed", "spade", "rose", "soil", "bee"],
    "night": ["moon", "dark", "star", "owl", "lamp"],
}
LABELS = list(WORDS)


def make_texts(n, seed):
    rng = np.random.default_rng(seed)
    truth = rng.random((n, 3)) < [0.6, 0.3, 0.2]
    texts = []
    for row in truth:
        words = ["and", "the", "quiet", "old", "again"]
        for label, true in zip(LABELS, row, strict=True):
            words += list(rng.choice(WORDS[label], 2)) if true else []
        texts.append(" ".join(rng.permutation(words)))
    return texts, truth


def test_tfidf_learns_words_and_gives_probabilities():
    model = fit_tfidf(*make_texts(200, seed=0))
    texts, truth = make_texts(80, seed=1)
    scores = model.predict_proba(texts)
    assert scores.shape == (80, 3)
    assert ((scores >= 0) & (scores <= 1)).all()
    report = evaluate_scores(truth, scores, np.full(3, 0.5), LABELS, n_bootstrap=0)
    assert report.metrics["micro_f1"].value > 0.95


def test_labels_are_scored_apart_from_each_other():
    model = fit_tfidf(*make_texts(200, seed=0))
    both, none = model.predict_proba(["the tide and the wave, the rose and the bee", "again the old quiet"])
    assert both[:2].min() > 0.5
    assert none.max() < 0.5


def test_texts_and_labels_must_match():
    texts, truth = make_texts(10, seed=0)
    with pytest.raises(InputError, match="9 texts"):
        fit_tfidf(texts[1:], truth)


@pytest.mark.parametrize("always", [True, False])
def test_label_that_never_changes_is_refused(always):
    texts, truth = make_texts(20, seed=0)
    truth[:, 1] = always
    with pytest.raises(NotEnoughDataError, match="number 1"):
        fit_tfidf(texts, truth)


def test_constant_baseline_says_the_best_set_of_frequent_labels():
    _, train = make_texts(300, seed=0)
    _, validation = make_texts(300, seed=1)
    scores = constant_scores(train, len(validation))
    thresholds = constant_thresholds(validation, scores)
    said = scores >= thresholds
    assert (said == said[0]).all()
    reached = evaluate_scores(validation, scores, thresholds, LABELS, n_bootstrap=0).metrics["micro_f1"].value
    by_frequency = np.argsort(-train.mean(axis=0))
    for size in (1, 2, 3):
        chosen = np.isin(np.arange(3), by_frequency[:size])
        hits = (validation & chosen).sum()
        assert reached >= 2 * hits / (size * len(validation) + validation.sum()) - 1e-9
