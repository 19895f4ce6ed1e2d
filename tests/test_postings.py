import numpy as np
import pytest
from scipy.sparse import csr_array

from textthema.catalogue import word_hashes
from textthema.postings import Vocabulary, weigh_words

TEXTS = ["the lamp and the sea", "the sea again", "wenna lit the lamp", "wenna wept", "a miller counts flour"]
BELONGS = csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 0]], np.float32))


def marked(*texts, fewest=1):
    vocabulary = Vocabulary.of([word_hashes(text) for text in TEXTS], fewest=fewest, largest_share=0.5)
    return vocabulary, vocabulary.matrix([word_hashes(text) for text in texts])


def test_words_of_most_texts_and_of_too_few_are_left_out():
    vocabulary, _ = marked(fewest=2)
    assert vocabulary.hashes.tolist() == sorted(word_hashes("lamp sea wenna").tolist())


def test_a_text_is_marked_with_the_words_that_are_known():
    vocabulary, matrix = marked("Wenna and a comet, Wenna!", "", "comet")
    assert matrix.shape == (3, len(vocabulary.hashes))
    assert matrix.sum(axis=1).tolist() == [3, 0, 0]


def test_words_speak_for_those_who_use_them():
    _, matrix = marked(*TEXTS)
    postings = weigh_words(matrix, BELONGS, smoothing=10, most=100)
    _, asked = marked("the sea", "wenna", "flour")
    scores = postings.scores(asked)
    assert scores[0, 0] > scores[0, 1]
    assert scores[1, 1] > scores[1, 0]
    # neither uses it: whoever says less is the likelier to have been missed
    assert scores[2, 0] == pytest.approx(scores[2, 1], abs=0.5)


def test_scores_are_those_of_smoothed_language_models():
    _, matrix = marked(*TEXTS)
    postings = weigh_words(matrix, BELONGS, smoothing=10, most=100)
    lengths = BELONGS.T @ matrix.sum(axis=1)
    at_large = matrix.sum(axis=0) / matrix.sum()
    counts = (matrix.T @ BELONGS).toarray()
    model = (counts + 10 * at_large[:, None]) / (lengths + 10)
    exact = matrix @ np.log(model / at_large[:, None])
    assert postings.scores(matrix) == pytest.approx(exact, abs=0.05)


def test_the_postings_that_say_most_are_kept():
    _, matrix = marked(*TEXTS)
    postings = weigh_words(matrix, BELONGS, smoothing=10, most=2)
    assert postings.counts.nnz == 2
    assert postings.counts.dtype == np.uint8
    kept = postings.scores(marked("wenna", "sea")[1]) - postings.scores(marked("lit", "again")[1])
    assert kept[0, 1] > 0
    assert kept[1, 0] > 0
