"""What other libraries make of our model directories: the same probabilities as ours."""

import numpy as np
import pytest
from ecosystem import FLOAT, INT8, is_ready, said_by, said_by_us

pytestmark = pytest.mark.train
MOST = 1e-3
LONG = "And the river went on, past the mill and the two willows, " * 40


def need(loader):
    if not is_ready(loader):
        pytest.skip(f"{loader} is not set up: make test-ecosystem")


@pytest.mark.parametrize("loader", ["Optimum", "transformers.js"])
def test_the_model_that_comes_along_says_there_what_it_says_here(loader, bundle, texts):
    need(loader)
    theirs = said_by(loader, bundle.root, INT8, texts)
    assert np.abs(theirs - said_by_us(bundle.root, INT8, texts)).max() < MOST


# transformers.js cuts the end mark off with the rest of a text that is too long, so that it is asked without one.
@pytest.mark.parametrize(("loader", "more"), [("transformers", [LONG]), ("Optimum", [LONG]), ("transformers.js", [])])
def test_the_float_model_says_there_what_it_says_here(loader, more, float_model, texts):
    need(loader)
    theirs = said_by(loader, float_model, FLOAT, [*texts, *more])
    assert np.abs(theirs - said_by_us(float_model, FLOAT, [*texts, *more])).max() < MOST


def test_int8_says_nearly_what_float_says(float_model, texts):
    differences = np.abs(said_by_us(float_model, FLOAT, texts) - said_by_us(float_model, INT8, texts))
    assert differences.mean() < 0.005
    assert differences.max() < 0.1
