"""Text → everything that is found in it, from one forward pass: themes, hashtags, related, nuances, intents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textthema.bundle import Bundle
from textthema.catalogue import FOLDER, Catalogue, Hit, LookUp, refuse_top
from textthema.classifier import Prediction, ThemeClassifier, ThemeScore, locate, readable
from textthema.hashtags import choose_hashtags, read_hashtag_rules
from textthema.inference import DECIMALS, Encoded
from textthema.intents import Intents, read_intents
from textthema.nuances import Nuances, read_nuances
from textthema.recommender import Recommender, Related
from textthema.terminal import progress_bar
from textthema.text import plain

if TYPE_CHECKING:
    from textthema.passages import Passage, PassageIndex
    from textthema.tables import Form

# So many texts are read before the first of them is answered.
_AT_ONCE = 64
RELATED_KINDS = {"authors": "author", "books": "book", "characters": "character", "franchises": "franchise"}
_SCORES: Form = [{"label": str, "probability": float, "threshold": float}]
_HITS: Form = [
    {
        "id": str, "name": str, "score": float, "shares": [str], "by": str, "franchise": str,
        "passage": {"text": str, "author": str, "book": str, "score": float, "shares": [str]},
    }
]  # fmt: skip
_NUANCE: Form = {
    "score": float, "threshold": float, "present": bool, "spans": [{"start": int, "end": int, "text": str}]
}  # fmt: skip
# Parts of `Analysis.as_dict` that a file gets for each row, if the model has them.
COLUMNS: dict[str, Form] = {
    "themes": _SCORES,
    "hashtags": [str],
    "related": dict.fromkeys(RELATED_KINDS, _HITS),
    "nuances": dict.fromkeys(("humor", "simile", "metaphor"), _NUANCE),
    "intents": {str: float},
    "intents_present": [str],
}


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in one text.

    Attributes:
        prediction: Its themes.
        hashtags: Hashtags, the likeliest first.
        related: Authors, books, characters and franchises, where the model has a catalogue or an index was given.
        passages: Passages of the reader's own index, the nearest first; those that the related come with included.
        nuances: Humour, similes and metaphors, where the model has heads for them.
        intents: What the text is for, where the model has heads for it.
    """

    prediction: Prediction
    hashtags: tuple[str, ...]
    related: Related | None = None
    passages: tuple[Passage, ...] = ()
    nuances: Nuances | None = None
    intents: Intents | None = None

    def as_dict(self) -> dict[str, Any]:
        """Write the analysis as plain values, the one form that the shell, files and both apps give.

        Returns:
            JSON; the keys of what the model lacks are left out.
        """
        prediction = self.prediction
        found = {
            "themes": [_score_as_dict(score) for score in prediction.themes],
            "also": [_score_as_dict(score) for score in prediction.also],
            "scores": {label: round(probability, DECIMALS) for label, probability in prediction.scores.items()},
            "truncated": prediction.truncated,
            "n_tokens": prediction.n_tokens,
            "hashtags": list(self.hashtags),
        }
        if self.related is not None:
            found["related"] = {
                kinds: [self._hit_as_dict(hit) for hit in getattr(self.related, kinds)] for kinds in RELATED_KINDS
            }
        if self.nuances is not None and self.intents is not None:
            found["nuances"] = self.nuances.as_dict()
            found["intents"] = self.intents.as_dict()
            found["intents_present"] = list(self.intents.present)
        return found

    def _hit_as_dict(self, hit: Hit) -> dict[str, Any]:
        passage = next((passage for passage in self.passages if hit.entity.id in passage.entities), None)
        found = {
            "id": hit.entity.id,
            "name": hit.entity.name,
            "score": round(hit.score, DECIMALS),
            "shares": list(hit.shares),
            "by": hit.entity.author,
            "franchise": hit.entity.franchise,
            "passage": passage and passage.as_dict(),
        }
        return {key: value for key, value in found.items() if value is not None}


class Analyzer:
    """Finds themes, hashtags and related things of texts.

    Args:
        classifier: Finds the themes and gives the embedding.
        catalogue: What texts are compared with; without one there are no related, and only themes become hashtags.
        index: The reader's own passages; the related are those of the 1,000 passages nearest to the text then, and the
            catalogue's of a kind that none of these has.
    """

    def __init__(
        self, classifier: ThemeClassifier, catalogue: Catalogue | None = None, index: PassageIndex | None = None
    ) -> None:
        self.classifier = classifier
        self.catalogue = catalogue
        self.index = index

    @classmethod
    def from_pretrained(
        cls,
        path_or_id: str | Path | None = None,
        *,
        collection: str = "quotes",
        index: str | Path | None = None,
        threads: int | None = None,
    ) -> Analyzer:
        """Load a model and all that it has besides the themes.

        Args:
            path_or_id: A model directory, or the id of one on the Hugging Face Hub (``owner/name``);
                by default a model that comes with TextThema.
            collection: Which of those: ``"quotes"`` for themes, ``"books"`` for genres.
            index: A folder that ``textthema index`` wrote.
            threads: Threads of one forward pass; by default all processors this process may use.

        Returns:
            An analyzer, ready for texts.

        Raises:
            BundleError: There is no such model, or a file of it was damaged or changed.
            PassageIndexError: The index is missing, broken, or was made with another model.
            MissingDependencyError: A Hub id was given and ``huggingface_hub`` is not installed.
        """
        bundle = Bundle.read(locate(path_or_id, collection))
        with ThreadPoolExecutor(1) as pool:
            # ONNX Runtime makes the graph ready on a processor of its own: all else is read meanwhile
            classifier = pool.submit(ThemeClassifier, bundle, threads)
            read_hashtag_rules()
            catalogue = Catalogue.read(bundle) if (bundle.root / FOLDER).is_dir() else None
            passages = None if index is None else _read_index(index, bundle)
            return cls(classifier.result(), catalogue, passages)

    def __call__(self, text: str, top: int = 5) -> Analysis:
        """Analyze one text.

        Args:
            text: A text.
            top: How many related of each kind, at most.

        Returns:
            What was found.

        Raises:
            InputError: The text can't be read, or ``top`` is below 1.
        """
        refuse_top(top)
        return next(self.analyses([text], self.classifier.encode([text], with_heads=True), top))

    def hashtags(self, text: str, top: int | None = None) -> tuple[str, ...]:
        """Suggest hashtags for one text.

        Args:
            text: A text.
            top: How many, if that many can be found; by default 5 to 10, by their likelihood.

        Returns:
            Hashtags, the likeliest first.

        Raises:
            InputError: The text can't be read, or ``top`` is below 1.
        """
        if top is not None:
            refuse_top(top)
        text = readable(text)
        encoded = self.classifier.encode([text])
        (prediction,) = self.classifier.predictions(encoded)
        how_many = () if top is None else (top, top)
        return choose_hashtags(text, prediction, self._compared(text, encoded, 0), *how_many)

    def stream(self, texts: Iterable[str], top: int = 5, progress: bool = False) -> Iterator[Analysis]:
        """Analyze many texts, a few at a time.

        Args:
            texts: Texts.
            top: How many related of each kind, at most.
            progress: Whether to draw a progress bar on stderr, if that is a terminal.

        Yields:
            An analysis a text, in their order.

        Raises:
            InputError: A text can't be read, or ``top`` is below 1.
        """
        refuse_top(top)
        texts = list(texts)
        for text in texts:
            readable(text)
        with progress_bar(len(texts), progress) as done:
            for start in range(0, len(texts), _AT_ONCE):
                some = texts[start : start + _AT_ONCE]
                for analysis in self.analyses(some, self.classifier.encode(some, with_heads=True), top):
                    yield analysis
                    done(1)

    def analyses(self, texts: Sequence[str], encoded: Encoded, top: int = 5) -> Iterator[Analysis]:
        """Read off what the model said of texts.

        Args:
            texts: Texts that can be read.
            encoded: What the classifier's ``encode`` gave for them, with heads.
            top: How many related of each kind, at most.

        Yields:
            An analysis a text, in their order.
        """
        heads = self.classifier.heads
        for row, prediction in enumerate(self.classifier.predictions(encoded)):
            text = plain(texts[row])
            found = self._compared(text, encoded, row)
            related = Recommender(self.catalogue).choose(found, top) if self.catalogue and found else None
            passages: tuple[Passage, ...] = ()
            if self.index is not None:
                themes = [theme.label for theme in prediction.themes]
                own, passages = self.index.related(encoded.embeddings[row], themes, top)
                related = _preferring(own, related)
            yield Analysis(
                prediction=prediction,
                hashtags=choose_hashtags(text, prediction, found),
                related=related,
                passages=passages,
                nuances=read_nuances(encoded.heads[row], heads, texts[row]) if heads else None,
                intents=read_intents(encoded.heads[row], heads) if heads else None,
            )

    def _compared(self, text: str, encoded: Encoded, row: int) -> LookUp | None:
        if self.catalogue is None:
            return None
        return self.catalogue.look_up(encoded.embeddings[row], encoded.probabilities[row], text)


def _preferring(own: Related, others: Related | None) -> Related:
    """Take the reader's own of each kind, and the catalogue's of a kind that no passage near the text has."""
    return Related(*(getattr(own, kinds) or getattr(others, kinds, ()) for kinds in RELATED_KINDS))


def _read_index(folder: str | Path, bundle: Bundle) -> PassageIndex:
    from textthema.passages import PassageIndex  # noqa: PLC0415 - few have an index; it brings SQLite along

    return PassageIndex.read(folder, bundle.encoder_id)


@cache
def _default() -> Analyzer:
    return Analyzer.from_pretrained()


def analyze(text: str, top: int = 5) -> Analysis:
    """Analyze a text with the model that comes with TextThema, which is loaded once.

    Args:
        text: A text.
        top: How many related of each kind, at most.

    Returns:
        Its themes, hashtags and related authors, books, characters and franchises.

    Raises:
        InputError: The text can't be read, or ``top`` is below 1.
        BundleError: The model is missing or was damaged.
    """
    return _default()(text, top)


def _score_as_dict(score: ThemeScore) -> dict[str, Any]:
    return {
        "label": score.label,
        "probability": round(score.probability, DECIMALS),
        "threshold": round(score.threshold, DECIMALS),
    }
