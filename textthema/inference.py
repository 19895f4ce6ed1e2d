"""Texts → logits and embeddings, in one forward pass of an ONNX model.

A dynamically quantized model takes the int8 scale of its activations from the whole batch, so the texts
of a batch, and their padding, change each other's scores. One text a batch is therefore the default: its
scores are then the same alone, in a list and in a file. On a CPU this costs little: benchmarks/results/throughput.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
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


@dataclass(frozen=True, eq=False)
class Tokenized:
    """Texts as the model takes them, in their order.

    Attributes:
        ids: Token ids of each text, truncated; int64 (n_tokens,).
        starts: First character of each token, -1 for special ones; int64 (n_tokens,). None where no heads are asked.
        n_tokens: Tokens of each text before truncation, special tokens included; int64, shape (n,).
    """

    ids: list[np.ndarray]
    starts: list[np.ndarray] | None
    n_tokens: np.ndarray


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
        self._session = _load_session(onnx_path, threads or available_processors())
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
        self, texts: Sequence[str], token_budget: int | None = None, progress: bool = False, with_heads: bool = False
    ) -> Encoded:
        """Run the model over texts.

        Args:
            texts: Any number of texts.
            token_budget: As for `infer`.
            progress: Whether to draw a progress bar on stderr, if that is a terminal.
            with_heads: Whether the heads beside the labels' are asked, too, where the graph has any.

        Returns:
            Logits, embeddings and token counts, in the order of the texts.

        Raises:
            InputError: The token budget is below 1.
        """
        tokenized = self.tokenize(texts, with_heads)
        with progress_bar(len(tokenized.ids), progress) as done:
            return self.infer(tokenized, token_budget, done)

    def tokenize(self, texts: Sequence[str], with_heads: bool = False) -> Tokenized:
        """Write texts as the model takes them.

        Args:
            texts: Any number of texts.
            with_heads: Whether the heads beside the labels' will be asked, too, where the graph has any.

        Returns:
            Their tokens.
        """
        ids: list[np.ndarray] = []
        starts: list[np.ndarray] | None = [] if with_heads and self.has_heads else None
        n_tokens = np.empty(len(texts), dtype=np.int64)
        # the fast one does not say where tokens begin
        encode = self._tokenizer.encode_batch_fast if starts is None else self._tokenizer.encode_batch
        for start in range(0, len(texts), _TOKENIZED_AT_ONCE):
            for encoding in encode(list(texts[start : start + _TOKENIZED_AT_ONCE])):
                beyond = sum(len(part.ids) - self._n_special for part in encoding.overflowing)
                n_tokens[len(ids)] = len(encoding.ids) + beyond
                ids.append(np.array(encoding.ids, dtype=np.int64))
                if starts is not None:
                    starts.append(first_characters(encoding))
        return Tokenized(ids, starts, n_tokens)

    def infer(
        self,
        tokenized: Tokenized,
        token_budget: int | None = None,
        done: Callable[[int], object] = lambda _: None,
    ) -> Encoded:
        """Run the model over tokenized texts. Several threads may do so at once.

        Args:
            tokenized: Any number of texts.
            token_budget: Tokens in one forward pass, padding included, for texts of similar lengths; a longer text is
                read alone. By default each is. It is for fp32 models: see the top of this module.
            done: Told after each forward pass how many texts were in it.

        Returns:
            Logits, embeddings and token counts, in the order of the texts.

        Raises:
            InputError: The token budget is below 1.
        """
        if token_budget is not None and token_budget < 1:
            raise InputError(f"the token budget must be 1 or more, not {shown(token_budget)}", value=token_budget)
        ids, starts = tokenized.ids, tokenized.starts
        logits = np.empty((len(ids), self._widths["logits"]), dtype=np.float32)
        embeddings = np.empty((len(ids), self._widths["embedding"]), dtype=np.float32)
        heads: dict[int, HeadScores] = {}
        names = ["logits", "embedding", *([] if starts is None else [TEXT_HEADS, TOKEN_HEADS])]
        switch = self._without_heads if starts is None else {}
        for rows in _batches_by_length(ids, token_budget):
            feed = _pad([ids[row] for row in rows]) | switch
            logits[rows], embeddings[rows], *said = self._session.run(names, feed)
            if starts is not None:
                for row, of_text, of_tokens in zip(rows, *said, strict=True):
                    heads[row] = HeadScores(of_text, of_tokens[: len(ids[row])], starts[row])
            done(len(rows))
        n_tokens = tokenized.n_tokens
        in_order = tuple(heads[row] for row in sorted(heads))
        return Encoded(logits, embeddings, n_tokens, n_tokens > self.max_length, in_order)


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


def _batches_by_length(ids: list[np.ndarray], token_budget: int | None) -> Iterator[list[int]]:
    # longest first: a machine with too little memory fails at once, and the progress bar only gets faster
    order = sorted(range(len(ids)), key=lambda row: -len(ids[row]))
    start = 0
    while start < len(order):
        size = max(1, (token_budget or 1) // len(ids[order[start]]))
        yield order[start : start + size]
        start += size


def _pad(batch: list[np.ndarray]) -> dict[str, np.ndarray]:
    shape = (len(batch), max(len(row) for row in batch))
    input_ids = np.zeros(shape, dtype=np.int64)
    attention_mask = np.zeros(shape, dtype=np.int64)
    for i, row in enumerate(batch):
        input_ids[i, : len(row)] = row
        attention_mask[i, : len(row)] = 1
    return {"input_ids": input_ids, "attention_mask": attention_mask}


def available_processors() -> int:
    """Count the processors that this process may use."""
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
