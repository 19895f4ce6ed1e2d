"""Holdings and embeddings → a catalogue: vectors, words, typical themes, and what each of them counts for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from scipy.sparse import csr_array, hstack

from textthema.catalogue import NO_THEME, Arrays, word_hashes
from textthema.embedding_cache import EmbeddingCache
from textthema.fusion import fit_weights, ranks
from textthema.holdings import TRAIN, VALIDATION, Holdings
from textthema.inference import sigmoid
from textthema.postings import Postings, Vocabulary, weigh_words
from textthema.prototypes import Prototypes, Training, closed_form, train
from textthema.vectors import quantize

_MOST_TYPICAL = 8
# A theme is typical of an entity whose texts have it this much more than texts do at large.
_LIFT = 1.2
# Texts at large that every entity's themes are averaged with.
_LENT_TEXTS = 5.0
_MOST_TUNED_ON = 3000


@dataclass(frozen=True)
class Wording:
    """Which words are kept.

    Attributes:
        fewest: Texts that a word has to be in.
        largest_share: Share of the texts above which a word says nothing.
        smoothing: Words of the whole collection that every entity is lent.
        most: Kind → postings that are kept of it.
    """

    fewest: int = 2
    largest_share: float = 0.1
    smoothing: float = 6000.0
    most: dict[str, int] = field(
        default_factory=lambda: {
            "author": 1_400_000,
            "book": 800_000,
            "franchise": 60_000,
            "character": 60_000,
            "tag": 250_000,
        }
    )


@dataclass(frozen=True, eq=False)
class Words:
    """What words say.

    Attributes:
        vocabulary: The words.
        postings: Kind → what they say of its entities.
    """

    vocabulary: Vocabulary
    postings: dict[str, Postings]


@dataclass(frozen=True)
class Tuned:
    """How much a kind's parts count for.

    Attributes:
        likeness: Of the vectors.
        words: Of the words.
        popularity: Of the logarithm of an entity's training texts.
        texts: Validation texts that told.
        recall_at_10: Share of them with an entity of their own among the first ten.
        mrr: Mean of one over the place of their first own entity.
    """

    likeness: float
    words: float
    popularity: float
    texts: int
    recall_at_10: float
    mrr: float


def make_catalogue(
    texts: Sequence[str], cache: EmbeddingCache, holdings: Holdings, training: Training, wording: Wording
) -> tuple[Arrays, dict[str, dict[str, float]]]:
    """Learn a catalogue from training rows and tune it on validation rows.

    Args:
        texts: All rows' texts, written plainly.
        cache: Their embeddings and logits, where there are any.
        holdings: Entities and their rows.
        training: How the vectors are learnt.
        wording: Which words are kept.

    Returns:
        The catalogue's arrays, and for each kind what it is tuned to and reaches on the validation rows.
    """
    rows = holdings.rows(TRAIN)
    seen = rows[cache.have[rows]]
    prototypes = learn_vectors(cache.embeddings[seen], holdings, seen, training)
    words = learn_words([texts[row] for row in rows], holdings, rows, wording)
    tuned = tune(texts, cache, holdings, prototypes, words)
    themes = typical_themes(sigmoid(cache.logits[seen].astype(np.float32)), holdings.belongs[seen])
    return assemble(holdings, prototypes, words, tuned, themes), {kind: asdict(found) for kind, found in tuned.items()}


def learn_vectors(embeddings: np.ndarray, holdings: Holdings, rows: np.ndarray, training: Training) -> Prototypes:
    """Learn the space and the entities' vectors.

    Args:
        embeddings: Of the rows, float16, shape (m, embedding).
        holdings: Entities and their rows.
        rows: Places of the rows, shape (m,).
        training: How.

    Returns:
        The vectors.
    """
    belongs = holdings.belongs[rows]
    spans = list(holdings.kinds.values())
    return train(closed_form(embeddings, belongs, spans[0], training.dim), embeddings, belongs, spans, training)


def learn_words(texts: Sequence[str], holdings: Holdings, rows: np.ndarray, wording: Wording) -> Words:
    """Learn which words speak for which entity.

    Args:
        texts: Of the rows, m of them.
        holdings: Entities and their rows.
        rows: Places of the rows, shape (m,).
        wording: Which words are kept.

    Returns:
        The words.
    """
    documents = [word_hashes(text) for text in texts]
    vocabulary = Vocabulary.of(documents, fewest=wording.fewest, largest_share=wording.largest_share)
    marked, belongs = vocabulary.matrix(documents), holdings.belongs[rows]
    postings = {
        kind: weigh_words(marked, belongs[:, first:last], smoothing=wording.smoothing, most=wording.most[kind])
        for kind, (first, last) in holdings.kinds.items()
    }
    return Words(vocabulary, postings)


def tune(
    texts: Sequence[str], cache: EmbeddingCache, holdings: Holdings, prototypes: Prototypes, words: Words
) -> dict[str, Tuned]:
    """Find on the validation rows how much each part counts for.

    Args:
        texts: All rows' texts, written plainly.
        cache: Their embeddings.
        holdings: Entities and their rows.
        prototypes: The entities' vectors.
        words: What words say.

    Returns:
        The weights of each kind.
    """
    held_out = holdings.rows(VALIDATION)
    held_out = held_out[cache.have[held_out]]
    found = {}
    for kind, (first, last) in holdings.kinds.items():
        own = holdings.belongs[held_out][:, first:last]
        known = np.flatnonzero(own.sum(axis=1))
        # Drawn, as a crawl is in the order of its topics.
        known = np.sort(np.random.default_rng(0).permutation(known)[:_MOST_TUNED_ON])
        rows, own = held_out[known], own[known]
        vectors, bias = prototypes.vectors[first:last], prototypes.bias[first:last]
        likeness = Prototypes(prototypes.projection, vectors, bias).scores(cache.embeddings[rows])
        said = words.postings[kind].scores(words.vocabulary.matrix([word_hashes(texts[row]) for row in rows]))
        popularity = np.broadcast_to(_popularity(holdings)[first:last], said.shape)
        weights = fit_weights((likeness, said, popularity), own) if len(rows) else np.full(3, 0.5)
        places = ranks(np.tensordot(weights, np.stack([likeness, said, popularity]), 1), own)
        recall, mrr = (float(np.mean(part)) if len(rows) else 0.0 for part in (places <= 10, 1 / places))
        found[kind] = Tuned(*map(float, weights), len(rows), recall, mrr)
    return found


def typical_themes(probabilities: np.ndarray, belongs: csr_array) -> np.ndarray:
    """Name the themes that entities' texts have more than others.

    Args:
        probabilities: Of each theme in each text, float32, shape (m, n_labels).
        belongs: Which text is which entity's; shape (m, n).

    Returns:
        Places of at most 8 themes each, strongest first, then `NO_THEME`; uint8, shape (n, 8).
    """
    at_large = probabilities.mean(axis=0)
    texts = belongs.sum(axis=0)[:, None]
    profile = (belongs.T @ probabilities + _LENT_TEXTS * at_large) / (texts + _LENT_TEXTS)
    strength = profile * np.log(np.maximum(profile / at_large, 1e-9))
    order = np.argsort(-strength, axis=1, kind="stable")[:, :_MOST_TYPICAL]
    is_typical = np.take_along_axis(profile / at_large, order, axis=1) >= _LIFT
    return np.where(is_typical, order, NO_THEME).astype(np.uint8)


def assemble(
    holdings: Holdings, prototypes: Prototypes, words: Words, tuned: dict[str, Tuned], themes: np.ndarray
) -> Arrays:
    """Put everything into the form that is served.

    Args:
        holdings: Entities and their rows.
        prototypes: The entities' vectors.
        words: What words say.
        tuned: What each part counts for.
        themes: The entities' typical themes.

    Returns:
        The arrays.
    """
    vectors, scales = quantize(prototypes.vectors)
    weights = np.zeros((4, len(holdings.entities)), np.float32)
    for kind, (first, last) in holdings.kinds.items():
        span, by = slice(first, last), tuned[kind]
        weights[0, span] = by.likeness * scales[span]
        weights[1, span] = by.words * words.postings[kind].step
        weights[2, span] = by.words * words.postings[kind].of_word
        weights[3, span] = by.likeness * prototypes.bias[span] + by.popularity * _popularity(holdings)[span]
    counts = hstack([words.postings[kind].counts for kind in holdings.kinds], format="csr")
    return Arrays(
        lines=np.zeros(len(holdings.entities) + 1, np.int64),
        themes=themes,
        projection=np.ascontiguousarray(prototypes.projection),
        vectors=vectors,
        words=words.vocabulary.hashes,
        starts=counts.indptr.astype(np.uint32),
        postings=counts.indices.astype(np.uint16),
        counts=counts.data,
        weights=weights,
    )


def _popularity(holdings: Holdings) -> np.ndarray:
    return np.log([entity.support for entity in holdings.entities]).astype(np.float32)
