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
        gamma_negative: How strongly an easy negative is played down; the paper mostly takes 4.
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


class HillLoss(nn.Module):
    """Hill loss: a negative that the model is sure of may be a tag that readers left out, and counts little.

    Positives have plain cross-entropy here; the paper's authors also weigh those by a margin.

    Args:
        lambda_: With 1.5, the paper's, a negative pulls most at a probability of 0.5, and not at all at 1.

    Source:
        Zhang et al., "Simple and Robust Loss Design for Multi-Label Learning with Missing Labels", 2021, equation 6.
    """

    def __init__(self, lambda_: float = 1.5) -> None:
        super().__init__()
        self.lambda_ = lambda_

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Compare logits (batch, n_labels) with truth (batch, n_labels) in {0, 1}."""
        truth = truth.to(logits.dtype)
        probability = torch.sigmoid(logits)
        negative = (self.lambda_ - probability) * probability**2
        return ((1 - truth) * negative - truth * functional.logsigmoid(logits)).sum(-1).mean()


class DistributionBalancedLoss(nn.Module):
    """Distribution-balanced loss: rare labels weigh more, and negatives push less the surer they are.

    Args:
        counts: How many training texts carry each label, (n_labels,).
        n_texts: How many training texts there are.
        alpha: Least weight.
        beta: Steepness of the weights' smoothing.
        mu: Where the smoothing is centred.
        tolerance: The paper's lambda, by which a negative's logit is scaled.
        kappa: How far the labels' frequency shifts their logits.

    Source:
        Wu et al., "Distribution-Balanced Loss for Multi-Label Classification in Long-Tailed Datasets", ECCV 2020,
        equations 3 to 8, with its values for COCO.
    """

    def __init__(
        self,
        counts: torch.Tensor,
        n_texts: int,
        *,
        alpha: float = 0.1,
        beta: float = 10.0,
        mu: float = 0.2,
        tolerance: float = 2.0,
        kappa: float = 0.05,
    ) -> None:
        super().__init__()
        self.alpha, self.beta, self.mu, self.tolerance = alpha, beta, mu, tolerance
        counts = counts.to(torch.float32).clamp(min=1)
        self.register_buffer("rarity", 1 / counts)
        self.register_buffer("shift", -kappa * torch.log(n_texts / counts - 1).clamp(min=-10))

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Compare logits (batch, n_labels) with truth (batch, n_labels) in {0, 1}."""
        truth = truth.to(logits.dtype)
        share = self.rarity / (truth @ self.rarity).clamp(min=1e-9).unsqueeze(-1)
        weight = self.alpha + torch.sigmoid(self.beta * (share - self.mu))
        shifted = logits + self.shift
        positive = functional.softplus(-shifted)
        negative = functional.softplus(self.tolerance * shifted) / self.tolerance
        return (weight * (truth * positive + (1 - truth) * negative)).sum(-1).mean()


class RankedBCE(nn.Module):
    """Binary cross-entropy, and the cross-entropy of the softmax with the text's labels, which orders them.

    Args:
        weight: Of the second.

    Source:
        Mahajan et al., "Exploring the Limits of Weakly Supervised Pretraining", ECCV 2018, section 2.3, for the second.
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight
        self.bce = SummedBCE()

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Compare logits (batch, n_labels) with truth (batch, n_labels) in {0, 1}."""
        target = truth.to(logits.dtype)
        target = target / target.sum(-1, keepdim=True).clamp(min=1)
        return self.bce(logits, truth) + self.weight * functional.cross_entropy(logits, target)


class WithAuxiliary(nn.Module):
    """A loss on the labels that count, and cross-entropy on further ones that only teach.

    Args:
        loss: For the first ``n_labels`` columns.
        n_labels: How many labels count.
        weight: Of the further columns' binary cross-entropy.
    """

    def __init__(self, loss: nn.Module, n_labels: int, weight: float) -> None:
        super().__init__()
        self.loss, self.n_labels, self.weight = loss, n_labels, weight
        self.auxiliary = SummedBCE()

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Compare logits (batch, n) with truth (batch, n) in {0, 1}, n being ``n_labels`` or more."""
        n = self.n_labels
        loss = self.loss(logits[:, :n], truth[:, :n])
        return loss + self.weight * self.auxiliary(logits[:, n:], truth[:, n:]) if logits.shape[1] > n else loss


LOSSES = ("bce", "asymmetric", "hill", "distribution-balanced", "ranked")


def find_loss(name: str, counts: torch.Tensor, n_texts: int) -> nn.Module:
    """Make a loss by its name.

    Args:
        name: One of ``LOSSES``.
        counts: How many training texts carry each label, (n_labels,).
        n_texts: How many training texts there are.

    Returns:
        A module called with logits and truth.

    Raises:
        InputError: If there is no such loss.
    """
    makers = {
        "bce": SummedBCE,
        "asymmetric": AsymmetricLoss,
        "hill": HillLoss,
        "distribution-balanced": lambda: DistributionBalancedLoss(counts, n_texts),
        "ranked": RankedBCE,
    }
    if name not in makers:
        raise InputError(f"there is no loss {shown(name)}; there are: {', '.join(LOSSES)}", value=name)
    return makers[name]()
