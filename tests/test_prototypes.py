import numpy as np
import pytest
from scipy.sparse import csr_array

pytest.importorskip("torch")
from textthema.prototypes import Prototypes, Training, closed_form, train

N, DIM = 20, 24


def world(seed, texts=30):
    """Texts of twenty authors and ten books, the books each of one author; what tells them apart is a little."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(N, DIM))
    author = rng.integers(0, N, N * texts)
    embeddings = 0.6 * centres[author] + rng.normal(size=(len(author), DIM)) * np.linspace(0.2, 2, DIM)
    belongs = np.zeros((len(author), N + N // 2), np.float32)
    belongs[np.arange(len(author)), author] = 1
    belongs[np.flatnonzero(author % 2 == 0), N + author[author % 2 == 0] // 2] = 1
    return embeddings.astype(np.float32), csr_array(belongs), author


def hits(prototypes, embeddings, author):
    return (prototypes.scores(embeddings)[:, :N].argmax(axis=1) == author).mean()


@pytest.fixture(scope="module")
def start():
    embeddings, belongs, _ = world(0)
    return closed_form(embeddings, belongs, (0, N), 12)


def test_the_closed_form_beats_the_nearest_mean(start):
    embeddings, belongs, _ = world(0)
    means = (belongs.T @ embeddings) / belongs.sum(axis=0)[:, None]
    means = Prototypes(
        np.eye(DIM, dtype=np.float32), means / np.linalg.norm(means, axis=1, keepdims=True), np.zeros(30)
    )
    unseen, _, whose = world(1)
    assert hits(start, unseen, whose) > hits(means, unseen, whose) > 1 / N


def test_training_goes_on_from_there(start):
    embeddings, belongs, author = world(0)
    trained = train(start, embeddings, belongs, [(0, N), (N, N + N // 2)], Training(dim=12, epochs=8, batch=64))
    assert hits(trained, embeddings, author) > hits(start, embeddings, author)
    assert trained.vectors.shape == (N + N // 2, 12)
    again = train(start, embeddings, belongs, [(0, N), (N, N + N // 2)], Training(dim=12, epochs=8, batch=64))
    assert np.array_equal(trained.vectors, again.vectors)


def test_the_length_of_an_embedding_does_not_matter(start):
    embeddings, _, _ = world(1, texts=2)
    assert start.scores(3 * embeddings) == pytest.approx(start.scores(embeddings), abs=1e-4)


def test_an_entity_without_texts_is_at_the_middle():
    embeddings, belongs, _ = world(0)
    widened = csr_array((belongs.data, belongs.indices, belongs.indptr), shape=(belongs.shape[0], N + N // 2 + 1))
    found = closed_form(embeddings, widened, (0, N), 12)
    assert found.vectors[-1] == pytest.approx(np.zeros(12))
    assert np.isfinite(found.scores(embeddings)).all()
