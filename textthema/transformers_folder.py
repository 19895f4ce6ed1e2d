"""A model directory to one that transformers reads, too: the int8 graph's weights in float, and the code that pools."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from safetensors.torch import save_file

from textthema.bundle import CONFIG, Bundle, write_manifest
from textthema.dequantize import head_weights
from textthema.encoder import EncoderClassifier, load_encoder
from textthema.export import refuse_a_foreign_folder, replace_folder, to_onnx

WEIGHTS = "model.safetensors"
ONNX_FP32 = "onnx/model.onnx"
MODELING = "modeling_textthema.py"
_CLASS = "TextThemaForSequenceClassification"
_TOKENIZER_CONFIG = "tokenizer_config.json"


def write_transformers_folder(bundle: Bundle, out: Path) -> None:
    """Write a model directory with the same weights in float beside the int8 graph.

    ``AutoModelForSequenceClassification`` reads it with ``trust_remote_code=True``, Optimum and transformers.js read
    the graphs, TextThema all that it reads in the directory it came from.

    Args:
        bundle: A model directory.
        out: The new one; replaced if it exists. It appears whole or not at all.

    Raises:
        InputError: If ``out`` is something else than a model directory.
        BundleCorruptError: If the graph's weights can't be read.
    """
    refuse_a_foreign_folder(out)
    model = dequantized(bundle)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".dequantize-") as folder:
        made = Path(shutil.copytree(bundle.root, Path(folder) / "model"))
        to_onnx(model, made / ONNX_FP32)
        weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
        # The shape in which modeling_textthema keeps the head.
        weights["classifier.weight"] = weights["classifier.weight"].unsqueeze(-1)
        save_file(weights, made / WEIGHTS, metadata={"format": "pt"})
        shutil.copy(Path(__file__).with_name(MODELING), made)
        architecture = {
            "architectures": [_CLASS],
            "auto_map": {"AutoModelForSequenceClassification": f"{Path(MODELING).stem}.{_CLASS}"},
        }
        _change(made / CONFIG, architecture)
        _change(made / _TOKENIZER_CONFIG, {"model_max_length": bundle.max_length})
        lineage = bundle.manifest.get("lineage", {})
        write_manifest(made, lineage, encoder=bundle.encoder_id)
        replace_folder(made, out)


def dequantized(bundle: Bundle) -> EncoderClassifier:
    """Take the classifier out of a model directory's int8 graph.

    Args:
        bundle: A model directory.

    Returns:
        The classifier in evaluation mode, with float weights.

    Raises:
        BundleCorruptError: If the graph's weights can't be read.
    """
    model, _ = load_encoder(str(bundle.root), len(bundle.labels))
    model.classifier.load_state_dict(head_weights(bundle.onnx_path))
    return model.eval()


def _change(path: Path, entries: dict[str, object]) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(stored | entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
