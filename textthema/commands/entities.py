"""``textthema entities``: authors, books, franchises and characters that quotes come from."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "raw scraped quotes → authors, books, franchises, characters, and which quotes mention them"
_EXAMPLES = """examples:
  textthema entities data/sample/quotes.csv build/entities
  textthema entities "$TEXTTHEMA_DATA/quotes.parquet" build/entities --books "$TEXTTHEMA_DATA/books.parquet"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("raw", metavar="RAW", type=Path, help="scraper's CSV, or Parquet with its columns")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for entities, mentions and the report")
    parser.add_argument("--collection", default="quotes", help="which label rules (default: %(default)s)")
    parser.add_argument(
        "--books", type=Path, help="CSV or Parquet with title, author and description: more series, more evidence"
    )


def run(args: argparse.Namespace) -> int:
    """Find, write and count."""
    from textthema.blurr_compat import require_packages

    require_packages("finding entities", ("pandas", "pyarrow", "ftfy"))
    from textthema.collection import find_collection
    from textthema.entities.assembly import assemble
    from textthema.entities.extraction import gather
    from textthema.entities.rules import read_entity_rules
    from textthema.entities.writing import read_books, write_found
    from textthema.labels import read_rules
    from textthema.manifest import append_line
    from textthema.raw import read_raw
    from textthema.staging import make_folder

    collection = find_collection(args.collection)
    rules = read_entity_rules()
    raw = read_raw(args.raw, collection)
    books = read_books(args.books) if args.books else None
    make_folder(args.out)
    found = assemble(gather(raw, books, collection, read_rules(collection.name), rules), rules)
    counts = write_found(found, raw["text"], books, args.out)
    (args.out / "manifest.jsonl").unlink(missing_ok=True)
    inputs = {"raw": args.raw} | ({"books": args.books} if args.books else {})
    append_line(args.out / "manifest.jsonl", "entities", inputs, {"collection": collection.name}, counts)
    for kind, figures in counts["kinds"].items():
        print(f"{figures['entities']:>9,} {kind}s, in {figures['rows']:,} quotes")
    print(f"entities, mentions and report are in {args.out}")
    return 0
