"""``textthema train``: fine-tune an encoder with fastai and blurr."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "fine-tune an encoder on the training rows"
_EXAMPLES = """examples:
  textthema train build/splits build/run                              roberta-base, the full recipe
  textthema train build/splits build/run --encoder all-MiniLM-L6-v2   the compact encoder, on a laptop
  textthema train build/splits build/run --max-rows 5000 --epochs 1   a quick look
  textthema train build/splits build/run --teacher build/teacher      with what an earlier run says as soft labels
  textthema train build/books/splits build/books/run --collection books --encoder deployment_hf/model
  textthema train build/splits build/run --resume                     go on after a stop, with the same settings

on several devices, here four GPUs (or as many processes on a machine without; accelerate calls both multi_gpu):
  accelerate launch --multi_gpu --num_processes 4 --main_process_port 0 -m textthema train build/splits build/run
--batch-size counts the texts of all processes together: four at the default of 48 read 12 each, and go the same steps
as one process alone. Nothing else changes, so that a run may be resumed by another number of processes.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("splits", metavar="SPLITS", type=Path, help="folder that textthema split wrote")
    parser.add_argument("run_dir", metavar="RUN", type=Path, help="folder for checkpoints, model and validation scores")
    parser.add_argument(
        "--encoder",
        default="roberta-base",
        help="Hub name, folder, all-MiniLM-L6-v2 or a model directory of TextThema (default: %(default)s)",
    )
    parser.add_argument(
        "--loss",
        choices=("bce", "asymmetric", "hill", "distribution-balanced", "ranked"),
        default="bce",
        help="default: %(default)s",
    )
    parser.add_argument("--epochs", type=int, default=2, help="epochs with everything unfrozen (default: %(default)s)")
    parser.add_argument("--max-rows", type=int, help="train on that many rows drawn at random (default: all)")
    parser.add_argument(
        "--frozen-rows",
        type=int,
        default=6_000,
        help="rows on which the head learns alone first (default: %(default)s)",
    )
    parser.add_argument("--max-length", type=int, default=96, help="tokens read of a text (default: %(default)s)")
    parser.add_argument(
        "--batch-size", type=int, default=48, help="texts a step, shared by all processes (default: %(default)s)"
    )
    parser.add_argument("--head-lr", type=float, default=1.2e-3, help="highest rate of the head (default: %(default)s)")
    parser.add_argument(
        "--embedding-lr",
        type=float,
        default=1.2e-5,
        help="highest rate of the lowest layers (default: %(default)s)",
    )
    parser.add_argument("--dropout", type=float, default=0.1, help="default: %(default)s; 0 suits one or two epochs")
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        default="fp32",
        help="bf16 is about twice as fast on processors with AVX512-BF16 or AMX, and refused elsewhere",
    )
    parser.add_argument(
        "--auxiliary-tags",
        metavar="N",
        type=int,
        default=0,
        help="learn the N most frequent further tags beside the themes, and drop them in the end (default: 0)",
    )
    parser.add_argument(
        "--teacher",
        metavar="RUN",
        help="mix the labels with what an earlier run says of the texts (default: the labels alone)",
    )
    parser.add_argument(
        "--teacher-weight", type=float, default=0.5, help="share of what the teacher says (default: %(default)s)"
    )
    parser.add_argument("--patience", type=int, default=2, help="epochs without a better LRAP before stopping early")
    parser.add_argument(
        "--checkpoint-every", type=int, default=200, help="steps between checkpoints (default: %(default)s)"
    )
    parser.add_argument("--collection", default="quotes", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="decides the order of rows and the head's first weights")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in RUN")


def run(args: argparse.Namespace) -> int:
    """Train, score the validation rows, write the run's manifest."""
    from textthema.blurr_compat import require_training_packages

    require_training_packages()
    from textthema.collection import find_collection
    from textthema.distillation import hold_same_rows
    from textthema.distributed import is_main, leave_processes
    from textthema.staging import read_labels, read_table
    from textthema.training import TrainSettings, finish_run, train

    collection = find_collection(args.collection)
    command = "textthema split CLEAN " + str(args.splits)
    training, validation = (read_table(args.splits / f"{name}.parquet", command) for name in ("train", "validation"))
    labels = read_labels(args.splits / "tag_types_encoded.json", command)
    settings = TrainSettings(
        encoder=args.encoder,
        loss=args.loss,
        epochs=args.epochs,
        frozen_rows=args.frozen_rows,
        embedding_lr=args.embedding_lr,
        head_lr=args.head_lr,
        batch_size=args.batch_size,
        max_length=args.max_length,
        dropout=args.dropout,
        precision=args.precision,
        auxiliary_tags=args.auxiliary_tags,
        teacher=args.teacher,
        teacher_weight=args.teacher_weight,
        patience=args.patience,
        checkpoint_every=args.checkpoint_every,
        max_rows=args.max_rows,
        collection=collection.name,
        seed=args.seed,
    )
    if args.teacher is not None:
        hold_same_rows(Path(args.teacher), args.splits / "train.parquet")
    history = train(training, validation, labels, args.run_dir, settings, resume=args.resume)
    if is_main():
        finish_run(args.run_dir, args.splits, validation, settings, history, max_length=collection.max_length)
        print(history.to_string(index=False))
        print(f"model and validation scores are in {args.run_dir}; next: textthema tune {args.run_dir}")
    leave_processes()
    return 0
