"""``textthema nuances``: heads for humour, similes, metaphors and intents, grafted onto a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from textthema.commands import add_model_option
from textthema.errors import InputError, shown

HELP = "train heads for nuances and intents and graft them onto a model"
_EXAMPLES = """examples:
  textthema nuances labelled/ quotes.parquet data/readings build/nuances
  textthema nuances labelled/ quotes.parquet data/readings build/nuances --batches 200     a quick trial

LABELLED holds the labelled sets, QUOTES the quotes with their readers' tags, READINGS what was labelled by reading:
learn.jsonl, and gold.jsonl, whose quotes and near-duplicates are left out of everything. The model with heads is
written to OUT/model; its themes and embeddings are those of the model it was made from, bit for bit.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.epilog = _EXAMPLES
    parser.add_argument("labelled", metavar="LABELLED", type=Path, help="folder of labelled sets, Parquet")
    parser.add_argument("quotes", metavar="QUOTES", type=Path, help="raw quotes with tags")
    parser.add_argument("readings", metavar="READINGS", type=Path, help="folder of labels by reading, JSON lines")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for features, branch and model")
    parser.add_argument("--batches", metavar="N", type=int, default=1_500, help="batches of 48 texts (%(default)s)")
    add_model_option(parser)


def run(args: argparse.Namespace) -> int:
    """Train a branch and write ``OUT/model``.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    if args.batches < 1:
        raise InputError(f"--batches must be 1 or more, not {shown(args.batches)}", value=args.batches)
    from safetensors.torch import save_file

    from textthema.branch import branch_of
    from textthema.bundle import Bundle, replacing
    from textthema.classifier import locate
    from textthema.manifest import append_line
    from textthema.nuance_data import TEXT_HEADS, TOKEN_HEADS, read_all
    from textthema.nuance_training import refit_similes, train_branch
    from textthema.nuance_tuning import finish
    from textthema.staging import make_folder
    from textthema.trunk import features_of

    make_folder(args.out)
    bundle = Bundle.read(locate(args.model))
    examples = read_all(args.labelled, args.quotes, args.readings)
    features = features_of(bundle, [example.text for example in examples], args.out / "features", max_length=96)
    branch = branch_of(bundle.onnx_path, (len(TEXT_HEADS), len(TOKEN_HEADS)))
    train_branch(branch, examples, features, batches=args.batches)
    refit_similes(branch, examples, features)
    with replacing(args.out / "branch.safetensors") as partial:
        save_file({name: array.contiguous() for name, array in branch.state_dict().items()}, partial)
    lineage = append_line(
        args.out / "manifest.jsonl",
        "nuances",
        {"quotes": args.quotes, "gold": args.readings / "gold.jsonl", "learn": args.readings / "learn.jsonl"},
        {"batches": args.batches, "encoder": bundle.encoder_id},
        {"texts": len(examples), "sources": _counts(examples)},
    )
    heads = finish(branch, examples, features, bundle, args.out / "model", lineage)
    for name, threshold in (heads.text | heads.tokens).items():
        print(f"{name:<14} counts from {threshold:.3f}")
    print(f"{args.out / 'model'}: themes and embeddings as before, with {len(heads.text) + len(heads.tokens)} heads")
    return 0


def _counts(examples: list) -> dict[str, int]:
    from collections import Counter

    return dict(Counter(f"{example.source} {example.split}" for example in examples))
