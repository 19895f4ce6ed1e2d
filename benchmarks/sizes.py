"""How large a well-known encoder's int8 file would be: built from its configuration, with weights that say nothing.

Example:
    python benchmarks/sizes.py --model deployment_hf/genres --out benchmarks/results/books

A file's size doesn't depend on the weights' values, so none are downloaded. The graph is exported and quantized the
way the model's collection is.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts import exit_code

from textthema.bundle import Bundle, replacing
from textthema.collection import find_collection
from textthema.encoder import EncoderClassifier
from textthema.export import quantize, to_onnx

# distilroberta-base as its card gives it: roberta-base with half the layers.
_DISTILROBERTA = {
    "vocab_size": 50_265,
    "hidden_size": 768,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 3_072,
    "max_position_embeddings": 514,
    "type_vocab_size": 1,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, export and quantize the encoder, and write how large its file is.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return exit_code(lambda: write_size(args.model, args.out))


def write_size(model: Path, out: Path, settings: dict[str, int] | None = None) -> None:
    """Write ``sizes.json``, in the form of a published system's figures.

    Args:
        model: A model directory; lends labels and the way it was quantized.
        out: The folder.
        settings: Of the RoBERTa; those of distilroberta-base by default.
    """
    from transformers import RobertaConfig, RobertaModel  # noqa: PLC0415

    bundle = Bundle.read(model)
    settings = settings or _DISTILROBERTA
    encoder = RobertaModel(RobertaConfig(**settings), add_pooling_layer=False)
    classifier = EncoderClassifier(encoder, len(bundle.labels)).eval()
    weights_only = find_collection(bundle.collection).int8_weights_only
    with tempfile.TemporaryDirectory() as folder:
        fp32, int8 = (Path(folder) / f"{name}.onnx" for name in ("fp32", "int8"))
        to_onnx(classifier, fp32)
        quantize(fp32, int8, weights_only=weights_only)
        sizes = {name: path.stat().st_size for name, path in (("fp32", fp32), ("int8", int8))}
    title = f"int8 distilroberta-base, {len(bundle.labels)} labels, built with random weights: its size only"
    record = {title: {"megabytes": round(sizes["int8"] / 1e6, 1), "bytes": sizes, "configuration": settings}}
    with replacing(out / "sizes.json") as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the size of an int8 distilroberta-base.")
    parser.add_argument("--model", type=Path, required=True, help="model directory to compare with")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
