"""Whether two processes train what one trains: the same rows, seed and texts a step, beside another seed.

Example:
    python benchmarks/devices.py --splits build/splits

Each run is the real command, each process has one thread, and the processes meet over gloo as they do on processors.
Nothing is timed here, so that the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scripts import exit_code, write_result

from textthema.blurr_compat import require_packages, require_training_packages
from textthema.checkpoints import STEPS
from textthema.errors import InputError
from textthema.inference import sigmoid
from textthema.staging import make_folder, read_table, write_parquet
from textthema.training import HISTORY

# Name → processes and seed. The first is what the others are compared with.
RUNS = {"one process": (1, 0), "two processes": (2, 0), "one process, another seed": (1, 1)}
# The embedded model's recipe, over one epoch and shorter texts.
RECIPE = (
    *("--epochs", "1", "--embedding-lr", "2e-5", "--head-lr", "2e-3", "--dropout", "0"),
    *("--frozen-rows", "960", "--max-length", "64", "--batch-size", "48"),
)
_LAUNCHER = (
    *("-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1", "--mixed_precision", "no"),
    *("--dynamo_backend", "no", "--main_process_port", "0", "--num_processes"),
)
_RUN_TIMEOUT_SECONDS = 3_600


def main(arguments: Sequence[str] | None = None) -> int:
    """Train three times and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        require_training_packages()
        require_packages("training in two processes", ["accelerate"])
        record = measure(args.splits, args.work, args.rows, ["--encoder", args.encoder, *RECIPE])
        write_result(args.out, "devices", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work)


def measure(splits: Path, work: Path, rows: int, told: Sequence[str]) -> dict:
    """Train with one process, with two, and with one and another seed.

    Args:
        splits: Folder that ``textthema split`` wrote.
        work: Gets the rows and a folder a run.
        rows: Training rows; a quarter as many are validated on.
        told: Encoder and recipe, as the command line takes them.

    Returns:
        The record for ``devices.json``.
    """
    few = work / "splits"
    counts = {name: draw(splits, few, name, n) for name, n in (("train", rows), ("validation", rows // 4))}
    runs = {}
    first = None
    for name, (processes, seed) in RUNS.items():
        run = work / name.replace(" ", "-").replace(",", "")
        print(f"{name} …", file=sys.stderr, flush=True)
        train(few, run, processes, [*told, "--seed", str(seed)])
        scores = probabilities(run)
        first = scores if first is None else first
        runs[name] = {"processes": processes, "seed": seed, **figures(run), **apart(first, scores)}
    settings = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    return {"rows": counts, "settings": settings, "threads_a_process": 1, "runs": runs}


def draw(splits: Path, few: Path, name: str, n: int) -> int:
    """Write some rows of a split, drawn at random.

    Args:
        splits: Folder that ``textthema split`` wrote.
        few: Folder for the rows; gets the labels and the manifest, too.
        name: ``"train"`` or ``"validation"``.
        n: How many rows.

    Returns:
        How many there are, if that is fewer.
    """
    table = read_table(splits / f"{name}.parquet", "textthema split")
    make_folder(few)
    for file in ("tag_types_encoded.json", "manifest.jsonl"):
        shutil.copy(splits / file, few / file)
    table = table.sample(min(n, len(table)), random_state=0)
    write_parquet(table, few / f"{name}.parquet")
    return len(table)


def train(splits: Path, run: Path, processes: int, told: Sequence[str]) -> None:
    """Train by the command that everyone types.

    Args:
        splits: Folder of the rows.
        run: Folder for the run.
        processes: How many.
        told: The command's options.

    Raises:
        InputError: If it fails.
    """
    launcher = [] if processes == 1 else [*_LAUNCHER, str(processes)]
    command = [sys.executable, *launcher, "-m", "textthema", "train", str(splits), str(run), *told]
    done = subprocess.run(
        command,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_RUN_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise InputError(f"training ended with {done.returncode}: {done.stderr[-500:]}", value=command)


def figures(run: Path) -> dict:
    """Read what a finished run measured.

    Args:
        run: Its folder.

    Returns:
        Steps with everything unfrozen, and the last epoch's losses and LRAP.
    """
    last = pd.read_csv(run / HISTORY).iloc[-1]
    steps = len(pd.read_csv(run / STEPS))
    return {"steps": steps, **{name: float(last[name]) for name in ("train_loss", "valid_loss", "lrap")}}


def probabilities(run: Path) -> np.ndarray:
    """Read the validation rows' probabilities.

    Args:
        run: Folder of a finished run.

    Returns:
        float (n, n_labels).
    """
    with np.load(run / "validation_scores.npz", allow_pickle=False) as stored:
        return sigmoid(stored["logits"])


def apart(first: np.ndarray, other: np.ndarray) -> dict:
    """Say how far two models' probabilities of the same texts lie apart.

    Args:
        first: float (n, n_labels).
        other: The same.

    Returns:
        Mean and largest distance.
    """
    distance = np.abs(first - other)
    return {"mean_distance": float(distance.mean()), "largest_distance": float(distance.max())}


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    rows, runs, settings = record["rows"], record["runs"], record["settings"]
    one, two, seed = (runs[name]["lrap"] for name in RUNS)
    lines = [
        "# Training with two processes",
        "",
        f"> {rows['train']:,} training rows, epochs: {settings['epochs']}; {settings['batch_size']} texts a step"
        " of all processes together, the same recipe and validation rows"
        f" ({rows['validation']:,}). **LRAP with two processes is {abs(one - two):.5f} from that with one; another seed"
        f" moves it by {abs(one - seed):.5f}.** Two processor cores, gloo, one thread a process; no GPU was there to"
        " try.",
        "",
        "| | steps | training loss | validation loss | LRAP | probabilities from the first: mean | largest |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {run['steps']} | {run['train_loss']:.4f} | {run['valid_loss']:.4f} | {run['lrap']:.5f}"
            f" | {run['mean_distance']:.6f} | {run['largest_distance']:.5f} |"
            for name, run in runs.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument(
        "--work", type=Path, default=Path("build/devices"), help="folder for the runs (default: %(default)s)"
    )
    parser.add_argument("--rows", type=int, default=4_000, help="training rows (default: %(default)s)")
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2", help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
