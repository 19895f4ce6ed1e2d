"""What workers add: the same texts through the local engine and through Ray, with one worker and with two.

Example:
    python benchmarks/cluster.py --quotes quotes.parquet

A worker has a processor: the runs with one are kept to one processor, reading, writing and Ray's own processes
included. Start-up is stated and left out. Keep the machine idle meanwhile: takes about ten minutes. Writes the scaling
plan, too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from engine import only_processors, run_engine
from real_texts import draw_texts, write_texts
from scaling import as_plan, plan
from scripts import exit_code, write_result
from serving import machine

from textthema.bundle import Bundle, file_digest, find_default
from textthema.classifier import ThemeClassifier

ENGINES = {"local": "local", "ray": "Ray"}
WORKERS = (1, 2)
LEAST_EFFICIENCY = 0.85
_SAMPLE = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        record = measure(args)
        write_result(args.out, "cluster", record, as_markdown(record))
        write_result(args.out, "scaling", record["plan"], as_plan(record))
        print(as_markdown(record))

    return exit_code(work)


def measure(args: argparse.Namespace) -> dict:
    """Run each engine with each number of workers.

    Args:
        args: The command line.

    Returns:
        The record for ``cluster.json``, the scaling plan's figures in it as ``plan``.
    """
    runs: dict[str, dict[str, dict]] = {engine: {} for engine in ENGINES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = draw_texts(args.quotes, args.rows, args.seed)
        write_texts(folder / "texts.jsonl", texts)
        for engine, workers in product(ENGINES, WORKERS):
            runs[engine][str(workers)] = _measured(folder, engine, workers, args.model)
            print(f"{engine}, {workers}: {runs[engine][str(workers)]['rows_per_s']:.1f} texts/s", file=sys.stderr)
    hashes = {run["sha256"] for of_engine in runs.values() for run in of_engine.values()}
    record = {
        "machine": machine(),
        "rows": args.rows,
        "seed": args.seed,
        "runs": runs,
        "efficiency": {engine: efficiency(of_engine) for engine, of_engine in runs.items()},
        "equal": len(hashes) == 1,
    }
    return record | {"plan": plan(record, args.model, _mean_tokens(texts, args.model))}


def efficiency(runs: dict[str, dict]) -> float:
    """Compare the rate of most workers with that of one.

    Args:
        runs: Number of workers → what was measured.

    Returns:
        1 where each worker adds as much as the first.
    """
    one, most = (str(workers) for workers in (WORKERS[0], WORKERS[-1]))
    return runs[most]["rows_per_s"] / (WORKERS[-1] * runs[one]["rows_per_s"])


def _measured(folder: Path, engine: str, workers: int, model: Path) -> dict:
    source, target = folder / "texts.jsonl", folder / f"{engine}-{workers}.jsonl"
    with only_processors(workers):
        run = run_engine(source, target, "--model", model, "--engine", engine, "--workers", workers)
    return {
        "rows_per_s": run.report["rows"] / run.report["seconds"],
        "start_up_seconds": run.start_up_seconds,
        "peak_mb": run.peak_mb,
        "stages": run.report["stages"],
        "bytes_read": source.stat().st_size,
        "bytes_written": target.stat().st_size,
        "sha256": file_digest(target),
    }


def _mean_tokens(texts: Sequence[str], model: Path) -> float:
    some = texts[:: max(1, len(texts) // _SAMPLE)]
    encoded = ThemeClassifier.from_pretrained(model).encode(some)
    return float(np.where(encoded.truncated, Bundle.read(model).max_length, encoded.n_tokens).mean())


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    rows = [
        f"| {ENGINES[engine]}, {workers} worker{'s' if int(workers) > 1 else ''} | {run['rows_per_s']:.1f}"
        f" | {1e6 / run['rows_per_s'] / 3600:.2f} | {run['start_up_seconds']:.1f} | {run['peak_mb']:.0f} |"
        for engine, of_engine in record["runs"].items()
        for workers, run in of_engine.items()
    ]
    reached = ", ".join(
        f"{ENGINES[engine]} {share:.2f} ({'met' if share >= LEAST_EFFICIENCY else 'not met'})"
        for engine, share in record["efficiency"].items()
    )
    equal = "the same, byte for byte" if record["equal"] else "**not the same**"
    return (
        "# What workers add\n\n"
        f"> {record['machine']['cpu']}, Python {record['machine']['python']}; {record['rows']:,} quotes drawn by seed"
        f" {record['seed']}, JSON lines in and out; as many processors as workers. Start-up, of Ray too, is not in the"
        " rates.\n\n"
        "| | texts/s | hours a million | start-up, s | peak memory, MB |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\n> Efficiency of two workers, at least {LEAST_EFFICIENCY}: {reached}. Output of all four: {equal}.\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quotes", type=Path, required=True, help="raw quotes, .csv or .parquet")
    parser.add_argument("--model", type=Path, default=find_default(), help="model directory (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=6_000, help="quotes drawn (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
