"""A model that sees in every text all that the library can tell, without reading it."""

from __future__ import annotations

from threading import Event

from textthema.classifier import readable
from website.reader import THEME_PARTS

LONGEST_WAIT_SECONDS = 60


def score(label, probability, threshold=0.3):
    return {"label": label, "probability": probability, "threshold": threshold}


def hit(kind, name, *shares, **more):
    return {
        "id": f"{kind}:{name.lower().replace(' ', '-')}",
        "name": name,
        "score": 0.5,
        "shares": list(shares),
        **more,
    }


def analysis(text):
    """All parts of an analysis; what it finds is at the text's beginning."""
    return {
        "themes": [score("love", 0.64), score("growing-up", 0.41)],
        "also": [score("hope", 0.22), score("<b>", 0.1)],
        "scores": {"love": 0.64, "growing-up": 0.41, "hope": 0.22, "<b>": 0.1},
        "truncated": False,
        "n_tokens": 12,
        "hashtags": ["#Love", "#GrowingUp", "#Patience"],
        "nuances": {
            "humor": {
                "score": 0.7,
                "threshold": 0.5,
                "present": True,
                "spans": [{"start": 0, "end": 12, "text": text[:12]}],
            },
            "simile": {
                "score": 0.8,
                "threshold": 0.5,
                "present": True,
                "spans": [{"start": 6, "end": 20, "text": text[6:20]}],
            },
            "metaphor": {"score": 0.1, "threshold": 0.5, "present": False, "spans": []},
        },
        "intents": {"consolation": 0.6, "advice": 0.2},
        "intents_present": ["consolation"],
        "related": {
            "authors": [hit("author", "Mara Quill", "love", "growing-up"), hit("author", "Ilse Fenn", "love")],
            "books": [hit("book", "The Salt Ladder", "love", by="Mara Quill")],
            "characters": [hit("character", "Old Tam", "growing-up", by="Ilse Fenn", franchise="The Lamp Road")],
            "franchises": [hit("franchise", "The Lamp Road", by="Ilse Fenn")],
        },
    }


class StandIn:
    """A model that answers at once, or when it may.

    Args:
        may_answer: Set when answers may come; by default they may.
    """

    def __init__(self, may_answer: Event | None = None) -> None:
        self.themes = [{"label": "love", "threshold": 0.3}, {"label": "hope", "threshold": 0.3}]
        self.reading = Event()
        self.readings = 0
        self._may_answer = may_answer

    def classify(self, text: str) -> dict:
        found = self.analyze(text)
        return {part: found[part] for part in THEME_PARTS}

    def analyze(self, text: str) -> dict:
        readable(text)
        self.readings += 1
        self.reading.set()
        if self._may_answer and not self._may_answer.wait(LONGEST_WAIT_SECONDS):
            raise TimeoutError("nobody let the model answer")
        return analysis(text)
