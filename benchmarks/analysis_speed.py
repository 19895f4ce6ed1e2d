"""What a whole analysis costs beside the themes alone.

Example:
    python benchmarks/analysis_speed.py --model deployment_hf/model

Keep the machine idle meanwhile. Calls alternate, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from sample_texts import text_of_tokens
from scripts import exit_code, write_result
from speed import cpu_name, quartiles

from textthema.analysis import Analyzer
from textthema.bundle import Bundle
from textthema.catalogue import Catalogue

# Of special and ordinary tokens: a short quote, one of usual length, and all that the model reads.
LENGTHS = (16, 40, 256)
WARM_UP = 5
MOST_TIMES_THE_THEMES, MOST_LOAD_MS = 1.5, 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        record = measure(args.model, args.repetitions)
        write_results(args.out, record)
        print(as_markdown(record))

    return exit_code(work)


def measure(model: Path, repetitions: int) -> dict:
    """Measure everything.

    Args:
        model: Model directory with a catalogue.
        repetitions: Calls of each.

    Returns:
        The record; times in milliseconds.
    """
    bundle = Bundle.read(model)
    loads = [_milliseconds(lambda: Catalogue.read(bundle)) for _ in range(repetitions)]
    analyzer = Analyzer.from_pretrained(model)
    return {
        "machine": cpu_name(),
        "repetitions": repetitions,
        "heads": bundle.heads is not None,
        "catalogue_load_ms": quartiles(loads),
        "texts": {str(tokens): _compared(analyzer, text_of_tokens(tokens), repetitions) for tokens in LENGTHS},
    }


def _compared(analyzer: Analyzer, text: str, repetitions: int) -> dict:
    """Time themes alone and everything in turn, now the one first, now the other."""
    calls = {"themes": analyzer.classifier, "analysis": analyzer}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for repetition in range(WARM_UP + repetitions):
        for name in sorted(calls, reverse=repetition % 2 == 0):
            times[name].append(_milliseconds(lambda call=calls[name]: call(text)))
    themes, everything = (times[name][WARM_UP:] for name in ("themes", "analysis"))
    return {
        "themes_ms": quartiles(themes),
        "analysis_ms": quartiles(everything),
        "ratio": float(np.median(everything) / np.median(themes)),
    }


def write_results(out: Path, record: dict) -> None:
    """Write JSON and Markdown.

    Args:
        out: The folder.
        record: What was measured.
    """
    write_result(out, "analysis_speed", record, as_markdown(record))


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What was measured.

    Returns:
        Markdown.
    """
    rows = [("catalogue, until it answers", record["catalogue_load_ms"], f"at most {MOST_LOAD_MS} ms")]
    for tokens, found in record["texts"].items():
        ratio = f"{found['ratio']:.2f} ×, at most {MOST_TIMES_THE_THEMES} ×"
        rows.append((f"a text of {tokens} tokens, themes alone", found["themes_ms"], ""))
        rows.append((f"a text of {tokens} tokens, everything", found["analysis_ms"], ratio))
    heads = "nuances and intents included" if record["heads"] else "the model has no heads for nuances and intents"
    lines = [
        "# What an analysis costs",
        "",
        f"{record['machine']}; medians of {record['repetitions']} calls in turn, quartiles in brackets; {heads}.",
        "",
        "| | ms | |",
        "|---|---|---|",
        *(f"| {what} | {t['median']:.1f} ({t['q1']:.1f} to {t['q3']:.1f}) | {note} |" for what, t, note in rows),
    ]
    return "\n".join(lines) + "\n"


def _milliseconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Time an analysis; keep the machine idle meanwhile.")
    parser.add_argument("--model", type=Path, required=True, help="model directory with a catalogue")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--repetitions", type=int, default=100, help="calls of each")
    return parser


if __name__ == "__main__":
    sys.exit(main())
