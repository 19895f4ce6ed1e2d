"""``textthema export``: a trained and tuned run to a model directory in ONNX and int8."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from textthema.errors import BundleNotFoundError, InputError

HELP = "trained run → model directory: ONNX, int8, checked by two gates"
_EXAMPLES = """examples:
  textthema export build/run build/splits build/model
  textthema export build/run build/splits deployment_hf/model --max-length 128
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("run_dir", metavar="RUN", type=Path, help="folder that textthema train and tune wrote")
    parser.add_argument("splits", metavar="SPLITS", type=Path, help="folder with validation.parquet, for the gates")
    parser.add_argument("out", metavar="OUT", type=Path, help="the model directory, replaced if it exists")
    parser.add_argument("--max-length", type=int, help="tokens the model reads (default: the collection's)")
    parser.add_argument(
        "--gate-rows", type=int, default=10_000, help="validation rows for the gates (default: %(default)s)"
    )
    parser.add_argument("--collection", default="quotes", help="default: %(default)s")


def run(args: argparse.Namespace) -> int:
    """Export and say what the gates measured."""
    from textthema.blurr_compat import require_training_packages

    require_training_packages()
    from dataclasses import replace

    from textthema.collection import find_collection
    from textthema.export import FEWEST_ROWS_TO_JUDGE, export
    from textthema.manifest import read_lines
    from textthema.staging import read_labels, read_table, truth_matrix

    collection = find_collection(args.collection)
    command = "textthema split CLEAN " + str(args.splits)
    validation = read_table(args.splits / "validation.parquet", command)
    validation = validation.sample(min(len(validation), args.gate_rows), random_state=0)
    labels = read_labels(args.splits / "tag_types_encoded.json", command)
    if not (args.run_dir / "labels.json").is_file():
        raise BundleNotFoundError(
            f"{args.run_dir} holds no finished run: type textthema train", value=str(args.run_dir)
        )
    trained = json.loads((args.run_dir / "labels.json").read_text(encoding="utf-8"))
    if trained != labels:
        raise InputError(
            f"{args.run_dir} was not trained on {args.splits}: their labels differ", value=str(args.splits)
        )
    report = export(
        args.run_dir,
        args.out,
        validation["text"].tolist(),
        truth_matrix(validation["themes"], labels),
        collection=replace(collection, max_length=args.max_length or collection.max_length),
        lineage={"stages": read_lines(args.run_dir / "manifest.jsonl")},
    )
    print(f"fp32 ONNX against PyTorch: largest logit difference {report.logit_difference:.1e}")
    for average in ("micro", "macro"):
        fp32, int8 = (getattr(report, f"{average}_f1_{kind}") for kind in ("fp32", "int8"))
        print(f"{average}-F1 on {report.rows:,} validation rows: fp32 {fp32:.4f}, int8 {int8:.4f} ({int8 - fp32:+.4f})")
    if report.rows < FEWEST_ROWS_TO_JUDGE:
        print(f"note: {report.rows} rows are too few to judge int8 by F1, {FEWEST_ROWS_TO_JUDGE:,} are needed")
    print(f"model directory: {args.out}")
    return 0
