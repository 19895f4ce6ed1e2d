"""A branch beside a served model's last layers: two layers of its own on the fourth layer's states, with small heads.

Logits and embedding of the model stay as they are, bit for bit: the branch reads the model, and nothing reads the
branch. It begins as a copy of the two layers beside it.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch

from textthema.trunk import BRANCHES_OFF, layer_weights

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


def branch_of(graph: onnx.GraphProto, heads: tuple[int, int], *, attention_heads: int = 12) -> Branch:
    """Make a branch that begins as a copy of the layers beside it.

    Args:
        graph: A quantized graph that ``textthema export`` wrote, of six layers.
        heads: Numbers of heads of a whole text and of a token.
        attention_heads: Attention heads of a layer of the graph.

    Returns:
        The branch, its heads untrained.
    """
    copied = [layer_weights(graph, BRANCHES_OFF + 1 + layer) for layer in range(N_LAYERS)]
    width, dim = copied[0]["intermediate.dense.weight"].shape
    branch = Branch(dim, width, heads, attention_heads=attention_heads)
    for layer, weights in zip(branch.layers, copied, strict=True):
        layer.load_state_dict({name: torch.from_numpy(array) for name, array in _renamed(weights).items()})
    return branch


def _renamed(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
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
        found[f"self_attn.in_proj_{kind}"] = np.concatenate(three)
    return {name: np.array(array) for name, array in found.items()}
