import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from textthema.bundle import Bundle, find_default
from textthema.dequantize import encoder_weights, head_weights
from textthema.encoder import load_encoder, mean_pool
from textthema.errors import BundleCorruptError
from textthema.export import quantize, to_onnx
from textthema.inference import OnnxEncoder

pytestmark = pytest.mark.train


def cosines(left, right):
    return (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


def test_an_exported_model_lends_its_encoder(bundle, texts):
    model, tokenizer = load_encoder(str(bundle.root), 3)
    served = OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, bundle.max_length).encode(texts).embeddings
    batch = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
    with torch.inference_mode():
        states = model.eval().encoder(**batch).last_hidden_state
    embeddings = mean_pool(states, batch["attention_mask"]).numpy()
    assert cosines(embeddings, served).min() > 0.99
    assert model.classifier.out_features == 3


def test_every_weight_of_the_encoder_is_found_in_float(bundle):
    weights = encoder_weights(bundle.onnx_path)
    model, _ = load_encoder(str(bundle.root), 1)
    assert set(weights) == set(model.encoder.state_dict())
    assert {weight.dtype for weight in weights.values()} == {torch.float32}


def test_a_graph_of_something_else_is_refused(tmp_path):
    node = helper.make_node("Identity", ["x"], ["y"])
    ends = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
    onnx.save(helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:])), tmp_path / "g.onnx")
    with pytest.raises(BundleCorruptError, match="no encoder"):
        encoder_weights(tmp_path / "g.onnx")
    with pytest.raises(BundleCorruptError, match="no head"):
        head_weights(tmp_path / "g.onnx")


def test_a_model_that_computes_in_float_lends_its_encoder_too(tiny_roberta, tmp_path):
    model, _ = load_encoder(str(tiny_roberta), 2)
    # An untrained model's biases are all alike, and the exporter would keep one of them for all.
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    to_onnx(model, tmp_path / "fp32.onnx")
    quantize(tmp_path / "fp32.onnx", tmp_path / "int8.onnx", weights_only=True)
    weights = encoder_weights(tmp_path / "int8.onnx")
    state = model.encoder.state_dict()
    assert set(weights) == set(state)
    assert all(torch.allclose(weights[name], state[name], atol=0.02) for name in state)
    assert torch.equal(head_weights(tmp_path / "int8.onnx")["weight"], model.classifier.weight)


def test_a_quantized_head_is_read_the_right_way_round(bundle, classifier, texts):
    head, said = head_weights(bundle.onnx_path), classifier.encode(texts)
    logits = torch.from_numpy(said.embeddings) @ head["weight"].T + head["bias"]
    assert logits.numpy() == pytest.approx(said.logits, abs=0.2)


def test_all_embedded_models_lend_their_heads():
    genres = Bundle.read(find_default("books"))
    head = head_weights(genres.onnx_path)
    assert head["weight"].shape == (len(genres.labels), 384)
    assert head["bias"].shape == (len(genres.labels),)
