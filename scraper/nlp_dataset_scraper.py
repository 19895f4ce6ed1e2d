"""Collect quotes with author, book, tags and likes from goodreads.com/quotes and its tag pages.

A run that was stopped, by whatever, goes on when the same command is typed again; each quote is kept once, with the
pages that it was seen on. The CSV goes straight into `textthema clean`.

examples:
  python scraper/nlp_dataset_scraper.py
  python scraper/nlp_dataset_scraper.py --topics love wisdom --pages 5
  python scraper/nlp_dataset_scraper.py --topics https://www.goodreads.com/author/quotes/1244.Mark_Twain --out twain.csv
  python scraper/nlp_dataset_scraper.py --status
  python scraper/nlp_dataset_scraper.py --from-html saved/*.html --out saved.csv
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout need not be installed

from textthema.scraping.addresses import first_page, is_address  # noqa: E402
from textthema.scraping.command import Script, add_site_option, run_script  # noqa: E402

POPULAR = "popular"
TOPICS = (
    POPULAR,
    "inspirational-quotes",
    "death",
    "wisdom",
    "life",
    "truth",
    "success",
    "time",
    "love",
    "science",
    "humor",
    "god",
    "motivational",
    "life-lessons",
    "happiness",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that this script alone has."""
    parser.add_argument(
        "--topics",
        nargs="+",
        default=TOPICS,
        metavar="TOPIC",
        help="tags, 'popular', or addresses of other pages of quotes (default: " + " ".join(TOPICS) + ")",
    )
    add_site_option(parser)


def series(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Name the first page of each topic."""
    return [(address(args.site, topic.strip()), topic.strip()) for topic in args.topics if topic.strip()]


def address(site: str, topic: str) -> str:
    """Make a topic's address."""
    if is_address(topic):
        return first_page(topic)
    if topic.casefold() == POPULAR:
        return f"{site}/quotes"
    return f"{site}/quotes/tag/{quote('-'.join(topic.casefold().split()))}"


SCRIPT = Script("quotes", __doc__, ROOT / "data" / "quote-nlp-dataset-scraped.csv", configure, series)

if __name__ == "__main__":
    sys.exit(run_script(SCRIPT))
