"""What a text is for: to inspire, to advise, to amuse and so on, each with its probability."""

from __future__ import annotations

from dataclasses import dataclass

from textthema.bundle import Heads
from textthema.inference import DECIMALS, HeadScores, sigmoid

# Heads of a whole text that say how it speaks; all others say what it is for.
_NUANCES = frozenset({"humor", "metaphor"})


@dataclass(frozen=True, slots=True)
class Intents:
    """What one text is for.

    Attributes:
        scores: Probability of each intent, in the model's order.
        present: Those that reach their threshold, the likeliest first.
    """

    scores: dict[str, float]
    present: tuple[str, ...]

    def as_dict(self) -> dict[str, float]:
        """Write the probabilities as plain values.

        Returns:
            JSON, intent → probability.
        """
        return {name: round(score, DECIMALS) for name, score in self.scores.items()}


def read_intents(said: HeadScores, heads: Heads) -> Intents:
    """Read the intents of one text off the model's heads.

    Args:
        said: What the heads said of the text.
        heads: Their names and thresholds.

    Returns:
        The intents.
    """
    scored = zip(heads.text, sigmoid(said.text).tolist(), strict=True)
    scores = {name: score for name, score in scored if name not in _NUANCES}
    present = [name for name, score in scores.items() if score >= heads.text[name]]
    return Intents(scores, tuple(sorted(present, key=lambda name: -scores[name])))
