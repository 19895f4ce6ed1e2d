"""How well the themes are found: this model beside TF-IDF and the best constant answer, on unseen authors.

Example:
    python benchmarks/quality.py --splits build/splits --model deployment_hf/model --max-rows 64000

Every model meets the same test rows, metrics and bootstrap draws. The baseline is fitted on the very rows that the
model was trained on and its thresholds are tuned by the same code on the same validation split. Nothing is tuned
on the test split. The results hold counts and scores, never a text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from plots import plot_f1_by_support, plot_metrics, plot_reliability

from textthema.baseline import (
    REGRESSION_SETTINGS,
    TFIDF_SETTINGS,
    constant_scores,
    constant_thresholds,
    fit_tfidf,
)
from textthema.bundle import Bundle, replacing
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError, TextThemaError
from textthema.inference import OnnxEncoder
from textthema.manifest import file_hash
from textthema.metrics import METRIC_TITLES, Estimate, Report, difference, evaluate_scores
from textthema.splits import author_codes
from textthema.staging import read_table, truth_matrix
from textthema.text import plain
from textthema.thresholds import choose_shrinkage, tune_thresholds

_PACKAGES = ("numpy", "scikit-learn", "onnxruntime", "tokenizers", "pandas", "matplotlib")
_FP32_BATCH = 32
OURS, BASELINE = "TextThema (int8)", "TF-IDF + logistic regression"


@dataclass(frozen=True)
class Split:
    """Rows of one split: texts, truth bool (n, n_labels), and a number for each row's author (n,)."""

    texts: list[str]
    truth: np.ndarray
    authors: np.ndarray


@dataclass(frozen=True)
class Scored:
    """A model's scores of the test rows, float32 (n, n_labels), and its thresholds (n_labels,)."""

    title: str
    scores: np.ndarray
    thresholds: np.ndarray
    settings: dict


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all models and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    try:
        _run(args)
    except TextThemaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _run(args: argparse.Namespace) -> None:
    bundle = Bundle.read(args.model)
    args.out.mkdir(parents=True, exist_ok=True)
    args.work.mkdir(parents=True, exist_ok=True)
    files = {
        "train": args.train or args.splits / "train.parquet",
        "validation": args.splits / "validation.parquet",
        "test": args.splits / "test.parquet",
    }
    hashes = {name: file_hash(_existing(file)) for name, file in files.items()}
    rows = {"train": args.max_rows}
    splits = {name: read_split(file, bundle.labels, rows.get(name), args.seed) for name, file in files.items()}

    test = splits["test"]
    answers = [score_ours(bundle, test, hashes["test"], args.work)]
    if args.fp32:
        answers.append(score_fp32(bundle, _existing(args.fp32), test, hashes["test"], args.work))
    drawn = {"max_rows": args.max_rows, "seed": args.seed}
    answers += [score_tfidf(splits, {**hashes, **drawn}, args.work), score_constant(splits)]
    reports = {
        answer.title: evaluate_scores(
            test.truth, answer.scores, answer.thresholds, bundle.labels, args.bootstrap, args.seed
        )
        for answer in answers
    }
    record = {
        "data": {"sha256": hashes, "rows": {name: len(split.texts) for name, split in splits.items()}},
        "train_rows_drawn": args.max_rows,
        "model_manifest_sha256": file_hash(bundle.root / "manifest.json"),
        "bootstrap": {"replicates": args.bootstrap, "seed": args.seed, "confidence": 0.95},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
        "models": {
            answer.title: {"settings": answer.settings, **reports[answer.title].to_dict()} for answer in answers
        },
    }
    write_results(args.out, record, reports, {a.title: reliability_bins(test.truth, a.scores) for a in answers})


def read_split(file: Path, labels: Sequence[str], max_rows: int | None = None, seed: int = 0) -> Split:
    """Read one split.

    Args:
        file: Parquet with columns ``text``, ``themes`` and ``author``.
        labels: The labels in the order of the truth's columns.
        max_rows: Draw that many rows, the same ones as `textthema train --max-rows`; None for all.
        seed: Of the draw.

    Returns:
        The rows.

    Raises:
        InputError: If a row carries a theme that is none of the labels.
    """
    table = read_table(file, "textthema split")
    unknown = sorted(set(table["themes"].explode()) - set(labels))
    if unknown:
        message = f"{file}: the model doesn't know the theme {unknown[0]!r}; take the splits that it came from"
        raise InputError(message, value=unknown[0])
    if max_rows is not None and max_rows < len(table):
        table = table.sample(max_rows, random_state=seed)
    truth = truth_matrix(table["themes"], list(labels))
    return Split(table["text"].tolist(), truth, author_codes(table["author"]))


def score_ours(bundle: Bundle, test: Split, test_hash: str, work: Path) -> Scored:
    """Score the test rows with the model as it is served."""
    key = {"model": file_hash(bundle.root / "manifest.json"), "test": test_hash}
    classifier = ThemeClassifier(bundle)
    scores = stored(work, "int8", key, lambda: {"test": classifier.probabilities(test.texts, progress=True)})
    return Scored(OURS, scores["test"], bundle.thresholds, {"max_length": bundle.max_length})


def score_fp32(bundle: Bundle, onnx: Path, test: Split, test_hash: str, work: Path) -> Scored:
    """Score the test rows with the model before quantization, at the same thresholds."""
    key = {"model": file_hash(onnx), "test": test_hash, "max_length": bundle.max_length}

    def compute() -> dict[str, np.ndarray]:
        encoder = OnnxEncoder(onnx, bundle.tokenizer_path, bundle.max_length)
        texts = [plain(text) for text in test.texts]
        return {"test": encoder.encode(texts, _FP32_BATCH, progress=True).probabilities}

    scores = stored(work, "fp32", key, compute)
    return Scored("TextThema (fp32)", scores["test"], bundle.thresholds, {"max_length": bundle.max_length})


def score_tfidf(splits: dict[str, Split], data: dict, work: Path) -> Scored:
    """Fit the baseline, tune it on validation, score the test rows."""
    settings = {"tfidf": TFIDF_SETTINGS, "regression": REGRESSION_SETTINGS}
    key = {**data, **settings, "scikit-learn": metadata.version("scikit-learn")}

    def compute() -> dict[str, np.ndarray]:
        train = splits["train"]
        print(f"fitting TF-IDF and {train.truth.shape[1]} regressions on {len(train.texts):,} rows …", flush=True)
        model = fit_tfidf(train.texts, train.truth)
        parts = ("validation", "test")
        return {name: model.predict_proba(splits[name].texts).astype(np.float32) for name in parts}

    scores = stored(work, "tfidf", key, compute)
    truth, authors = splits["validation"].truth, splits["validation"].authors
    shrinkage = choose_shrinkage(truth, scores["validation"], authors)
    tuned = tune_thresholds(truth, scores["validation"], shrinkage=shrinkage)
    settings = {**settings, "shrinkage": shrinkage}
    return Scored(BASELINE, scores["test"], tuned.per_label, settings)


def score_constant(splits: dict[str, Split]) -> Scored:
    """Say the same set of frequent labels of every row."""
    train, validation, test = (splits[name] for name in ("train", "validation", "test"))
    thresholds = constant_thresholds(validation.truth, constant_scores(train.truth, len(validation.truth)))
    scores = constant_scores(train.truth, len(test.truth))
    settings = {"labels_said": int((scores[0] >= thresholds).sum())}
    return Scored("best constant answer", scores, thresholds, settings)


def stored(work: Path, name: str, key: dict, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Compute scores once for a key; read them from the work folder after that.

    Args:
        work: Folder of the stored scores.
        name: Beginning of the file's name.
        key: Everything the scores depend on, as JSON values.
        compute: Gives the scores.

    Returns:
        Split to scores, float32 (n, n_labels).
    """
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    file = work / f"{name}-{digest}.npz"
    if not file.exists():
        scores = compute()
        with replacing(file) as temporary:
            np.savez(temporary, **scores)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def reliability_bins(truth: np.ndarray, scores: np.ndarray, n_bins: int = 10, fewest: int = 50) -> list[dict]:
    """Compare probabilities with how often they come true.

    Args:
        truth: Which labels are true, bool (n, n_labels).
        scores: Probabilities, float (n, n_labels).
        n_bins: Number of equally wide bins from 0 to 1.
        fewest: Bins with fewer cells are left out.

    Returns:
        ``predicted`` (mean probability), ``observed`` (share that is true) and ``cells`` of each bin.
    """
    places = np.minimum((scores.ravel() * n_bins).astype(int), n_bins - 1)
    cells = np.bincount(places, minlength=n_bins)
    predicted = np.bincount(places, scores.ravel(), minlength=n_bins) / np.maximum(cells, 1)
    observed = np.bincount(places, truth.ravel(), minlength=n_bins) / np.maximum(cells, 1)
    return [
        {"predicted": float(predicted[i]), "observed": float(observed[i]), "cells": int(cells[i])}
        for i in np.flatnonzero(cells >= fewest)
    ]


def write_results(out: Path, record: dict, reports: dict[str, Report], bins: dict[str, list[dict]]) -> None:
    """Write JSON, Markdown and plots.

    Args:
        out: The folder.
        record: What goes into ``quality.json``; the differences and the reliability are added.
        reports: Title to report.
        bins: Title to reliability bins.
    """
    gains = difference(reports[OURS], reports[BASELINE])
    record["difference"] = {
        "of": OURS,
        "minus": BASELINE,
        "metrics": {name: {"value": e.value, "low": e.low, "high": e.high} for name, e in gains.items()},
    }
    record["reliability"] = bins
    # The same two first in every plot, so that they have the same colours in all.
    titles = dict.fromkeys([OURS, BASELINE, *reports])
    plot_metrics(out / "quality_metrics.png", {title: reports[title].metrics for title in titles})
    both = {title: reports[title].per_label for title in (OURS, BASELINE)}
    plot_f1_by_support(out / "quality_f1_by_support.png", both)
    plot_reliability(out / "quality_reliability.png", {title: bins[title] for title in (OURS, BASELINE)})
    _write(out / "quality.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    _write(out / "quality.md", as_markdown(record, reports, gains))


def as_markdown(record: dict, reports: dict[str, Report], gains: dict[str, Estimate]) -> str:
    """Write the results as a page.

    Args:
        record: What goes into ``quality.json``.
        reports: Title to report.
        gains: This project's metrics minus the baseline's.

    Returns:
        Markdown.
    """
    rows = record["data"]["rows"]
    replicates = record["bootstrap"]["replicates"]
    lines = [
        "# Quality",
        "",
        f"{rows['test']:,} test rows of authors that no model has seen, {len(reports[OURS].per_label)} themes."
        f" All models: {rows['train']:,} training rows, thresholds from {rows['validation']:,} validation"
        f" rows. In brackets: 95 % interval from {replicates} bootstrap draws of rows.",
        "",
        "| | " + " | ".join(METRIC_TITLES.values()) + " |",
        "|---" * (len(METRIC_TITLES) + 1) + "|",
        *(_markdown_row(title, report.metrics) for title, report in reports.items()),
        _markdown_row(f"{OURS} − {BASELINE}", gains, sign="+"),
        "",
        "A tag that readers left out counts as wrong when a model finds it, so no model can come near 1.",
        "",
        "![metrics](quality_metrics.png)",
        "",
        "![F1 by support](quality_f1_by_support.png)",
        "",
        "![reliability](quality_reliability.png)",
        "",
        f"Model manifest `{record['model_manifest_sha256'][:16]}`, test split"
        f" `{record['data']['sha256']['test'][:16]}`. All figures, each theme's too: `quality.json`.",
    ]
    return "\n".join(lines) + "\n"


def _markdown_row(title: str, metrics: dict[str, Estimate], sign: str = "") -> str:
    cells = []
    for estimate in metrics.values():
        interval = "" if estimate.low is None else f" ({estimate.low:{sign}.3f} … {estimate.high:{sign}.3f})"
        cells.append(f"{estimate.value:{sign}.3f}{interval}")
    return f"| {title} | " + " | ".join(cells) + " |"


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise InputError(f"there is no file {file}; run the pipeline's stages first", value=str(file))
    return file


def _write(path: Path, content: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Measure the model, TF-IDF and the best constant answer on unseen authors."
    )
    parser.add_argument("--splits", type=Path, required=True, help="folder of train, validation and test.parquet")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--train", type=Path, help="training rows (SPLITS/train.parquet by default)")
    parser.add_argument("--max-rows", type=int, help="rows that the model was trained on, as given to textthema train")
    parser.add_argument("--fp32", type=Path, help="the model before quantization, to be measured as well")
    parser.add_argument("--work", type=Path, default=Path("build/baselines"), help="folder for stored scores")
    parser.add_argument("--bootstrap", type=int, default=200, help="number of bootstrap draws")
    parser.add_argument("--seed", type=int, default=0, help="of the draws of training rows and of the bootstrap")
    return parser


if __name__ == "__main__":
    sys.exit(main())
