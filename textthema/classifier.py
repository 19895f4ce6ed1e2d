"""Texts → themes, each with its probability and the threshold it has to reach."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeGuard, Unpack, overload

import numpy as np

from textthema.bundle import NUANCES, Bundle, find_default
from textthema.errors import (
    BundleCorruptError,
    BundleNotFoundError,
    EmptyTextError,
    MissingDependencyError,
    NotTextError,
    TextTooLongError,
    shown,
)
from textthema.inference import Encoded, OnnxEncoder, Tokenized
from textthema.text import plain

MAX_CHARACTERS = 100_000
MAX_ALSO = 5
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_HUB_TIMEOUT_SECONDS = 10
# control, format, and the three kinds of separator
_NOTHING_TO_READ = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


class DownloadOptions(TypedDict, total=False):
    """Options of ``huggingface_hub`` for a download.

    Attributes:
        revision: Branch, tag or commit.
        token: A token, or whether the stored one is sent.
        cache_dir: Where downloads are kept.
        force_download: Whether what is kept there is downloaded again.
        local_files_only: Whether only what is kept there is looked at.
    """

    revision: str | None
    token: str | bool | None
    cache_dir: str | Path | None
    force_download: bool
    local_files_only: bool


@dataclass(frozen=True, slots=True)
class ThemeScore:
    """How sure the model is of one theme.

    Attributes:
        label: The theme.
        probability: Between 0 and 1.
        threshold: Probability from which the theme counts, tuned for this theme.
    """

    label: str
    probability: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The themes of one text.

    Attributes:
        themes: Those that reach their threshold, most probable first.
        also: The next at most 5, closest to their threshold first, by the share of it that they reach.
        scores: Every label's probability, in the model's order.
        truncated: Whether the text was longer than the model reads.
        n_tokens: Tokens of the whole text, special tokens included.
    """

    themes: tuple[ThemeScore, ...]
    also: tuple[ThemeScore, ...]
    scores: dict[str, float]
    truncated: bool
    n_tokens: int


class ThemeClassifier:
    """Finds the themes of texts.

    Args:
        bundle: A model directory that was read.
        threads: Threads of one forward pass; by default all processors this process may use.

    Raises:
        BundleCorruptError: The model and its labels don't belong together.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self.labels = bundle.labels
        self.thresholds = bundle.thresholds
        self.max_length = bundle.max_length
        self.collection = bundle.collection
        self.heads = bundle.heads
        self._encoder = OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, bundle.max_length, threads)
        if self._encoder.n_labels != len(self.labels):
            raise BundleCorruptError(
                f"the model in {bundle.root} scores {self._encoder.n_labels} labels, "
                f"its configuration names {len(self.labels)}",
                value=str(bundle.root),
            )
        if self.heads and self._encoder.head_widths != (len(self.heads.text), len(self.heads.tokens)):
            raise BundleCorruptError(
                f"the model in {bundle.root} has not the heads that its {NUANCES} names", value=str(bundle.root)
            )

    @classmethod
    def from_pretrained(
        cls, path_or_id: str | Path | None = None, *, collection: str = "quotes", threads: int | None = None
    ) -> ThemeClassifier:
        """Load a model whose files are as its manifest says.

        Args:
            path_or_id: A model directory, or the id of one on the Hugging Face Hub (``owner/name``);
                by default the model that comes with TextThema.
            collection: Whose model that is: ``"quotes"`` for themes, ``"books"`` for genres of descriptions.
            threads: Threads of one forward pass; by default all processors this process may use.

        Returns:
            A classifier, ready for texts.

        Raises:
            BundleNotFoundError: There is no such model.
            BundleCorruptError: A file of the model was damaged or changed.
            MissingDependencyError: A Hub id was given and ``huggingface_hub`` is not installed.
        """
        return cls(Bundle.read(locate(path_or_id, collection)), threads=threads)

    @overload  # a text is an iterable of texts, too; the first signature takes it
    def __call__(self, texts: str) -> Prediction: ...  # type: ignore[overload-overlap]

    @overload
    def __call__(self, texts: Iterable[str]) -> list[Prediction]: ...

    def __call__(self, texts: str | Iterable[str]) -> Prediction | list[Prediction]:
        """Find the themes of one text, or of each of several.

        Args:
            texts: A text, or an iterable of texts.

        Returns:
            A prediction for a text, a list of them, in order, for an iterable.

        Raises:
            NotTextError: A value is no Unicode text.
            EmptyTextError: A text holds nothing to read.
            TextTooLongError: A text has more than 100,000 characters.
        """
        if isinstance(texts, str) or not _holds_texts(texts):
            one: list[Any] = [texts]
            return self.predictions(self.encode(one))[0]
        return self.predictions(self.encode(texts))

    def encode(
        self, texts: Iterable[str], token_budget: int | None = None, progress: bool = False, with_heads: bool = False
    ) -> Encoded:
        """Run the model once over texts, for their scores and their embeddings.

        Args:
            texts: Texts, checked as in a call.
            token_budget: As for `infer`.
            progress: Whether to draw a progress bar on stderr, if that is a terminal.
            with_heads: Whether to ask the heads for nuances and intents, too, where the model has them.

        Returns:
            Logits, probabilities, embeddings and token counts, in the order of the texts.

        Raises:
            InputError: A text can't be read, the message says which; or the token budget is below 1.
        """
        return self._encoder.encode([readable(text) for text in texts], token_budget, progress, with_heads)

    def tokenize(self, texts: Iterable[str], with_heads: bool = False) -> Tokenized:
        """Write texts as the model takes them: the first half of `encode`.

        Args:
            texts: Texts, checked as in a call.
            with_heads: Whether the heads for nuances and intents will be asked, too, where the model has them.

        Returns:
            Their tokens.

        Raises:
            InputError: A text can't be read; the message says which.
        """
        return self._encoder.tokenize([readable(text) for text in texts], with_heads)

    def infer(
        self,
        tokenized: Tokenized,
        token_budget: int | None = None,
        done: Callable[[int], object] = lambda _: None,
    ) -> Encoded:
        """Run the model over tokenized texts: the second half of `encode`. Several threads may do so at once.

        Args:
            tokenized: What `tokenize` gave.
            token_budget: Tokens in one forward pass, padding included. By default each text is read alone; together,
                neighbours change each other's scores slightly.
            done: Told after each forward pass how many texts were in it.

        Returns:
            Logits, probabilities, embeddings and token counts, in the order of the texts.

        Raises:
            InputError: The token budget is below 1.
        """
        return self._encoder.infer(tokenized, token_budget, done)

    def probabilities(self, texts: Iterable[str], progress: bool = False) -> np.ndarray:
        """Give every label's probability for each text.

        Args:
            texts: Texts, checked as in a call.
            progress: Whether to draw a progress bar on stderr, if that is a terminal.

        Returns:
            float32, shape (n, n_labels), in the order of the texts and of ``labels``.

        Raises:
            InputError: A text can't be read; the message says which.
        """
        return self.encode(texts, progress=progress).probabilities

    def labels_over(self, probabilities: np.ndarray) -> list[str]:
        """Name the themes of one text.

        Args:
            probabilities: Every label's probability, shape (n_labels,).

        Returns:
            The labels that reach their threshold, most probable first.
        """
        order = np.argsort(-probabilities, kind="stable")
        return [self.labels[i] for i in order if probabilities[i] >= self.thresholds[i]]

    def predictions(self, encoded: Encoded) -> list[Prediction]:
        """Read the themes off what `encode` gave.

        Args:
            encoded: Texts as the model sees them.

        Returns:
            A prediction a text, in their order.
        """
        rows = zip(encoded.probabilities, encoded.truncated, encoded.n_tokens, strict=True)
        return [self._prediction(row, bool(cut), int(n_tokens)) for row, cut, n_tokens in rows]

    def _prediction(self, probabilities: np.ndarray, truncated: bool, n_tokens: int) -> Prediction:
        scored = {
            label: ThemeScore(label, float(probability), float(threshold))
            for label, probability, threshold in zip(self.labels, probabilities, self.thresholds, strict=True)
        }
        over = self.labels_over(probabilities)
        below = [score for label, score in scored.items() if label not in over]
        below.sort(key=lambda score: -score.probability / score.threshold)
        return Prediction(
            themes=tuple(scored[label] for label in over),
            also=tuple(below[:MAX_ALSO]),
            scores={label: score.probability for label, score in scored.items()},
            truncated=truncated,
            n_tokens=n_tokens,
        )


def readable(text: object) -> str:
    """Check that a value is a text the model can read, and write it plainly.

    Args:
        text: Anything.

    Returns:
        The text as the model was trained to read it: NFC, plain quotation marks and spaces.

    Raises:
        NotTextError: The value is no string, or holds half of a surrogate pair.
        EmptyTextError: It holds nothing but spaces and control characters.
        TextTooLongError: It has more than 100,000 characters.
    """
    if not isinstance(text, str):
        raise NotTextError(f"{shown(text)} is no text but {type(text).__name__}; give a string", value=text)
    if len(text) > MAX_CHARACTERS:
        raise TextTooLongError(
            f"the text {shown(text)} has {len(text):,} characters, {MAX_CHARACTERS:,} are the most; "
            "split it into passages",
            value=text,
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotTextError(
            f"{shown(text)} is no Unicode text: character {error.start + 1} is half of a surrogate pair; "
            "decode the source as UTF-8",
            value=text,
        ) from error
    if all(unicodedata.category(character) in _NOTHING_TO_READ for character in text):
        raise EmptyTextError(f"the text {shown(text)} is empty; write at least one word", value=text)
    return plain(text)


def _holds_texts(value: object) -> bool:
    # bytes and mappings are iterable, but what they yield was not meant as texts
    return isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | Mapping)


def locate(path_or_id: str | Path | None, collection: str = "quotes") -> Path:
    """Find a model directory, on the Hugging Face Hub if it is no folder here.

    Args:
        path_or_id: A model directory, the id of one on the Hub (``owner/name``), or None for an embedded model.
        collection: Which embedded model that is.

    Returns:
        Where it is, or where it would have to be.

    Raises:
        InputError: There is no such collection.
        BundleNotFoundError: The embedded model is missing, or the Hub has no such model.
        MissingDependencyError: A Hub id was given and ``huggingface_hub`` is not installed.
    """
    if path_or_id is None:
        return find_default(collection)
    return download(path_or_id) if is_hub_id(path_or_id) else Path(path_or_id)


def is_hub_id(path_or_id: str | Path | None) -> TypeGuard[str]:
    """Say whether a model is meant that lies on the Hugging Face Hub.

    Args:
        path_or_id: As for `locate`.

    Returns:
        Whether it has the form ``owner/name`` and is no folder here.
    """
    return isinstance(path_or_id, str) and bool(_HUB_ID.fullmatch(path_or_id)) and not Path(path_or_id).exists()


def download(hub_id: str, **options: Unpack[DownloadOptions]) -> Path:
    """Bring a model directory from the Hugging Face Hub.

    Args:
        hub_id: ``owner/name``.
        options: Which revision, and how it is brought.

    Returns:
        Where it is now.

    Raises:
        BundleNotFoundError: The Hub has no such model.
        MissingDependencyError: ``huggingface_hub`` is not installed.
    """
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependencyError(
            f"there is no folder {shown(hub_id)}; to load a model of that name from the Hugging Face Hub: "
            "pip install 'textthema[hub]'",
            value=hub_id,
        ) from error
    try:
        return Path(snapshot_download(hub_id, etag_timeout=_HUB_TIMEOUT_SECONDS, **options))
    except Exception as error:  # the hub's errors and its HTTP client's share no base class
        raise BundleNotFoundError(
            f"there is no folder {shown(hub_id)}, and the Hugging Face Hub gave no such model: {error}",
            value=hub_id,
        ) from error
