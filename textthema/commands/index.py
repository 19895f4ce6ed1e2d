"""``textthema index``: passages of your own, for ``related`` to find."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textthema.commands import add_model_option
from textthema.errors import InputError, MissingColumnError, shown

if TYPE_CHECKING:
    from textthema.catalogue import Entity
    from textthema.indexing import SourceText
    from textthema.tables import Table

HELP = "index passages of your own, so that related things come with the passage that matched"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("corpus", metavar="CORPUS", type=Path, help="table of passages: .csv, .jsonl or .parquet")
    parser.add_argument("folder", metavar="OUT", type=Path, help="folder of the index, new or to be brought up to date")
    parser.add_argument("--text-column", metavar="NAME", help="column of the passages (default: text, or else quote)")
    parser.add_argument(
        "--author-column", metavar="NAME", help="column of the authors (default: author, if there is one)"
    )
    parser.add_argument("--book-column", metavar="NAME", help="column of the books (default: book, if there is one)")
    parser.add_argument(
        "--entities",
        type=Path,
        metavar="DIR",
        help="what textthema entities found in CORPUS: characters and franchises come from there, too",
    )
    add_model_option(parser)
    parser.epilog = """The same command again brings the index up to date: only new passages are read, those that the
corpus lost are dropped. A run that was killed goes on where it was. Rows without text are left out and counted.
An index belongs to the model that made it.

examples:
  textthema index data/quotes.csv my_index
  textthema index notes.jsonl my_index --text-column note --author-column who
  textthema entities data/quotes.csv build/entities
  textthema index data/quotes.csv my_index --entities build/entities
  textthema related "The tide took the name I wrote." --index my_index
"""


def run(args: argparse.Namespace) -> int:
    """Make an index, or bring one up to date.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    from textthema.batch import texts_of
    from textthema.bundle import Bundle
    from textthema.classifier import ThemeClassifier, locate
    from textthema.indexing import build_index
    from textthema.sources import read_table
    from textthema.text import plain

    table = read_table(args.corpus)
    found = texts_of(table, _text_column(table, args.text_column), allow_empty=True)
    texts = {row: plain(text) for row, text in found.items()}
    corpus = _passages(table, texts, args.author_column, args.book_column)
    known = None
    if args.entities is not None:
        known, mentions = _read_entities(args.entities)
        corpus = _with_entities(corpus, found.values(), mentions)
    bundle = Bundle.read(locate(args.model))
    counts = build_index(corpus, ThemeClassifier(bundle), bundle.encoder_id, args.folder, known=known, progress=True)
    of_kind = ", ".join(f"{count:,} {kind}s" for kind, count in counts.entities.items())
    print(
        f"{args.folder}: {counts.passages:,} passages ({counts.embedded:,} new, {counts.dropped:,} dropped)"
        + (f", {of_kind}" if of_kind else "")
    )
    if len(texts) < len(table):
        print(f"note: {len(table) - len(texts)} of {len(table)} rows have no text and were left out", file=sys.stderr)
    if counts.truncated:
        print(
            f"note: {counts.truncated} of the new passages are longer than {bundle.max_length} tokens; "
            "the rest of them was not read",
            file=sys.stderr,
        )
    return 0


def _text_column(table: Table, name: str | None) -> str:
    from textthema.collection import QUOTES

    if name is not None:
        return name
    spellings = QUOTES.columns["text"]
    for spelling in spellings:
        if spelling in table.columns:
            return spelling
    raise MissingColumnError(
        f"{table.path} has no column {' or '.join(map(shown, spellings))}; its columns are "
        f"{shown(list(table.columns))}: name one with --text-column",
        value=list(table.columns),
    )


def _passages(table: Table, texts: dict[int, str], author: str | None, book: str | None) -> list[SourceText]:
    from textthema.indexing import SourceText

    authors, books = _names(table, author, "author"), _names(table, book, "book")
    return [SourceText(text, authors[row], books[row]) for row, text in texts.items()]


def _with_entities(corpus: list[SourceText], cells: Iterable[str], mentions: dict[str, list[str]]) -> list[SourceText]:
    """Note whose each passage is, by its text: rows may be others since the entities were found."""
    from textthema.blurr_compat import require_packages

    require_packages("--entities", ("ftfy",))
    from tqdm import tqdm

    from textthema.normalising import readable
    from textthema.text import text_id

    ids = (text_id(readable(cell)) for cell in tqdm(cells, "text ids", len(corpus), disable=None))
    found = [replace(source, entities=tuple(mentions.get(name, ()))) for source, name in zip(corpus, ids, strict=True)]
    if mentions and not any(source.entities for source in found):
        raise InputError(
            f"the entities were found in other texts: none of {len(corpus)} passages is one of theirs; type textthema "
            "entities for CORPUS first",
            value=len(corpus),
        )
    return found


def _read_entities(folder: Path) -> tuple[dict[str, Entity], dict[str, list[str]]]:
    """Read what ``textthema entities`` wrote: the entities by id, and those of each text by the text's name."""
    from textthema.catalogue import Entity
    from textthema.sources import read_table

    table = read_table(folder / "entities.jsonl")
    columns = [table.column(name) for name in ("id", "kind", "name")]
    links = ("author", "franchise")
    columns += [table.column(name) if name in table.columns else [None] * len(table) for name in links]
    found = [Entity(*row, support=0) for row in zip(*columns, strict=True)]
    name_of = {entity.id: entity.name for entity in found}
    linked = [
        replace(entity, author=name_of.get(entity.author or ""), franchise=name_of.get(entity.franchise or ""))
        for entity in found
    ]
    mentions: dict[str, list[str]] = {}
    table = read_table(folder / "mentions.parquet")
    for name, identity in zip(table.column("text_id"), table.column("entity"), strict=True):
        mentions.setdefault(name, []).append(identity)
    return {entity.id: entity for entity in linked}, mentions


def _names(table: Table, column: str | None, default: str) -> list[str | None]:
    """Read a column of names; what is no text, or holds half of a surrogate pair, names nobody."""
    if column is None and default not in table.columns:
        return [None] * len(table)
    cells = table.column(column or default)
    return [_name(cell) for cell in cells]


def _name(cell: object) -> str | None:
    if not isinstance(cell, str):
        return None
    return cell.encode("utf-8", "ignore").decode("utf-8").strip() or None
