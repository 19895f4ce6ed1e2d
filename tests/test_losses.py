import pytest
import torch
from torch.nn import functional

from textthema.errors import InputError
from textthema.losses import AsymmetricLoss, SummedBCE, find_loss

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


def test_an_unknown_loss_is_named():
    with pytest.raises(InputError, match="hinge"):
        find_loss("hinge")
