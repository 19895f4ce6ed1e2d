"""Losses for many labels of which a text carries few."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from textthema.errors import InputError, shown


class SummedBCE(nn.Module):
    """Binary cross-entropy, summed over labels and averaged over texts."""

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Compare logits (batch, n_labels) with truth (batch, n_labels) in {0, 1}."""
        loss = functional.binary_cross_entropy_with_logits(logits, truth.to(logits.dtype), reduction="none")
        return loss.sum(-1).mean()


class AsymmetricLoss(nn.Module):
    """Asymmetric loss: easy negatives count little, very easy ones nothing.

    Args:
        gamma_negative: How strongly an easy negative is played down.
        gamma_positive: The same for positives.
        margin: Probability below which a negative counts nothing.

    Source:
        Ridnik et al., "Asymmetric Loss For Multi-Label Classification", ICCV 2021, equations 5 to 7.
    """

    def __init__(self, gamma_negative: float = 2.0, gamma_positive: float = 0.0, margin: float = 0.05) -> None:
        super().__init__()
        self.gamma_negative = gamma_negative
        self.gamma_positive = gamma_positive
        self.margin = margin

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Compare logits (batch, n_labels) with truth (batch, n_labels) in {0, 1}."""
        truth = truth.to(logits.dtype)
        probability = torch.sigmoid(logits)
        shifted = (probability - self.margin).clamp(min=0)
        positive = truth * (1 - probability) ** self.gamma_positive * functional.logsigmoid(logits)
        negative = (1 - truth) * shifted**self.gamma_negative * torch.log1p(-shifted.clamp(max=1 - 1e-6))
        return -(positive + negative).sum(-1).mean()


LOSSES: dict[str, type[nn.Module]] = {"bce": SummedBCE, "asymmetric": AsymmetricLoss}


def find_loss(name: str) -> nn.Module:
    """Make a loss by its name.

    Args:
        name: ``"bce"`` or ``"asymmetric"``.

    Returns:
        A module called with logits and truth.

    Raises:
        InputError: If there is no such loss.
    """
    if name not in LOSSES:
        raise InputError(f"there is no loss {shown(name)}; there are: {', '.join(LOSSES)}", value=name)
    return LOSSES[name]()
