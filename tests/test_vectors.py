from importlib import resources

import numpy as np
import pytest

from textthema.vectors import products, quantize


def graph():
    """What `dot.onnx` has to be: one product, no weights."""
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper, onnx.TensorProto
    body = make.make_graph(
        [make.make_node("MatMulInteger", ["query", "vectors", "middle"], ["products"])],
        "dot",
        [
            make.make_tensor_value_info("query", kind.UINT8, [1, "dim"]),
            make.make_tensor_value_info("vectors", kind.INT8, ["dim", "n"]),
            make.make_tensor_value_info("middle", kind.UINT8, []),
        ],
        [make.make_tensor_value_info("products", kind.INT32, [1, "n"])],
    )
    return make.make_model(body, opset_imports=[make.make_opsetid("", 17)], ir_version=8, producer_name="textthema")


def test_the_graph_is_the_one_product():
    shipped = resources.files("textthema").joinpath("dot.onnx").read_bytes()
    assert shipped == graph().SerializeToString(deterministic=True)


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (300, 128), (33, 131)])
def test_products_are_close_to_the_exact_ones(shape):
    rng = np.random.default_rng(0)
    vectors, query = rng.normal(size=shape), rng.normal(size=shape[1])
    rounded, scales = quantize(vectors)
    found = products(query, rounded) * scales
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    assert np.abs(found - vectors @ query).max() <= 0.03 * norms.max()


def test_the_largest_values_are_not_clipped():
    vectors = np.repeat([[1.0], [-1.0]], 256, axis=1)
    rounded, scales = quantize(vectors)
    assert products(np.full(256, 1.0), rounded) * scales == pytest.approx([256.0, -256.0])
    assert products(np.full(256, -1.0), rounded) * scales == pytest.approx([-256.0, 256.0])


def test_vectors_of_nothing_are_zero():
    rounded, scales = quantize(np.zeros((2, 4)))
    assert (products(np.ones(4), rounded) * scales).tolist() == [0, 0]
    assert (products(np.zeros(4), quantize(np.ones((2, 4)))[0]) * scales).tolist() == [0, 0]


def test_memory_mapped_vectors_are_read_in_place(tmp_path):
    rounded, _ = quantize(np.eye(6))
    np.save(tmp_path / "vectors.npy", rounded)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r", allow_pickle=False)
    assert products(np.eye(6)[2], mapped).argmax() == 2
