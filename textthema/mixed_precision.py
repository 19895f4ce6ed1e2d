"""Whether this machine can train in bfloat16 at a gain."""

from __future__ import annotations

import torch

from textthema.errors import InputError


def hold_bfloat16() -> None:
    """Refuse bfloat16 on a machine that can only imitate it.

    Raises:
        InputError: If it has no instructions for it: fp32 is many times faster there.
    """
    has_instructions = torch.cuda.is_bf16_supported() if torch.cuda.is_available() else _cpu_has_instructions()
    if not has_instructions:
        raise InputError(
            "this processor has no bfloat16 instructions (AVX512-BF16 or AMX) and would be many times slower: "
            "train with --precision fp32",
            value="bf16",
        )


def _cpu_has_instructions() -> bool:
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
