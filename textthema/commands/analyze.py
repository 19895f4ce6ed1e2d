"""``textthema analyze``: the themes of one text."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from textthema.commands import add_model_option
from textthema.errors import EmptyTextError, NotTextError, TextTooLongError, shown

if TYPE_CHECKING:
    from textthema.classifier import Prediction, ThemeScore

HELP = "show the themes of a text"
_BAR_WIDTH = 30
# a character takes at most 4 bytes in UTF-8; an endless pipe is not read to its end
_MAX_STDIN_BYTES = 4 * 100_000 + 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("text", metavar="TEXT", nargs="?", help="the text; - or nothing: standard input")
    parser.add_argument("--json", action="store_true", help="print JSON, with the probability of every theme")
    add_model_option(parser)
    parser.epilog = """examples:
  textthema analyze "The tide took the name I wrote, and I wrote it again."
  textthema analyze < poem.txt
  textthema analyze --collection books < synopsis.txt
  textthema analyze --json - < poem.txt | jq .themes
"""


def run(args: argparse.Namespace) -> int:
    """Print a text's themes.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    text = _read_stdin() if args.text in (None, "-") else args.text
    from textthema.classifier import ThemeClassifier, readable

    readable(text)
    classifier = ThemeClassifier.from_pretrained(args.model, collection=args.collection)
    prediction = classifier(text)
    if args.json:
        print(json.dumps(_as_dict(prediction), indent=2))
    else:
        print(_as_bars(prediction, classifier.max_length))
    return 0


def _read_stdin() -> str:
    if sys.stdin.isatty():
        raise EmptyTextError('there is no text; give one (textthema analyze "…") or pipe one in', value=None)
    raw = sys.stdin.buffer.read(_MAX_STDIN_BYTES)
    if len(raw) == _MAX_STDIN_BYTES:
        raise TextTooLongError("standard input holds more than 100,000 characters; split it into passages", value=raw)
    try:
        return raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise NotTextError(
            f"standard input is not UTF-8 text: byte {error.start + 1} is {shown(raw[error.start : error.end])}; "
            "convert it first",
            value=raw,
        ) from error


def _as_dict(prediction: Prediction) -> dict:
    return {
        "themes": [_score_as_dict(score) for score in prediction.themes],
        "also": [_score_as_dict(score) for score in prediction.also],
        "scores": {label: round(probability, 6) for label, probability in prediction.scores.items()},
        "truncated": prediction.truncated,
        "n_tokens": prediction.n_tokens,
    }


def _score_as_dict(score: ThemeScore) -> dict:
    return {
        "label": score.label,
        "probability": round(score.probability, 6),
        "threshold": round(score.threshold, 6),
    }


def _as_bars(prediction: Prediction, max_length: int) -> str:
    lines = ["Themes", *_bars(prediction.themes)] if prediction.themes else ["No theme reaches its threshold."]
    if prediction.also:
        lines += ["", "Also considered", *_bars(prediction.also)]
    lines += ["", "│ marks the threshold from which a theme counts."]
    if prediction.truncated:
        lines += [f"The text has {prediction.n_tokens} tokens; the model read the first {max_length}."]
    return "\n".join(lines)


def _bars(scores: tuple[ThemeScore, ...]) -> list[str]:
    width = max(len(score.label) for score in scores)
    return [f"  {score.label:<{width}}  {_bar(score)} {score.probability:4.0%}" for score in scores]


def _bar(score: ThemeScore) -> str:
    filled = round(score.probability * _BAR_WIDTH)
    mark = round(score.threshold * _BAR_WIDTH)
    bar = "█" * filled + "·" * (_BAR_WIDTH - filled)
    return bar[:mark] + "│" + bar[mark:]
