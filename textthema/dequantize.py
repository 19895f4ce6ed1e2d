"""The encoder and the head inside a quantized ONNX model, as PyTorch weights: where the next training run may start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from textthema.errors import BundleCorruptError

_ENCODER, _HEAD = "encoder.", "classifier."
_TRANSPOSED = "_Transposed"
_BIAS, _WEIGHT = ".bias", ".weight"
# MatMulInteger → Cast → Mul (scale) → Add (bias).
_STEPS_BACK = 3
_PRODUCTS = ("MatMulInteger", "MatMul")


def encoder_weights(path: Path) -> dict[str, torch.Tensor]:
    """Read an encoder's weights out of a graph that ``textthema export`` quantized.

    Args:
        path: ``model_quantized.onnx``.

    Returns:
        Name as in the encoder's state dict → float32 weights; quantized ones to within half a step of their scale.

    Raises:
        BundleCorruptError: If the graph has no weights under an encoder's names.
    """
    graph = onnx.load(path).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = _in_float(stored)
    weights |= {
        bias.removesuffix(_BIAS) + _WEIGHT: weights[matrix].T for bias, matrix in _matrices(graph, stored).items()
    }
    named = {
        name.removeprefix(_ENCODER): torch.tensor(array)
        for name, array in weights.items()
        if name.startswith(_ENCODER) and name.endswith((_WEIGHT, _BIAS))
    }
    if not named:
        raise BundleCorruptError(f"{path} holds no encoder that textthema exported", value=str(path))
    return named


def head_weights(path: Path) -> dict[str, torch.Tensor]:
    """Read the labels' head out of a graph that ``textthema export`` wrote, quantized or not.

    Args:
        path: ``model_quantized.onnx``.

    Returns:
        ``weight`` (n_labels, dim) and ``bias`` (n_labels,), float32.

    Raises:
        BundleCorruptError: If the graph has no head.
    """
    weights = _in_float({tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer})
    # Quantization turns the head's Gemm into a product with the transposed matrix.
    weights |= {
        name.removesuffix(_TRANSPOSED): array.T for name, array in weights.items() if name.endswith(_TRANSPOSED)
    }
    try:
        return {part: torch.tensor(weights[f"{_HEAD}{part}"]) for part in ("weight", "bias")}
    except KeyError as error:
        raise BundleCorruptError(f"{path} holds no head that textthema exported", value=str(path)) from error


def _in_float(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    weights = {name: array for name, array in stored.items() if array.dtype == np.float32}
    return weights | {
        quantized.removesuffix("_quantized"): _dequantized(stored, quantized)
        for quantized in stored
        if quantized.endswith("_quantized")
    }


def _dequantized(stored: dict[str, np.ndarray], quantized: str) -> np.ndarray:
    name = quantized.removesuffix("_quantized")
    # Tables, which keep their names, have a scale for each row if they have several; matrices for each column.
    shape = (-1, 1) if name.startswith(_ENCODER) else (-1,)
    scale, zero = (stored[f"{name}_{part}"].astype(np.float32).reshape(shape) for part in ("scale", "zero_point"))
    return (stored[quantized].astype(np.float32) - zero) * scale


def _matrices(graph: onnx.GraphProto, stored: dict[str, np.ndarray]) -> dict[str, str]:
    """Name the matrix to which each bias is added: the exporter keeps only the biases' names."""
    makers = {output: node for node in graph.node for output in node.output}
    found = {}
    for node in graph.node:
        bias = next((name for name in node.input if name in stored and name.endswith(_BIAS)), None)
        # A branch beside the encoder has biases of its own.
        if node.op_type != "Add" or bias is None or not bias.startswith(_ENCODER):
            continue
        maker = makers.get(next(name for name in node.input if name != bias))
        for _ in range(_STEPS_BACK):
            if maker is not None and maker.op_type not in _PRODUCTS:
                maker = makers.get(maker.input[0])
        if maker is not None and maker.op_type in _PRODUCTS:
            found[bias] = maker.input[1].removesuffix("_quantized").removesuffix("_dequantized")
    return found
