"""A branch on the model that comes with TextThema: nothing old changes."""

import numpy as np
import onnx
import pytest
import torch

from textthema import grafting
from textthema.branch import branch_of
from textthema.errors import BundleCorruptError, GateError
from textthema.grafting import check_unchanged, graft
from textthema.inference import OnnxEncoder
from textthema.nuance_training import padded
from textthema.trunk import features_of, layer_output

HEADS = (5, 2)


@pytest.fixture(scope="module")
def branch(bundle):
    torch.manual_seed(0)
    return branch_of(bundle.onnx_path, HEADS).eval()


@pytest.fixture(scope="module")
def features(bundle, texts, tmp_path_factory):
    return features_of(bundle, texts, tmp_path_factory.mktemp("features"), max_length=96)


@pytest.fixture(scope="module")
def grafted(bundle, branch, tmp_path_factory):
    path = tmp_path_factory.mktemp("graft") / "model.onnx"
    graft(branch, bundle.onnx_path, path)
    return OnnxEncoder(path, bundle.tokenizer_path, bundle.max_length)


def test_a_new_branch_repeats_the_layers_beside_it(branch, features):
    states, mask = padded(features, range(len(features.pooled)))
    with torch.inference_mode():
        hidden = branch.read_by_tokens(states, mask)[..., 384:]
    mean = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
    embeddings = features.pooled[:, :384].astype(np.float32)
    cosine = (mean * embeddings).sum(1) / np.linalg.norm(mean, axis=1) / np.linalg.norm(embeddings, axis=1)
    assert cosine.min() > 0.998


def test_features_are_kept_for_the_same_texts(bundle, texts, features, tmp_path, monkeypatch):
    first = features_of(bundle, texts[:2], tmp_path, max_length=96)
    monkeypatch.setattr("textthema.trunk._compute", lambda *_: pytest.fail("computed again"))
    again = features_of(bundle, texts[:2], tmp_path, max_length=96)
    assert np.array_equal(first.states, again.states)
    assert np.array_equal(first.states, features.states[: len(first.states)])


def test_features_that_were_stopped_on_the_way_are_not_taken_for_the_earlier_ones(bundle, texts, tmp_path, monkeypatch):
    features_of(bundle, texts[:1], tmp_path, max_length=96)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("textthema.trunk._compute", stop)
        features_of(bundle, texts[1:2], tmp_path, max_length=96)
    assert not (tmp_path / "texts.sha256").exists()


def test_the_heads_say_what_the_branch_says_and_the_model_what_it_said(bundle, branch, grafted, features, texts):
    check_unchanged(OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, bundle.max_length), grafted, texts)
    assert grafted.head_widths == HEADS
    states, mask = padded(features, range(len(texts)))
    with torch.inference_mode():
        of_text, of_tokens = (said.numpy() for said in branch(states, mask))
    for row, heads in enumerate(grafted.encode(texts, with_heads=True).heads):
        assert heads.text == pytest.approx(of_text[row], abs=0.08)
        assert heads.tokens == pytest.approx(of_tokens[row, : len(heads.tokens)], abs=0.08)
        assert heads.starts[0] == heads.starts[-1] == -1
        assert heads.starts[1] == 0


def test_who_asks_for_themes_alone_gets_no_heads(grafted, texts):
    assert grafted.encode(texts).heads == ()


def test_all_of_the_branch_stands_behind_the_switch(bundle, branch, tmp_path):
    graft(branch, bundle.onnx_path, tmp_path / "model.onnx")
    graph = onnx.load(tmp_path / "model.onnx").graph
    (switch,) = (node for node in graph.node if node.op_type == "If")
    assert list(switch.output) == ["text_heads", "token_heads"]
    assert not [node.name for node in graph.node if node is not switch and node.name.startswith("branch_")]


def test_a_new_branch_takes_an_earlier_ones_place(bundle, branch, tmp_path):
    once, twice = tmp_path / "once.onnx", tmp_path / "twice.onnx"
    added = graft(branch, bundle.onnx_path, once)
    assert graft(branch, once, twice) == pytest.approx(added, rel=0.01)
    assert [output.name for output in onnx.load(twice).graph.output] == [
        *("logits", "embedding", "text_heads", "token_heads")
    ]


def test_a_batch_gives_each_text_its_own_tokens(grafted, texts):
    heads = grafted.encode(texts, token_budget=256, with_heads=True).heads
    assert [len(said.tokens) for said in heads] == [len(said.starts) for said in heads]


def test_heads_that_are_too_large_are_refused(bundle, branch, tmp_path, monkeypatch):
    monkeypatch.setattr(grafting, "MOST_BYTES", 1_000)
    with pytest.raises(GateError, match="1,000 are allowed"):
        graft(branch, bundle.onnx_path, tmp_path / "model.onnx")


def test_a_changed_model_is_refused(grafted, texts):
    class Changed:
        def encode(self, texts, with_heads):
            said = grafted.encode(texts, with_heads=with_heads)
            said.logits[0, 0] += 1e-6
            return said

    with pytest.raises(GateError, match="logits"):
        check_unchanged(grafted, Changed(), texts)


def test_a_layer_that_is_not_there_is_named(bundle):
    with pytest.raises(BundleCorruptError, match="layer 9"):
        layer_output(onnx.load(bundle.onnx_path).graph, 9)
