"""Training in bfloat16, where the processor has instructions for it."""

from __future__ import annotations

import torch
from fastai.callback.core import Callback

from textthema.errors import InputError


class BFloat16(Callback):
    """Runs the forward pass in bfloat16; weights, loss and optimizer stay in fp32.

    fastai's own callback of that kind asks for CUDA.

    Source:
        Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019.
    """

    order = 10

    def before_batch(self) -> None:
        """Begin the forward pass."""
        self.autocast = torch.autocast(self.dls.device.type, dtype=torch.bfloat16)
        self.autocast.__enter__()

    def after_pred(self) -> None:
        """End it before the loss is measured."""
        self.autocast.__exit__(None, None, None)
        self.learn.pred = self.pred.float()


def hold_bfloat16() -> None:
    """Refuse bfloat16 on a machine that can only imitate it.

    Raises:
        InputError: If it has no instructions for it: fp32 is many times faster there.
    """
    if not torch.cuda.is_available() and not _has_instructions():
        raise InputError(
            "this processor has no bfloat16 instructions (AVX512-BF16 or AMX) and would be many times slower: "
            "train with --precision fp32",
            value="bf16",
        )


def _has_instructions() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
