"""A million texts through the local engine: memory along the way, killed three times, nothing lost, nothing double.

Example:
    python benchmarks/million.py --quotes quotes.parquet --work build/million

Short quotes are taken, again and again with numbers of their own, so that a million take about half an hour on two
processors. Time is not measured: other work may run meanwhile. After a stop, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
from engine import command, environment, report_of, run_engine
from memory import each_second, family
from real_texts import draw_texts, write_texts
from scripts import exit_code, write_result
from serving import machine
from tqdm import tqdm

from textthema.bundle import find_default, replacing
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError
from textthema.tables import DECIMALS

# Shares of the expected time after which the engine is killed; the longest run comes last and shows what memory does.
KILLS = (0.1, 0.25, 0.4)
MOST_MEGABYTES = 600
MOST_GROWTH = 0.05
SAMPLED = 500
PILOT = 2_000
# Of a run's samples, the first show it loading.
_LOADING = 5
_GONE_SECONDS = 30
_HERE = Path(__file__).parent


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
        write_result(args.out, "million", record, as_markdown(record))
        print(as_markdown(record))
        shutil.rmtree(args.work)

    return exit_code(work)


def measure(args: argparse.Namespace) -> dict:
    """Let the engine read all rows, kill it along the way, and look at what it wrote.

    Args:
        args: The command line.

    Returns:
        The record for ``million.json``.
    """
    source, target, log = (args.work / name for name in ("texts.jsonl", "themes.jsonl", "log.jsonl"))
    if not source.exists():
        args.work.mkdir(parents=True, exist_ok=True)
        with replacing(source) as partial:
            write_texts(partial, draw_texts(args.quotes, args.rows, args.seed, args.longest))
    expected = args.rows * seconds_of_a_row(source, args.work / "pilot", args.model)
    while not target.exists():
        killed = sum("left_over" in line for line in _read(log))
        kill_at = KILLS[killed] * expected if killed < len(KILLS) else None
        run_once(command(source, target, "--model", args.model), log, kill_at)
    lines = _read(log)
    return {
        "machine": machine(),
        "rows": args.rows,
        "longest": args.longest,
        "seed": args.seed,
        "seconds": lines[-1]["seconds"],
        "kills": [line for line in lines if "left_over" in line],
        # None is left once a run has ended.
        "memory": memory_of([(line["run"], line["mb"]) for line in lines if line.get("mb")]),
        "report": json.loads(report_of(target).read_text(encoding="utf-8")),
        "output": check(source, target, args.model),
    }


def seconds_of_a_row(source: Path, folder: Path, model: Path) -> float:
    """Find out how long the engine takes for a text, about.

    Args:
        source: All texts.
        folder: Where the first of them go.
        model: Model directory.

    Returns:
        Seconds.
    """
    folder.mkdir(exist_ok=True)
    texts = list(islice(_lines(source), PILOT))
    (folder / "texts.jsonl").write_text("".join(texts), encoding="utf-8")
    run = run_engine(folder / "texts.jsonl", folder / "themes.jsonl", "--model", model)
    shutil.rmtree(folder)
    return run.report["seconds"] / len(texts)


def run_once(engine_command: Sequence[str], log: Path, kill_at: float | None) -> None:
    """Start the engine, note its memory each second, and kill it when its time has come.

    Args:
        engine_command: Its command line, the same each time.
        log: Gets a line a second, and one on the kill.
        kill_at: Seconds after which it is killed, those of earlier runs included; never if None.

    Raises:
        InputError: It failed of itself.
    """
    lines = _read(log)
    number, before = (1 + lines[-1]["run"], lines[-1]["seconds"]) if lines else (1, 0.0)
    engine, start = subprocess.Popen(engine_command, env=environment()), time.monotonic()
    try:
        for megabytes in each_second(engine):
            at = {"run": number, "seconds": round(before + time.monotonic() - start, 1)}
            _note(log, {**at, "mb": megabytes})
            if kill_at is not None and at["seconds"] >= kill_at:
                _note(log, {**at, "left_over": kill(engine)})
                return
    finally:
        kill(engine)
    if engine.returncode:
        raise InputError(
            f"textthema classify failed with code {engine.returncode}; its message is above", value=engine.returncode
        )


def kill(engine: subprocess.Popen, patience: float = _GONE_SECONDS) -> int:
    """Kill the engine, and it alone: what it started has to notice.

    Args:
        engine: Its process.
        patience: Seconds in which they may notice.

    Returns:
        How many processes that it had started had to be killed, too, because they went on.
    """
    members = family(psutil.Process(engine.pid)) if engine.poll() is None else []
    engine.kill()
    engine.wait(_GONE_SECONDS)
    _, alive = psutil.wait_procs(members, patience)
    for process in alive:
        process.kill()
    return len(alive)


def memory_of(samples: Sequence[tuple[int, float]]) -> dict[str, float]:
    """Sum up the memory of all runs.

    Args:
        samples: Number of the run and megabytes, one a second.

    Returns:
        The ``peak``; the medians of the first and the last quarter of the longest run, loading left out, and the
        ``growth`` from the one to the other; the same of all runs as ``growth_of_all``.
    """
    runs: dict[int, list[float]] = {}
    for run, megabytes in samples:
        runs.setdefault(run, []).append(megabytes)
    warm = [run[_LOADING:] or run for run in runs.values()]
    first, last = _quarters(max(warm, key=len))
    first_of_all, last_of_all = _quarters([megabytes for run in warm for megabytes in run])
    return {
        "samples": len(samples),
        "peak": max(megabytes for _, megabytes in samples),
        "first_quarter": first,
        "last_quarter": last,
        "growth": last / first - 1,
        "growth_of_all": last_of_all / first_of_all - 1,
    }


def _quarters(samples: Sequence[float]) -> tuple[float, float]:
    quarter = max(1, len(samples) // 4)
    return float(np.median(samples[:quarter])), float(np.median(samples[-quarter:]))


def check(source: Path, target: Path, model: Path) -> dict:
    """Look for each row of the input in the output, and at some of them closely.

    Args:
        source: All texts.
        target: What the engine made of them.
        model: Model directory.

    Returns:
        How many ``rows`` there are, how many of them are ``missing`` or ``doubles``, whether they are ``in_order``; how
        many of those ``compared`` with a call of the classifier are ``equal`` to it in every digit, and the
        ``largest_difference`` of a score; the ``mean_tokens`` of those texts.
    """
    texts = [json.loads(line)["text"] for line in _lines(source)]
    ids = np.fromiter((json.loads(line)["id"] for line in tqdm(_lines(target), disable=None)), dtype=np.int64)
    counts = np.bincount(ids, minlength=len(texts))
    every = max(1, len(texts) // SAMPLED)
    classifier = ThemeClassifier.from_pretrained(model)
    differences, tokens = [], []
    for line in islice(_lines(target), 0, None, every):
        row = json.loads(line)
        said = classifier(texts[row["id"]])
        tokens.append(said.n_tokens)
        differences.append(
            max(abs(row["scores"][name] - round(score, DECIMALS)) for name, score in said.scores.items())
        )
    return {
        "rows": len(ids),
        "missing": int((counts == 0).sum()),
        "doubles": int((counts > 1).sum()),
        "in_order": bool((np.diff(ids) == 1).all()),
        "compared": len(differences),
        "equal": sum(difference == 0 for difference in differences),
        "largest_difference": max(differences),
        "mean_tokens": float(np.mean(tokens)),
    }


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    memory, output, report = record["memory"], record["output"], record["report"]
    left_over = sum(kill["left_over"] for kill in record["kills"])
    killed = len(record["kills"]) == len(KILLS) and not left_over
    whole = output["rows"] == record["rows"] and not output["missing"] and not output["doubles"] and output["in_order"]
    small, flat = memory["peak"] < MOST_MEGABYTES, memory["growth"] <= MOST_GROWTH
    points = ", ".join(f"{kill['seconds']:.0f}" for kill in record["kills"])
    return (
        f"# {record['rows']:,} texts\n\n"
        f"> {record['machine']['cpu']}; {record['rows']:,} rows of quotes of at most {record['longest']} characters"
        f" ({output['mean_tokens']:.1f} tokens on average), repeats with numbers of their own; JSON lines through the"
        f" local engine with {report['workers']} worker(s), other work beside it.\n\n"
        "| | | |\n|---|---|---|\n"
        f"| peak memory of all its processes | {memory['peak']:.0f} MB"
        f" | below {MOST_MEGABYTES} MB: {_met(small)} |\n"
        f"| first → last quarter of the longest run | {memory['first_quarter']:.0f} → {memory['last_quarter']:.0f} MB,"
        f" {memory['growth']:+.1%} | flat within {MOST_GROWTH:.0%}: {_met(flat)} |\n"
        f"| killed with SIGKILL and resumed | {len(record['kills'])} times, after {points} of {record['seconds']:.0f} s"
        f" | {len(KILLS)} times, processes left over {left_over}: {_met(killed)} |\n"
        f"| rows taken from the stopped runs by the last | {report['resumed_rows']:,} | |\n"
        f"| rows in the output | {output['rows']:,}, {output['missing']:,} missing, {output['doubles']:,} double"
        f" | each once and in order: {_met(whole)} |\n"
        f"| rows equal to a call of `ThemeClassifier` | {output['equal']:,} of {output['compared']:,}"
        f" | largest difference of a score {output['largest_difference']:.1g} |\n"
    )


def _met(holds: bool) -> str:
    return "met" if holds else "**not met**"


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from file


def _read(log: Path) -> list[dict]:
    return [json.loads(line) for line in _lines(log)] if log.exists() else []


def _note(log: Path, line: dict) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quotes", type=Path, required=True, help="raw quotes, .csv or .parquet")
    parser.add_argument("--model", type=Path, default=find_default(), help="model directory (default: %(default)s)")
    parser.add_argument(
        "--work", type=Path, default=Path("build/million"), help="folder of its own, removed at the end"
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="default: %(default)s")
    parser.add_argument("--longest", type=int, default=40, help="characters of a quote at most (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=_HERE / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
