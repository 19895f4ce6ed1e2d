"""Matrices stored in int8 and multiplied in float: for a model whose activations int8 doesn't hold."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import helper, numpy_helper

_MOST = 127


def users_of_weights(model: onnx.ModelProto) -> list[str]:
    """Name the look-ups in tables and the products with matrices.

    Args:
        model: An fp32 graph of a transformer encoder.

    Returns:
        Names of nodes.
    """
    matrices = {tensor.name for tensor in model.graph.initializer if len(tensor.dims) == 2}
    places = {"Gather": 0, "MatMul": 1}
    return [
        node.name
        for node in model.graph.node
        if node.op_type in places and node.input[places[node.op_type]] in matrices
    ]


def store_in_int8(model: onnx.ModelProto, users: Collection[str]) -> None:
    """Store matrices in int8 and dequantize them when the model is loaded: a scale for each column, in tables each row.

    Args:
        model: A graph; changed in place.
        users: Names of MatMul and Gather nodes with a float matrix.
    """
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.name in users:
            place = axis = 0 if node.op_type == "Gather" else 1
            name = node.input[place]
            matrix = numpy_helper.to_array(stored[name])
            # A row of padding may hold nothing but zeros.
            largest = np.maximum(np.abs(matrix).max(axis=1 - axis), np.finfo(np.float32).tiny * _MOST)
            scale = (largest / _MOST).astype(np.float32)
            arrays = {
                f"{name}_quantized": np.round(matrix / np.expand_dims(scale, 1 - axis)).astype(np.int8),
                f"{name}_scale": scale,
                f"{name}_zero_point": np.zeros(len(scale), np.int8),
            }
            model.graph.initializer.remove(stored[name])
            model.graph.initializer.extend(numpy_helper.from_array(array, key) for key, array in arrays.items())
            node.input[place] = f"{name}_dequantized"
            nodes.append(helper.make_node("DequantizeLinear", list(arrays), [node.input[place]], axis=axis))
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
