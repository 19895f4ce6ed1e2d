"""Texts → logits and embeddings, in one forward pass of an ONNX model.

A dynamically quantized model takes the int8 scale of its activations from the whole batch, so the texts
of a batch, and their padding, change each other's scores. One text a batch is therefore the default: its
scores are then the same alone, in a list and in a file. On a CPU this costs nothing measurable: a batch
saves little there, and a text alone has no padding to compute.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from textthema.errors import BundleCorruptError, InputError, shown
from textthema.terminal import progress_bar

# Tokenised this many at a time: an Encoding takes far more memory than the ids kept of it.
_TOKENIZED_AT_ONCE = 512
_ERRORS_ONLY = 3
# Probabilities are written with so many, in files as in JSON.
DECIMALS = 6
# Outputs of the heads that a graph may have beside the labels'.
TEXT_HEADS, TOKEN_HEADS = "text_heads", "token_heads"
# Input of such a graph that says whether they are computed; by default they are.
WITH_HEADS = "with_heads"


@dataclass(frozen=True, eq=False)
class HeadScores:
    """What the heads beside the labels' say of one text, as logits.

    Attributes:
        text: Of the whole text, float32 (n_text_heads,).
        tokens: Of each token, float32 (n_tokens, n_token_heads).
        starts: First character of each token, -1 for special ones; int64 (n_tokens,).
    """

    text: np.ndarray
    tokens: np.ndarray
    starts: np.ndarray


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the model says of n texts, in their order.

    Attributes:
        logits: float32, shape (n, n_labels).
        embeddings: float32, shape (n, dim).
        n_tokens: Tokens of each text before truncation, special tokens included; int64, shape (n,).
        truncated: Whether the text had more tokens than the model reads; bool, shape (n,).
        heads: What the further heads say, a text each; none where the model has no such heads.
    """

    logits: np.ndarray
    embeddings: np.ndarray
    n_tokens: np.ndarray
    truncated: np.ndarray
    heads: tuple[HeadScores, ...] = ()

    @property
    def probabilities(self) -> np.ndarray:
        """Give the logistic function of the logits, float32, shape (n, n_labels)."""
        return sigmoid(self.logits)


class OnnxEncoder:
    """A tokenizer and an ONNX model that takes ``input_ids`` and ``attention_mask``.

    Args:
        onnx_path: Graph with outputs ``logits`` and ``embedding``.
        tokenizer_path: A ``tokenizer.json``.
        max_length: Tokens of a text to read, special tokens included.
        threads: Threads of one forward pass; by default all processors this process may use.

    Raises:
        BundleCorruptError: One of the files can't be loaded.
    """

    def __init__(
        self, onnx_path: str | Path, tokenizer_path: str | Path, max_length: int, threads: int | None = None
    ) -> None:
        self.max_length = max_length
        self._tokenizer = _load_tokenizer(tokenizer_path, max_length)
        self._n_special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        self._session = _load_session(onnx_path, threads or _available_processors())
        self._widths: dict[str, int] = {output.name: output.shape[-1] for output in self._session.get_outputs()}
        self.has_heads = {TEXT_HEADS, TOKEN_HEADS} <= set(self._widths)
        switches = {switch.name for switch in self._session.get_overridable_initializers()}
        self._without_heads = {WITH_HEADS: np.array(False)} if WITH_HEADS in switches else {}

    @property
    def n_labels(self) -> int:
        """Give the number of logits of a text."""
        return self._widths["logits"]

    @property
    def head_widths(self) -> tuple[int, int]:
        """Give how many heads of a whole text and how many of each token there are."""
        return self._widths.get(TEXT_HEADS, 0), self._widths.get(TOKEN_HEADS, 0)

    def encode(
        self, texts: Sequence[str], batch_size: int = 1, progress: bool = False, with_heads: bool = False
    ) -> Encoded:
        """Run the model over texts.

        Args:
            texts: Any number of texts.
            batch_size: Texts in one forward pass. Above 1 is for fp32 models: see the top of this module.
            progress: Whether to draw a progress bar on stderr, if that is a terminal.
            with_heads: Whether the heads beside the labels' are asked, too, where the graph has any.

        Returns:
            Logits, embeddings and token counts, in the order of the texts.

        Raises:
            InputError: The batch size is below 1.
        """
        if batch_size < 1:
            raise InputError(f"batch_size must be 1 or more, not {shown(batch_size)}", value=batch_size)
        with_heads = with_heads and self.has_heads
        ids, starts, n_tokens = self._tokenize(texts, with_heads)
        logits = np.empty((len(ids), self._widths["logits"]), dtype=np.float32)
        embeddings = np.empty((len(ids), self._widths["embedding"]), dtype=np.float32)
        heads: dict[int, HeadScores] = {}
        names = ["logits", "embedding", *([TEXT_HEADS, TOKEN_HEADS] if with_heads else [])]
        switch = {} if with_heads else self._without_heads
        with progress_bar(len(ids), progress) as done:
            for rows in _batches_by_length(ids, batch_size):
                feed = _pad([ids[row] for row in rows]) | switch
                logits[rows], embeddings[rows], *said = self._session.run(names, feed)
                for row, of_text, of_tokens in zip(rows, *said, strict=True) if said else ():
                    heads[row] = HeadScores(of_text, of_tokens[: len(ids[row])], starts[row])
                done(len(rows))
        return Encoded(
            logits, embeddings, n_tokens, n_tokens > self.max_length, tuple(heads[row] for row in sorted(heads))
        )

    def _tokenize(
        self, texts: Sequence[str], with_starts: bool
    ) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
        ids: list[np.ndarray] = []
        starts: list[np.ndarray] = []
        n_tokens = np.empty(len(texts), dtype=np.int64)
        # the fast one does not say where tokens begin
        encode = self._tokenizer.encode_batch if with_starts else self._tokenizer.encode_batch_fast
        for start in range(0, len(texts), _TOKENIZED_AT_ONCE):
            for encoding in encode(list(texts[start : start + _TOKENIZED_AT_ONCE])):
                beyond = sum(len(part.ids) - self._n_special for part in encoding.overflowing)
                n_tokens[len(ids)] = len(encoding.ids) + beyond
                ids.append(np.array(encoding.ids, dtype=np.int64))
                if with_starts:
                    starts.append(first_characters(encoding))
        return ids, starts, n_tokens


def first_characters(encoding: Encoding) -> np.ndarray:
    """Say where each token of a text begins.

    Args:
        encoding: A tokenized text.

    Returns:
        Index of each token's first character, -1 for special tokens; int64 (n_tokens,).
    """
    first = np.array([start for start, _ in encoding.offsets], dtype=np.int64)
    return np.where(np.array(encoding.special_tokens_mask, dtype=bool), -1, first)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Give the logistic function.

    Args:
        logits: float, any shape.

    Returns:
        float32, the same shape.
    """
    # exp(-|x|) can't overflow, whichever way the logit points
    decay = np.exp(-np.abs(logits))
    probabilities: np.ndarray = np.where(logits >= 0, 1 / (1 + decay), decay / (1 + decay)).astype(np.float32)
    return probabilities


def _batches_by_length(ids: list[np.ndarray], batch_size: int) -> Iterator[np.ndarray]:
    # longest first: a machine with too little memory fails at once, and the progress bar only gets faster
    order = np.argsort([-len(row) for row in ids], kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def _pad(batch: list[np.ndarray]) -> dict[str, np.ndarray]:
    shape = (len(batch), max(len(row) for row in batch))
    input_ids = np.zeros(shape, dtype=np.int64)
    attention_mask = np.zeros(shape, dtype=np.int64)
    for i, row in enumerate(batch):
        input_ids[i, : len(row)] = row
        attention_mask[i, : len(row)] = 1
    return {"input_ids": input_ids, "attention_mask": attention_mask}


def _available_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load_tokenizer(path: str | Path, max_length: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise BundleCorruptError(f"{path} is no tokenizer: {error}", value=str(path)) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer


def _load_session(path: str | Path, threads: int) -> onnxruntime.InferenceSession:
    # It would tell its makers that it is used.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base class
        raise BundleCorruptError(f"{path} is no ONNX model that can be run: {error}", value=str(path)) from error
    inputs = {node.name for node in session.get_inputs()}
    outputs = {node.name: node.shape for node in session.get_outputs()}
    widths = [outputs.get(name, [None])[-1] for name in ("logits", "embedding")]
    if inputs != {"input_ids", "attention_mask"} or not all(isinstance(width, int) for width in widths):
        raise BundleCorruptError(
            f"{path} takes {sorted(inputs)} and gives {sorted(outputs)}; "
            "it must take input_ids and attention_mask and give logits and embedding, each of a fixed width",
            value=str(path),
        )
    return session
