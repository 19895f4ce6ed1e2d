import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from textthema.weight_only import store_in_int8, users_of_weights

pytestmark = pytest.mark.train
SQUARE, WIDE = (np.random.default_rng(0).normal(size=shape).astype(np.float32) for shape in ((4, 4), (4, 6)))


@pytest.fixture
def graph():
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h"], "square"),
        helper.make_node("MatMul", ["h", "b"], ["y"], "ff"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, size]) for name, size in (("x", 4), ("y", 6))]
    weights = [numpy_helper.from_array(array, name) for name, array in (("a", SQUARE), ("b", WIDE))]
    return helper.make_model(
        helper.make_graph(nodes, "g", ends[:1], ends[1:], weights),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )


def answer(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": np.eye(2, 4, dtype=np.float32)})[0]


def test_users_of_weights_multiply_by_a_matrix(graph):
    assert users_of_weights(graph) == ["square", "ff"]


def test_a_matrix_stored_in_int8_multiplies_nearly_the_same(graph):
    before = answer(graph)
    store_in_int8(graph, ["ff"])
    onnx.checker.check_model(graph)
    types = {tensor.name: tensor.data_type for tensor in graph.graph.initializer}
    assert types["b_quantized"] == TensorProto.INT8
    assert types["a"] == TensorProto.FLOAT
    assert "b" not in types
    assert np.abs(answer(graph) - before).max() < 0.05


def test_without_products_the_graph_stays(graph):
    before = graph.SerializeToString()
    store_in_int8(graph, [])
    assert graph.SerializeToString() == before
