"""How well the themes are found: this model beside what else could have been used, on unseen authors.

Example:
    python benchmarks/quality.py --splits build/splits --run build/run --model deployment_hf/model
    python benchmarks/quality.py --splits build/books/splits --run build/books/run --model deployment_hf/genres \
      --work build/books/rivals --out benchmarks/results/books --other-model deployment_hf/model \
      --published benchmarks/published/books.json benchmarks/results/books/sizes.json

Every model learns from the same training rows, is calibrated and has its thresholds tuned by the same code on the same
validation rows, and meets the same test rows, metrics and bootstrap draws; only the earlier system's recipe keeps its
fixed thresholds. Nothing is tuned on the test rows. The results hold counts and scores, never a text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import rivals
from contestants import CONTESTANTS, HASHED_FEATURES
from plots import plot_f1_by_support, plot_metrics, plot_reliability
from quality_pages import BASELINE, OURS, SECOND, as_markdown, slices_markdown
from scipy.special import expit, logit
from scripts import exit_code, write_result
from slices import slices_of, weaknesses_of
from tqdm import tqdm

from textthema.baseline import REGRESSION_SETTINGS, TFIDF_SETTINGS, constant_scores, constant_thresholds
from textthema.bundle import CONFIG, ONNX, THRESHOLDS, Bundle, file_digest, replacing
from textthema.calibration import Calibration, fit_calibration
from textthema.errors import InputError
from textthema.inference import OnnxEncoder
from textthema.metrics import Report, difference, evaluate_scores, reliability
from textthema.splits import NAMES, SEEN, author_codes
from textthema.staging import read_table, truth_matrix
from textthema.text import plain
from textthema.thresholds import choose_shrinkage, tune_thresholds

_PACKAGES = ("numpy", "scikit-learn", "onnxruntime", "tokenizers", "pandas", "torch", "transformers")
# The earlier system said a theme from one of these on, whichever theme it was.
_EARLIER_THRESHOLDS = (0.23, 0.5)
_RIVALS = ("two_heads", "frozen", "static", "tfidf")
_SCORED_AT_ONCE = 2048
_LEAST = 1e-7


@dataclass(frozen=True)
class Split:
    """Rows of one split.

    Args:
        texts: n texts.
        truth: bool (n, n_labels).
        authors: A number for each row's author, (n,).
        sha256: Of the file.
        unnamed: Number of rows without an author.
    """

    texts: list[str]
    truth: np.ndarray
    authors: np.ndarray
    sha256: str
    unnamed: int = 0


@dataclass(frozen=True)
class Tuned:
    """A model with what was tuned for it on the validation rows.

    Args:
        title: How tables call it.
        scores: Split to probabilities, float32 (n, n_labels).
        thresholds: From which probability on a label is said, (n_labels,).
        settings: For the record.
        weights: Bytes of its weights' files; 0 if it has none.
    """

    title: str
    scores: Callable[[str], np.ndarray]
    thresholds: np.ndarray
    settings: dict
    weights: int = 0


class Bench:
    """What all models share.

    Args:
        bundle: This project's model.
        splits: Folder that ``textthema split`` wrote.
        run: Folder of the training run.
        work: Folder for fitted rivals and scores.
        other: Another served model, whose encoder may serve both.

    Raises:
        InputError: If model, run and splits don't belong together.
    """

    def __init__(self, bundle: Bundle, splits: Path, run: Path, work: Path, other: Bundle | None = None) -> None:
        self.bundle, self.work, self.other = bundle, work, other
        self.fp32 = _existing(run / "model_fp32.onnx")
        trained = self._train_stage()
        # A rival reads no less of a text than the model did in training.
        self.tokens = max(rivals.TRAIN_LENGTH, trained["settings"]["max_length"])
        self.drawn = {"max_rows": trained["settings"]["max_rows"], "seed": trained["settings"]["seed"]}
        self.splits = {name: self._read(splits / f"{name}.parquet") for name in (*NAMES, SEEN)}
        for name in ("train", "validation"):
            if trained["inputs"][name]["sha256"] != self.splits[name].sha256:
                raise InputError(
                    f"the model was not trained on {splits / name}.parquet; take its own splits", value=name
                )
        labels = json.loads(_existing(run / "labels.json").read_text(encoding="utf-8"))
        if tuple(labels) != bundle.labels:
            raise InputError(
                f"the labels in {run} are not those of {bundle.root}; take the model's own run", value=str(run)
            )

    def folders(self, without: Collection[str] = ()) -> dict[str, Path]:
        """Fit the rivals that are not there yet, and lay every model into a folder.

        Args:
            without: Rivals to leave out.

        Returns:
            Contestant to folder.
        """
        train = self.splits["train"]
        # Features take most of the time and both frozen rivals need them; whoever has them all fitted needs none.
        features: list[np.ndarray] = []

        def frozen(build: Callable[[np.ndarray, np.ndarray, Path], None], folder: Path) -> None:
            if not features:
                about = {"train": train.sha256, **self.drawn, "encoder": rivals.ENCODER, "tokens": self.tokens}
                computed = stored(
                    self.work, "features", about, lambda: {"train": rivals.encoder_features(train.texts, self.tokens)}
                )
                features.append(computed["train"])
            build(features[0], train.truth, folder)

        makers = {
            "tfidf": lambda folder: rivals.build_tfidf(train.texts, train.truth, folder),
            "static": lambda folder: rivals.build_static(train.texts, train.truth, folder),
            "frozen": lambda folder: frozen(rivals.build_frozen, folder),
            "earlier": lambda folder: frozen(rivals.build_earlier, folder),
        }
        if self.other:
            makers["two_heads"] = self._build_two_heads
        about = {"train": train.sha256, **self.drawn, "labels": self.bundle.labels, "features": HASHED_FEATURES}
        settings = {**rivals.SETTINGS, "tfidf": {**TFIDF_SETTINGS, **REGRESSION_SETTINGS}}
        if self.other:
            settings["two_heads"] = {**settings["two_heads"], "encoder": self.other.encoder_id}
        built = {
            name: _built(self.work / name, about | {"settings": settings[name]}, make)
            for name, make in makers.items()
            if name not in without
        }
        fp32 = _built(self.work / "ours_fp32", {"model": file_digest(self.fp32)}, self._lay_fp32)
        return {"ours": self.bundle.root, "ours_fp32": fp32, **built}

    def ours(self, key: str, folder: Path) -> Tuned:
        """Take this project's model as it comes: calibrated, with its own thresholds."""
        settings = {"max_length": self.bundle.max_length}
        weights = weight_bytes(folder)
        return Tuned(CONTESTANTS[key].title, self._scores(key, folder), self.bundle.thresholds, settings, weights)

    def rival(self, key: str, folder: Path) -> Tuned:
        """Calibrate a rival and tune its thresholds on the validation rows."""
        validation = self.splits["validation"]
        raw = self._scores(key, folder)
        calibration = fit_calibration(validation.truth, _logits(raw("validation")))
        tuned_on = _calibrated(raw("validation"), calibration)
        shrinkage = choose_shrinkage(validation.truth, tuned_on, validation.authors)
        thresholds = tune_thresholds(validation.truth, tuned_on, shrinkage=shrinkage).per_label
        return Tuned(
            CONTESTANTS[key].title,
            lambda split: _calibrated(raw(split), calibration),
            thresholds,
            {"shrinkage": shrinkage},
            weight_bytes(folder),
        )

    def earlier(self, folder: Path) -> list[Tuned]:
        """Take the earlier system's recipe at both of its fixed thresholds, uncalibrated."""
        scores, n = self._scores("earlier", folder), len(self.bundle.labels)
        title = CONTESTANTS["earlier"].title
        return [
            Tuned(
                f"{title}, threshold {cut}",
                scores,
                np.full(n, cut, np.float32),
                {"threshold": cut},
                weight_bytes(folder),
            )
            for cut in _EARLIER_THRESHOLDS
        ]

    def second(self, model: Path) -> Tuned:
        """Take the model that another seed gave, with its own thresholds."""
        other = Bundle.read(model)
        settings = {"max_length": other.max_length}
        return Tuned(SECOND, self._scores("ours", other.root), other.thresholds, settings, weight_bytes(other.root))

    def constant(self) -> Tuned:
        """Say the same set of frequent labels of every row."""
        frequent = self.splits["train"].truth
        validation = self.splits["validation"].truth
        thresholds = constant_thresholds(validation, constant_scores(frequent, len(validation)))
        said = int((constant_scores(frequent, 1)[0] >= thresholds).sum())
        return Tuned(
            "best constant answer",
            lambda split: constant_scores(frequent, len(self.splits[split].truth)),
            thresholds,
            {"labels_said": said},
        )

    def _scores(self, key: str, folder: Path) -> Callable[[str], np.ndarray]:
        """Make the function that lets a model score a split, or reads what it said before."""
        files = sorted(file for file in folder.rglob("*") if file.suffix in {".onnx", ".npz", ".json"})
        hashes = [file_digest(file) for file in files]

        def scores(name: str) -> np.ndarray:
            split = self.splits[name]

            def compute() -> dict[str, np.ndarray]:
                answer = CONTESTANTS[key].load(folder)
                starts = tqdm(range(0, len(split.texts), _SCORED_AT_ONCE), desc=f"{key} on {name}", unit="block")
                blocks = [answer(split.texts[start : start + _SCORED_AT_ONCE]) for start in starts]
                return {"scores": np.concatenate([np.empty((0, split.truth.shape[1]), np.float32), *blocks])}

            return stored(self.work, f"scores-{key}", {"files": hashes, "split": split.sha256}, compute)["scores"]

        return scores

    def _train_stage(self) -> dict:
        stages = self.bundle.manifest["lineage"].get("stages", [])
        trained = [stage for stage in stages if stage["stage"] == "train"]
        if not trained:
            raise InputError(f"the manifest of {self.bundle.root} tells of no training", value=str(self.bundle.root))
        return trained[-1]

    def _read(self, file: Path) -> Split:
        drawn = self.drawn if file.stem == "train" else {"max_rows": None, "seed": 0}
        return read_split(_existing(file), self.bundle.labels, **drawn)

    def _build_two_heads(self, folder: Path) -> None:
        train, length = self.splits["train"], self.bundle.max_length
        about = {"train": train.sha256, **self.drawn, "encoder": self.other.encoder_id, "tokens": length}

        def compute() -> dict[str, np.ndarray]:
            encoder = OnnxEncoder(self.other.onnx_path, self.other.tokenizer_path, length)
            return {"train": encoder.encode([plain(text) for text in train.texts], progress=True).embeddings}

        features = stored(self.work, "features-of-other", about, compute)["train"]
        rivals.build_two_heads(features, train.truth, self.other, folder)
        shutil.copy(self.bundle.root / CONFIG, folder / CONFIG)

    def _lay_fp32(self, folder: Path) -> None:
        shutil.copy(self.fp32, folder / "model.onnx")
        shutil.copy(self.bundle.tokenizer_path, folder / "tokenizer.json")
        shutil.copy(self.bundle.root / CONFIG, folder / CONFIG)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all models and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return exit_code(lambda: _run(args))


def _run(args: argparse.Namespace) -> None:
    for folder in (args.out, args.work):
        folder.mkdir(parents=True, exist_ok=True)
    other = Bundle.read(args.other_model) if args.other_model else None
    bench = Bench(Bundle.read(args.model), args.splits, args.run, args.work, other)
    folders = bench.folders(args.without)
    models = [
        *(bench.ours(key, folders[key]) for key in ("ours", "ours_fp32") if key not in args.without),
        *(bench.rival(key, folders[key]) for key in _RIVALS if key in folders),
        *(bench.earlier(folders["earlier"]) if "earlier" in folders else ()),
        *([bench.second(args.second_model)] if args.second_model else []),
        bench.constant(),
    ]
    test, labels = bench.splits["test"], bench.bundle.labels
    scores = {model.title: model.scores("test") for model in models}
    reports = {
        model.title: evaluate_scores(
            test.truth, scores[model.title], model.thresholds, labels, args.bootstrap, args.seed
        )
        for model in models
    }
    record = _about(bench, args) | {
        "models": {
            model.title: {"settings": model.settings, "weights": model.weights, **reports[model.title].to_dict()}
            for model in models
        },
        "published": {
            title: figures
            for file in args.published
            for title, figures in json.loads(file.read_text(encoding="utf-8")).items()
        },
        "slices": _slices(bench, models, scores),
        "weaknesses": weaknesses_of(
            test.truth,
            scores[OURS] >= bench.bundle.thresholds,
            bench.splits["train"].truth,
            labels,
            reports[OURS].per_label,
            reports[BASELINE].per_label,
        ),
    }
    bins = {title: reliability(test.truth, scores[title]) for title in scores}
    write_results(args.out, record, reports, bins)


def _about(bench: Bench, args: argparse.Namespace) -> dict:
    return {
        "collection": bench.bundle.collection,
        "data": {
            "sha256": {name: split.sha256 for name, split in bench.splits.items()},
            "rows": {name: len(split.texts) for name, split in bench.splits.items()},
            "rows_without_author": {name: split.unnamed for name, split in bench.splits.items()},
        },
        "train_rows_drawn": bench.drawn["max_rows"],
        # Heads that are grafted on later change no score: the encoder keeps the name of the measured graph.
        "model_sha256": {ONNX: bench.bundle.encoder_id, THRESHOLDS: file_digest(bench.bundle.root / THRESHOLDS)},
        "bootstrap": {"replicates": args.bootstrap, "seed": args.seed, "confidence": 0.95},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
    }


def _slices(bench: Bench, models: Sequence[Tuned], scores: dict[str, np.ndarray]) -> dict:
    everyone = {model.title: (scores[model.title], model.thresholds) for model in models}
    there = [model for model in models if model.title in {OURS, BASELINE}]
    seen = {model.title: (model.scores(SEEN), model.thresholds) for model in there}
    return slices_of(
        bench.splits["test"], bench.splits[SEEN].truth, bench.splits["train"].truth, everyone, seen, bench.bundle.labels
    )


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
    unknown = sorted(set(table["themes"].explode().dropna()) - set(labels))
    if unknown:
        message = f"{file}: the model doesn't know the theme {unknown[0]!r}; take the splits that it came from"
        raise InputError(message, value=unknown[0])
    if max_rows is not None and max_rows < len(table):
        table = table.sample(max_rows, random_state=seed)
    truth = truth_matrix(table["themes"], list(labels))
    unnamed = int((~table["author"].fillna("").astype(bool)).sum())
    return Split(table["text"].tolist(), truth, author_codes(table["author"]), file_digest(file), unnamed)


def weight_bytes(folder: Path) -> int:
    """Count the bytes of a model's weights.

    Args:
        folder: The model's folder.

    Returns:
        Size of its ONNX and NumPy files.
    """
    return sum(file.stat().st_size for file in folder.rglob("*") if file.suffix in {".onnx", ".npz"})


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
    write_result(out, "quality", record, as_markdown(record))
    with replacing(out / "slices.md") as partial:
        partial.write_text(slices_markdown(record), encoding="utf-8")


def _logits(probabilities: np.ndarray) -> np.ndarray:
    return logit(np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST))


def _calibrated(probabilities: np.ndarray, calibration: Calibration) -> np.ndarray:
    return expit(calibration(_logits(probabilities))).astype(np.float32)


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


def _digest(key: dict) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise InputError(f"there is no file {file}; run the pipeline's stages first", value=str(file))
    return file


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the model and its rivals on unseen authors.")
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run, with model_fp32.onnx")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--second-model", type=Path, help="model directory of the same recipe with another seed")
    parser.add_argument("--other-model", type=Path, help="another model: would a second head on its encoder do?")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--work", type=Path, default=Path("build/rivals"), help="folder for fitted rivals and scores")
    parser.add_argument(
        "--without",
        nargs="+",
        choices=("ours_fp32", "frozen", "static", "earlier"),
        default=(),
        help="models to leave out, for want of time; what was measured is kept for a later run with them",
    )
    parser.add_argument(
        "--published", type=Path, nargs="+", default=(), help="JSON of figures taken from elsewhere, for the table"
    )
    parser.add_argument("--bootstrap", type=int, default=200, help="number of bootstrap draws")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    return parser


if __name__ == "__main__":
    sys.exit(main())
