"""Training of a branch on many sets at once: what a set does not say of a text is left out of the loss.

At least half of each batch are quotes, the texts that the model will be asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from textthema.branch import Branch
from textthema.nuance_data import READ, TAGGED, TEXT_HEADS, TOKEN_HEADS, Example
from textthema.trunk import Features

# What each head's mean loss weighs; intents are eleven, so each weighs less.
_TEXT_WEIGHTS = np.array([2.0, 1.0] + [0.4] * (len(TEXT_HEADS) - 2), dtype=np.float32)
_TOKEN_WEIGHTS = (1.0, 2.0)
# Of the quotes in a batch: a quote labelled by reading says more than a tagged one, though there are fewer.
_READ_SHARE = 0.6
# What such a quote counts for where the simile head is fitted anew: most labelled sets are written unlike quotes.
_READ_WEIGHT = 4.0
_LAYER_DECAY = 0.01
_LAST_C = 0.05


@dataclass(frozen=True, eq=False)
class Targets:
    """What is known of n texts, in the form that a loss needs.

    Attributes:
        text: Targets of the text heads, NaN where unknown; float32 (n, n_text_heads).
        tokens: Of each text, rows of (token, token head, label); int64 (k, 3).
    """

    text: np.ndarray
    tokens: list[np.ndarray]


def targets_of(examples: Sequence[Example], features: Features) -> Targets:
    """Bring what is known of texts to the heads' order and the texts' tokens.

    Args:
        examples: n texts.
        features: Theirs.

    Returns:
        The targets.
    """
    text = np.full((len(examples), len(TEXT_HEADS)), np.nan, dtype=np.float32)
    tokens = []
    for row, example in enumerate(examples):
        for head, target in example.known.items():
            text[row, TEXT_HEADS.index(head)] = target
        characters = features.characters[features.starts[row] : features.starts[row + 1]]
        places = {int(character): token for token, character in reversed(list(enumerate(characters)))}
        cues = [
            (places[character], TOKEN_HEADS.index(head), label)
            for head, labelled in example.cues.items()
            for character, label in labelled
            if character in places
        ]
        tokens.append(np.array(cues, dtype=np.int64).reshape(-1, 3))
    return Targets(text, tokens)


def train_branch(
    branch: Branch,
    examples: Sequence[Example],
    features: Features,
    *,
    batches: int,
    batch_size: int = 48,
    learning_rate: float = 2e-4,
    seed: int = 0,
) -> None:
    """Train a branch on the examples whose split is ``train``.

    Args:
        branch: The branch; changed in place.
        examples: n texts.
        features: Theirs.
        batches: How many batches.
        batch_size: Texts in a batch; half of them quotes.
        learning_rate: Highest rate of the layers; the heads' is five times it.
        seed: For the draw of the batches and dropout.
    """
    torch.manual_seed(seed)
    targets = targets_of(examples, features)
    heads = [*branch.text_head.parameters(), *branch.token_head.parameters()]
    groups = [
        {"params": list(branch.layers.parameters()), "lr": learning_rate},
        {"params": heads, "lr": 5 * learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=_LAYER_DECAY)
    rates = [group["lr"] for group in groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=batches, pct_start=0.1)
    branch.train()
    bar = tqdm(_draw(examples, features, batches, batch_size, seed), total=batches, unit="batch", mininterval=5)
    average = None
    for rows in bar:
        states, mask = padded(features, rows)
        loss = _loss(branch(states, mask), targets, rows)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        bar.set_postfix(loss=f"{average:.3f}", refresh=False)
    branch.eval()


def cue_states(
    branch: Branch, examples: Sequence[Example], features: Features, rows: Sequence[int], head: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give what a token head reads at the places where its labels are known.

    Args:
        branch: A trained branch.
        examples: All texts.
        features: Theirs.
        rows: Numbers of the texts asked for.
        head: Name of the token head.

    Returns:
        States, float32 (k, 2 * dim); labels, bool (k,); number of each one's text, int64 (k,).
    """
    targets = targets_of([examples[row] for row in rows], _only(features, rows)).tokens
    states, labels, texts = [], [], []
    for row, cues in zip(rows, targets, strict=True):
        mine = cues[cues[:, 1] == TOKEN_HEADS.index(head)]
        if not len(mine):
            continue
        with torch.inference_mode():
            read = branch.read_by_tokens(*padded(features, [row]))[0]
        states.append(read[mine[:, 0]].numpy())
        labels += mine[:, 2].tolist()
        texts += [row] * len(mine)
    return np.concatenate(states), np.array(labels, dtype=bool), np.array(texts)


def fit_last(states: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> LogisticRegression:
    """Fit one linear head on states that stay as they are.

    Args:
        states: float32 (k, 2 * dim).
        labels: bool (k,).
        weights: What each counts for, float (k,); all the same by default.

    Returns:
        The head.
    """
    return LogisticRegression(C=_LAST_C, max_iter=500).fit(states, labels, weights)


def refit_similes(branch: Branch, examples: Sequence[Example], features: Features) -> None:
    """Fit the simile head anew, with the set that was kept from the layers for measuring.

    Args:
        branch: A trained branch; its simile head is changed in place.
        examples: n texts.
        features: Theirs.
    """
    rows = [row for row, e in enumerate(examples) if e.split in ("train", "folds") and e.cues.get("simile")]
    states, labels, owners = cue_states(branch, examples, features, rows, "simile")
    read = np.array([examples[row].source == READ for row in owners])
    fitted = fit_last(states, labels, np.where(read, _READ_WEIGHT, 1.0))
    column = TOKEN_HEADS.index("simile")
    with torch.no_grad():
        branch.token_head.weight[column] = torch.from_numpy(fitted.coef_[0]).float()
        branch.token_head.bias[column] = float(fitted.intercept_[0])


def predict(
    branch: Branch, features: Features, rows: Sequence[int], batch_size: int = 64
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Give a branch's logits.

    Args:
        branch: A trained branch.
        features: What it reads.
        rows: Numbers of the texts asked for.
        batch_size: Texts in one forward pass.

    Returns:
        Logits of the texts, float32 (len(rows), n_text_heads), and of each text's tokens (tokens, n_token_heads).
    """
    rows = np.asarray(rows)
    lengths = np.diff(features.starts)[rows]
    of_text = np.empty((len(rows), branch.text_head.out_features), dtype=np.float32)
    of_tokens: list[np.ndarray] = [np.empty(0)] * len(rows)
    branch.eval()
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(rows), batch_size):
        some = order[start : start + batch_size]
        with torch.inference_mode():
            text, tokens = (found.numpy() for found in branch(*padded(features, rows[some])))
        of_text[some] = text
        for place, row in enumerate(some):
            of_tokens[row] = tokens[place, : lengths[row]]
    return of_text, of_tokens


def padded(features: Features, rows: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Put texts' states into one batch.

    Args:
        features: Of all texts.
        rows: Numbers of the texts wanted.

    Returns:
        States, float32 (batch, length, dim), and mask, float32 (batch, length, 1).
    """
    ends = [(features.starts[row], features.starts[row + 1]) for row in rows]
    longest = max(end - start for start, end in ends)
    states = np.zeros((len(ends), longest, features.states.shape[1]), dtype=np.float32)
    mask = np.zeros((len(ends), longest, 1), dtype=np.float32)
    for place, (start, end) in enumerate(ends):
        states[place, : end - start] = features.states[start:end]
        mask[place, : end - start] = 1
    return torch.from_numpy(states), torch.from_numpy(mask)


def _only(features: Features, rows: Sequence[int]) -> Features:
    """Keep where the tokens of some texts begin, for their targets."""
    parts = [features.characters[features.starts[row] : features.starts[row + 1]] for row in rows]
    starts = np.cumsum([0, *(len(part) for part in parts)])
    return Features(features.states, starts, features.pooled, np.concatenate(parts))


def _draw(
    examples: Sequence[Example], features: Features, batches: int, batch_size: int, seed: int
) -> Iterator[np.ndarray]:
    """Draw batches: a part of quotes labelled by reading, a part of tagged ones, the rest from the labelled sets."""
    rng = np.random.default_rng(seed)
    kinds = np.array([example.source if example.source in (READ, TAGGED) else "" for example in examples])
    training = np.array([example.split == "train" for example in examples])
    lengths = np.diff(features.starts)
    quotes = batch_size // 2
    read = round(quotes * _READ_SHARE)
    shares = {READ: read, TAGGED: quotes - read, "": batch_size - quotes}
    streams = {
        kind: _endless(np.flatnonzero(training & (kinds == kind)), rng) for kind, share in shares.items() if share
    }
    # several batches are drawn at once and sorted by length, so that little is padding
    at_once = 8
    for start in range(0, batches, at_once):
        drawn = []
        for kind, stream in streams.items():
            some = np.array([next(stream) for _ in range(shares[kind] * at_once)])
            drawn.append(some[np.argsort(lengths[some], kind="stable")].reshape(at_once, -1))
        for batch in rng.permutation(at_once)[: batches - start]:
            yield np.concatenate([part[batch] for part in drawn])


def _endless(rows: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(rows)


def _loss(said: tuple[torch.Tensor, torch.Tensor], targets: Targets, rows: np.ndarray) -> torch.Tensor:
    of_text, of_tokens = said
    wanted = torch.from_numpy(targets.text[rows])
    known = ~torch.isnan(wanted)
    cells = torch.nn.functional.binary_cross_entropy_with_logits(of_text, torch.nan_to_num(wanted), reduction="none")
    weights = torch.from_numpy(_TEXT_WEIGHTS)
    total = (weights * (cells * known).sum(0) / known.sum(0).clamp(min=1)).sum()
    cues = [(place, *cue) for place, row in enumerate(rows) for cue in targets.tokens[row]]
    if not cues:
        return total
    place, token, head, label = torch.tensor(np.array(cues)).T
    cells = torch.nn.functional.binary_cross_entropy_with_logits(
        of_tokens[place, token, head], label.float(), reduction="none"
    )
    for number, weight in enumerate(_TOKEN_WEIGHTS):
        mine = head == number
        if mine.any():
            total = total + weight * cells[mine].mean()
    return total
