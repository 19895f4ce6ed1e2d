"""What the layers of a served model say of texts: the features that heads are trained on.

The heads are to read the int8 graph, so they learn from that very graph; nothing is computed by another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer
from tqdm import tqdm

from textthema.bundle import Bundle
from textthema.errors import BundleCorruptError

_LAYER = "encoder.encoder.layer.{layer}.output.LayerNorm.weight"


@dataclass(frozen=True, eq=False)
class Features:
    """What the model's layers say of n texts.

    Attributes:
        states: Token states of one layer, all texts one after the other, float16 (tokens, dim).
        starts: Where each text's tokens begin, and the end of the last; int64 (n + 1,).
        pooled: ``[embedding | mean of layer 3 | maximum of layer 4]``, float16 (n, 3 * dim).
        offsets: First character of each token in its text, -1 for special tokens; int32 (tokens,).
    """

    states: np.ndarray
    starts: np.ndarray
    pooled: np.ndarray
    offsets: np.ndarray


def layer_output(graph: onnx.GraphProto, layer: int) -> str:
    """Name the tensor that a transformer layer gives on.

    Args:
        graph: A graph that ``export`` wrote.
        layer: Number of the layer, from 1.

    Returns:
        The tensor's name.

    Raises:
        BundleCorruptError: The graph has no such layer.
    """
    weight = _LAYER.format(layer=layer - 1)
    for node in graph.node:
        if node.op_type == "LayerNormalization" and node.input[1] == weight:
            return node.output[0]
    raise BundleCorruptError(f"the model has no layer {layer} under the name {weight}", value=weight)


def read_features(bundle: Bundle, texts: Sequence[str], *, max_length: int, layer: int = 4) -> Features:
    """Run the served model over texts and keep what its layers say.

    Args:
        bundle: A model directory.
        texts: n texts, plainly written.
        max_length: Tokens read of a text.
        layer: Layer whose token states are kept.

    Returns:
        The features.
    """
    session, names = _tapped(bundle.onnx_path, (3, layer))
    tokenizer = Tokenizer.from_file(str(bundle.tokenizer_path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    encodings = tokenizer.encode_batch(list(texts))
    starts = np.cumsum([0, *(len(encoding.ids) for encoding in encodings)])
    states, pooled = None, None
    for row, encoding in enumerate(tqdm(encodings, desc="features", unit="text", disable=None)):
        feed = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.ones((1, len(encoding.ids)), dtype=np.int64),
        }
        embedding, third, kept = (output[0] for output in session.run(["embedding", *names], feed))
        if states is None:
            dim = len(embedding)
            states = np.empty((starts[-1], dim), dtype=np.float16)
            pooled = np.empty((len(texts), 3 * dim), dtype=np.float16)
        states[starts[row] : starts[row + 1]] = kept
        pooled[row] = np.concatenate([embedding, third.mean(axis=0), kept.max(axis=0)])
    offsets = np.concatenate([_first_characters(encoding) for encoding in encodings])
    return Features(states, starts, pooled, offsets)


def _tapped(path: Path, layers: Sequence[int]) -> tuple[onnxruntime.InferenceSession, list[str]]:
    model = onnx.load(path)
    names = [layer_output(model.graph, layer) for layer in layers]
    for name in names:
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", "length", None])
        model.graph.output.append(value)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session, names


def _first_characters(encoding: object) -> np.ndarray:
    special = np.array(encoding.special_tokens_mask, dtype=bool)
    first = np.array([start for start, _ in encoding.offsets], dtype=np.int32)
    return np.where(special, -1, first).astype(np.int32)
