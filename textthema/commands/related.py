"""``textthema related``: what to read next after a text."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from textthema.commands import add_index_option, add_model_option, add_text_argument, text_of
from textthema.errors import InputError, shown

if TYPE_CHECKING:
    from textthema.analysis import Analysis

HELP = "name authors, books, characters and franchises that a text is related to"
KINDS = ("author", "book", "character", "franchise", "quote")


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    add_text_argument(parser)
    parser.add_argument("--kind", choices=KINDS, help="only these; quote: passages of --index (default: all but quote)")
    parser.add_argument("--top", type=int, default=10, metavar="N", help="how many of each kind (default: 10)")
    parser.add_argument("--json", action="store_true", help="print JSON, with ids and scores")
    add_index_option(parser)
    add_model_option(parser)
    parser.epilog = """examples:
  textthema related "A boy who talks to owls waits all summer for a letter."
  textthema related --kind book --top 3 < chapter.txt
  textthema related --index my_index --kind quote "The tide took the name I wrote."
"""


def run(args: argparse.Namespace) -> int:
    """Print what a text is related to.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    if args.top < 1:
        raise InputError(f"--top must be 1 or more, not {shown(args.top)}", value=args.top)
    if args.kind == "quote" and args.index is None:
        raise InputError(
            "the model knows no passages; --kind quote needs --index DIR: type textthema index --help", value=args.kind
        )
    from textthema.analysis import Analyzer
    from textthema.classifier import readable

    text = readable(text_of(args.text))
    analyzer = Analyzer.from_pretrained(args.model, index=args.index)
    analysis = analyzer(text, args.top)
    if analysis.related is None:
        raise InputError(
            "this model has no catalogue; give passages of your own with --index DIR, or another --model",
            value=args.model,
        )
    print(
        json.dumps(_as_dict(analysis, args.kind, args.top), indent=2)
        if args.json
        else _as_text(analysis, args.kind, args.top)
    )
    return 0


def _as_dict(analysis: Analysis, kind: str | None, top: int) -> dict:
    if kind == "quote":
        return {"passages": [passage.as_dict() for passage in analysis.passages[:top]]}
    found = analysis.as_dict()["related"]
    return found if kind is None else {f"{kind}s": found[f"{kind}s"]}


def _as_text(analysis: Analysis, kind: str | None, top: int) -> str:
    from textthema.analysis import RELATED_KINDS
    from textthema.printing import passage_lines, related_lines

    if kind == "quote":
        return "\n".join(passage_lines(analysis.passages[:top]))
    wanted = [kinds for kinds, name in RELATED_KINDS.items() if kind in (None, name)]
    lines = [
        line for kinds in wanted for line in related_lines(kinds, getattr(analysis.related, kinds), analysis.passages)
    ]
    return "\n".join(lines[1:]) or "Nothing related was found."
