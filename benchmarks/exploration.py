"""What was tried on a small budget before the model was trained: one change at a time, measured on validation rows.

Example:
    python benchmarks/exploration.py --splits build/splits --work build/exploration --only base,dropout

Every variant sees the same training rows and the same validation rows; the test rows stay out of it. A variant that
is finished is not run again, so the command can be stopped and typed again. Runs of `textthema train` that lie, or are
linked, in WORK/whole are listed beside them. The results hold scores, never a text.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scripts import exit_code

from textthema.blurr_compat import require_training_packages
from textthema.bundle import replacing
from textthema.encoder import load_run, save_run
from textthema.errors import InputError, shown
from textthema.metrics import evaluate_scores
from textthema.scoring import predict_logits
from textthema.splits import author_codes
from textthema.staging import read_labels, read_table, truth_matrix
from textthema.thresholds import best_of, cross_fit
from textthema.training import HISTORY, TrainSettings, train

_ROWS, _VALIDATION_ROWS, _MAX_LENGTH = 16_000, 6_000, 256
BASE = TrainSettings(
    encoder="all-MiniLM-L6-v2",
    epochs=1,
    frozen_lr=1e-2,
    max_rows=_ROWS,
    monitor_rows=1_000,
    dropout=0.0,
    precision="bf16",
)
# Name → what it changes, in words and in settings.
VARIANTS: dict[str, tuple[str, dict[str, object]]] = {
    "base": ("binary cross-entropy, no dropout, bfloat16, encoder 1.2e-4, head 1.2e-3, 96 tokens, batch 48", {}),
    "auxiliary": ("1,000 further tags learnt beside the themes", {"auxiliary_tags": 1000}),
    "rates-up": ("learning rates × 2.5", {"embedding_lr": 3e-5, "head_lr": 3e-3}),
    "ranked": ("softmax cross-entropy added", {"loss": "ranked"}),
    "dropout": ("dropout 0.1", {"dropout": 0.1}),
    "small-batch": ("batch 24", {"batch_size": 24}),
    "short": ("64 tokens", {"max_length": 64}),
    "asymmetric": ("asymmetric loss", {"loss": "asymmetric"}),
    "hill": ("Hill loss, for tags left out", {"loss": "hill"}),
    "distribution-balanced": ("distribution-balanced loss", {"loss": "distribution-balanced"}),
    "rates-down": ("learning rates ÷ 2.5", {"embedding_lr": 5e-6, "head_lr": 5e-4}),
    "long": ("160 tokens", {"max_length": 160}),
    "seed": ("the same with another seed", {"seed": 1}),
    "fp32": ("the same in fp32", {"precision": "fp32"}),
    "taught": ("half of each label from what base says of the text", {"teacher": "base"}),
}
# What tells one run over all rows from another.
_TOLD = ("loss", "epochs", "embedding_lr", "head_lr", "dropout", "precision", "auxiliary_tags", "teacher", "seed")
AVERAGED, _AVERAGED_RUNS = "averaged", ("base", "seed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and measure the variants that are not finished; write the table.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        require_training_packages()
        explore(args.splits, args.work, args.only.split(",") if args.only else list(VARIANTS))
        write_results(args.work, args.out)

    return exit_code(work)


def explore(splits: Path, work: Path, names: Sequence[str]) -> None:
    """Train and measure variants.

    Args:
        splits: Folder that ``textthema split`` wrote.
        work: Gets a folder a variant.
        names: Which variants.

    Raises:
        InputError: If there is no variant of a name.
    """
    unknown = [name for name in names if name not in VARIANTS]
    if unknown:
        raise InputError(f"there is no variant {shown(unknown[0])}; there are: {', '.join(VARIANTS)}", value=unknown[0])
    training, validation = (
        read_table(splits / f"{name}.parquet", "textthema split") for name in ("train", "validation")
    )
    labels = read_labels(splits / "tag_types_encoded.json", "textthema split")
    training = training.sample(min(len(training), _ROWS), random_state=0)
    measured = validation.sample(min(len(validation), _VALIDATION_ROWS), random_state=0)
    rows = {"rows": len(training), "validation_rows": len(measured)}
    for name in names:
        settings = _settings(work, name)
        if _figures(work, name) is None:
            print(f"{name}: {VARIANTS[name][0]}", flush=True)
            train(training, validation, labels, work / name, settings)
            _write_json(work / name / "figures.json", rows | measure(work / name, measured, settings))
    if all(_figures(work, name) for name in _AVERAGED_RUNS):
        average([work / name for name in _AVERAGED_RUNS], work / AVERAGED)
        _write_json(work / AVERAGED / "figures.json", rows | measure(work / AVERAGED, measured, BASE))


def average(runs: Sequence[Path], folder: Path) -> None:
    """Average the weights of runs that began with the same encoder.

    Args:
        runs: Folders of finished runs.
        folder: Gets the averaged run.

    Source:
        Wortsman et al., "Model soups", ICML 2022.
    """
    loaded = [load_run(run) for run in runs]
    model, tokenizer, labels = loaded[0]
    states = [one.state_dict() for one, *_ in loaded]
    model.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    folder.mkdir(parents=True, exist_ok=True)
    save_run(model, tokenizer, labels, folder)


def measure(run: Path, validation: pd.DataFrame, settings: TrainSettings) -> dict:
    """Measure a finished run.

    Args:
        run: Its folder.
        validation: The rows to measure on.
        settings: What the run was told.

    Returns:
        Settings and metrics; F1 comes from thresholds tuned on the other half of the rows.
    """
    model, tokenizer, labels = load_run(run)
    max_length = min(_MAX_LENGTH, tokenizer.model_max_length)
    logits = predict_logits(model, tokenizer, validation["text"].tolist(), max_length, progress=True)
    scores = torch.sigmoid(torch.from_numpy(logits)).numpy()
    truth = truth_matrix(validation["themes"], labels)
    fit = best_of(cross_fit(truth, scores, author_codes(validation["author"])))
    report = evaluate_scores(truth, scores, np.full(len(labels), 0.5), labels, n_bootstrap=0)
    ranked = {name: report.metrics[name].value for name in ("lrap", "map", "p_at_1")}
    return {"settings": asdict(settings), "micro_f1": fit.micro_f1, "macro_f1": fit.macro_f1, **ranked}


def write_results(work: Path, out: Path) -> None:
    """Gather what was measured so far.

    Args:
        work: Folder of the variants.
        out: Gets ``exploration.json`` and ``exploration.md``.
    """
    finished = {name: _figures(work, name) for name in VARIANTS}
    found = {name: {"what": VARIANTS[name][0], **figures} for name, figures in finished.items() if figures}
    if (work / AVERAGED / "figures.json").exists():
        what = f"weights of {' and '.join(_AVERAGED_RUNS)} averaged"
        found[AVERAGED] = {"what": what, **_read_json(work / AVERAGED / "figures.json")}
    whole = [_whole(history.parent) for history in sorted(work.glob(f"whole/*/{HISTORY}"))]
    _write_json(out / "exploration.json", {"variants": found, "whole": whole})
    sizes = sorted({(row["rows"], row["validation_rows"]) for row in found.values()})
    lines = [
        "# What was tried",
        "",
        *(f"One epoch over {n:,} training rows each, measured on {m:,} validation rows." for n, m in sizes),
        "",
        "| | changed | LRAP | mAP | precision@1 | micro-F1 | macro-F1 |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {row['what']} | "
            + " | ".join(f"{row[key]:.4f}" for key in ("lrap", "map", "p_at_1", "micro_f1", "macro_f1"))
            + " |"
            for name, row in found.items()
        ),
        *_whole_lines(whole),
    ]
    with replacing(out / "exploration.md") as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _whole(run: Path) -> dict:
    told, base = _read_json(run / "settings.json"), asdict(BASE)
    told["teacher"] = told.get("teacher") and Path(told["teacher"]).name
    history = pd.read_csv(run / HISTORY)
    return {
        "run": run.name,
        "changed": {key: value for key, value in told.items() if key in _TOLD and value != base[key]},
        "validation_rows": told["monitor_rows"],
        "lrap": history.loc[history["stage"] == "unfrozen", "lrap"].tolist(),
    }


def _whole_lines(whole: Sequence[dict]) -> list[str]:
    if not whole:
        return []
    return [
        "",
        "Runs over all training rows, LRAP on validation rows after each epoch; `changed` is against base.",
        "",
        "| | changed | rows measured | LRAP |",
        "|---|---|---|---|",
        *(
            f"| {row['run']} | {', '.join(f'{key} {value}' for key, value in row['changed'].items())}"
            f" | {row['validation_rows']:,} | {', '.join(f'{lrap:.4f}' for lrap in row['lrap'])} |"
            for row in whole
        ),
    ]


def _figures(work: Path, name: str) -> dict | None:
    """Read what a variant reached, if it is finished and was run as it is described now."""
    path = work / name / "figures.json"
    if not path.exists():
        return None
    figures = _read_json(path)
    # What was run before a setting was there had its default.
    told = asdict(TrainSettings()) | figures["settings"]
    return figures if told == asdict(_settings(work, name)) else None


def _settings(work: Path, name: str) -> TrainSettings:
    settings = replace(BASE, **VARIANTS[name][1])
    return settings if settings.teacher is None else replace(settings, teacher=str(work / settings.teacher))


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _write_json(path: Path, content: dict) -> None:
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Try variants of the training recipe on a small budget.")
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument("--work", type=Path, default=Path("build/exploration"), help="folder for the runs")
    parser.add_argument("--only", help="names of variants, with commas between them; all by default")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
