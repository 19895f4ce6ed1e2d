"""Whether a label should never stand without its parent: high fantasy without fantasy.

Example:
    python benchmarks/hierarchy.py --splits build/books/splits --run build/books/run --out benchmarks/results/books

A label's parents are those that nearly every training text with it carries, too. On validation rows: answers as they
come, answers to which missing parents are added (rising), answers without labels whose parents are missing (sinking).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from quality import read_split
from scripts import exit_code, write_result

from textthema.bundle import THRESHOLDS
from textthema.calibration import CALIBRATION, read_calibration
from textthema.inference import sigmoid
from textthema.metrics import micro_macro_f1

_SHARE = 0.95


def parents_of(truth: np.ndarray, share: float = _SHARE) -> np.ndarray:
    """Find labels that nearly always come with another, more frequent one.

    Args:
        truth: bool (n, n_labels), the training rows.
        share: Share of a label's rows that carry its parent, too.

    Returns:
        bool (n_labels, n_labels), true where the column is the row's parent.
    """
    counts = truth.sum(axis=0)
    together = truth.astype(np.float32).T @ truth.astype(np.float32)
    is_parent = together >= share * np.maximum(counts, 1)[:, None]
    return is_parent & (counts[None, :] > counts[:, None])


def rising(said: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """Add the parents of what was said.

    Args:
        said: bool (n, n_labels).
        parents: What ``parents_of`` gave.

    Returns:
        bool (n, n_labels).
    """
    return said | (said.astype(np.float32) @ parents > 0)


def sinking(said: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """Take back what was said without its parents; arguments as for ``rising``."""
    return said & ~((~said).astype(np.float32) @ parents.T > 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return exit_code(lambda: _run(args.run, args.splits, args.out))


def _run(run: Path, splits: Path, out: Path) -> None:
    labels = json.loads((run / "labels.json").read_text(encoding="utf-8"))
    train, validation = (read_split(splits / f"{name}.parquet", labels) for name in ("train", "validation"))
    with np.load(run / "validation_scores.npz", allow_pickle=False) as arrays:
        scores = sigmoid(read_calibration(run / CALIBRATION, labels)(arrays["logits"]))
    cuts = json.loads((run / THRESHOLDS).read_text(encoding="utf-8"))
    said = scores >= np.array([cuts["labels"].get(label, cuts["global"]) for label in labels])
    parents = parents_of(train.truth)
    answers = {"as they come": said, "rising": rising(said, parents), "sinking": sinking(said, parents)}
    f1 = {name: micro_macro_f1(validation.truth, answer) for name, answer in answers.items()}
    record = {
        "rows": len(validation.texts),
        "split": validation.sha256,
        "share": _SHARE,
        "parents": {
            labels[row]: [labels[i] for i in np.flatnonzero(parents[row])] for row in np.flatnonzero(parents.any(1))
        },
        "answers": {name: {"micro_f1": micro, "macro_f1": macro} for name, (micro, macro) in f1.items()},
    }
    lines = [
        "# Labels and their parents",
        "",
        f"> {record['rows']:,} validation rows, split `{record['split'][:16]}`;"
        f" {len(record['parents'])} of {len(labels)} labels have a parent that at least"
        f" {_SHARE:.0%} of their training rows carry, too.",
        "",
        "| answers | micro-F1 | macro-F1 |",
        "|---|---|---|",
        *(f"| {name} | {micro:.4f} | {macro:.4f} |" for name, (micro, macro) in f1.items()),
    ]
    write_result(out, "hierarchy", record, "\n".join(lines))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what parents of labels are worth, on validation rows.")
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder of the tuned training run")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
