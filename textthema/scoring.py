"""Logits of many texts from the PyTorch model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from tqdm import tqdm


def predict_logits(
    model: torch.nn.Module,
    tokenizer: object,
    texts: Sequence[str],
    max_length: int,
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> np.ndarray:
    """Score texts with the PyTorch model.

    Args:
        model: A classifier from ``load_run``.
        tokenizer: Its tokenizer.
        texts: Texts, n of them.
        max_length: Tokens that are read of a text.
        batch_size: Texts a batch.
        progress: Whether to show a progress bar.

    Returns:
        Logits float32 (n, n_labels) in the texts' order.
    """
    model.eval()
    order = np.argsort([len(text) for text in texts], kind="stable")
    logits = np.empty((len(texts), model.classifier.out_features), dtype=np.float32)
    with torch.inference_mode():
        for start in tqdm(range(0, len(order), batch_size), desc="scoring", unit="batch", disable=not progress):
            rows = order[start : start + batch_size]
            batch = tokenizer(
                [texts[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=max_length,
                return_token_type_ids=False,
                return_tensors="pt",
            )
            logits[rows] = model(**batch).logits.numpy()
    return logits
