"""The models that are measured beside each other, each loaded from a folder and asked for probabilities.

What a contestant needs is imported when it is loaded, so that a new process that loads one shows what that one costs.
Nothing is unpickled: weights are NumPy arrays, safetensors or ONNX.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Answer = Callable[[Sequence[str]], np.ndarray]
MAX_LENGTH = 256
FP32_BATCH = 32
HASHED_FEATURES = 2**18


@dataclass(frozen=True)
class Contestant:
    """One model.

    Args:
        title: How tables call it.
        load: Gives, from its folder, a function from n texts to probabilities float32 (n, n_labels).
        is_transformer: Whether it is one.
    """

    title: str
    load: Callable[[Path], Answer]
    is_transformer: bool


def load_ours(folder: Path) -> Answer:
    """Load the model as it is served."""
    from textthema import ThemeClassifier  # noqa: PLC0415

    return ThemeClassifier.from_pretrained(folder).probabilities


def load_fp32(folder: Path) -> Answer:
    """Load an fp32 graph ``model.onnx`` with its ``tokenizer.json``; a ``config.json`` may say how much it reads."""
    from textthema.inference import OnnxEncoder  # noqa: PLC0415
    from textthema.text import plain  # noqa: PLC0415

    encoder = OnnxEncoder(folder / "model.onnx", folder / "tokenizer.json", _read_length(folder))
    return lambda texts: encoder.encode([plain(text) for text in texts], FP32_BATCH).probabilities


def load_two_heads(folder: Path) -> Answer:
    """Load another model's graph ``model.onnx`` with a linear head of its own on the embedding."""
    from textthema.inference import OnnxEncoder, sigmoid  # noqa: PLC0415
    from textthema.text import plain  # noqa: PLC0415

    encoder = OnnxEncoder(folder / "model.onnx", folder / "tokenizer.json", _read_length(folder))
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        weights, bias = arrays["weights"], arrays["bias"]
    return lambda texts: sigmoid(encoder.encode([plain(text) for text in texts]).embeddings @ weights + bias)


def load_tfidf(folder: Path) -> Answer:
    """Load TF-IDF with one logistic regression a label."""
    from scipy.special import expit  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

    from textthema.baseline import TFIDF_SETTINGS  # noqa: PLC0415

    settings = TFIDF_SETTINGS | {"ngram_range": tuple(TFIDF_SETTINGS["ngram_range"])}
    vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    vectorizer = TfidfVectorizer(**settings, dtype=np.float32, vocabulary=vocabulary)
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        vectorizer.idf_ = arrays["idf"]
        weights, bias = arrays["weights"], arrays["bias"]
    return lambda texts: expit(vectorizer.transform(texts) @ weights + bias).astype(np.float32)


def load_static(folder: Path) -> Answer:
    """Load static embeddings of words and word pairs with a linear head."""
    from scipy.special import expit  # noqa: PLC0415

    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        embeddings, weights, bias = arrays["embeddings"], arrays["weights"], arrays["bias"]
    features = hashed_features()
    return lambda texts: expit(features(texts) @ embeddings @ weights + bias).astype(np.float32)


def load_earlier(folder: Path) -> Answer:
    """Load a graph the way the earlier system served it: transformers' tokenizer, one text a call."""
    import onnxruntime  # noqa: PLC0415
    from scipy.special import expit  # noqa: PLC0415
    from transformers import AutoTokenizer  # noqa: PLC0415

    tokenizer = AutoTokenizer.from_pretrained(folder)
    session = onnxruntime.InferenceSession(str(folder / "model_quantized.onnx"), providers=["CPUExecutionProvider"])
    length = _read_length(folder)

    def answer(texts: Sequence[str]) -> np.ndarray:
        logits = []
        for text in texts:
            ids = tokenizer(text, truncation=True, max_length=length, return_tensors="np")
            feed = {name: ids[name] for name in ("input_ids", "attention_mask")}
            logits.append(session.run(["logits"], feed)[0])
        return expit(np.concatenate(logits)).astype(np.float32)

    return answer


def load_base_size(folder: Path) -> Answer:
    """Build a PyTorch model of roberta-base's size with random weights; the folder lends tokenizer and labels.

    Speed doesn't depend on what the weights are, so this one is only ever timed.
    """
    import torch  # noqa: PLC0415
    from transformers import AutoTokenizer, RobertaConfig, RobertaForSequenceClassification  # noqa: PLC0415

    tokenizer = AutoTokenizer.from_pretrained(folder)
    labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
    config = RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, num_labels=len(labels))
    model = RobertaForSequenceClassification(config).eval()

    def answer(texts: Sequence[str]) -> np.ndarray:
        probabilities = []
        with torch.inference_mode():
            for text in texts:
                ids = tokenizer(text, truncation=True, max_length=MAX_LENGTH, return_tensors="pt")
                logits = model(input_ids=ids["input_ids"], attention_mask=ids["attention_mask"]).logits
                probabilities.append(torch.sigmoid(logits).numpy())
        return np.concatenate(probabilities)

    return answer


def hashed_features() -> Callable[[Sequence[str]], object]:
    """Make the function that marks a text's words and word pairs, hashed, each row adding up to 1.

    Returns:
        A function from n texts to a sparse matrix float32 (n, HASHED_FEATURES).
    """
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    vectorizer = HashingVectorizer(
        n_features=HASHED_FEATURES, ngram_range=(1, 2), alternate_sign=False, norm="l1", dtype=np.float32
    )
    return vectorizer.transform


def _read_length(folder: Path) -> int:
    config = folder / "config.json"
    told = json.loads(config.read_text(encoding="utf-8")).get("textthema", {}) if config.exists() else {}
    return told.get("max_length", MAX_LENGTH)


CONTESTANTS = {
    "ours": Contestant("TextThema int8", load_ours, True),
    "ours_fp32": Contestant("TextThema fp32", load_fp32, True),
    "frozen": Contestant("frozen encoder + linear head", load_fp32, True),
    "two_heads": Contestant("one encoder, two heads: the other model's int8 + linear head", load_two_heads, True),
    "earlier": Contestant("earlier recipe: head only, int8 without a gate", load_earlier, True),
    "static": Contestant("static embeddings + linear head (fastText's way)", load_static, False),
    "tfidf": Contestant("TF-IDF + logistic regression", load_tfidf, False),
    "base_size": Contestant("PyTorch model of roberta-base's size (speed only)", load_base_size, True),
}
