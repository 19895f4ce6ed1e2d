"""What a whole analysis costs beside the themes alone, and how long a million passages take to search.

Example:
    python benchmarks/analysis_speed.py --model deployment_hf/model

Keep the machine idle meanwhile. Calls alternate, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
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
from textthema.classifier import ThemeClassifier
from textthema.passages import BLOCK, PassageIndex

PASSAGES = 1_000_000
MOST_TIMES_THE_THEMES, MOST_LOAD_MS, MOST_SEARCH_MS = 1.5, 200, 50


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        record = measure(args.model, args.repetitions, args.passages)
        write_results(args.out, record)
        print(as_markdown(record))

    return exit_code(work)


def measure(model: Path, repetitions: int, passages: int) -> dict:
    """Measure everything.

    Args:
        model: Model directory with a catalogue.
        repetitions: Calls of each.
        passages: Synthetic vectors to search.

    Returns:
        The record; times in milliseconds.
    """
    bundle = Bundle.read(model)
    loads = [_milliseconds(lambda: Catalogue.read(bundle)) for _ in range(repetitions)]
    classifier = ThemeClassifier(bundle)
    analyzer = Analyzer(classifier, Catalogue.read(bundle))
    text = text_of_tokens()
    pairs = [
        (_milliseconds(lambda: classifier(text)), _milliseconds(lambda: analyzer(text))) for _ in range(repetitions)
    ]
    themes, everything = zip(*pairs[repetitions // 10 :], strict=True)
    return {
        "machine": cpu_name(),
        "repetitions": repetitions,
        "passages": passages,
        "themes_ms": quartiles(themes),
        "analysis_ms": quartiles(everything),
        "ratio": float(np.median(everything) / np.median(themes)),
        "catalogue_load_ms": quartiles(loads),
        "search_ms": quartiles(search_times(passages, repetitions)),
    }


def search_times(passages: int, repetitions: int) -> list[float]:
    """Time the search among synthetic vectors, memory-mapped from a file as an index's are.

    Args:
        passages: How many vectors there are.
        repetitions: How many queries.

    Returns:
        Milliseconds of each query.
    """
    rng = np.random.default_rng(0)
    shape = (-(-passages // BLOCK), 384, BLOCK)
    with tempfile.TemporaryDirectory() as folder:
        vectors = np.lib.format.open_memmap(Path(folder) / "vectors.npy", "w+", np.int8, shape)
        for block in vectors:
            block[:] = rng.integers(-127, 128, block.shape, dtype=np.int8)
        vectors.flush()
        mapped = np.lib.format.open_memmap(Path(folder) / "vectors.npy", "r").view(np.ndarray)
        index = PassageIndex(Path(folder), mapped, np.ones(passages, np.float32), np.arange(passages))
        queries = rng.normal(size=(repetitions + 3, 384)).astype(np.float32)
        return [_milliseconds(lambda query=query: index.search(query, 10)) for query in queries][3:]


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
    rows = [
        ("one text, themes alone", record["themes_ms"], ""),
        ("one text, everything", record["analysis_ms"], f"{record['ratio']:.2f} ×, at most {MOST_TIMES_THE_THEMES} ×"),
        ("catalogue, until it answers", record["catalogue_load_ms"], f"at most {MOST_LOAD_MS} ms"),
        (f"search in {record['passages']:,} passages", record["search_ms"], f"at most {MOST_SEARCH_MS} ms"),
    ]
    lines = [
        "# What an analysis costs",
        "",
        f"{record['machine']}; medians of {record['repetitions']} calls, quartiles in brackets.",
        "",
        "| | ms | |",
        "|---|---|---|",
        *(f"| {what} | {t['median']:.1f} ({t['q1']:.1f} to {t['q3']:.1f}) | {note} |" for what, t, note in rows),
        "",
        "The passages' vectors are synthetic, as wide as the model's embeddings, compared one and all, and lie in a"
        " memory-mapped file that the system has read before.",
    ]
    return "\n".join(lines) + "\n"


def _milliseconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Time an analysis and a search; keep the machine idle meanwhile.")
    parser.add_argument("--model", type=Path, required=True, help="model directory with a catalogue")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--repetitions", type=int, default=100, help="calls of each")
    parser.add_argument("--passages", type=int, default=PASSAGES, help="synthetic vectors to search")
    return parser


if __name__ == "__main__":
    sys.exit(main())
