"""Collect title, author, series, description, genres and rating of books from their pages on goodreads.com.

Starts from the addresses that `book_url_scraper.py` collected. A run that was stopped, by whatever, goes on when the
same command is typed again; each book is kept once.

examples:
  python scraper/book_details_scraper.py
  python scraper/book_details_scraper.py --urls data/book_urls.csv --out data/book_details.csv
  python scraper/book_details_scraper.py --urls https://www.goodreads.com/book/show/5907.The_Hobbit
  python scraper/book_details_scraper.py --status
  python scraper/book_details_scraper.py --from-html saved/*.html --out saved.csv
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout need not be installed

from textthema.errors import InputError, MissingColumnError, UnreadableFileError, shown  # noqa: E402
from textthema.scraping.addresses import is_address  # noqa: E402
from textthema.scraping.command import Script, run_script  # noqa: E402

URLS = ROOT / "data" / "book_urls.csv"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that this script alone has."""
    parser.add_argument(
        "--urls",
        nargs="+",
        default=[str(URLS)],
        metavar="FILE_OR_URL",
        help=f"CSV files with a column url, or addresses of books (default: {URLS})",
    )


def series(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Name each book's page."""
    urls = [url for each in args.urls for url in ([each] if is_address(each) else read_urls(Path(each)))]
    return [(url, url) for url in urls]


def read_urls(path: Path) -> list[str]:
    """Read the addresses in a CSV's column ``url``."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if "url" not in (rows.fieldnames or ()):
                raise MissingColumnError(f"{path} has no column url; it has: {rows.fieldnames}", value=rows.fieldnames)
            urls = [row["url"].strip() for row in rows if row["url"]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFileError(
            f"can't read {path}: {error}. book_url_scraper.py writes such a file", value=str(path)
        ) from error
    strange = next((url for url in urls if not is_address(url)), None)
    if strange is not None:
        raise InputError(f"{path} holds {shown(strange)}, which is no web address", value=strange)
    return urls


SCRIPT = Script("book-details", __doc__, ROOT / "data" / "book_details.csv", configure, series, has_pages=False)

if __name__ == "__main__":
    sys.exit(run_script(SCRIPT))
