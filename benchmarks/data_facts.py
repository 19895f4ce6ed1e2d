"""What the data over-represents: authors, beliefs, lengths, in counts; for the cards.

Example:
    python benchmarks/data_facts.py --clean build/clean --splits build/splits
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scripts import exit_code

from textthema.bundle import replacing
from textthema.errors import UnreadableFileError
from textthema.splits import NAMES, SEEN
from textthema.staging import read_table

_MOST_QUOTED = 20
# Tags by which readers name a belief, whole; what they stand for is the tagger's to say.
BELIEFS = {
    "Christianity": ("christianity", "christian", "christ", "jesus", "jesus-christ", "bible", "gospel", "catholicism"),
    "Islam": ("islam", "islamic", "muslim", "allah", "quran", "prophet-muhammad", "sufism", "sufi"),
    "Judaism": ("judaism", "jewish", "jews", "torah", "talmud"),
    "Hinduism": ("hinduism", "hindu", "krishna", "bhagavad-gita", "vedanta", "upanishads"),
    "Buddhism": ("buddhism", "buddhist", "buddha", "zen", "zen-buddhism", "dharma"),
    "Taoism": ("taoism", "tao", "daoism", "tao-te-ching"),
    "Paganism": ("paganism", "pagan", "wicca", "witchcraft"),
    "Atheism": ("atheism", "atheist", "agnosticism", "agnostic"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and write ``data.json``.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return exit_code(lambda: write_facts(args.clean, args.splits, args.out))


def write_facts(clean: Path, splits: Path, out: Path) -> None:
    """Count and write ``data.json``.

    Args:
        clean: Folder that ``textthema clean`` wrote.
        splits: Folder that ``textthema split`` wrote.
        out: Folder for the result.
    """
    facts = count(clean, splits)
    with replacing(out / "data.json") as partial:
        partial.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def count(clean: Path, splits: Path) -> dict:
    """Count rows, authors, lengths and beliefs.

    Args:
        clean: Folder that ``textthema clean`` wrote.
        splits: Folder that ``textthema split`` wrote.

    Returns:
        Counts and shares; names of the most quoted authors; no text.

    Raises:
        UnreadableFileError: If a stage has not been run.
    """
    report = clean / "report.json"
    if not report.is_file():
        raise UnreadableFileError(f"there is no {report}: type textthema clean first", value=str(report))
    tables = {name: read_table(splits / f"{name}.parquet", "textthema split") for name in (*NAMES, SEEN)}
    train = tables["train"]
    words = train["text"].str.split().map(len)
    by_author = train["author"].value_counts()
    return {
        "cleaning": json.loads(report.read_text(encoding="utf-8")),
        "splits": {
            name: {"rows": len(table), "authors": int(table["author"].nunique())} for name, table in tables.items()
        },
        "words": {f"{share:.0%}": int(words.quantile(share)) for share in (0.05, 0.25, 0.5, 0.75, 0.95)},
        "authors": {
            "most_quoted": [{"author": name, "rows": int(rows)} for name, rows in by_author.head(_MOST_QUOTED).items()],
            "share_of_most_quoted_hundredth": float(by_author.head(max(len(by_author) // 100, 1)).sum() / len(train)),
            "with_one_row": int((by_author == 1).sum()),
        },
        "beliefs": {belief: int(_carries(train["tags"], tags)) for belief, tags in BELIEFS.items()},
    }


def _carries(rows: pd.Series, tags: Sequence[str]) -> np.int64:
    named = set(tags)
    return np.sum([not named.isdisjoint(row) for row in rows])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Count what the data over-represents.")
    parser.add_argument("--clean", type=Path, required=True, help="folder that textthema clean wrote")
    parser.add_argument("--splits", type=Path, required=True, help="folder that textthema split wrote")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the result")
    return parser


if __name__ == "__main__":
    sys.exit(main())
