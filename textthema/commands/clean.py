"""``textthema clean``: raw scraped rows to a table of texts with themes."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "raw scraped texts → table of texts with themes, and a report"
_EXAMPLES = """examples:
  textthema clean data/sample/quotes.csv build/clean
  textthema clean data/quote-nlp-dataset-scraped.csv build/clean
  textthema clean "$TEXTTHEMA_DATA/quotes.parquet" build/clean --seed 1
  textthema clean data/book_details.csv build/books/clean --collection books
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("raw", metavar="RAW", type=Path, help="scraper's CSV, or Parquet with its columns")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for the table, the themes and the report")
    parser.add_argument("--collection", default="quotes", help="quotes or books (default: %(default)s)")
    parser.add_argument(
        "--labels", metavar="N", type=int, help="keep the N most used labels instead of as many as the rules say"
    )
    parser.add_argument("--seed", type=int, default=0, help="decides which rows of a prolific author stay")


def run(args: argparse.Namespace) -> int:
    """Clean and report."""
    from textthema.blurr_compat import require_packages

    require_packages("cleaning", ("pandas", "pyarrow", "ftfy", "datasketch", "scipy", "matplotlib"))
    from dataclasses import replace

    from textthema.cleaning import clean, label_index
    from textthema.cleaning_report import write_report
    from textthema.collection import find_collection
    from textthema.labels import read_rules
    from textthema.manifest import append_line
    from textthema.raw import read_raw
    from textthema.staging import make_folder, write_parquet, write_text

    collection = find_collection(args.collection)
    rules = read_rules(collection.name)
    if args.labels:
        rules = replace(rules, n_labels=args.labels, least_share=None)
    raw = read_raw(args.raw, collection)
    make_folder(args.out)
    result = clean(raw, collection, rules, seed=args.seed)
    write_parquet(result.table, args.out / "table.parquet")
    write_text(label_index(result.labels), args.out / "tag_types_encoded.json")
    write_report(result, args.out, collection.label_noun)
    (args.out / "manifest.jsonl").unlink(missing_ok=True)
    append_line(
        args.out / "manifest.jsonl",
        "clean",
        {"raw": args.raw},
        {"collection": collection.name, "labels": len(result.labels), "seed": args.seed},
        {"rows_in": result.rows_in, "dropped": result.dropped, "rows_out": len(result.table)},
    )
    for reason, count in result.dropped.items():
        print(f"{count:>9,} dropped: {reason}")
    print(f"{len(result.table):>9,} of {result.rows_in:,} rows kept, {len(result.labels)} {collection.label_noun}s")
    print(f"table, themes, report and plots are in {args.out}")
    return 0
