"""Descriptions of books take the quotes' own way through the first stages, by the same commands."""

import csv
import json

import pandas as pd
import pytest

from textthema.cli import main
from textthema.splits import NAMES

GENRES = {
    "Fantasy": "dragon wizard sword castle prophecy",
    "Mystery": "detective corpse alibi clue suspect",
    "Romance": "wedding kiss letter summer heartache",
}
FEW = {"Knitting": "needle wool pattern"}


def books():
    """400 invented books: own words, a series of two in each eight, half of them without author."""
    for number in range(400):
        genre = list(GENRES)[number % 3]
        words = GENRES[genre].split()
        story = " ".join(f"{words[(number + place) % 5]} x{number}y{place}" for place in range(9))
        yield {
            "title": f"Book {number}" + (f" (Road {number // 8}, #{number % 8 + 1})" if number % 8 < 2 else ""),
            "author": f"Author {number % 90}" if number % 2 else "",
            "series": "",
            "description": f"{story}.Librarian's note: the one with a green jacket lies here",
            "genres": json.dumps([genre, "Audiobook", "Fiction", *(FEW if number < 3 else ())]),
            "rating": "4.00",
            "url": "",
        }


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    rows = list(books())
    with (folder / "book_details.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert main(["clean", str(folder / "book_details.csv"), str(folder / "clean"), "--collection", "books"]) == 0
    assert main(["split", str(folder / "clean"), str(folder / "splits")]) == 0
    return folder


def test_a_genre_needs_a_share_of_the_books_and_a_format_is_none(staged):
    labels = json.loads((staged / "clean" / "tag_types_encoded.json").read_text(encoding="utf-8"))
    assert set(labels) == {"fiction", "fantasy", "mystery", "romance"}
    assert "genres a row" in (staged / "clean" / "report.md").read_text(encoding="utf-8")


def test_notes_on_the_edition_are_gone(staged):
    texts = pd.read_parquet(staged / "clean" / "table.parquet")["text"]
    assert not texts.str.contains("Librarian|jacket").any()


def test_no_series_and_no_author_is_in_two_parts(staged):
    parts = {name: pd.read_parquet(staged / "splits" / f"{name}.parquet") for name in NAMES}
    for column in ("works", "author"):
        seen = {}
        for name, part in parts.items():
            for value in part[column].explode().dropna():
                assert seen.setdefault(value, name) == name
