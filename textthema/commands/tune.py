"""``textthema tune``: calibration and thresholds from the validation scores of a training run."""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from textthema.errors import MissingDependencyError, UnreadableFileError

if TYPE_CHECKING:
    import numpy as np

    from textthema.thresholds import Thresholds

HELP = "calibrate probabilities and find each theme's threshold on the validation rows"
_EXAMPLES = """examples:
  textthema tune build/run                    the shrinkage is chosen by cross-fitting
  textthema tune build/run --shrinkage 0      each theme's own best threshold
  textthema tune build/run --shrinkage 1e9    the same threshold for all themes
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.epilog = _EXAMPLES
    parser.add_argument("run_dir", metavar="RUN", type=Path, help="folder that textthema train wrote")
    parser.add_argument(
        "--shrinkage",
        metavar="K",
        type=float,
        help="positive rows at which a theme's own threshold weighs as much as the global one (default: chosen)",
    )


def run(args: argparse.Namespace) -> int:
    """Write ``calibration.json``, ``thresholds.json`` and ``thresholds.png``, print F1 before and after.

    Args:
        args: Parsed arguments.

    Returns:
        0.

    Raises:
        UnreadableFileError: The folder lacks validation scores or labels.
        MissingDependencyError: matplotlib is not installed.
    """
    from textthema.calibration import CALIBRATION, fit_calibration, write_calibration
    from textthema.inference import sigmoid
    from textthema.manifest import append_line
    from textthema.thresholds import write_thresholds

    truth, logits, groups, labels = _read_run(args.run_dir)
    calibration = fit_calibration(truth, logits)
    scores = sigmoid(calibration(logits))
    tuned, shrinkage, f1 = _tune(truth, scores, groups, args.shrinkage)
    _plot(args.run_dir / "thresholds.png", truth, scores, f1)
    write_calibration(args.run_dir / CALIBRATION, calibration, labels)
    write_thresholds(args.run_dir / "thresholds.json", tuned, labels)
    append_line(
        args.run_dir / "manifest.jsonl",
        "tune",
        {"validation_scores": args.run_dir / "validation_scores.npz"},
        {"shrinkage": shrinkage, "chosen": args.shrinkage is None},
        {
            "validation_rows": len(truth),
            "global": round(tuned.global_, 6),
            "micro_macro_f1": {name: [round(value, 6) for value in pair] for name, pair in f1.items()},
        },
    )
    print(f"{len(truth):,} validation rows, shrinkage {shrinkage:g}, global threshold {tuned.global_:.3f}")
    print(f"{'thresholds':<27} micro-F1  macro-F1")
    for name, (micro, macro) in f1.items():
        print(f"{name:<27} {micro:8.4f}  {macro:8.4f}")
    print("Only the cross-fitted line is measured on rows that its thresholds have not seen; the calibration has.")
    return 0


def _tune(
    truth: np.ndarray, scores: np.ndarray, groups: np.ndarray | None, shrinkage: float | None
) -> tuple[Thresholds, float, dict[str, tuple[float, float]]]:
    from textthema.metrics import micro_macro_f1
    from textthema.thresholds import SHRINKAGES, best_of, cross_fit, tune_thresholds

    candidates = SHRINKAGES if shrinkage is None else (shrinkage,)
    unseen = best_of(cross_fit(truth, scores, groups, shrinkages=candidates))
    tuned = tune_thresholds(truth, scores, shrinkage=unseen.shrinkage)
    f1 = {
        "all at 0.5": micro_macro_f1(truth, scores >= 0.5),
        f"all at {tuned.global_:.3f}": micro_macro_f1(truth, scores >= tuned.global_),
        "each its own": micro_macro_f1(truth, scores >= tuned.per_label),
        "each its own, cross-fitted": (unseen.micro_f1, unseen.macro_f1),
    }
    return tuned, unseen.shrinkage, f1


def _read_run(run_dir: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, list[str]]:
    import numpy as np

    try:
        # NumPy leaves a file open that it opened itself and could not read.
        with (run_dir / "validation_scores.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            truth, logits = arrays["truth"], arrays["logits"]
            # Rows of one author are no independent evidence; where the run names authors, they stay together.
            groups = arrays.get("groups")
        labels = json.loads((run_dir / "labels.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        message = f"{run_dir} holds no validation scores with labels; run `textthema train` first"
        raise UnreadableFileError(message, value=str(run_dir)) from error
    if not isinstance(labels, list) or truth.ndim != 2 or len(labels) != truth.shape[1]:
        message = f"the labels in {run_dir} don't fit its scores of shape {truth.shape}; train again"
        raise UnreadableFileError(message, value=str(run_dir))
    return truth, logits, groups, labels


def _plot(path: Path, truth: np.ndarray, scores: np.ndarray, f1: dict[str, tuple[float, float]]) -> None:
    import numpy as np

    from textthema.bundle import replacing
    from textthema.metrics import micro_macro_f1

    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        message = "the plot of the thresholds needs matplotlib: pip install 'textthema[train]'"
        raise MissingDependencyError(message, value="matplotlib") from error

    cuts = np.linspace(0.01, 0.8, 80)
    curves = np.array([micro_macro_f1(truth, scores >= cut) for cut in cuts])
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for i, (name, colour) in enumerate({"micro-F1": "#0072B2", "macro-F1": "#E69F00"}.items()):
        axes.plot(cuts, curves[:, i], color=colour, label=f"{name}, one threshold for all")
        tuned = f1["each its own, cross-fitted"][i]
        axes.axhline(tuned, color=colour, linestyle="--", label=f"{name}, each its own (cross-fitted)")
    axes.set(xlabel="threshold", ylabel="F1 on validation rows", xlim=(0, 0.8), ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6e6e6")
    axes.legend(frameon=False, fontsize=9)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)
