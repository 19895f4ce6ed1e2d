import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from textthema.errors import InputError, MissingDependencyError
from textthema.estimator import ThemeEstimator


@pytest.fixture(scope="module")
def estimator():
    return ThemeEstimator()


def test_it_says_what_the_classifier_says(estimator, classifier, texts):
    assert tuple(estimator.classes_) == classifier.labels
    assert np.array_equal(estimator.predict_proba(texts), classifier.probabilities(texts))
    predicted = estimator.fit(texts).predict(texts)
    for row, prediction in zip(predicted, classifier(texts), strict=True):
        assert set(estimator.classes_[row == 1]) == {theme.label for theme in prediction.themes}


def test_it_stands_at_the_end_of_a_pipeline(estimator, texts):
    shouted = [text.upper() for text in texts]
    pipeline = make_pipeline(FunctionTransformer(lambda rows: [row.lower() for row in rows]), estimator)
    assert np.array_equal(pipeline.predict(shouted), estimator.predict([text.lower() for text in texts]))


def test_it_is_cross_validated_like_any_other(estimator, texts):
    truth = np.random.default_rng(0).integers(0, 2, (len(texts), len(estimator.classes_)))
    scores = cross_val_score(estimator, texts, truth, cv=KFold(2), scoring="f1_micro")
    halves = np.split(np.arange(len(texts)), 2)
    expected = [f1_score(truth[rows], estimator.predict([texts[i] for i in rows]), average="micro") for rows in halves]
    assert scores == pytest.approx(expected)


def test_a_copy_names_the_same_model():
    assert clone(ThemeEstimator(collection="books")).get_params() == {"model": None, "collection": "books"}


def test_a_text_that_can_not_be_read_is_said(estimator):
    with pytest.raises(InputError):
        estimator.predict(["", "sea"])


def test_without_scikit_learn_it_says_what_to_type(monkeypatch):
    monkeypatch.delitem(sys.modules, "textthema.estimator")
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(MissingDependencyError, match="pip install scikit-learn"):
        __import__("textthema.estimator")
