"""Soft labels: what a trained model says of the training texts, beside the tags that readers happened to give.

Sources: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015; Furlanello et al., "Born-Again Neural
Networks", ICML 2018, for a teacher of the student's own size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from textthema.bundle import file_digest, replacing
from textthema.encoder import load_run
from textthema.errors import InputError
from textthema.inference import sigmoid
from textthema.manifest import read_lines
from textthema.mixed_precision import compute_in_bfloat16
from textthema.scoring import predict_logits
from textthema.staging import truth_matrix

TAUGHT = "teacher_logits.npz"


def hold_same_rows(teacher: Path, training: Path) -> None:
    """Refuse a teacher that learnt from other rows: this split's test rows could be among them.

    Args:
        teacher: Folder of a finished run.
        training: The file of the training rows.

    Raises:
        InputError: If the teacher's manifest doesn't say that it learnt from this file.
    """
    learnt = [
        line["inputs"]["train"]["sha256"] for line in read_lines(teacher / "manifest.jsonl") if line["stage"] == "train"
    ]
    if learnt[-1:] != [file_digest(training)]:
        raise InputError(
            f"{teacher} holds no finished run over {training}; train the teacher on the same split first",
            value=str(teacher),
        )


def teacher_logits(
    texts: Sequence[str], labels: Sequence[str], teacher: Path, kept: Path, *, max_length: int, precision: str
) -> np.ndarray:
    """Let a finished run score the training texts, once.

    Args:
        texts: Texts, n of them.
        labels: The labels that they carry, in the head's order.
        teacher: Folder of the finished run.
        kept: File that keeps the logits, so that a resumed run need not wait for them.
        max_length: Tokens that are read of a text.
        precision: ``"fp32"`` or ``"bf16"``.

    Returns:
        Logits float16 (n, n_labels).

    Raises:
        InputError: If the teacher has other labels, or the kept logits are of other texts.
    """
    if kept.exists():
        with np.load(kept, allow_pickle=False) as stored:
            logits = stored["logits"]
        if logits.shape != (len(texts), len(labels)):
            raise InputError(f"{kept} is of other texts; delete it", value=logits.shape)
        return logits
    model, tokenizer, known = load_run(teacher)
    if known != list(labels):
        raise InputError(f"the teacher {teacher} has other labels than the training rows", value=str(teacher))
    if precision == "bf16":
        compute_in_bfloat16(model)
    logits = predict_logits(model, tokenizer, texts, max_length, progress=True).astype(np.float16)
    with replacing(kept) as temporary:
        np.savez_compressed(temporary, logits=logits)
    return logits


def with_soft_targets(
    table: pd.DataFrame, labels: Sequence[str], logits: np.ndarray, teacher_weight: float
) -> pd.DataFrame:
    """Mix the labels of texts with a teacher's probabilities.

    Args:
        table: Column ``themes`` (list of labels), n rows.
        labels: The labels in the head's order; the teacher's are the first of them.
        logits: The teacher's, float (n, at most n_labels).
        teacher_weight: Share of the teacher's probabilities, from 0 to 1.

    Returns:
        The table with a column ``targets``, float32 (n_labels,) a row.

    Raises:
        InputError: If the share is no share.
    """
    if not 0 <= teacher_weight <= 1:
        raise InputError(f"the teacher's weight is {teacher_weight}; give a share from 0 to 1", value=teacher_weight)
    targets = truth_matrix(table["themes"], list(labels)).astype(np.float32)
    known = targets[:, : logits.shape[1]]
    known += teacher_weight * (sigmoid(logits.astype(np.float32)) - known)
    return table.assign(targets=list(targets))
