"""A space in which an encoder's embeddings of one entity's texts lie close together, and a vector for each entity.

A closed form comes first: directions in which entities differ more than the texts of one do, and each entity's mean
there, drawn towards the mean of all the more, the fewer texts it has. Training goes on from it: of all entities of its
kind, a text's own has to be the likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import eigh
from scipy.sparse import csr_array
from torch.nn import functional
from tqdm import tqdm

_RIDGE = 1e-3
_FEWEST_FOR_SPREAD = 5


@dataclass(frozen=True, eq=False)
class Prototypes:
    """Entities in the learnt space.

    Attributes:
        projection: float32, shape (embedding, dim).
        vectors: float32, shape (n, dim).
        bias: float32, shape (n,).
    """

    projection: np.ndarray
    vectors: np.ndarray
    bias: np.ndarray

    def scores(self, embeddings: np.ndarray) -> np.ndarray:
        """Compare texts with every entity.

        Args:
            embeddings: float, shape (m, embedding); their length does not matter.

        Returns:
            float32, shape (m, n).
        """
        return _unit(embeddings) @ self.projection @ self.vectors.T + self.bias


@dataclass(frozen=True)
class Training:
    """How prototypes are trained.

    Attributes:
        dim: Numbers of a vector.
        epochs: Passes over the texts.
        batch: Texts a step.
        negatives: Other entities of each kind that a step compares with, drawn at random.
        rate: Largest learning rate.
        decay: Weight decay of the vectors.
        seed: Draws batches and negatives.
    """

    dim: int = 192
    epochs: int = 6
    batch: int = 1024
    negatives: int = 1500
    rate: float = 3e-3
    decay: float = 1e-2
    seed: int = 0


def closed_form(embeddings: np.ndarray, belongs: csr_array, base: tuple[int, int], dim: int) -> Prototypes:
    """Find the space and the vectors without training.

    Args:
        embeddings: float, shape (m, embedding).
        belongs: Which text is which entity's; shape (m, n).
        base: First entity, and the one after the last, of a kind of which a text has at most one: the space is theirs.
        dim: Directions to keep.

    Returns:
        The prototypes.

    Source:
        Ioffe, "Probabilistic linear discriminant analysis", ECCV 2006.
    """
    middle = _unit(embeddings).mean(axis=0)
    centred = _unit(embeddings) - middle
    of_base = belongs[:, base[0] : base[1]]
    texts = np.maximum(of_base.sum(axis=0), 1e-9)
    means = (of_base.T @ centred) / texts[:, None]
    inside = of_base.sum(axis=1) > 0
    rest = centred[inside] - of_base[inside] @ means
    within = rest.T @ rest / max(inside.sum() - (texts >= 1).sum(), 1)
    enough = texts >= _FEWEST_FOR_SPREAD
    between = means[enough].T @ means[enough] / max(enough.sum(), 1) - within * np.mean(1 / texts[enough])
    ridge = _RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    spread, directions = eigh(between, within + ridge)
    best = np.argsort(-spread)[:dim]
    projection, spread = directions[:, best], np.maximum(spread[best], _RIDGE)
    support = np.maximum(belongs.sum(axis=0), 1e-9)[:, None]
    shrunken = (support * spread) / (support * spread + 1) * ((belongs.T @ centred) / support @ projection)
    bias = -(shrunken**2).sum(axis=1) / 2 - shrunken @ (middle @ projection)
    return Prototypes(projection.astype(np.float32), shrunken.astype(np.float32), bias.astype(np.float32))


def train(
    start: Prototypes,
    embeddings: np.ndarray,
    belongs: csr_array,
    kinds: Sequence[tuple[int, int]],
    training: Training,
) -> Prototypes:
    """Let each text's own entities become the likeliest of their kinds.

    Args:
        start: Prototypes to go on from.
        embeddings: float, shape (m, embedding).
        belongs: Which text is which entity's; shape (m, n).
        kinds: First entity of each kind and the one after its last.
        training: How.

    Returns:
        The trained prototypes.

    Source:
        Jean et al., "On using very large target vocabulary for neural machine translation", ACL 2015: the softmax over
        a sample of the classes.
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    inputs = torch.from_numpy(_unit(embeddings))
    projection, vectors, bias = (
        torch.nn.Parameter(torch.from_numpy(array.copy())) for array in (start.projection, start.vectors, start.bias)
    )
    groups = [
        {"params": [projection, bias], "weight_decay": 0.0},
        {"params": [vectors], "weight_decay": training.decay},
    ]
    optimizer = torch.optim.AdamW(groups, lr=training.rate, fused=True)
    steps = training.epochs * -(-len(inputs) // training.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, training.rate, total_steps=steps, pct_start=0.1)
    own = [belongs[:, first:last].tocsr() for first, last in kinds]
    with tqdm(total=steps, desc="prototypes", unit="step", disable=None) as bar:
        for _ in range(training.epochs):
            order = rng.permutation(len(inputs))
            for begin in range(0, len(order), training.batch):
                rows = order[begin : begin + training.batch]
                queries = inputs[torch.from_numpy(rows)] @ projection
                losses = [
                    _loss(queries, vectors[first:last], bias[first:last], own[kind][rows], training.negatives, rng)
                    for kind, (first, last) in enumerate(kinds)
                ]
                optimizer.zero_grad(set_to_none=True)
                torch.stack(losses).sum().backward()
                optimizer.step()
                schedule.step()
                bar.update()
    return Prototypes(*(parameter.detach().numpy() for parameter in (projection, vectors, bias)))


def _loss(
    queries: torch.Tensor,
    vectors: torch.Tensor,
    bias: torch.Tensor,
    own: csr_array,
    negatives: int,
    rng: np.random.Generator,
) -> torch.Tensor:
    """Cross-entropy of one own entity a text, drawn at random, among that and a sample of its kind."""
    counts = np.diff(own.indptr)
    rows = np.flatnonzero(counts)
    if not len(rows):
        return queries.sum() * 0
    drawn = own.indptr[rows] + (rng.random(len(rows)) * counts[rows]).astype(int)
    answers = own.indices[drawn]
    n = len(vectors)
    sample = np.unique(np.concatenate([answers, rng.choice(n, min(negatives, n), replace=False)]))
    chosen = torch.from_numpy(sample)
    logits = queries[torch.from_numpy(rows)] @ vectors[chosen].T + bias[chosen]
    return functional.cross_entropy(logits, torch.from_numpy(np.searchsorted(sample, answers))) * (
        len(rows) / len(queries)
    )


def _unit(embeddings: np.ndarray) -> np.ndarray:
    single = embeddings.astype(np.float32)
    return single / np.maximum(np.linalg.norm(single, axis=1, keepdims=True), np.finfo(np.float32).tiny)
