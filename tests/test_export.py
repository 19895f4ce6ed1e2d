import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch

from textthema import export as export_module
from textthema.bundle import Bundle, write_manifest
from textthema.calibration import CALIBRATION, Calibration, write_calibration
from textthema.classifier import ThemeClassifier
from textthema.collection import QUOTES
from textthema.encoder import EncoderClassifier, load_encoder, load_run, save_run
from textthema.errors import BundleNotFoundError, GateError, InputError, NotEnoughDataError, UnreadableFileError
from textthema.export import check_int8, export, to_onnx
from textthema.inference import OnnxEncoder
from textthema.scoring import predict_logits

pytestmark = pytest.mark.train
SHORT = replace(QUOTES, max_length=32)
LABELS = ["sea", "home", "grief"]
SCALING = Calibration(np.array([2.0, 1.0, 0.5], np.float32), np.array([0.0, -1.0, 3.0], np.float32))
TEXTS = [
    "The tide took the letter back.",
    "A key under the mat, and nobody who knew of it.",
    "We buried the clock with him, still running, because it had been his and because none of us could stop it.",
    "Soup.",
] * 3


@pytest.fixture(scope="module")
def run(tiny_roberta, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    model, tokenizer = load_encoder(str(tiny_roberta), len(LABELS))
    save_run(model, tokenizer, LABELS, folder)
    (folder / "thresholds.json").write_text(json.dumps({"global": 0.5, "labels": {"sea": 0.25}}))
    write_calibration(folder / CALIBRATION, SCALING, LABELS)
    return folder


@pytest.fixture(scope="module")
def truth():
    return np.tile(np.eye(3, dtype=bool)[[0, 1, 2, 1]], (3, 1))


@pytest.fixture(scope="module")
def exported(run, truth, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "model"
    report = export(run, out, TEXTS, truth, collection=SHORT, lineage={"stages": []})
    return out, report


def test_the_model_directory_is_whole_and_verified(exported):
    bundle = Bundle.read(exported[0])
    assert bundle.labels == tuple(LABELS)
    assert bundle.max_length == 32
    assert bundle.thresholds.tolist() == pytest.approx([0.25, 0.5, 0.5])
    assert bundle.manifest["lineage"]["gates"]["rows"] == len(TEXTS)


def test_the_model_names_no_path_of_the_machine_that_exported_it(exported, run, root):
    for path in (exported[0] / "onnx" / "model_quantized.onnx", run / "model_fp32.onnx"):
        assert str(root).encode() not in path.read_bytes()
        assert not [node.name for node in onnx.load(path).graph.node if node.metadata_props]


def test_onnx_equals_pytorch(exported):
    assert exported[1].logit_difference < 1e-4


def test_an_exported_model_classifies(exported):
    prediction = ThemeClassifier.from_pretrained(exported[0])("The tide took the letter back.")
    assert set(prediction.scores) == set(LABELS)


def test_padding_changes_no_score(run, exported):
    fp32 = OnnxEncoder(run / "model_fp32.onnx", exported[0] / "tokenizer.json", 32)
    padded = fp32.encode(TEXTS[:4], token_budget=512)
    alone = fp32.encode(TEXTS[:4])
    assert np.abs(padded.logits - alone.logits).max() < 1e-5
    assert np.abs(padded.embeddings - alone.embeddings).max() < 1e-5


def test_a_graph_that_differs_from_pytorch_is_refused(run, truth, tmp_path, monkeypatch):
    def bent(model, path):
        model.classifier.bias.data += 0.01
        to_onnx(model, path)
        model.classifier.bias.data -= 0.01

    monkeypatch.setattr(export_module, "to_onnx", bent)
    with pytest.raises(GateError, match="differs from PyTorch"):
        export(run, tmp_path / "model", TEXTS, truth, collection=SHORT, lineage={})
    assert not (tmp_path / "model").exists()
    assert not list(tmp_path.glob(".export-*"))


def test_an_int8_that_loses_too_much_is_refused(truth, monkeypatch):
    def encoder(probabilities):
        return SimpleNamespace(encode=lambda *_, **__: SimpleNamespace(probabilities=probabilities))

    good, poor = truth * 0.9, truth * 0.9
    poor = poor.copy()
    poor[0] = 0
    monkeypatch.setattr(export_module, "FEWEST_ROWS_TO_JUDGE", len(TEXTS))
    with pytest.raises(GateError, match="int8 loses"):
        check_int8(encoder(good), encoder(poor), TEXTS, truth, np.full(3, 0.5))
    assert check_int8(encoder(good), encoder(good), TEXTS, truth, np.full(3, 0.5))["micro_f1_int8"] == 1


def test_too_few_rows_are_no_judge_of_int8(truth):
    def encoder(probabilities):
        return SimpleNamespace(encode=lambda *_, **__: SimpleNamespace(probabilities=probabilities))

    f1 = check_int8(encoder(truth * 0.9), encoder(truth * 0.0), TEXTS, truth, np.full(3, 0.5))
    assert (f1["micro_f1_fp32"], f1["micro_f1_int8"]) == (1, 0)


def test_an_older_model_is_replaced_only_by_a_good_one(run, truth, tmp_path, monkeypatch):
    out = tmp_path / "model"
    out.mkdir()
    (out / "old.txt").write_text("kept")
    with pytest.raises(InputError, match="no model directory"):
        export(run, out, TEXTS, truth, collection=SHORT, lineage={})
    write_manifest(out, {})
    monkeypatch.setattr(export_module, "MOST_LOGIT_DIFFERENCE", -1.0)
    with pytest.raises(GateError):
        export(run, out, TEXTS, truth, collection=SHORT, lineage={})
    assert (out / "old.txt").read_text() == "kept"
    monkeypatch.undo()
    export(run, out, TEXTS, truth, collection=SHORT, lineage={})
    assert not (out / "old.txt").exists()


def test_the_graph_gives_calibrated_logits(exported, run):
    model, tokenizer, _ = load_run(run)
    bundle = Bundle.read(exported[0])
    fp32 = OnnxEncoder(run / "model_fp32.onnx", bundle.tokenizer_path, 32).encode(TEXTS[:4])
    assert fp32.logits == pytest.approx(SCALING(predict_logits(model, tokenizer, TEXTS[:4], 32)), abs=1e-4)


def test_a_run_without_calibration_names_the_command(run, truth, tmp_path):
    copied = Path(shutil.copytree(run, tmp_path / "run"))
    (copied / CALIBRATION).unlink()
    with pytest.raises(UnreadableFileError, match="textthema tune"):
        export(copied, tmp_path / "model", TEXTS, truth, collection=SHORT, lineage={})


def test_a_run_without_thresholds_names_the_command(run, truth, tmp_path):
    with pytest.raises(NotEnoughDataError, match="textthema tune"):
        export(tmp_path, tmp_path / "model", TEXTS, truth, collection=SHORT, lineage={})


def test_an_unfinished_run_names_the_command(truth, tmp_path):
    (tmp_path / "thresholds.json").write_text("{}")
    with pytest.raises(BundleNotFoundError, match="textthema train"):
        export(tmp_path, tmp_path / "model", TEXTS, truth, collection=SHORT, lineage={})


def test_the_classifier_pools_real_tokens_only(tiny_roberta):
    model, _ = load_encoder(str(tiny_roberta), 3)
    assert isinstance(model, EncoderClassifier)
    ids = torch.tensor([[0, 9, 8, 2]])
    padded = torch.tensor([[0, 9, 8, 2, 1, 1]])
    model.eval()
    with torch.inference_mode():
        short = model(ids, torch.ones_like(ids)).logits
        long = model(padded, torch.tensor([[1, 1, 1, 1, 0, 0]])).logits
    assert torch.allclose(short, long, atol=1e-5)


def test_a_model_may_compute_in_float_with_weights_in_int8(run, truth, tmp_path):
    collection = replace(SHORT, int8_weights_only=True)
    export(run, tmp_path / "model", TEXTS, truth, collection=collection, lineage={"stages": []})
    graph = onnx.load(tmp_path / "model" / "onnx" / "model_quantized.onnx").graph
    operators = [node.op_type for node in graph.node]
    # Two layers with six matrices each, and three embedding tables.
    assert operators.count("DequantizeLinear") == 15
    assert "MatMulInteger" not in operators
    assert ThemeClassifier.from_pretrained(tmp_path / "model")("The tide took the letter back.").scores
