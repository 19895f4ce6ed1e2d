"""How a text that is longer than the model reads is read best: its beginning, beginning and end, or in windows.

Example:
    python benchmarks/reading.py --splits build/books/splits --model deployment_hf/genres --out benchmarks/results/books

On validation rows, with the model's own thresholds; only texts longer than a limit are read differently.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from quality import read_split
from scripts import exit_code
from tokenizers import Tokenizer

from textthema.bundle import Bundle, replacing
from textthema.inference import OnnxEncoder, sigmoid
from textthema.metrics import evaluate_scores
from textthema.text import plain

_LIMITS = (192, 256, 384)
_SPECIAL = 2
_HEAD_SHARE = 0.75
_MEASURED = ("micro_f1", "macro_f1", "lrap", "p_at_5")


def beginning(text: str, ends: Sequence[tuple[int, int]], room: int) -> list[str]:
    """Cut a text after as many tokens as there is room for.

    Args:
        text: The text.
        ends: Where each token begins and ends.
        room: Tokens.

    Returns:
        The one part to read.
    """
    return [text[: ends[room - 1][1]]]


def beginning_and_end(text: str, ends: Sequence[tuple[int, int]], room: int) -> list[str]:
    """Join the first three quarters of the room with the last quarter; arguments as for ``beginning``."""
    head = int(room * _HEAD_SHARE)
    return [f"{text[: ends[head - 1][1]]} {text[ends[head - room][0] :]}"]


def windows(text: str, ends: Sequence[tuple[int, int]], room: int) -> list[str]:
    """Cut a text into parts of equal length that fit; arguments as for ``beginning``."""
    parts = np.array_split(np.arange(len(ends)), -(-len(ends) // room))
    return [text[ends[part[0]][0] : ends[part[-1]][1]] for part in parts]


WAYS: dict[str, Callable[[str, Sequence[tuple[int, int]], int], list[str]]] = {
    "beginning": beginning,
    "beginning and end": beginning_and_end,
    "windows, logits averaged": windows,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every way at every limit and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return exit_code(lambda: _run(args.model, args.splits, args.out))


def _run(model: Path, splits: Path, out: Path) -> None:
    bundle = Bundle.read(model)
    split = read_split(splits / "validation.parquet", bundle.labels)
    tokenizer = Tokenizer.from_file(str(bundle.tokenizer_path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    texts = [plain(text) for text in split.texts]
    ends = [encoding.offsets for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    encoder = OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, max(_LIMITS))
    whole = encoder.encode(texts, progress=True).logits
    rows = []
    for limit in _LIMITS:
        long = [row for row, spans in enumerate(ends) if len(spans) > limit - _SPECIAL]
        for name, way in WAYS.items():
            parts = [way(texts[row], ends[row], limit - _SPECIAL) for row in long]
            logits = whole.copy()
            if long:
                logits[long] = _averaged(encoder, parts)
            report = evaluate_scores(split.truth, sigmoid(logits), bundle.thresholds, bundle.labels, n_bootstrap=0)
            measured = {metric: report.metrics[metric].value for metric in _MEASURED}
            rows.append({"tokens": limit, "way": name, "texts_cut": len(long), **measured})
    write_results(out, {"rows": len(texts), "split": split.sha256, "ways": rows})


def _averaged(encoder: OnnxEncoder, parts: Sequence[Sequence[str]]) -> np.ndarray:
    logits = encoder.encode([part for text in parts for part in text], progress=True).logits
    starts = np.cumsum([0, *(len(text) for text in parts)])[:-1]
    return np.add.reduceat(logits, starts) / np.array([[len(text)] for text in parts])


def write_results(out: Path, record: dict) -> None:
    """Write ``reading.json`` and ``reading.md``.

    Args:
        out: The folder.
        record: ``rows``, ``split`` and what each of the ``ways`` measured.
    """
    lines = [
        "# How a long text is read",
        "",
        f"> {record['rows']:,} validation rows, split `{record['split'][:16]}`."
        " Only texts longer than the limit differ.",
        "",
        "| tokens | read | texts cut | micro-F1 | macro-F1 | LRAP | precision@5 |",
        "|---" * 7 + "|",
        *(
            f"| {way['tokens']} | {way['way']} | {way['texts_cut']} | "
            + " | ".join(f"{way[metric]:.4f}" for metric in _MEASURED)
            + " |"
            for way in record["ways"]
        ),
    ]
    for name, content in (("json", json.dumps(record, indent=1)), ("md", "\n".join(lines))):
        with replacing(out / f"reading.{name}") as partial:
            partial.write_text(content + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure ways to read long texts, on validation rows.")
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
