import json
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertForSequenceClassification,
    dynamic_module_utils,
)

from textthema.bundle import Bundle
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError
from textthema.modeling_textthema import TextThemaForSequenceClassification
from textthema.transformers_folder import dequantized, write_transformers_folder

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def loaded(float_model, tmp_path_factory):
    """The float model as transformers reads it, by the module that lies beside the weights."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path_factory.mktemp("modules")))
        patched.setattr(sys, "path", [*sys.path])
        yield AutoModelForSequenceClassification.from_pretrained(float_model, trust_remote_code=True)


def test_it_is_still_a_model_of_ours(float_model, bundle, classifier, texts):
    again = Bundle.read(float_model)
    assert again.encoder_id == bundle.encoder_id
    assert (again.labels, again.heads) == (bundle.labels, bundle.heads)
    assert np.array_equal(ThemeClassifier(again).probabilities(texts[:2]), classifier.probabilities(texts[:2]))


def test_all_that_it_held_is_there(float_model, bundle):
    assert set(Bundle.read(float_model).manifest["files"]) == {
        *bundle.manifest["files"], "model.safetensors", "modeling_textthema.py", "onnx/model.onnx",
    }  # fmt: skip


def test_the_code_beside_the_weights_gives_the_graphs_logits(loaded, float_model, bundle, texts):
    batch = AutoTokenizer.from_pretrained(float_model)(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = loaded(**batch).logits
        del batch["token_type_ids"]
        expected = dequantized(bundle)(**batch).logits
    assert torch.allclose(logits, expected, atol=1e-4)
    assert loaded.config.problem_type == "multi_label_classification"


def test_a_text_is_cut_where_we_cut_it(float_model, bundle):
    assert AutoTokenizer.from_pretrained(float_model).model_max_length == bundle.max_length


def test_it_can_be_trained_further(loaded):
    ids = torch.tensor([[101, 2293, 102]])
    loss = loaded(ids, labels=torch.zeros(1, loaded.config.num_labels, dtype=torch.int64)).loss
    assert 0 < loss.item() < 1


def test_who_takes_it_for_bert_is_told(float_model):
    with pytest.raises(RuntimeError, match=r"mismatch|size"):
        BertForSequenceClassification.from_pretrained(float_model)


def test_a_model_of_another_kind_keeps_its_weights(tiny_roberta, tmp_path):
    config = AutoConfig.from_pretrained(tiny_roberta, num_labels=3)
    model = TextThemaForSequenceClassification(config)
    model.save_pretrained(tmp_path)
    again = TextThemaForSequenceClassification.from_pretrained(tmp_path, config=config)
    assert load_file(tmp_path / "model.safetensors")["classifier.weight"].shape == (3, 32, 1)
    assert torch.equal(again.classifier.weight, model.classifier.weight)


def test_something_else_is_not_written_over(bundle, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="no model directory"):
        write_transformers_folder(bundle, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_configuration_says_which_code_pools(float_model):
    config = json.loads((float_model / "config.json").read_text())
    assert config["architectures"] == ["TextThemaForSequenceClassification"]
    assert config["auto_map"] == {
        "AutoModelForSequenceClassification": "modeling_textthema.TextThemaForSequenceClassification"
    }
