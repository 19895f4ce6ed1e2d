import numpy as np
import pytest
from scipy.sparse import csr_array

from textthema.fusion import fit_weights, ranks


@pytest.fixture
def told():
    """A feature that tells whose a text is, and one that is noise."""
    rng = np.random.default_rng(0)
    own = rng.integers(0, 8, 400)
    belongs = csr_array((np.ones(400, np.float32), (np.arange(400), own)), shape=(400, 8))
    truth = 2 * belongs.toarray() + rng.normal(size=(400, 8))
    return (truth.astype(np.float32), rng.normal(size=(400, 8)).astype(np.float32)), belongs


def test_what_tells_counts_and_noise_does_not(told):
    features, belongs = told
    weights = fit_weights(features, belongs)
    # independent normal noise around 0 or 2: the logarithm of the ratio is twice the feature
    assert weights == pytest.approx([2, 0], abs=0.3)
    assert (weights >= 0).all()


def test_a_feature_that_misleads_is_left_out(told):
    (truth, noise), belongs = told
    assert fit_weights((truth, noise - truth), belongs)[1] == pytest.approx(0, abs=0.3)


def test_the_place_of_the_first_own_entity_counts():
    scores = np.array([[0.1, 0.9, 0.5, 0.2], [0.1, 0.9, 0.5, 0.2], [0.4, 0.3, 0.2, 0.1]])
    belongs = csr_array(np.array([[0, 0, 1, 0], [1, 0, 0, 1], [1, 1, 1, 1]]))
    assert ranks(scores, belongs).tolist() == [2, 3, 1]


def test_among_equals_the_place_is_the_middle_one():
    assert ranks(np.zeros((1, 9)), csr_array(([1], ([0], [0])), shape=(1, 9))).tolist() == [5]
