"""How a text that is longer than the model reads is read best: its beginning, beginning and end, or in windows.

Example:
    python benchmarks/reading.py --splits build/books/splits --model deployment_hf/genres --out benchmarks/results/books

On validation rows, with the model's own thresholds; only texts longer than a limit are read differently. Six hundred
rows take some minutes of two processors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from quality import read_split
from scripts import exit_code, write_result
from tokenizers import Tokenizer

from textthema.bundle import Bundle
from textthema.inference import OnnxEncoder, sigmoid
from textthema.metrics import METRIC_TITLES, Report, difference, evaluate_scores
from textthema.text import plain

# Tried beside what the model reads as it is served.
_SHORTER = (192, 256)
_DRAWS = 100
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
    return exit_code(lambda: _run(args.model, args.splits, args.out, args.rows))


def _run(model: Path, splits: Path, out: Path, most_rows: int) -> None:
    bundle = Bundle.read(model)
    split = read_split(splits / "validation.parquet", bundle.labels, most_rows)
    tokenizer = Tokenizer.from_file(str(bundle.tokenizer_path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    texts = [plain(text) for text in split.texts]
    ends = [encoding.offsets for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    encoder = OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, bundle.max_length)
    served = encoder.encode(texts, progress=True).logits

    def report(logits: np.ndarray) -> Report:
        return evaluate_scores(split.truth, sigmoid(logits), bundle.thresholds, bundle.labels, _DRAWS)

    as_served, rows = report(served), []
    for limit in (*(tokens for tokens in _SHORTER if tokens < bundle.max_length), bundle.max_length):
        long = [row for row, spans in enumerate(ends) if len(spans) > limit - _SPECIAL]
        for name, way in WAYS.items():
            logits = served.copy()
            if long and (limit, way) != (bundle.max_length, beginning):
                logits[long] = _averaged(encoder, [way(texts[row], ends[row], limit - _SPECIAL) for row in long])
            measured = report(logits)
            gains = difference(measured, as_served)
            rows.append(
                {"tokens": limit, "way": name, "texts_cut": len(long)}
                | {metric: measured.metrics[metric].value for metric in _MEASURED}
                | {
                    "gains": {
                        m: {"value": gains[m].value, "low": gains[m].low, "high": gains[m].high} for m in _MEASURED
                    }
                }
            )
    record = {"rows": len(texts), "split": split.sha256, "served": bundle.max_length, "draws": _DRAWS, "ways": rows}
    write_result(out, "reading", record, "\n".join(_page(record)))


def _averaged(encoder: OnnxEncoder, parts: Sequence[Sequence[str]]) -> np.ndarray:
    logits = encoder.encode([part for text in parts for part in text], progress=True).logits
    starts = np.cumsum([0, *(len(text) for text in parts)])[:-1]
    return np.add.reduceat(logits, starts) / np.array([[len(text)] for text in parts])


def _page(record: dict) -> list[str]:
    better = [
        f"{way['way']}, {way['tokens']} tokens ({METRIC_TITLES[metric]} {way['gains'][metric]['value']:+.4f})"
        for way in record["ways"]
        for metric in _MEASURED
        if way["gains"][metric]["low"] > 0
    ]
    said = "No other way is better than that by more than chance" if not better else "Better by more than chance"
    return [
        "# How a long text is read",
        "",
        f"> {record['rows']:,} validation rows, drawn by seed; split `{record['split'][:16]}`. Only texts longer than"
        f" the limit differ. The model as it is served reads the beginning, {record['served']} tokens. {said}"
        f" (95 % of {record['draws']} bootstrap draws){': ' if better else ''}{'; '.join(better)}.",
        "",
        "| tokens | read | texts cut | " + " | ".join(METRIC_TITLES[metric] for metric in _MEASURED) + " |",
        "|---" * (3 + len(_MEASURED)) + "|",
        *(
            f"| {way['tokens']} | {way['way']} | {way['texts_cut']} | "
            + " | ".join(f"{way[metric]:.4f} ({_interval(way['gains'][metric])})" for metric in _MEASURED)
            + " |"
            for way in record["ways"]
        ),
        "",
        "In brackets: the interval of the difference to how it is served.",
    ]


def _interval(gain: dict[str, float]) -> str:
    return f"{gain['low']:+.4f} … {gain['high']:+.4f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure ways to read long texts, on validation rows.")
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--rows", type=int, default=600, help="at most so many rows (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
