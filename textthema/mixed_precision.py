"""Training in bfloat16, on a machine that gains by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from textthema.errors import InputError

if TYPE_CHECKING:
    from textthema.encoder import EncoderClassifier


def hold_bfloat16() -> None:
    """Refuse bfloat16 on a machine that can only imitate it.

    Raises:
        InputError: If it has no instructions for it: fp32 is many times faster there.
    """
    if not has_bfloat16():
        raise InputError(
            "this processor has no bfloat16 instructions (AVX512-BF16 or AMX) and would be many times slower: "
            "train with --precision fp32",
            value="bf16",
        )


def has_bfloat16() -> bool:
    """Tell whether the processor that torch takes computes bfloat16 itself."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def compute_in_bfloat16(model: EncoderClassifier) -> None:
    """Make a classifier's forward and backward pass run in bfloat16.

    Args:
        model: The classifier; its weights, logits and loss stay in fp32.
    """
    # The fused attention's backward pass is several times slower in bfloat16 than the plain one.
    model.encoder.set_attn_implementation("eager")
    model.in_bfloat16 = True
