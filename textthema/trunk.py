"""What the layers of a served model say of texts: the features that further heads learn from.

The heads will read the int8 graph, so they learn from that very graph, and its weights are never touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer
from tqdm import tqdm

from textthema.bundle import Bundle, replacing
from textthema.errors import BundleCorruptError
from textthema.inference import first_characters

# The layer on whose token states a branch stands, and the lower one whose mean joins the pooled features.
BRANCHES_OFF, LOWER = 4, 3
_ARRAYS = ("states", "starts", "pooled", "characters")


@dataclass(frozen=True, eq=False)
class Features:
    """What a model's layers say of n texts.

    Attributes:
        states: Token states of layer 4, all texts one after the other, float16 (tokens, dim).
        starts: Where each text's tokens begin, and the end of the last; int64 (n + 1,).
        pooled: ``[embedding | mean of layer 3 | maximum of layer 4]``, float16 (n, 3 * dim).
        characters: First character of each token in its text, -1 for special tokens; int64 (tokens,).
    """

    states: np.ndarray
    starts: np.ndarray
    pooled: np.ndarray
    characters: np.ndarray


def features_of(bundle: Bundle, texts: Sequence[str], folder: Path, *, max_length: int) -> Features:
    """Run a served model over texts, or take what an earlier run left of the same texts.

    Args:
        bundle: A model directory.
        texts: n texts, plainly written.
        folder: Where the features are kept.
        max_length: Tokens read of a text.

    Returns:
        The features, memory-mapped.
    """
    asked = hashlib.sha256("\0".join([bundle.encoder_id, str(max_length), *texts]).encode()).hexdigest()
    name = folder / "texts.sha256"
    if not name.is_file() or name.read_text(encoding="ascii") != asked:
        folder.mkdir(parents=True, exist_ok=True)
        # The arrays are written over: stopped on the way, they must not pass for the earlier texts'.
        name.unlink(missing_ok=True)
        _compute(bundle, texts, folder, max_length)
        with replacing(name) as partial:
            partial.write_text(asked, encoding="ascii")
    return Features(*(np.load(folder / f"{array}.npy", mmap_mode="r", allow_pickle=False) for array in _ARRAYS))


def layer_output(graph: onnx.GraphProto, layer: int) -> str:
    """Name the tensor that a transformer layer gives on.

    Args:
        graph: A graph that ``textthema export`` wrote.
        layer: Number of the layer, from 1.

    Returns:
        The tensor's name.

    Raises:
        BundleCorruptError: The graph has no such layer.
    """
    weight = f"encoder.encoder.layer.{layer - 1}.output.LayerNorm.weight"
    for node in graph.node:
        if node.op_type == "LayerNormalization" and node.input[1] == weight:
            return node.output[0]
    raise BundleCorruptError(f"the model has no layer {layer} under the name {weight}", value=weight)


def _compute(bundle: Bundle, texts: Sequence[str], folder: Path, max_length: int) -> None:
    session, names = _tapped(bundle.onnx_path)
    tokenizer = Tokenizer.from_file(str(bundle.tokenizer_path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    encodings = tokenizer.encode_batch(list(texts))
    starts = np.cumsum([0, *(len(encoding.ids) for encoding in encodings)])
    np.save(folder / "starts.npy", starts)
    np.save(folder / "characters.npy", np.concatenate([first_characters(encoding) for encoding in encodings]))
    dim = session.get_outputs()[1].shape[-1]
    shapes = {"states": (int(starts[-1]), dim), "pooled": (len(texts), 3 * dim)}
    states, pooled = (
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float16, shape) for name, shape in shapes.items()
    )
    for row, encoding in enumerate(tqdm(encodings, desc="features", unit="text", mininterval=5)):
        ids = np.array([encoding.ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        embedding, lower, upper = (output[0] for output in session.run(["embedding", *names], feed))
        states[starts[row] : starts[row + 1]] = upper
        pooled[row] = np.concatenate([embedding, lower.mean(axis=0), upper.max(axis=0)])
    states.flush()
    pooled.flush()


def _tapped(path: Path) -> tuple[onnxruntime.InferenceSession, list[str]]:
    model = onnx.load(path)
    names = [layer_output(model.graph, layer) for layer in (LOWER, BRANCHES_OFF)]
    for name in names:
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", "length", None])
        model.graph.output.append(value)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session, names
