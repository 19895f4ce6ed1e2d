"""``textthema dequantize``: a model directory to one that transformers reads, too."""

from __future__ import annotations

import argparse
from pathlib import Path

from textthema.commands import add_model_option

HELP = "model directory → the same with float weights, for transformers and Optimum"
_EXAMPLES = """examples:
  textthema dequantize build/float
  textthema dequantize build/genres-float --collection books

OUT is a model directory with all that the other one holds, and model.safetensors, modeling_textthema.py and
onnx/model.onnx beside. It can be uploaded with textthema push model, and read with

  transformers.pipeline("text-classification", "build/float", top_k=None, trust_remote_code=True)
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.epilog = _EXAMPLES
    parser.add_argument("out", metavar="OUT", type=Path, help="the new model directory, replaced if it exists")
    add_model_option(parser)


def run(args: argparse.Namespace) -> int:
    """Write the float model.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    from textthema.blurr_compat import require_training_packages

    require_training_packages()
    from textthema.bundle import Bundle
    from textthema.classifier import locate
    from textthema.transformers_folder import WEIGHTS, write_transformers_folder

    write_transformers_folder(Bundle.read(locate(args.model, args.collection)), args.out)
    print(f"{args.out}: {WEIGHTS}, {(args.out / WEIGHTS).stat().st_size / 1e6:.0f} MB, and all else of the model")
    return 0
