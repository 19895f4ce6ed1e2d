"""Training of a branch with what is known, and nothing else."""

import numpy as np
import pytest
import torch

from textthema.branch import Branch
from textthema.nuance_data import FOLDS, READ, TAGGED, TEXT_HEADS, TOKEN_HEADS, Example
from textthema.nuance_training import cue_states, predict, refit_similes, targets_of, train_branch
from textthema.trunk import Features

DIM = 16


@pytest.fixture(scope="module")
def learnt():
    """Texts of three tokens, whose first state says whether they are funny and whether their second is a simile."""
    rng = np.random.default_rng(0)
    examples, states = [], []
    for row in range(240):
        funny, simile = int(rng.random() < 0.5), int(rng.random() < 0.5)
        source = (READ, TAGGED, "humor_puns", FOLDS)[row % 4]
        split = "folds" if source == FOLDS else "test" if row % 20 == 0 else "train"
        known = {} if source == FOLDS else {"humor": float(funny)}
        examples.append(Example("ab cd", source, split, known, {"simile": [(3, simile)]}))
        token = rng.normal(size=(4, DIM))
        token[:, 0] += 3 * funny
        token[2, 1] += 6 * simile
        states.append(token)
    characters = np.tile([-1, 0, 3, -1], 240)
    starts = np.arange(0, 4 * 241, 4)
    features = Features(np.concatenate(states).astype(np.float16), starts, np.zeros((240, 3)), characters)
    torch.manual_seed(0)
    branch = Branch(DIM, 32, (len(TEXT_HEADS), len(TOKEN_HEADS)), attention_heads=2, dropout=0.0)
    train_branch(branch, examples, features, batches=60, batch_size=16, learning_rate=3e-3)
    return branch, examples, features


def test_targets_are_unknown_unless_they_are_said():
    example = Example("ab cd", READ, "train", {"humor": 1.0}, {"simile": [(3, 1), (4, 1)], "image": [(0, 0)]})
    features = Features(np.zeros((4, DIM)), np.array([0, 4]), np.zeros((1, 3)), np.array([-1, 0, 3, -1]))
    targets = targets_of([example], features)
    assert targets.text[0, 0] == 1
    assert np.isnan(targets.text[0, 1:]).all()
    assert targets.tokens[0].tolist() == [[2, 0, 1], [1, 1, 0]]  # character 4 begins no token


def test_a_branch_learns_what_texts_and_tokens_say(learnt):
    branch, examples, features = learnt
    rows = [row for row, example in enumerate(examples) if example.split == "test"]
    of_text, of_tokens = predict(branch, features, rows)
    funny = np.array([examples[row].known["humor"] for row in rows]) > 0.5
    assert ((of_text[:, 0] > 0) == funny).mean() > 0.8
    assert [tokens.shape for tokens in of_tokens] == [(4, len(TOKEN_HEADS))] * len(rows)


def test_the_last_head_is_fitted_anew_with_the_set_kept_for_folds(learnt):
    branch, examples, features = learnt
    refit_similes(branch, examples, features)
    rows = [row for row, example in enumerate(examples) if example.split == "folds"]
    states, labels, owners = cue_states(branch, examples, features, rows, "simile")
    assert states.shape == (len(rows), 2 * DIM)
    assert owners.tolist() == rows
    said = np.array([tokens[2, 0] > 0 for tokens in predict(branch, features, rows)[1]])
    assert (said == labels).mean() > 0.9
