"""How fast and how small: one text, a file of texts, a new process, memory, size, for every model, in one run.

Example:
    python benchmarks/speed.py --model deployment_hf/model --rivals build/rivals

Each model is loaded in processes of its own, in turn with the others and several times over, so that whatever else
the machine does meets all of them. Keep the machine idle meanwhile. A rival that `benchmarks/quality.py` has not built
yet is left out.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
from contestants import CONTESTANTS
from plots import plot_latency, plot_times
from sample_texts import TOKENS
from scripts import exit_code, write_result

from textthema.bundle import Bundle
from textthema.errors import InputError

_CHILD = Path(__file__).with_name("answering.py")
_CHILD_TIMEOUT_SECONDS = 300
_PACKAGES = ("numpy", "onnxruntime", "tokenizers", "scikit-learn", "torch", "transformers")
_NO_MODEL = {"built"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        record = measure(args.model, args.rivals, args.rounds, args.repetitions, args.texts)
        write_results(args.out, record)
        print(as_markdown(record))

    return exit_code(work)


def measure(model: Path, rivals: Path, rounds: int, repetitions: int, n_texts: int) -> dict:
    """Measure everything in turn.

    Args:
        model: Model directory.
        rivals: Folder with the rivals that the quality benchmark built.
        rounds: How many processes of each model are started.
        repetitions: Calls with a single text in each.
        n_texts: Texts in the file-sized call of each.

    Returns:
        The record for ``speed.json``; times in milliseconds unless the name says otherwise.
    """
    bundle = Bundle.read(model)
    folders = {"ours": bundle.root, "base_size": bundle.root}
    folders |= {key: rivals / key for key in CONTESTANTS if key not in folders and (rivals / key / "built").exists()}
    found: dict[str, list[dict]] = {key: [] for key in CONTESTANTS if key in folders}
    bare = []
    for _ in range(rounds):
        bare.append(_bare_python())
        for key, answers in found.items():
            answers.append(_timed(key, folders[key], repetitions, n_texts))
    sizes = {file.relative_to(bundle.root).as_posix(): file.stat().st_size for file in _files(bundle.root)}
    return {
        "machine": {"cpu": cpu_name(), "system": platform.platform(terse=True)},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
        "tokens": TOKENS,
        "rounds": rounds,
        "repetitions": repetitions,
        "texts": n_texts,
        "bare_python_ms": quartiles(bare),
        "models": {key: _summed_up(key, folders[key], runs) for key, runs in found.items()},
        "bytes": sizes,
        "bytes_total": sum(sizes.values()),
    }


def quartiles(times: Sequence[float]) -> dict[str, float]:
    """Sum times up.

    Args:
        times: Any number of them.

    Returns:
        ``median``, ``q1`` and ``q3``.
    """
    q1, median, q3 = np.quantile(times, [0.25, 0.5, 0.75])
    return {"median": float(median), "q1": float(q1), "q3": float(q3)}


def cpu_name() -> str:
    """Name the processor.

    Returns:
        What the system calls it, and how many of its threads this machine has.
    """
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} × {len(names)}" if names else platform.processor() or platform.machine()


def write_results(out: Path, record: dict) -> None:
    """Write JSON, Markdown and the plots.

    Args:
        out: The folder.
        record: What `measure` gave.
    """
    out.mkdir(parents=True, exist_ok=True)
    models = record["models"].values()
    plot_times(out / "speed.png", {model["title"]: model["single_ms"] for model in models})
    write_result(out, "speed", record, as_markdown(record))
    quality = out / "quality.json"
    if quality.exists():
        plot_latency(out / "latency.png", models, json.loads(quality.read_text(encoding="utf-8"))["models"])


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    lines = [
        "# Speed and size",
        "",
        f"{record['machine']['cpu']}, Python {record['versions']['python']}; {record['rounds']} processes of each"
        f" model, in turn. Medians, quartiles in brackets. One text has {record['tokens']} tokens; the file has"
        f" {record['texts']} texts of 8 to 90 words. A bare `python -c pass` takes"
        f" {record['bare_python_ms']['median']:.0f} ms of the new process.",
        "",
        "| | files, MB | one text, ms | texts/s in a file | new process to first answer, s | peak memory, MB |",
        "|---|---|---|---|---|---|",
        *(_markdown_row(model) for model in record["models"].values()),
        "",
        _fastest(record["models"]),
        "",
        "![times](speed.png)",
        "",
        "Every time is that of the whole call, from text to probabilities. Peak memory is that of the process, the file"
        " of texts included. The model of roberta-base's size has random weights, which makes no difference to the"
        " time of a text; there is no file of it, and it is given one text a call.",
        "",
        f"The model directory as it is shipped: {record['bytes_total'] / 1e6:.1f} MB,"
        f" {record['bytes']['onnx/model_quantized.onnx'] / 1e6:.1f} MB of it the int8 graph.",
    ]
    return "\n".join(lines) + "\n"


def _markdown_row(model: dict) -> str:
    has_files = model["megabytes"] > 0
    size = f"{model['megabytes']:.1f}" if has_files else "–"
    start = f"{model['cold_start_s']['median']:.2f}" if has_files else "–"
    return (
        f"| {model['title']} | {size} | {_spread(model['single_ms'])} | {model['texts_per_second']:,.0f}"
        f" | {start} | {model['peak_mb']:.0f} |"
    )


def _fastest(models: dict[str, dict]) -> str:
    transformers = [model for model in models.values() if model["is_transformer"]]
    by_text = min(transformers, key=lambda model: model["single_ms"]["median"])["title"]
    by_file = max(transformers, key=lambda model: model["texts_per_second"])["title"]
    return f"> Fastest transformer for one text: {by_text}; for a file: {by_file}."


def _summed_up(key: str, folder: Path, runs: list[dict]) -> dict:
    files = [file for file in _files(folder) if file.name not in _NO_MODEL]
    return {
        "title": CONTESTANTS[key].title,
        "is_transformer": CONTESTANTS[key].is_transformer,
        "megabytes": 0.0 if key == "base_size" else sum(file.stat().st_size for file in files) / 1e6,
        "single_ms": quartiles([time for run in runs for time in run["single_ms"]]),
        "texts_per_second": float(np.median([run["texts_per_second"] for run in runs])),
        "cold_start_s": quartiles([run["cold_start_s"] for run in runs]),
        "peak_mb": max(run["peak_kib"] for run in runs) * 1024 / 1e6,
    }


def _timed(key: str, folder: Path, repetitions: int, n_texts: int) -> dict:
    command = [sys.executable, str(_CHILD), key, str(folder), str(repetitions), str(n_texts)]
    start = time.monotonic()
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=_CHILD_TIMEOUT_SECONDS)
    except subprocess.SubprocessError as error:
        raise InputError(f"{key} in {folder} could not be timed: {error}; build it again", value=key) from error
    times = json.loads(done.stdout.splitlines()[-1])
    return times | {"cold_start_s": times["ready"] - start}


def _bare_python() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True, timeout=_CHILD_TIMEOUT_SECONDS)
    return (time.perf_counter() - start) * 1000


def _spread(times: dict[str, float]) -> str:
    return f"{times['median']:.1f} ({times['q1']:.1f} to {times['q3']:.1f})"


def _files(root: Path) -> list[Path]:
    return sorted(file for file in root.rglob("*") if file.is_file())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure speed, memory and size; keep the machine idle meanwhile.")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--rivals", type=Path, default=Path("build/rivals"), help="folder with the fitted rivals")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--rounds", type=int, default=5, help="processes of each model")
    parser.add_argument("--repetitions", type=int, default=60, help="timed single texts in each process")
    parser.add_argument("--texts", type=int, default=400, help="texts in the run with many")
    return parser


if __name__ == "__main__":
    sys.exit(main())
