"""How well the themes are found: this model beside what else could have been used, on unseen authors.

Example:
    python benchmarks/quality.py --splits build/splits --run build/run --model deployment_hf/model

Every model learns from the same training rows, has its thresholds tuned by the same code on the same validation rows
and meets the same test rows, metrics and bootstrap draws; only the earlier system's recipe keeps its fixed thresholds.
Nothing is tuned on the test rows. The results hold counts and scores, never a text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import rivals
from contestants import CONTESTANTS
from plots import plot_f1_by_support, plot_metrics, plot_reliability
from slices import slices_of, weaknesses_of
from tqdm import tqdm

from textthema.baseline import REGRESSION_SETTINGS, TFIDF_SETTINGS, constant_scores, constant_thresholds
from textthema.bundle import CONFIG, Bundle, replacing
from textthema.errors import InputError, TextThemaError
from textthema.manifest import file_hash
from textthema.metrics import LOWER_IS_BETTER, METRIC_TITLES, Report, difference, evaluate_scores
from textthema.splits import SEEN, author_codes
from textthema.staging import read_table, truth_matrix
from textthema.thresholds import choose_shrinkage, tune_thresholds

_PACKAGES = ("numpy", "scikit-learn", "onnxruntime", "tokenizers", "pandas", "torch", "transformers")
OURS, BASELINE = CONTESTANTS["ours"].title, CONTESTANTS["tfidf"].title
SECOND = f"{OURS}, another seed"
# The earlier system said a theme from one of these on, whichever theme it was.
_EARLIER_THRESHOLDS = (0.23, 0.5)
_SCORED_AT_ONCE = 2048


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
    files = {name: args.splits / f"{name}.parquet" for name in ("train", "validation", "test", SEEN)}
    hashes = {name: file_hash(_existing(file)) for name, file in files.items()}
    rows = {"train": args.max_rows}
    splits = {name: read_split(file, bundle.labels, rows.get(name), args.seed) for name, file in files.items()}
    folders = gather(bundle, _existing(args.run / "model_fp32.onnx"), splits["train"], hashes["train"], args)
    answers = [
        *(score_ours(key, folders[key], bundle, splits, hashes, args.work) for key in ("ours", "ours_fp32")),
        *(score_rival(key, folders[key], splits, hashes, args.work) for key in ("frozen", "static", "tfidf")),
        *score_earlier(folders["earlier"], splits, hashes, args.work),
        *([score_second(Bundle.read(args.second_model), splits, hashes, args.work)] if args.second_model else []),
        score_constant(splits),
    ]
    truth = splits["test"].truth
    reports = {
        answer.title: evaluate_scores(truth, answer.scores, answer.thresholds, bundle.labels, args.bootstrap, args.seed)
        for answer in answers
    }
    seen = {key: answer_of(key, folders[key], splits[SEEN], hashes[SEEN], args.work) for key in ("ours", "tfidf")}
    thresholds = {key: next(a.thresholds for a in answers if a.title == CONTESTANTS[key].title) for key in seen}
    record = {
        "data": {"sha256": hashes, "rows": {name: len(split.texts) for name, split in splits.items()}},
        "train_rows_drawn": args.max_rows,
        "model_manifest_sha256": file_hash(bundle.root / "manifest.json"),
        "bootstrap": {"replicates": args.bootstrap, "seed": args.seed, "confidence": 0.95},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
        "models": {
            answer.title: {"settings": answer.settings, **reports[answer.title].to_dict()} for answer in answers
        },
        "slices": slices_of(
            splits["test"],
            splits["train"].truth,
            {a.title: (a.scores, a.thresholds) for a in answers},
            (splits[SEEN].truth, {CONTESTANTS[k].title: (seen[k], thresholds[k]) for k in seen}),
            bundle.labels,
        ),
        "weaknesses": weaknesses_of(
            truth,
            answers[0].scores >= answers[0].thresholds,
            splits["train"].truth,
            bundle.labels,
            reports[OURS].per_label,
            reports[BASELINE].per_label,
        ),
    }
    write_results(args.out, record, reports, {a.title: reliability_bins(truth, a.scores) for a in answers})


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


def gather(bundle: Bundle, fp32: Path, train: Split, train_hash: str, args: argparse.Namespace) -> dict[str, Path]:
    """Fit the rivals that are not there yet, and lay every model into a folder.

    Args:
        bundle: This project's model.
        fp32: The same before quantization.
        train: The rows that it was trained on.
        train_hash: Of their file.
        args: The command line.

    Returns:
        Contestant to folder.
    """
    key = {"train": train_hash, "max_rows": args.max_rows, "seed": args.seed}
    # Features take most of the time and both frozen rivals need them; whoever has them all fitted needs none.
    features: list[np.ndarray] = []

    def frozen(build: Callable[[np.ndarray, np.ndarray, Path], None], folder: Path) -> None:
        if not features:
            encoder = key | {"encoder": rivals.ENCODER, "tokens": rivals.TRAIN_LENGTH}
            computed = stored(args.work, "features", encoder, lambda: {"train": rivals.encoder_features(train.texts)})
            features.append(computed["train"])
        build(features[0], train.truth, folder)

    makers = {
        "tfidf": (
            {**TFIDF_SETTINGS, **REGRESSION_SETTINGS},
            lambda folder: rivals.build_tfidf(train.texts, train.truth, folder),
        ),
        "static": (rivals.SETTINGS, lambda folder: rivals.build_static(train.texts, train.truth, folder)),
        "frozen": (rivals.SETTINGS, lambda folder: frozen(rivals.build_frozen, folder)),
        "earlier": (rivals.SETTINGS, lambda folder: frozen(rivals.build_earlier, folder)),
        "ours_fp32": ({"model": file_hash(fp32)}, lambda folder: _lay_fp32(fp32, bundle, folder)),
    }
    built = {name: _built(args.work / name, key | settings, make) for name, (settings, make) in makers.items()}
    return {"ours": bundle.root, **built}


def answer_of(key: str, folder: Path, split: Split, split_hash: str, work: Path) -> np.ndarray:
    """Let a model score a split, or read what it said before.

    Args:
        key: Which contestant.
        folder: Its folder.
        split: The rows.
        split_hash: Of their file.
        work: Folder of the stored scores.

    Returns:
        Probabilities, float32 (n, n_labels).
    """
    files = sorted(file for file in folder.rglob("*") if file.suffix in {".onnx", ".npz", ".json"})
    about = {"files": [file_hash(file) for file in files], "split": split_hash}

    def compute() -> dict[str, np.ndarray]:
        answer = CONTESTANTS[key].load(folder)
        starts = tqdm(range(0, len(split.texts), _SCORED_AT_ONCE), desc=f"{key}: scoring", unit="block")
        return {"scores": np.concatenate([answer(split.texts[s : s + _SCORED_AT_ONCE]) for s in starts])}

    return stored(work, f"scores-{key}", about, compute)["scores"]


def score_ours(
    key: str, folder: Path, bundle: Bundle, splits: dict[str, Split], hashes: dict[str, str], work: Path
) -> Scored:
    """Score the test rows with this project's model at the thresholds that it comes with."""
    scores = answer_of(key, folder, splits["test"], hashes["test"], work)
    return Scored(CONTESTANTS[key].title, scores, bundle.thresholds, {"max_length": bundle.max_length})


def score_second(second: Bundle, splits: dict[str, Split], hashes: dict[str, str], work: Path) -> Scored:
    """Score the test rows with the model that another seed gave, at its own thresholds."""
    scores = answer_of("ours", second.root, splits["test"], hashes["test"], work)
    return Scored(SECOND, scores, second.thresholds, {"max_length": second.max_length})


def score_rival(key: str, folder: Path, splits: dict[str, Split], hashes: dict[str, str], work: Path) -> Scored:
    """Tune a rival's thresholds on the validation rows and score the test rows."""
    validation, test = (answer_of(key, folder, splits[name], hashes[name], work) for name in ("validation", "test"))
    truth = splits["validation"].truth
    shrinkage = choose_shrinkage(truth, validation, splits["validation"].authors)
    tuned = tune_thresholds(truth, validation, shrinkage=shrinkage)
    return Scored(CONTESTANTS[key].title, test, tuned.per_label, {"shrinkage": shrinkage})


def score_earlier(folder: Path, splits: dict[str, Split], hashes: dict[str, str], work: Path) -> list[Scored]:
    """Score the test rows the earlier system's way, at both of its fixed thresholds."""
    scores = answer_of("earlier", folder, splits["test"], hashes["test"], work)
    return [
        Scored(
            f"{CONTESTANTS['earlier'].title}, threshold {cut}",
            scores,
            np.full(scores.shape[1], cut, np.float32),
            {"threshold": cut},
        )
        for cut in _EARLIER_THRESHOLDS
    ]


def score_constant(splits: dict[str, Split]) -> Scored:
    """Say the same set of frequent labels of every row."""
    train, validation, test = (splits[name] for name in ("train", "validation", "test"))
    thresholds = constant_thresholds(validation.truth, constant_scores(train.truth, len(validation.truth)))
    scores = constant_scores(train.truth, len(test.truth))
    settings = {"labels_said": int((scores[0] >= thresholds).sum())}
    return Scored("best constant answer", scores, thresholds, settings)


def stored(work: Path, name: str, key: dict, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Compute arrays once for a key; read them from the work folder after that.

    Args:
        work: Folder of the stored arrays.
        name: Beginning of the file's name.
        key: Everything the arrays depend on, as JSON values.
        compute: Gives them.

    Returns:
        Name to array.
    """
    file = work / f"{name}-{_digest(key)}.npz"
    if not file.exists():
        arrays = compute()
        with replacing(file) as temporary:
            np.savez(temporary, **arrays)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def _built(folder: Path, key: dict, make: Callable[[Path], None]) -> Path:
    """Fill a folder once for a key; a folder that is not finished is begun again."""
    mark = folder / "built"
    if not mark.exists() or mark.read_text(encoding="utf-8") != _digest(key):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"building {folder.name} …", flush=True)
        make(folder)
        mark.write_text(_digest(key), encoding="utf-8")
    return folder


def _lay_fp32(onnx: Path, bundle: Bundle, folder: Path) -> None:
    shutil.copy(onnx, folder / "model.onnx")
    shutil.copy(bundle.tokenizer_path, folder / "tokenizer.json")
    shutil.copy(bundle.root / CONFIG, folder / CONFIG)


def _digest(key: dict) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]


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
    gains = {title: difference(reports[OURS], report) for title, report in reports.items() if title != OURS}
    record["difference"] = {
        title: {name: {"value": e.value, "low": e.low, "high": e.high} for name, e in gain.items()}
        for title, gain in gains.items()
    }
    record["reliability"] = bins
    plot_metrics(out / "quality_metrics.png", {title: report.metrics for title, report in reports.items()})
    both = {title: reports[title].per_label for title in (OURS, BASELINE)}
    plot_f1_by_support(out / "quality_f1_by_support.png", both)
    plot_reliability(out / "quality_reliability.png", {title: bins[title] for title in (OURS, BASELINE)})
    _write(out / "quality.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    _write(out / "quality.md", as_markdown(record))
    _write(out / "slices.md", slices_markdown(record))


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What is in ``quality.json``.

    Returns:
        Markdown.
    """
    rows, models = record["data"]["rows"], record["models"]
    lines = [
        "# Quality",
        "",
        f"{rows['test']:,} test rows of authors that no model has seen, {len(models[OURS]['per_label'])} themes."
        f" All models: {rows['train']:,} training rows; thresholds from {rows['validation']:,} validation rows,"
        " but for the earlier recipe's fixed ones."
        f" In brackets: 95 % interval from {record['bootstrap']['replicates']} bootstrap draws of rows.",
        "",
        "| | " + " | ".join(METRIC_TITLES.values()) + " |",
        "|---" * (len(METRIC_TITLES) + 1) + "|",
        *(_markdown_row(title, model["metrics"]) for title, model in models.items()),
        _markdown_row(f"{OURS} − {BASELINE}", record["difference"][BASELINE], sign="+"),
        "",
        *_columns_lost(models),
        *_second_seed(models),
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


def slices_markdown(record: dict) -> str:
    """Write slices and weaknesses as a page.

    Args:
        record: What is in ``quality.json``.

    Returns:
        Markdown.
    """
    lines = ["# Where it is good and where not", ""]
    for kind, slices in record["slices"].items():
        lines += [
            f"## By {kind}",
            "",
            "| | rows | micro-F1 | macro-F1 | LRAP | TF-IDF: micro-F1 | macro-F1 | LRAP |",
            "|---" * 8 + "|",
            *(_slice_row(name, part) for name, part in slices.items()),
            "",
        ]
    weaknesses = record["weaknesses"]
    lines += [
        "## Most often confused",
        "",
        "Texts in which readers tagged one and the model said the other instead.",
        "",
        "| themes | test texts | training texts of the rarer that carry both |",
        "|---|---|---|",
        *(
            f"| {' / '.join(pair['themes'])} | {pair['texts']} | {pair['share_of_rarer_with_both_in_training']:.0%} |"
            for pair in weaknesses["confused"]
        ),
        "",
        "## Weakest themes",
        "",
        "| theme | F1 | precision | recall | test texts | said instead | why |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {weak['theme']} | {weak['f1']:.2f} | {weak['precision']:.2f} | {weak['recall']:.2f} | {weak['support']}"
            f" | {', '.join(weak['said_instead'])} | {'; '.join(weak['reasons']) or 'no single reason'} |"
            for weak in weaknesses["weakest"]
        ),
    ]
    return "\n".join(lines) + "\n"


def _slice_row(name: str, part: dict) -> str:
    cells = [
        f"{part['models'][title][metric]:.3f}" if metric in part["models"].get(title, {}) else ""
        for title in (OURS, BASELINE)
        for metric in ("micro_f1", "macro_f1", "lrap")
    ]
    return f"| {name} | {part['rows']:,} | " + " | ".join(cells) + " |"


def _columns_lost(models: dict[str, dict]) -> list[str]:
    """Say in which columns some other model is better than the one that is served."""
    lost = []
    for name, title in METRIC_TITLES.items():
        values = {model: figures["metrics"][name]["value"] for model, figures in models.items() if model != SECOND}
        best = (min if name in LOWER_IS_BETTER else max)(values, key=values.__getitem__)
        if best != OURS and values[best] != values[OURS]:
            lost.append(f"{title} ({best}: {values[best]:.4f} against {values[OURS]:.4f})")
    if not lost:
        return [f"> {OURS} is best in every column."]
    return [f"> {OURS} is best in every column but: " + "; ".join(lost) + "."]


def _second_seed(models: dict[str, dict]) -> list[str]:
    """Say which figures of the run with another seed lie in the intervals of the one that is served."""
    if SECOND not in models:
        return []
    outside = []
    for name, title in METRIC_TITLES.items():
        value, reported = models[SECOND]["metrics"][name]["value"], models[OURS]["metrics"][name]
        if not reported["low"] <= value <= reported["high"]:
            outside.append(f"{title} ({value:.4f}, interval {reported['low']:.4f} to {reported['high']:.4f})")
    said = "in every column" if not outside else "in every column but: " + "; ".join(outside)
    return [">", f"> The same recipe with another seed lies within the interval {said}."]


def _markdown_row(title: str, metrics: dict[str, dict], sign: str = "") -> str:
    cells = []
    for name in METRIC_TITLES:
        value, low, high = (metrics[name][part] for part in ("value", "low", "high"))
        interval = "" if low is None else f" ({low:{sign}.3f} … {high:{sign}.3f})"
        cells.append(f"{value:{sign}.3f}{interval}")
    return f"| {title} | " + " | ".join(cells) + " |"


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise InputError(f"there is no file {file}; run the pipeline's stages first", value=str(file))
    return file


def _write(path: Path, content: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the model and its rivals on unseen authors.")
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run, with model_fp32.onnx")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--second-model", type=Path, help="model directory of the same recipe with another seed")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--max-rows", type=int, help="rows that the model was trained on (default: all)")
    parser.add_argument("--work", type=Path, default=Path("build/rivals"), help="folder for fitted rivals and scores")
    parser.add_argument("--bootstrap", type=int, default=200, help="number of bootstrap draws")
    parser.add_argument("--seed", type=int, default=0, help="of the draws of training rows and of the bootstrap")
    return parser


if __name__ == "__main__":
    sys.exit(main())
