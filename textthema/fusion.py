"""How much likeness, words and popularity count for each kind of entity, from texts that none of them has seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import logsumexp

# Kept near the start where a kind has few texts to tell by.
_PULL = 1e-3


def fit_weights(features: Sequence[np.ndarray], belongs: csr_array) -> np.ndarray:
    """Find the weights under which texts' own entities are the likeliest.

    Args:
        features: What speaks for each entity, arrays of float32, shape (m, n).
        belongs: Which text is which entity's; shape (m, n). A text of several entities counts for each of them.

    Returns:
        A weight for each feature, none below 0; float64, shape (n_features,).

    Source:
        McFadden, "Conditional logit analysis of qualitative choice behavior", 1973.
    """
    own = belongs.tocoo()
    stacked = np.stack(features)
    # all texts of a kind whose entity is known; the mean over entities, so that the pull is the same for every kind
    start = np.full(len(stacked), 0.5)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.tensordot(weights.astype(np.float32), stacked, 1)
        shares = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        expected = np.einsum("kmn,mn->km", stacked, shares)
        likelihood = np.log(np.maximum(shares[own.row, own.col], 1e-30)).mean()
        slope = (stacked[:, own.row, own.col] - expected[:, own.row]).mean(axis=1)
        away = weights - start
        return float(-likelihood + _PULL * away @ away), -slope + 2 * _PULL * away

    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(stacked)).x


def ranks(scores: np.ndarray, belongs: csr_array) -> np.ndarray:
    """Give the place of each text's best-placed own entity in the list of all.

    Args:
        scores: float, shape (m, n).
        belongs: Which text is which entity's, at least one each; shape (m, n).

    Returns:
        int64, shape (m,), from 1; among equals the middle place.
    """
    own = belongs.toarray() > 0
    best = np.where(own, scores, -np.inf).max(axis=1, keepdims=True)
    others = ~own
    above, beside = ((scores > best) & others).sum(axis=1), ((scores == best) & others).sum(axis=1)
    return 1 + above + (beside + 1) // 2
