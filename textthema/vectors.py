"""Many int8 vectors against one query, by the integer kernels of ONNX Runtime.

The vectors stay where they are, in a memory-mapped file if they came from one: nothing is copied, widened or packed.
`dot.onnx`, which lies beside this module, is that one matrix product and holds no weights.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import onnxruntime

# Seven bits: processors without VNNI add two products of eight bits each in sixteen bits, and would clip them.
_MIDDLE = 64
_LARGEST = 63
_ERRORS_ONLY = 3


def quantize(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round vectors to int8, each with a scale of its own.

    Args:
        vectors: float, shape (n, dim).

    Returns:
        int8, shape (dim, n), a column a vector as `products` reads them, and the scales, float32, shape (n,).
    """
    scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), np.finfo(np.float32).tiny) / 127
    rounded = np.rint(vectors / scales[:, None]).astype(np.int8)
    return np.ascontiguousarray(rounded.T), scales.astype(np.float32)


def products(query: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Multiply a query with every vector.

    Args:
        query: float, shape (dim,).
        vectors: int8, shape (dim, n), C-contiguous; may be memory-mapped.

    Returns:
        float32, shape (n,): the query's inner products with the rounded vectors, before their scales.
    """
    scale = max(float(np.abs(query).max()), float(np.finfo(np.float32).tiny)) / _LARGEST
    rounded = (np.rint(query / scale) + _MIDDLE).astype(np.uint8)
    feed = {"query": rounded[None, :], "middle": np.array(_MIDDLE, np.uint8), "vectors": vectors}
    found: np.ndarray = _session().run(["products"], feed)[0][0] * np.float32(scale)
    return found


@cache
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One: the product waits for memory, and waking a second thread takes longer than it saves.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    graph = resources.files("textthema").joinpath("dot.onnx").read_bytes()
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
