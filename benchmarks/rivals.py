"""Fitting the models that this project's is measured against, on the very rows that it was trained on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from contestants import HASHED_FEATURES, hashed_features
from fastai.callback.schedule import valley  # also gives Learner fit_one_cycle and lr_find
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.losses import BCEWithLogitsLossFlat
from onnxruntime.quantization import quantize_dynamic
from sklearn.multiclass import OneVsRestClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from textthema.baseline import fit_tfidf
from textthema.bundle import Bundle, replacing
from textthema.encoder import EncoderClassifier, load_encoder, mean_pool
from textthema.export import to_onnx
from textthema.losses import SummedBCE
from textthema.mixed_precision import has_bfloat16

ENCODER = "all-MiniLM-L6-v2"
TRAIN_LENGTH = 96
# The logit of a label that no training text carries.
_NEVER = -10.0
# A label is on few texts: a head that starts there spares the steps that it would take to learn that.
_FIRST_BIAS = -4.0
_STATIC = {"dim": 128, "epochs": 6, "batch_size": 256, "lr": 5e-3}
_LINEAR = {"C": 1.0, "max_iter": 200}
_EARLIER = {"epochs": 3, "batch_size": 64}
SETTINGS = {"static": _STATIC, "frozen": _LINEAR, "two_heads": _LINEAR, "earlier": _EARLIER}


def build_tfidf(texts: Sequence[str], truth: np.ndarray, folder: Path) -> None:
    """Fit TF-IDF with one logistic regression a label.

    Args:
        texts: n training texts.
        truth: bool (n, n_labels).
        folder: Gets ``vocabulary.json`` and ``weights.npz``.
    """
    varied = _varied(truth)
    vectorizer, head = (step for _, step in fit_tfidf(texts, truth[:, varied]).steps)
    vocabulary = {word: int(place) for word, place in vectorizer.vocabulary_.items()}
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    weights, bias = _stacked(head, varied)
    _save(folder, idf=vectorizer.idf_.astype(np.float32), weights=weights, bias=bias)


def build_static(texts: Sequence[str], truth: np.ndarray, folder: Path) -> None:
    """Learn embeddings of hashed words and word pairs, averaged over the text, and a linear head.

    Args:
        texts: n training texts.
        truth: bool (n, n_labels).
        folder: Gets ``weights.npz``.

    Source:
        Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017.
    """
    torch.manual_seed(0)
    features = hashed_features()(texts)
    table = nn.EmbeddingBag(HASHED_FEATURES, _STATIC["dim"], mode="sum", sparse=True)
    nn.init.normal_(table.weight, std=0.1)
    head = nn.Linear(_STATIC["dim"], truth.shape[1])
    nn.init.constant_(head.bias, _FIRST_BIAS)
    steps = -(-len(texts) // _STATIC["batch_size"]) * _STATIC["epochs"]
    optimizers = [
        torch.optim.SparseAdam(table.parameters(), lr=_STATIC["lr"]),
        torch.optim.Adam(head.parameters(), lr=_STATIC["lr"]),
    ]
    schedules = [torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.02, steps) for o in optimizers]
    loss = SummedBCE()
    rng = np.random.default_rng(0)
    with tqdm(total=steps, desc="static embeddings", unit="batch") as bar:
        for _ in range(_STATIC["epochs"]):
            for rows in np.array_split(rng.permutation(len(texts)), steps // _STATIC["epochs"]):
                part = features[rows]
                bags = [torch.from_numpy(array) for array in (part.indices, part.indptr[:-1])]
                pooled = table(*(bag.long() for bag in bags), per_sample_weights=torch.from_numpy(part.data))
                for optimizer in optimizers:
                    optimizer.zero_grad()
                loss(head(pooled), torch.from_numpy(truth[rows])).backward()
                for step in (*optimizers, *schedules):
                    step.step()
                bar.update()
    arrays = {"embeddings": table.weight, "weights": head.weight.T, "bias": head.bias}
    _save(folder, **{name: tensor.detach().numpy() for name, tensor in arrays.items()})


def build_frozen(features: np.ndarray, truth: np.ndarray, folder: Path) -> None:
    """Fit one logistic regression a label on the untouched encoder's features.

    Args:
        features: What ``encoder_features`` gave for the training texts, float (n, dim).
        truth: bool (n, n_labels).
        folder: Gets ``model.onnx`` and the tokenizer.
    """
    _save_graph(*_fit_linear(features, truth), folder)


def build_two_heads(features: np.ndarray, truth: np.ndarray, bundle: Bundle, folder: Path) -> None:
    """Fit one logistic regression a label on another served model's embeddings: a second head on its encoder.

    Args:
        features: The model's embeddings of the training texts, float (n, dim).
        truth: bool (n, n_labels).
        bundle: The model; it stays as it is.
        folder: Gets its graph as ``model.onnx``, its tokenizer, and the head as ``weights.npz``.
    """
    weights, bias = _fit_linear(features, truth)
    shutil.copy(bundle.onnx_path, folder / "model.onnx")
    shutil.copy(bundle.tokenizer_path, folder / "tokenizer.json")
    _save(folder, weights=weights, bias=bias)


def build_earlier(features: np.ndarray, truth: np.ndarray, folder: Path) -> None:
    """Train a head the earlier system's way and quantize without looking at what that costs.

    The encoder stays frozen, the learning-rate finder chooses, one cycle trains; then int8 by the quantizer's own
    defaults.

    Args:
        features: What ``encoder_features`` gave for the training texts, float (n, dim).
        truth: bool (n, n_labels).
        folder: Gets ``model_quantized.onnx`` and the tokenizer.
    """
    torch.manual_seed(0)
    inputs, targets = torch.from_numpy(features.astype(np.float32)), torch.from_numpy(truth.astype(np.float32))
    last = len(inputs) - max(len(inputs) // 20, 1)
    loaders = DataLoaders(
        *(
            DataLoader(TensorDataset(inputs[rows], targets[rows]), _EARLIER["batch_size"], shuffle=shuffled)
            for rows, shuffled in ((slice(last), True), (slice(last, None), False))
        )
    )
    head = nn.Linear(features.shape[1], truth.shape[1])
    learner = Learner(loaders, head, loss_func=BCEWithLogitsLossFlat(), path=folder)
    with learner.no_bar(), learner.no_logging():
        rate = learner.lr_find(suggest_funcs=(valley,), show_plot=False).valley
        learner.fit_one_cycle(_EARLIER["epochs"], rate)
    _save_graph(head.weight.detach().numpy().T, head.bias.detach().numpy(), folder)
    quantize_dynamic(folder / "model.onnx", folder / "model_quantized.onnx")
    (folder / "model.onnx").unlink()
    shutil.rmtree(folder / "models", ignore_errors=True)


def encoder_features(texts: Sequence[str], max_length: int, batch_size: int = 64) -> np.ndarray:
    """Average the untouched encoder's token states, in bfloat16 where the processor has it.

    Args:
        texts: n texts.
        max_length: Tokens read of a text.
        batch_size: Texts a batch.

    Returns:
        float16 (n, dim).
    """
    model, tokenizer = load_encoder(ENCODER, 1)
    model.eval()
    order = np.argsort([len(text) for text in texts], kind="stable")
    features = np.empty((len(texts), model.config.hidden_size), np.float16)
    with torch.inference_mode():
        for start in tqdm(range(0, len(order), batch_size), desc="frozen features", unit="batch"):
            rows = order[start : start + batch_size]
            batch = tokenizer(
                [texts[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=max_length,
                return_token_type_ids=False,
                return_tensors="pt",
            )
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_bfloat16()):
                states = model.encoder(**batch).last_hidden_state
            features[rows] = mean_pool(states.float(), batch["attention_mask"]).numpy()
    return features


def _fit_linear(features: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inputs, targets = torch.from_numpy(features.astype(np.float32)), torch.from_numpy(truth.astype(np.float32))
    head = nn.Linear(inputs.shape[1], targets.shape[1])
    nn.init.zeros_(head.weight)
    nn.init.constant_(head.bias, _FIRST_BIAS)
    solver = torch.optim.LBFGS(head.parameters(), max_iter=_LINEAR["max_iter"], line_search_fn="strong_wolfe")
    loss = SummedBCE()

    # The labels share no weight, so the least sum over all labels is the least loss of each regression.
    def closure() -> torch.Tensor:
        solver.zero_grad()
        total = loss(head(inputs), targets) + head.weight.square().sum() / (2 * _LINEAR["C"] * len(inputs))
        total.backward()
        return total

    solver.step(closure)
    return head.weight.detach().numpy().T, head.bias.detach().numpy()


def _save_graph(weights: np.ndarray, bias: np.ndarray, folder: Path) -> None:
    model, tokenizer = load_encoder(ENCODER, len(bias))
    _set_head(model, weights, bias)
    to_onnx(model, folder / "model.onnx")
    tokenizer.save_pretrained(folder)


def _set_head(model: EncoderClassifier, weights: np.ndarray, bias: np.ndarray) -> None:
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights.T)))
        model.classifier.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))


def _varied(truth: np.ndarray) -> np.ndarray:
    """Mark the labels that a regression can be fitted for: a small sample may lack some altogether."""
    return truth.any(axis=0) & ~truth.all(axis=0)


def _stacked(head: OneVsRestClassifier, varied: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weights = np.zeros((head.estimators_[0].coef_.shape[1], len(varied)), np.float32)
    bias = np.full(len(varied), _NEVER, np.float32)
    weights[:, varied] = np.stack([estimator.coef_[0] for estimator in head.estimators_], axis=1)
    bias[varied] = [estimator.intercept_[0] for estimator in head.estimators_]
    return weights, bias


def _save(folder: Path, **arrays: np.ndarray) -> None:
    with replacing(folder / "weights.npz") as temporary:
        np.savez(temporary, **arrays)
