"""Embeddings of a large table, computed once, kept in files and gone on with after an interruption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from textthema.bundle import Bundle, replacing
from textthema.errors import InputError, UnreadableFileError
from textthema.inference import OnnxEncoder
from textthema.near_duplicates import near_duplicate_groups
from textthema.staging import make_folder

_ROWS_AT_ONCE = 2048
_HEAD = "cache.json"
_ARRAYS = ("embeddings", "logits", "have")
_GROUPS = "groups.npy"


@dataclass(frozen=True, eq=False)
class EmbeddingCache:
    """What an encoder made of the rows of a table, as far as it came.

    Attributes:
        embeddings: float16, shape (n, dim), memory-mapped.
        logits: float16, shape (n, n_labels), memory-mapped.
        have: Which rows are there; bool, shape (n,), memory-mapped.
        folder: Where the files lie.
    """

    embeddings: np.ndarray
    logits: np.ndarray
    have: np.ndarray
    folder: Path

    @classmethod
    def open(cls, folder: Path, bundle: Bundle, texts: Sequence[str], max_length: int) -> EmbeddingCache:
        """Open a cache, or begin one.

        Args:
            folder: Where it lies.
            bundle: The model.
            texts: The table's texts.
            max_length: Tokens of a text that are read.

        Returns:
            The cache, open for reading and writing.

        Raises:
            InputError: The folder holds the cache of another model or table, or can't be written.
            UnreadableFileError: The cache is broken.
        """
        head = {"encoder": bundle.encoder_id, "texts": _fingerprint(texts), "max_length": max_length}
        path = folder / _HEAD
        if not path.is_file():
            return cls._begin(folder, bundle, head, len(texts))
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            arrays = [np.lib.format.open_memmap(folder / f"{name}.npy", "r+") for name in _ARRAYS]
        except (OSError, ValueError) as error:
            raise UnreadableFileError(
                f"the cache in {folder} is broken: {error}; remove it", value=str(folder)
            ) from error
        if found != head or {len(array) for array in arrays} != {len(texts)}:
            raise InputError(
                f"{folder} holds embeddings of another model or table; choose another folder, or remove it",
                value=found,
            )
        return cls(*arrays, folder)

    @classmethod
    def _begin(cls, folder: Path, bundle: Bundle, head: dict, n: int) -> EmbeddingCache:
        make_folder(folder)
        encoder = OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, bundle.max_length, threads=1)
        dim = encoder.encode(["."]).embeddings.shape[1]
        shapes = {
            "embeddings": (np.float16, (n, dim)),
            "logits": (np.float16, (n, len(bundle.labels))),
            "have": (bool, (n,)),
        }
        arrays = [
            np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, shape)
            for name, (dtype, shape) in shapes.items()
        ]
        with replacing(folder / _HEAD) as temporary:
            temporary.write_text(json.dumps(head) + "\n", encoding="utf-8")
        return cls(*arrays, folder)

    def groups(self, texts: Sequence[str]) -> np.ndarray:
        """Number the groups of near-duplicates, once.

        Args:
            texts: The table's texts.

        Returns:
            int32, shape (n,), one number a group.
        """
        path = self.folder / _GROUPS
        if not path.is_file():
            with replacing(path) as temporary:
                np.save(temporary, near_duplicate_groups(texts))
        return np.load(path, allow_pickle=False)

    def fill(self, bundle: Bundle, texts: Sequence[str], rows: np.ndarray, max_length: int, batch_size: int) -> None:
        """Compute the rows that are not there yet.

        Args:
            bundle: The model.
            texts: The table's texts.
            rows: Places of the rows that are wanted.
            max_length: Tokens of a text that are read.
            batch_size: Texts in one forward pass; above 1, neighbours change each other's embeddings slightly.
        """
        missing = rows[~self.have[rows]]
        if not len(missing):
            return
        encoder = OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, max_length)
        # disable=None: no bar unless stderr is a terminal
        with tqdm(total=len(rows), initial=len(rows) - len(missing), unit="text", disable=None) as bar:
            for start in range(0, len(missing), _ROWS_AT_ONCE):
                some = missing[start : start + _ROWS_AT_ONCE]
                encoded = encoder.encode([texts[row] for row in some], batch_size)
                self.embeddings[some], self.logits[some] = encoded.embeddings, encoded.logits
                self.embeddings.flush()
                self.logits.flush()
                # last, so that a row counts only once it is written
                self.have[some] = True
                self.have.flush()
                bar.update(len(some))


def _fingerprint(texts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()
