"""``textthema split``: train, validation and test rows that share no author, near-duplicate or series."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "cleaned table → train, validation and test, by author and near-duplicate group"
_EXAMPLES = """examples:
  textthema split build/clean build/splits
  textthema split build/clean build/splits --shares 0.7 0.15 0.15 --seed 1
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("clean", metavar="CLEAN", type=Path, help="folder that textthema clean wrote")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for train, validation and test.parquet")
    parser.add_argument(
        "--shares", type=float, nargs=3, default=(0.8, 0.1, 0.1), help="of authors: train, validation, test"
    )
    parser.add_argument(
        "--seen-share",
        type=float,
        default=0.02,
        help="of the training rows: kept out, to see what knowing an author is worth (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed, another split")


def run(args: argparse.Namespace) -> int:
    """Split and say how."""
    import shutil

    from textthema.blurr_compat import require_packages

    require_packages("splitting", ("pandas", "pyarrow", "datasketch", "scipy"))

    from textthema.manifest import append_line
    from textthema.splits import NAMES, SEEN, fingerprint, hold_out_seen, split_rows
    from textthema.staging import make_folder, read_labels, read_table, write_parquet

    source = args.clean / "table.parquet"
    table = read_table(source, "textthema clean RAW " + str(args.clean), also=("works",))
    read_labels(args.clean / "tag_types_encoded.json", "textthema clean RAW " + str(args.clean))
    authors, groups = table["author"].tolist(), table["group"].tolist()
    parts = split_rows(authors, groups, table["works"].map(list).tolist(), shares=tuple(args.shares), seed=args.seed)
    parts = hold_out_seen(parts, table["id"].tolist(), authors, groups, share=args.seen_share, seed=args.seed)
    make_folder(args.out)
    counts = {}
    for name in (*NAMES, SEEN):
        part = table[parts == name]
        write_parquet(part, args.out / f"{name}.parquet")
        counts[name] = {
            "rows": len(part),
            "authors": int(part["author"].nunique()),
            "fingerprint": fingerprint(part["id"].tolist()),
        }
        print(f"{name:<12} {len(part):>9,} rows, {counts[name]['authors']:,} authors")
    shutil.copy(args.clean / "tag_types_encoded.json", args.out / "tag_types_encoded.json")
    shutil.copy(args.clean / "manifest.jsonl", args.out / "manifest.jsonl")
    settings = {"shares": list(args.shares), "seen_share": args.seen_share, "seed": args.seed}
    append_line(args.out / "manifest.jsonl", "split", {"table": source}, settings, counts)
    return 0
