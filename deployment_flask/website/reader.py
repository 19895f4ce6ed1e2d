"""The model of a worker: loaded beside its first requests, used through a bounded line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import chain, cycle
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Protocol

from werkzeug.exceptions import ServiceUnavailable

from textthema.analysis import Analysis, Analyzer
from textthema.errors import InputError, TextThemaError, TextTooLongError, shown
from website.admission import Admission
from website.metrics import TEXTS
from website.settings import MAX_CHARACTERS

LOADING_SECONDS = 30
# The Hub, or a disk, may be away for a moment: the model is tried again, ever less often.
PAUSES = (1, 2, 5, 10, 30, 60)
# So long a probe's answer holds, and so long another waits for one that is under way.
PROBE_SECONDS = 3
THEME_PARTS = ("themes", "also", "scores", "truncated", "n_tokens")
_PROBE = "The harbour slept; the boats did not."
_log = logging.getLogger(__name__)


class Model(Protocol):
    """What reads a text.

    Attributes:
        themes: ``label`` and ``threshold`` of each theme that it knows.
    """

    themes: list[dict]

    def analyze(self, text: str) -> dict:
        """Find everything in a text, as JSON objects."""

    def classify(self, text: str) -> dict:
        """Find a text's themes, as JSON objects."""


class UnreadableTextError(Exception):
    """One of a request's texts can't be read.

    Args:
        position: Which, from 0.
        cause: Why.
    """

    def __init__(self, position: int, cause: InputError) -> None:
        """Keep position and cause."""
        super().__init__(str(cause))
        self.position = position
        self.cause = cause


class Reader:
    """Reads texts with a model that it loads in the background.

    Args:
        load: Gives the model.
        admission: The line in front of the model.
        pauses: Seconds between attempts to load it, the last again and again; without any there is one attempt.

    Attributes:
        loading: The thread that loads.
    """

    def __init__(self, load: Callable[[], Model], admission: Admission, pauses: Sequence[float] = PAUSES) -> None:
        self.admission = admission
        self._load = load
        self._pauses = pauses
        self._model: Model | None = None
        self._loaded = Event()
        self._probing = Lock()
        self._probed = -float("inf")
        self.loading = Thread(target=self._load_model, name="load", daemon=True)

    def start(self) -> None:
        """Begin to load, without waiting for it."""
        self.loading.start()

    def read(self, texts: Sequence[str], *, themes_only: bool = False) -> list[dict]:
        """Read texts, one after the other.

        Args:
            texts: At least one.
            themes_only: Whether to leave out all but the themes.

        Returns:
            What the library says of each, in their order.

        Raises:
            UnreadableTextError: A text can't be read.
            TooManyRequests: The line is full.
            ServiceUnavailable: There is no model, or not yet.
        """
        for position, text in enumerate(texts):
            _check_length(position, text)
        with self.admission.place():
            model = self._wait_for_model()
            read_one = model.classify if themes_only else model.analyze
            results = [self._read_one(read_one, position, text) for position, text in enumerate(texts)]
        TEXTS.inc(len(results))
        return results

    def themes(self) -> list[dict]:
        """List the themes that the model knows.

        Returns:
            ``label`` and ``threshold`` of each.

        Raises:
            ServiceUnavailable: There is no model, or not yet.
        """
        return self._wait_for_model().themes

    def probe(self) -> None:
        """Read a sentence of our own, to know that the model works; who asks soon after is told the same.

        It does not stand in line: a site that is busy is well. It uses the model once in a few seconds at most.

        Raises:
            ServiceUnavailable: It doesn't.
        """
        if not self._loaded.is_set():
            raise ServiceUnavailable("The model is being loaded.", retry_after=1)
        if not self._probing.acquire(timeout=PROBE_SECONDS):
            raise ServiceUnavailable("The model takes too long.", retry_after=PROBE_SECONDS)
        try:
            if monotonic() - self._probed > PROBE_SECONDS:
                self._wait_for_model().analyze(_PROBE)
                self._probed = monotonic()
        finally:
            self._probing.release()

    def _load_model(self) -> None:
        for pause in chain([0], self._pauses, cycle(self._pauses[-1:])):
            sleep(pause)
            try:
                self._model = self._load()
            except (TextThemaError, OSError) as error:
                _log.critical("the model can't be used: %s", error)
            finally:
                self._loaded.set()
            if self._model is not None:
                return

    def _read_one(self, read_one: Callable[[str], dict], position: int, text: str) -> dict:
        try:
            with self.admission.turn():
                return read_one(text)
        except InputError as error:
            raise UnreadableTextError(position, error) from error

    def _wait_for_model(self) -> Model:
        if not self._loaded.wait(LOADING_SECONDS):
            raise ServiceUnavailable("The model is still being loaded.", retry_after=LOADING_SECONDS)
        if self._model is None:
            raise ServiceUnavailable("The model can't be used; the site's keeper has been told why in the log.")
        return self._model


class LocalModel:
    """A model directory of this machine, whose files are as its manifest says.

    Args:
        path_or_id: As in ``Analyzer.from_pretrained``.

    Raises:
        BundleError: There is no such model, or a file of it was changed.
    """

    def __init__(self, path_or_id: str | None = None) -> None:
        # One thread a text: the workers share the processors among them.
        self._analyzer = Analyzer.from_pretrained(path_or_id, threads=1)
        classifier = self._analyzer.classifier
        pairs = zip(classifier.labels, classifier.thresholds, strict=True)
        self.themes = [{"label": label, "threshold": round(float(threshold), 4)} for label, threshold in pairs]

    def analyze(self, text: str) -> dict:
        """Find everything in a text.

        Args:
            text: A text.

        Returns:
            The analysis as JSON objects.

        Raises:
            InputError: It can't be read.
        """
        return self._analyzer(text).as_dict()

    def classify(self, text: str) -> dict:
        """Find a text's themes, and spare what only the rest of an analysis needs.

        Args:
            text: A text.

        Returns:
            The part of the analysis that has to do with themes.

        Raises:
            InputError: It can't be read.
        """
        found = Analysis(self._analyzer.classifier(text), hashtags=()).as_dict()
        return {part: found[part] for part in THEME_PARTS}


def _check_length(position: int, text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        error = TextTooLongError(
            f"the text {shown(text)} has {len(text):,} characters, {MAX_CHARACTERS:,} are the most here; "
            "give a passage of it",
            value=text,
        )
        raise UnreadableTextError(position, error)
