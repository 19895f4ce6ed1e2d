"""A branch beside a served model's last layers: two layers of its own on the fourth layer's states, with small heads.

Logits and embedding of the model stay as they are, bit for bit: the branch reads the model, and nothing reads the
branch. It begins as a copy of the two layers beside it.
"""

from __future__ import annotations

from pathlib import Path

import torch

from textthema.dequantize import encoder_weights
from textthema.errors import BundleCorruptError
from textthema.trunk import BRANCHES_OFF

N_LAYERS = 2
_LEAST = 1e-9
_NEVER = 1e4


class Branch(torch.nn.Module):
    """Token states → logits of whole texts and of their tokens.

    Args:
        dim: Width of the states.
        width: Width inside a layer.
        heads: Numbers of heads of a whole text and of a token.
        attention_heads: Attention heads of a layer.
        dropout: Share of values dropped in training.
    """

    def __init__(
        self, dim: int, width: int, heads: tuple[int, int], *, attention_heads: int = 12, dropout: float = 0.1
    ) -> None:
        super().__init__()
        # the fused path of evaluation computes the same and can't be exported
        torch.backends.mha.set_fastpath_enabled(False)
        self.layers = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(
                dim, attention_heads, width, dropout, activation="gelu", layer_norm_eps=1e-12, batch_first=True
            )
            for _ in range(N_LAYERS)
        )
        self.dropout = torch.nn.Dropout(dropout)
        self.text_head = torch.nn.Linear(2 * dim, heads[0])
        self.token_head = torch.nn.Linear(2 * dim, heads[1])

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute the heads' logits.

        Args:
            states: Of the trunk's fourth layer, float (batch, length, dim).
            mask: 1 for a token, 0 for padding, float (batch, length, 1).

        Returns:
            Logits of the texts (batch, n_text) and of their tokens (batch, length, n_token).
        """
        hidden = self._hidden(states, mask)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=_LEAST)
        highest = (hidden + (mask - 1) * _NEVER).amax(1)
        of_text = self.text_head(self.dropout(torch.cat([mean, highest], dim=-1)))
        return of_text, self.token_head(self.dropout(torch.cat([states, hidden], dim=-1)))

    def read_by_tokens(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Give what the token heads read.

        Args:
            states: As in ``forward``.
            mask: As in ``forward``.

        Returns:
            float (batch, length, 2 * dim).
        """
        return torch.cat([states, self._hidden(states, mask)], dim=-1)

    def _hidden(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = states
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=(1 - mask.squeeze(-1)) * -_NEVER)
        return hidden


def branch_of(trunk: Path, heads: tuple[int, int], *, attention_heads: int = 12) -> Branch:
    """Make a branch that begins as a copy of the layers beside it.

    Args:
        trunk: A quantized graph that ``textthema export`` wrote, of six layers.
        heads: Numbers of heads of a whole text and of a token.
        attention_heads: Attention heads of a layer of the graph.

    Returns:
        The branch, its heads untrained.

    Raises:
        BundleCorruptError: The graph has no such layers.
    """
    encoder = encoder_weights(trunk)
    copied = [_layer(encoder, BRANCHES_OFF + 1 + layer) for layer in range(N_LAYERS)]
    width, dim = copied[0]["intermediate.dense.weight"].shape
    branch = Branch(dim, width, heads, attention_heads=attention_heads)
    for layer, weights in zip(branch.layers, copied, strict=True):
        layer.load_state_dict(_renamed(weights))
    return branch


def _layer(encoder: dict[str, torch.Tensor], layer: int) -> dict[str, torch.Tensor]:
    prefix = f"encoder.layer.{layer - 1}."
    found = {name.removeprefix(prefix): weight for name, weight in encoder.items() if name.startswith(prefix)}
    if not found:
        raise BundleCorruptError(f"the model has no layer {layer}, beside which a branch stands", value=layer)
    return found


def _renamed(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    parts = {
        "self_attn.out_proj": "attention.output.dense",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm1": "attention.output.LayerNorm",
        "norm2": "output.LayerNorm",
    }
    found = {f"{new}.{kind}": weights[f"{old}.{kind}"] for new, old in parts.items() for kind in ("weight", "bias")}
    for kind in ("weight", "bias"):
        three = [weights[f"attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
        found[f"self_attn.in_proj_{kind}"] = torch.cat(three)
    return found
