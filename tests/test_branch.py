"""A branch begins as a copy of a served model's last layers, whichever way that model was quantized."""

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper

from textthema.branch import branch_of
from textthema.bundle import Bundle
from textthema.dequantize import encoder_weights
from textthema.errors import BundleCorruptError
from textthema.grafting import graft

HEADS = (5, 2)


@pytest.fixture(params=["model", "genres"])
def trunk(request, root):
    return Bundle.read(root / "deployment_hf" / request.param).onnx_path


def test_the_two_layers_are_the_trunks_last(trunk):
    encoder, branch = encoder_weights(trunk), branch_of(trunk, HEADS).state_dict()
    for place in (0, 1):
        there = f"encoder.layer.{4 + place}."
        for own, its in (("linear1", "intermediate.dense"), ("norm2", "output.LayerNorm")):
            for kind in ("weight", "bias"):
                assert torch.equal(branch[f"layers.{place}.{own}.{kind}"], encoder[f"{there}{its}.{kind}"])
        query = encoder[f"{there}attention.self.query.weight"]
        assert torch.equal(branch[f"layers.{place}.self_attn.in_proj_weight"][: len(query)], query)


def test_a_model_that_has_a_branch_lends_the_same_layers(bundle, tmp_path):
    graft(branch_of(bundle.onnx_path, HEADS), bundle.onnx_path, tmp_path / "grafted.onnx")
    before, after = encoder_weights(bundle.onnx_path), encoder_weights(tmp_path / "grafted.onnx")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_model_of_fewer_layers_is_refused(tmp_path):
    weight = numpy_helper.from_array(np.ones(3, np.float32), "encoder.encoder.layer.0.output.LayerNorm.weight")
    ends = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [3]) for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", weight.name], ["y"])], "g", ends[:1], ends[1:], initializer=[weight]
    )
    onnx.save(helper.make_model(graph), tmp_path / "g.onnx")
    with pytest.raises(BundleCorruptError, match="no layer 5"):
        branch_of(tmp_path / "g.onnx", HEADS)
