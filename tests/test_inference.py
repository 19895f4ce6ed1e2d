import numpy as np
import pytest

from textthema.errors import BundleCorruptError, InputError
from textthema.inference import Encoded, OnnxEncoder


@pytest.fixture(scope="module")
def encoder(bundle):
    return OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, bundle.max_length)


def save_graph(path, nodes, outputs, **initializers):
    """Save an fp32 graph over the two usual inputs."""
    onnx = pytest.importorskip("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    inputs = [
        helper.make_tensor_value_info(name, kinds.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    values = [helper.make_tensor_value_info(name, kinds.FLOAT, ["batch", width]) for name, width in outputs]
    constants = [onnx.numpy_helper.from_array(value, name) for name, value in initializers.items()]
    made = [helper.make_node(kind, takes, [gives], **options) for kind, takes, gives, options in nodes]
    graph = helper.make_graph(made, "tiny", inputs, values, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def fp32_encoder(bundle, tmp_path_factory):
    """An fp32 model that means its tokens' vectors under the mask, with the real tokenizer."""
    rng = np.random.default_rng(7)
    nodes = [
        ("Gather", ["table", "input_ids"], "vectors", {}),
        ("Cast", ["attention_mask"], "mask", {"to": 1}),
        ("Unsqueeze", ["mask", "last"], "mask3", {}),
        ("Mul", ["vectors", "mask3"], "kept", {}),
        ("ReduceSum", ["kept", "middle"], "sum", {"keepdims": 0}),
        ("ReduceSum", ["mask", "middle"], "count", {"keepdims": 1}),
        ("Div", ["sum", "count"], "embedding", {}),
        ("MatMul", ["embedding", "head"], "logits", {}),
    ]
    path = save_graph(
        tmp_path_factory.mktemp("fp32") / "tiny.onnx",
        nodes,
        [("logits", 5), ("embedding", 8)],
        table=rng.normal(size=(40_000, 8)).astype(np.float32),
        head=rng.normal(size=(8, 5)).astype(np.float32),
        last=np.array([2], dtype=np.int64),
        middle=np.array([1], dtype=np.int64),
    )
    return OnnxEncoder(path, bundle.tokenizer_path, bundle.max_length)


def test_shapes_and_types(encoder, bundle, texts):
    encoded = encoder.encode(texts)
    assert encoder.n_labels == len(bundle.labels)
    assert encoded.logits.shape == encoded.probabilities.shape == (len(texts), len(bundle.labels))
    assert encoded.logits.dtype == encoded.probabilities.dtype == encoded.embeddings.dtype == np.float32
    assert len(encoded.embeddings) == len(encoded.n_tokens) == len(encoded.truncated) == len(texts)
    assert np.isfinite(encoded.logits).all()
    assert np.isfinite(encoded.embeddings).all()


def test_no_texts(encoder, bundle):
    encoded = encoder.encode([])
    assert encoded.logits.shape == (0, len(bundle.labels))
    assert encoded.embeddings.shape[0] == 0
    assert encoded.truncated.shape == (0,)


def test_neighbours_do_not_change_a_text(encoder, texts):
    mixed = [*texts, "夜の海は静かだった", "!!!", "long " * 400, "🌊"]
    together = encoder.encode(mixed)
    reversed_ = encoder.encode(mixed[::-1])
    for i, text in enumerate(mixed):
        alone = encoder.encode([text])
        np.testing.assert_allclose(together.probabilities[i], alone.probabilities[0], atol=1e-6)
        np.testing.assert_allclose(reversed_.probabilities[-1 - i], alone.probabilities[0], atol=1e-6)
        np.testing.assert_allclose(together.embeddings[i], alone.embeddings[0], atol=1e-5)


@pytest.mark.parametrize("token_budget", [40, 100, 4000])
def test_padding_does_not_change_fp32_scores(fp32_encoder, texts, token_budget):
    mixed = [*texts, "a much longer one " * 12]
    alone = np.concatenate([fp32_encoder.encode([text]).probabilities for text in mixed])
    np.testing.assert_allclose(fp32_encoder.encode(mixed, token_budget).probabilities, alone, atol=1e-5)


def test_batches_come_back_in_order(fp32_encoder):
    counts = [7, 1, 30, 2, 2, 100, 5]
    encoded = fp32_encoder.encode(["word " * count for count in counts], token_budget=90)
    assert encoded.n_tokens.tolist() == [count + 2 for count in counts]


def test_truncation_is_counted(encoder, bundle):
    exact, over = "word " * (bundle.max_length - 2), "word " * (bundle.max_length - 1)
    encoded = encoder.encode([exact, over, "word " * 5000])
    assert encoded.n_tokens.tolist() == [bundle.max_length, bundle.max_length + 1, 5002]
    assert encoded.truncated.tolist() == [False, True, True]


def test_what_was_cut_off_does_not_count_and_the_end_token_stays(encoder, bundle):
    start = "word " * (bundle.max_length - 2)
    encoded = encoder.encode([start, start + "other things entirely"])
    np.testing.assert_allclose(encoded.logits[0], encoded.logits[1], atol=1e-6)


def test_more_texts_than_are_tokenized_at_once(fp32_encoder):
    encoded = fp32_encoder.encode(["one two", "three"] * 700, token_budget=256)
    assert encoded.n_tokens.tolist() == [4, 3] * 700
    assert np.ptp(encoded.logits[::2], axis=0).max() < 1e-5


@pytest.mark.parametrize("token_budget", [0, -1])
def test_a_batch_needs_a_token(encoder, token_budget):
    with pytest.raises(InputError, match="token budget"):
        encoder.encode(["x"], token_budget)


def test_a_token_budget_is_kept_unless_one_text_is_longer(fp32_encoder):
    tokenized = fp32_encoder.tokenize(["word " * count for count in (1, 30, 2, 8, 3)])
    sizes = []
    encoded = fp32_encoder.infer(tokenized, 20, sizes.append)
    assert sizes == [1, 2, 2]  # 32 | 10 + 5 | 4 + 3 tokens
    assert encoded.n_tokens.tolist() == [3, 32, 4, 10, 5]


def test_probabilities_of_extreme_logits():
    logits = np.array([[-1e4, -80, 0, 80, 1e4]], dtype=np.float32)
    empty = np.empty(0)
    probabilities = Encoded(logits, empty, empty, empty).probabilities
    assert probabilities.tolist()[0] == pytest.approx([0, 0, 0.5, 1, 1])
    assert (np.diff(probabilities) >= 0).all()


def test_no_bar_unless_stderr_is_a_terminal(encoder, capfd):
    encoder.encode(["a", "b"], progress=True)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(range(256)) * 10])
def test_broken_files_are_corrupt_and_quiet(bundle, tmp_path, capfd, content):
    broken = tmp_path / "broken"
    broken.write_bytes(content)
    with pytest.raises(BundleCorruptError, match="broken"):
        OnnxEncoder(broken, bundle.tokenizer_path, 16)
    with pytest.raises(BundleCorruptError, match="broken"):
        OnnxEncoder(bundle.onnx_path, broken, 16)
    assert capfd.readouterr().err == ""


def test_a_model_with_other_outputs_is_refused(bundle, tmp_path):
    nodes = [("Cast", ["input_ids"], "a", {"to": 1}), ("Cast", ["attention_mask"], "b", {"to": 1})]
    path = save_graph(tmp_path / "other.onnx", nodes, [("a", "length"), ("b", "length")])
    with pytest.raises(BundleCorruptError, match="logits and embedding"):
        OnnxEncoder(path, bundle.tokenizer_path, 16)
