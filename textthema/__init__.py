"""Themes of creative texts.

>>> from textthema import ThemeClassifier
>>> classifier = ThemeClassifier.from_pretrained()
>>> prediction = classifier("The tide took the name I wrote, and I wrote it again.")
>>> [theme.label for theme in prediction.themes]  # doctest: +SKIP

Names are imported when they are first used, so that ``import textthema`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textthema.analysis import Analysis, Analyzer, analyze
    from textthema.classifier import Prediction, ThemeClassifier, ThemeScore
    from textthema.errors import TextThemaError
    from textthema.labels import themes_of

__version__ = "0.1.0"
__all__ = [
    "Analysis",
    "Analyzer",
    "Prediction",
    "TextThemaError",
    "ThemeClassifier",
    "ThemeScore",
    "__version__",
    "analyze",
    "themes_of",
]

_HOMES = {
    "Analysis": "textthema.analysis",
    "Analyzer": "textthema.analysis",
    "Prediction": "textthema.classifier",
    "TextThemaError": "textthema.errors",
    "ThemeClassifier": "textthema.classifier",
    "ThemeScore": "textthema.classifier",
    "analyze": "textthema.analysis",
    "themes_of": "textthema.labels",
}


def __getattr__(name: str) -> object:
    """Import a public name on its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
