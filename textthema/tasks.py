"""What is done with every row of a file: its themes are found, or everything that is found in a text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textthema.analysis import COLUMNS, Analyzer
from textthema.bundle import Bundle
from textthema.classifier import ThemeClassifier
from textthema.inference import Encoded, Tokenized
from textthema.tables import CLASSIFIED, Form, Result


class RowReader(ABC):
    """A model that reads rows. Several threads may use it at once.

    Args:
        classifier: The model.
        token_budget: Tokens in one forward pass, as for `ThemeClassifier.infer`.
    """

    with_heads = False

    def __init__(self, classifier: ThemeClassifier, token_budget: int | None) -> None:
        self.classifier = classifier
        self._token_budget = token_budget

    def tokenize(self, texts: Sequence[str]) -> Tokenized:
        """Write texts as the model takes them.

        Args:
            texts: Texts that can be read.

        Returns:
            Their tokens.
        """
        return self.classifier.tokenize(texts, self.with_heads)

    def infer(self, tokenized: Tokenized, done: Callable[[int], object]) -> Encoded:
        """Run the model.

        Args:
            tokenized: Texts.
            done: Told after each forward pass how many texts were in it.

        Returns:
            What the model says of each.
        """
        return self.classifier.infer(tokenized, self._token_budget, done)

    @abstractmethod
    def cells(self, texts: Sequence[str], encoded: Encoded) -> Iterator[Result]:
        """Write what the model says of each text into new cells.

        Args:
            texts: Texts.
            encoded: What the model says of each.

        Yields:
            A text's cells, in the order of the task's columns.
        """


class Task(ABC):
    """What is done with every row of a file."""

    columns: ClassVar[Mapping[str, Form]]
    empty_results: ClassVar[str]

    @property
    @abstractmethod
    def nothing(self) -> Result:
        """Give the new cells of a row without text."""

    @abstractmethod
    def load(self) -> RowReader:
        """Load the model, for threads that each run forward passes of their own."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Say all that the results depend on, as JSON."""


@dataclass(frozen=True)
class Classifying(Task):
    """Finding the themes of every row.

    Attributes:
        model: Model directory.
        token_budget: Tokens in one forward pass; each text alone by default.
    """

    columns = CLASSIFIED
    empty_results = "themes and scores"

    model: Path
    token_budget: int | None = None

    @property
    def nothing(self) -> Result:
        """Give the new cells of a row without text."""
        return [], {}

    def load(self) -> RowReader:
        """Load the model, for threads that each run forward passes of their own."""
        return _ThemesOfRows(ThemeClassifier.from_pretrained(self.model, threads=1), self.token_budget)

    def identity(self) -> dict[str, Any]:
        """Say all that the results depend on, as JSON."""
        return {"task": "classify", "model": _files_of(self.model), "token-budget": self.token_budget}


@dataclass(frozen=True)
class Analyzing(Task):
    """Finding everything in every row.

    Attributes:
        model: Model directory.
        token_budget: Tokens in one forward pass; each text alone by default.
        index: A folder that ``textthema index`` wrote.
        top: How many related of each kind, at most.
    """

    columns = COLUMNS
    empty_results = "results"

    model: Path
    token_budget: int | None = None
    index: Path | None = None
    top: int = 5

    @property
    def nothing(self) -> Result:
        """Give the new cells of a row without text."""
        return [_nothing_of(form) for form in COLUMNS.values()]

    def load(self) -> RowReader:
        """Load the model, for threads that each run forward passes of their own."""
        analyzer = Analyzer.from_pretrained(self.model, index=self.index, threads=1)
        return _AnalysesOfRows(analyzer, self.token_budget, self.top)

    def identity(self) -> dict[str, Any]:
        """Say all that the results depend on, as JSON."""
        files = sorted(self.index.rglob("*")) if self.index else []
        index = {str(file): [(stat := file.stat()).st_size, stat.st_mtime_ns] for file in files}
        settings = {"token-budget": self.token_budget, "index": index, "top": self.top}
        return {"task": "analyze", "model": _files_of(self.model), **settings}


class _ThemesOfRows(RowReader):
    def cells(self, texts: Sequence[str], encoded: Encoded) -> Iterator[Result]:
        labels = self.classifier.labels
        for _, probabilities in zip(texts, encoded.probabilities, strict=True):
            yield self.classifier.labels_over(probabilities), dict(zip(labels, probabilities.tolist(), strict=True))


class _AnalysesOfRows(RowReader):
    with_heads = True

    def __init__(self, analyzer: Analyzer, token_budget: int | None, top: int) -> None:
        super().__init__(analyzer.classifier, token_budget)
        self._analyzer = analyzer
        self._top = top

    def cells(self, texts: Sequence[str], encoded: Encoded) -> Iterator[Result]:
        for analysis in self._analyzer.analyses(texts, encoded, self._top):
            found = analysis.as_dict()
            yield [found.get(name, _nothing_of(form)) for name, form in COLUMNS.items()]


def _nothing_of(form: Form) -> object:
    return None if isinstance(form, dict) else []


def _files_of(model: Path) -> dict[str, str]:
    files: dict[str, str] = Bundle.read(model, verify=False).manifest["files"]
    return files
