import argparse

import pytest
import torch
from torch.nn import functional

from textthema.commands.train import configure
from textthema.errors import InputError
from textthema.losses import (
    LOSSES,
    AsymmetricLoss,
    DistributionBalancedLoss,
    HillLoss,
    RankedBCE,
    SummedBCE,
    WithAuxiliary,
    find_loss,
)

LOGITS = torch.tensor([[2.0, -3.0, 0.5], [-1.0, 0.0, -6.0]])
TRUTH = torch.tensor([[1, 0, 1], [0, 1, 0]])


def test_bce_is_summed_over_labels_and_averaged_over_texts():
    reference = functional.binary_cross_entropy_with_logits(LOGITS, TRUTH.float(), reduction="sum") / 2
    assert SummedBCE()(LOGITS, TRUTH).item() == pytest.approx(reference.item())


def test_asymmetric_loss_without_focus_and_margin_is_bce():
    plain = AsymmetricLoss(gamma_negative=0, gamma_positive=0, margin=0)
    assert plain(LOGITS, TRUTH).item() == pytest.approx(SummedBCE()(LOGITS, TRUTH).item(), rel=1e-5)


def test_very_easy_negatives_count_nothing_under_asymmetric_loss():
    loss = AsymmetricLoss(margin=0.05)
    assert loss(torch.tensor([[-6.0]]), torch.tensor([[0]])).item() == 0
    assert loss(torch.tensor([[2.0]]), torch.tensor([[0]])).item() > 0


def test_asymmetric_loss_stays_finite_on_extreme_logits():
    logits = torch.tensor([[80.0, -80.0]], requires_grad=True)
    loss = AsymmetricLoss()(logits, torch.tensor([[0, 1]]))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_hill_loss_eases_off_where_a_negative_looks_like_a_tag_left_out():
    logits = torch.tensor([[0.0], [1.0], [6.0]], requires_grad=True)
    HillLoss()(logits, torch.zeros(3, 1)).backward()
    slope = logits.grad.flatten().tolist()
    assert slope[0] > 0
    assert slope[2] < slope[0]


def test_hill_loss_of_a_negative_is_the_papers():
    probability = torch.tensor([[0.1], [0.5], [0.9]])
    expected = ((1.5 - probability) * probability**2).mean().item()
    assert HillLoss()(torch.logit(probability), torch.zeros(3, 1)).item() == pytest.approx(expected, rel=1e-5)


def test_hill_loss_of_a_positive_is_its_cross_entropy():
    logits = torch.tensor([[0.7]])
    assert HillLoss()(logits, torch.ones(1, 1)).item() == pytest.approx(-functional.logsigmoid(logits).item())


def test_distribution_balanced_loss_weighs_the_rarer_label_of_a_text_more():
    loss = DistributionBalancedLoss(torch.tensor([900, 10, 200]), 1000, kappa=0)
    logits = torch.zeros(1, 3, requires_grad=True)
    loss(logits, torch.tensor([[1, 1, 0]])).backward()
    frequent, rare, _ = (-logits.grad[0]).tolist()
    assert rare > frequent > 0


def test_distribution_balanced_loss_follows_the_paper():
    counts, n_texts = torch.tensor([100.0, 50.0, 400.0]), 1000
    share = (1 / counts) / (1 / counts)[torch.tensor([True, False, True])].sum()
    weight = 0.1 + torch.sigmoid(10 * (share - 0.2))
    shifted = LOGITS[:1] - 0.05 * torch.log(n_texts / counts - 1)
    terms = torch.where(
        torch.tensor([[True, False, True]]),
        torch.log1p(torch.exp(-shifted)),
        torch.log1p(torch.exp(2 * shifted)) / 2,
    )
    expected = (weight * terms).sum().item()
    assert DistributionBalancedLoss(counts, n_texts)(LOGITS[:1], TRUTH[:1]).item() == pytest.approx(expected, rel=1e-5)


def test_ranked_loss_adds_the_cross_entropy_of_the_softmax():
    softmax = -torch.log_softmax(LOGITS, -1)
    expected = SummedBCE()(LOGITS, TRUTH) + ((softmax[0, 0] + softmax[0, 2]) / 2 + softmax[1, 1]) / 2
    assert RankedBCE()(LOGITS, TRUTH).item() == pytest.approx(expected.item(), rel=1e-5)


def test_auxiliary_labels_count_as_much_as_they_are_told():
    loss = WithAuxiliary(SummedBCE(), 2, weight=0.5)
    expected = SummedBCE()(LOGITS[:, :2], TRUTH[:, :2]) + 0.5 * SummedBCE()(LOGITS[:, 2:], TRUTH[:, 2:])
    assert loss(LOGITS, TRUTH).item() == pytest.approx(expected.item(), rel=1e-5)
    assert WithAuxiliary(SummedBCE(), 3, weight=0.5)(LOGITS, TRUTH).item() == SummedBCE()(LOGITS, TRUTH).item()


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_falls_when_the_answer_gets_better(name):
    loss = find_loss(name, torch.tensor([10, 20, 30]), 100)
    better = torch.where(TRUTH > 0, LOGITS + 1, LOGITS - 1)
    assert 0 < loss(better, TRUTH).item() < loss(LOGITS, TRUTH).item()


def test_the_command_offers_every_loss():
    parser = argparse.ArgumentParser()
    configure(parser)
    offered = next(action.choices for action in parser._actions if action.dest == "loss")
    assert tuple(offered) == LOSSES


def test_an_unknown_loss_is_named():
    with pytest.raises(InputError, match="hinge"):
        find_loss("hinge", torch.ones(3), 10)
