"""Collect titles, authors and addresses of books from goodreads.com's book lists.

A run that was stopped, by whatever, goes on when the same command is typed again; each book is kept once. The CSV is
what `book_details_scraper.py` starts from.

examples:
  python scraper/book_url_scraper.py
  python scraper/book_url_scraper.py --lists 264.Books_That_Everyone_Should_Read_At_Least_Once 50 --pages 3
  python scraper/book_url_scraper.py --lists https://www.goodreads.com/list/show/1.Best_Books_Ever
  python scraper/book_url_scraper.py --status
  python scraper/book_url_scraper.py --from-html saved/*.html --out saved.csv
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout need not be installed

from textthema.scraping.addresses import first_page, is_address  # noqa: E402
from textthema.scraping.command import Script, add_site_option, run_script  # noqa: E402

LISTS = ("1.Best_Books_Ever",)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that this script alone has."""
    parser.add_argument(
        "--lists",
        nargs="+",
        default=LISTS,
        metavar="LIST",
        help="lists by number, by number and name, or by address (default: " + " ".join(LISTS) + ")",
    )
    add_site_option(parser)


def series(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Name the first page of each list."""
    names = [name.strip() for name in args.lists if name.strip()]
    return [(first_page(name) if is_address(name) else f"{args.site}/list/show/{name}", name) for name in names]


SCRIPT = Script("book-list", __doc__, ROOT / "data" / "book_urls.csv", configure, series)

if __name__ == "__main__":
    sys.exit(run_script(SCRIPT))
