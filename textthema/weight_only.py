"""Matrices stored in int8 and multiplied in float: for layers whose activations int8 doesn't hold."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import helper, numpy_helper

_MOST = 127


def feed_forward(model: onnx.ModelProto) -> list[str]:
    """Name the products with a feed-forward layer's matrices, the only ones that aren't square.

    Args:
        model: An fp32 graph of a transformer encoder.

    Returns:
        Names of nodes.
    """
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in shapes]
    return [node.name for node in products if len(set(shapes[node.input[1]])) > 1]


def store_in_int8(model: onnx.ModelProto, products: Collection[str]) -> None:
    """Store the matrices of products in int8, with a scale for each column, and dequantize them when they are used.

    Args:
        model: A graph; changed in place.
        products: Names of MatMul nodes with a float matrix.
    """
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.name in products:
            name = node.input[1]
            matrix = numpy_helper.to_array(stored[name])
            scale = (np.abs(matrix).max(axis=0) / _MOST).astype(np.float32)
            arrays = {
                f"{name}_quantized": np.round(matrix / scale).astype(np.int8),
                f"{name}_scale": scale,
                f"{name}_zero_point": np.zeros(len(scale), np.int8),
            }
            model.graph.initializer.remove(stored[name])
            model.graph.initializer.extend(numpy_helper.from_array(array, key) for key, array in arrays.items())
            node.input[1] = f"{name}_dequantized"
            nodes.append(helper.make_node("DequantizeLinear", list(arrays), [node.input[1]], axis=1))
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
