"""A trained run to a model directory: ONNX, int8, and two gates that stop a model that lost something on the way."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sklearn.metrics import f1_score

from textthema.bundle import CONFIG, MANIFEST, ONNX, THRESHOLDS, TOKENIZER, write_manifest
from textthema.calibration import CALIBRATION, Calibration, read_calibration
from textthema.collection import Collection
from textthema.encoder import EncoderClassifier, load_run, mean_pool
from textthema.errors import GateError, InputError, MissingDependencyError, NotEnoughDataError
from textthema.inference import OnnxEncoder
from textthema.scoring import predict_logits
from textthema.weight_only import store_in_int8, users_of_weights

MOST_LOGIT_DIFFERENCE = 1e-4
MOST_F1_LOSS = 0.005
# On fewer rows one answer that flips moves F1 by more than the limit, and the gate would judge chance.
FEWEST_ROWS_TO_JUDGE = 1_000
_COMPARED_TEXTS = 256
_INPUTS = ("input_ids", "attention_mask")
_OUTPUTS = ("logits", "embedding")
_QUANTIZED_OPERATORS = ["MatMul", "Gemm", "Gather"]
_HEAD = "classifier."


@dataclass(frozen=True)
class GateReport:
    """What the two gates measured.

    Args:
        logit_difference: Largest |logit| difference between PyTorch and fp32 ONNX.
        micro_f1_fp32: On the validation rows, with the run's thresholds.
        micro_f1_int8: The same for int8.
        macro_f1_fp32: On the validation rows, with the run's thresholds.
        macro_f1_int8: The same for int8.
        rows: How many validation rows.
    """

    logit_difference: float
    micro_f1_fp32: float
    micro_f1_int8: float
    macro_f1_fp32: float
    macro_f1_int8: float
    rows: int


class _ForServing(torch.nn.Module):
    """The classifier as the ONNX graph sees it: two tensors in, two tensors out."""

    def __init__(self, model: EncoderClassifier) -> None:
        super().__init__()
        self.encoder, self.classifier = model.encoder, model.classifier

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        embedding = mean_pool(states, attention_mask)
        return self.classifier(embedding), embedding


def export(
    run: Path,
    out: Path,
    texts: Sequence[str],
    truth: np.ndarray,
    *,
    collection: Collection,
    lineage: dict[str, object],
) -> GateReport:
    """Turn a trained and tuned run into a model directory.

    The fp32 graph stays in the run as ``model_fp32.onnx``, for benchmarks; the model directory appears whole or not
    at all.

    Args:
        run: Folder with a trained model, ``calibration.json`` and ``thresholds.json``.
        out: The model directory; replaced if it exists.
        texts: Validation texts, n of them.
        truth: Their labels, bool (n, n_labels).
        collection: Says how much of a text the served model reads, and where it computes in float.
        lineage: What the manifest says of the model's making.

    Returns:
        What the gates measured.

    Raises:
        GateError: If the ONNX graph differs from PyTorch or int8 loses too much.
        NotEnoughDataError: If there is no validation row or the run has no thresholds.
        InputError: If ``out`` is something else than a model directory.
    """
    thresholds_path = run / THRESHOLDS
    if not thresholds_path.is_file():
        raise NotEnoughDataError(f"{run} has no {THRESHOLDS}: type textthema tune {run} first", value=run)
    if not len(texts):
        raise NotEnoughDataError("the gates need validation texts, none were given", value=0)
    refuse_a_foreign_folder(out)
    model, tokenizer, labels = load_run(run)
    scale_head(model, read_calibration(run / CALIBRATION, labels))
    max_length = min(collection.max_length, tokenizer.model_max_length)
    fp32 = run / "model_fp32.onnx"
    to_onnx(model, fp32)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
        bundle = Path(folder) / "model"
        (bundle / ONNX).parent.mkdir(parents=True)
        tokenizer.save_pretrained(bundle)
        shutil.copy(thresholds_path, bundle / THRESHOLDS)
        _write_config(bundle / CONFIG, model, labels, collection.name, max_length)
        quantize(fp32, bundle / ONNX, weights_only=collection.int8_weights_only)
        thresholds = _threshold_array(thresholds_path, labels)
        plain, quantized = (OnnxEncoder(path, bundle / TOKENIZER, max_length) for path in (fp32, bundle / ONNX))
        difference = check_fp32(model, tokenizer, plain, texts[:_COMPARED_TEXTS], max_length)
        f1 = check_int8(plain, quantized, texts, truth, thresholds)
        report = GateReport(logit_difference=difference, rows=len(texts), **f1)
        write_manifest(bundle, lineage | {"gates": asdict(report)})
        replace_folder(bundle, out)
    return report


def scale_head(model: EncoderClassifier, calibration: Calibration) -> None:
    """Put a calibration into the head's weights, so that the graph's logits are calibrated.

    Args:
        model: The classifier; changed in place.
        calibration: Slopes and offsets in the head's order.
    """
    slope, offset = torch.from_numpy(calibration.slope), torch.from_numpy(calibration.offset)
    with torch.no_grad():
        model.classifier.weight.mul_(slope[:, None])
        model.classifier.bias.mul_(slope).add_(offset)


def to_onnx(model: EncoderClassifier, path: Path) -> None:
    """Write a classifier as an ONNX graph with a dynamic batch and length.

    Args:
        model: The classifier.
        path: The file; inputs ``input_ids`` and ``attention_mask`` int64 (batch, length), outputs ``logits`` and
            ``embedding``.

    Raises:
        MissingDependencyError: If onnx or onnxscript is missing.
    """
    try:
        import onnxscript  # noqa: F401, PLC0415 - torch's exporter needs it and fails less clearly
    except ImportError as error:
        raise MissingDependencyError(
            "export needs onnxscript: pip install onnx onnxscript", value="onnxscript"
        ) from error
    ids = torch.tensor([[2, 3, 4, 5, 6], [2, 3, 4, 1, 1]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    dynamic = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=2, max=512)}
    partial = path.with_suffix(".partial")
    with warnings.catch_warnings():
        # The exporter warns of its own internals' deprecations; the gates check what it wrote.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            _ForServing(model).eval(),
            (ids, mask),
            input_names=list(_INPUTS),
            dynamic_shapes=dict.fromkeys(_INPUTS, dynamic),
            dynamo=True,
            verbose=False,
        )
    _name_outputs(program)
    program.save(partial, external_data=False)
    partial.replace(path)


def _name_outputs(program: torch.onnx.ONNXProgram) -> None:
    # The exporter calls the token look-up "embedding" too, so the names inside have to make way first. It also notes
    # each node's place in the sources, with the paths of the machine that exported.
    for node in program.model.graph:
        node.metadata_props.clear()
        for value in node.outputs:
            value.name = f"inner_{value.name}"
    for value, name in zip(program.model.graph.outputs, _OUTPUTS, strict=True):
        value.name = name


def quantize(fp32: Path, int8: Path, *, weights_only: bool = False) -> None:
    """Quantize an ONNX graph to int8, but for its head.

    Args:
        fp32: The graph.
        int8: Gets the quantized graph.
        weights_only: Whether it computes in float, with weights in 8 bits. Otherwise weights use 7 bits, since
            processors without VNNI saturate at 8.
    """
    graph = onnx.load(fp32)
    if weights_only:
        store_in_int8(graph, users_of_weights(graph))
        onnx.save(graph, int8)
        return
    # The head is half a percent of the weights, and its rounding goes straight into the scores.
    head = [node.name for node in graph.graph.node if any(name.startswith(_HEAD) for name in node.input)]
    # It advises everybody to optimize the graph first, which brought nothing here.
    logging.disable(logging.WARNING)
    try:
        quantize_dynamic(
            fp32,
            int8,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=_QUANTIZED_OPERATORS,
            nodes_to_exclude=head,
        )
    finally:
        logging.disable(logging.NOTSET)


def check_fp32(
    model: EncoderClassifier, tokenizer: object, fp32: OnnxEncoder, texts: Sequence[str], max_length: int
) -> float:
    """Compare an fp32 ONNX graph with the PyTorch model it was made from, in padded batches.

    Args:
        model: The trained classifier.
        tokenizer: Its tokenizer.
        fp32: The exported graph.
        texts: Texts to compare on.
        max_length: Tokens read of a text.

    Returns:
        The largest difference of a logit.

    Raises:
        GateError: If it is above ``MOST_LOGIT_DIFFERENCE``.
    """
    torch_logits = predict_logits(model, tokenizer, texts, max_length)
    difference = float(np.abs(fp32.encode(texts, token_budget=1024).logits - torch_logits).max())
    if not difference <= MOST_LOGIT_DIFFERENCE:
        raise GateError(
            f"fp32 ONNX differs from PyTorch by {difference:.1e} in a logit, {MOST_LOGIT_DIFFERENCE:.0e} is allowed",
            value=difference,
        )
    return difference


def check_int8(
    fp32: OnnxEncoder, int8: OnnxEncoder, texts: Sequence[str], truth: np.ndarray, thresholds: np.ndarray
) -> dict[str, float]:
    """Compare int8 with fp32 on labelled texts.

    Args:
        fp32: The exported graph.
        int8: Its quantized twin.
        texts: Validation texts, n of them.
        truth: bool (n, n_labels).
        thresholds: float (n_labels,).

    Returns:
        ``micro_f1_fp32``, ``macro_f1_fp32``, ``micro_f1_int8``, ``macro_f1_int8``.

    Raises:
        GateError: If int8 loses more than ``MOST_F1_LOSS`` of either on at least ``FEWEST_ROWS_TO_JUDGE`` rows.
    """
    f1 = {}
    for name, encoder in (("fp32", fp32), ("int8", int8)):
        said = encoder.encode(texts, progress=True).probabilities >= thresholds
        for average in ("micro", "macro"):
            f1[f"{average}_f1_{name}"] = float(f1_score(truth, said, average=average, zero_division=0))
    for average in ("micro", "macro"):
        lost = f1[f"{average}_f1_fp32"] - f1[f"{average}_f1_int8"]
        if lost > MOST_F1_LOSS and len(texts) >= FEWEST_ROWS_TO_JUDGE:
            raise GateError(f"int8 loses {lost:.4f} {average}-F1, {MOST_F1_LOSS} is allowed", value=lost)
    return f1


def _write_config(
    path: Path, model: EncoderClassifier, labels: Sequence[str], collection: str, max_length: int
) -> None:
    config = model.config.to_dict()
    config |= {
        "architectures": [type(model.encoder).__name__.removesuffix("Model") + "ForSequenceClassification"],
        "problem_type": "multi_label_classification",
        "id2label": {str(index): label for index, label in enumerate(labels)},
        "label2id": {label: index for index, label in enumerate(labels)},
        "textthema": {"collection": collection, "max_length": max_length, "pooling": "mean"},
    }
    config.pop("_name_or_path", None)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _threshold_array(path: Path, labels: Sequence[str]) -> np.ndarray:
    stored = json.loads(path.read_text(encoding="utf-8"))
    return np.array([stored["labels"].get(label, stored["global"]) for label in labels], dtype=np.float32)


def refuse_a_foreign_folder(out: Path) -> None:
    """Keep a model from being written over something else.

    Args:
        out: Where a model directory shall be.

    Raises:
        InputError: If something else is there.
    """
    if out.exists() and not (out / MANIFEST).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there and is no model directory; name another place or remove it", value=str(out))


def replace_folder(new: Path, target: Path) -> None:
    """Put a finished folder in another's place; the other one stays if that fails.

    Args:
        new: The finished folder, in a folder of its own on the same file system.
        target: Where it shall be.
    """
    if not target.exists():
        new.rename(target)
        return
    old = new.with_name("old")
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
