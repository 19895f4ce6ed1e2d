import csv
import json
from collections import Counter

import pytest

QUOTE_COLUMNS = ["quote", "author", "book", "tags", "likes", "url", "quote_id", "found_on"]
KINDS = {"poem", "lyric", "dialogue", "synopsis", "description"}
COMMON_THEMES = [
    "love",
    "life",
    "death",
    "hope",
    "friendship",
    "war",
    "nature",
    "god",
    "faith",
    "science",
    "books",
    "writing",
    "reading",
    "time",
    "truth",
    "money",
    "work",
    "music",
    "family",
    "grief",
    "courage",
    "fear",
    "freedom",
    "dreams",
    "beauty",
    "art",
    "education",
    "politics",
    "history",
    "travel",
    "food",
    "marriage",
    "women",
    "men",
    "children",
    "childhood",
    "memory",
    "loss",
    "change",
    "success",
    "failure",
    "leadership",
    "power",
    "peace",
    "magic",
    "imagination",
    "creativity",
    "poetry",
    "religion",
    "philosophy",
    "kindness",
    "trust",
    "lies",
    "desire",
    "mind",
]


def read_table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def quotes(root):
    return read_table(root / "data" / "sample" / "quotes.csv")


def test_quotes_have_the_scrapers_columns(quotes):
    assert list(quotes[0]) == QUOTE_COLUMNS
    assert all(None not in row and None not in row.values() for row in quotes)


def test_quotes_are_a_few_hundred_by_many_authors(quotes):
    assert 350 <= len(quotes) <= 400
    assert len({row["author"] for row in quotes} - {""}) >= 60


def test_tags_are_json_lists_of_text(quotes):
    for row in quotes:
        tags = json.loads(row["tags"])
        assert isinstance(tags, list)
        assert all(isinstance(tag, str) for tag in tags)


def test_every_address_is_invented(quotes):
    for row in quotes:
        assert row["url"] == f"https://example.org/quotes/{row['quote_id']}"
        assert all(page.startswith("https://example.org/") for page in json.loads(row["found_on"]))


def test_quote_ids_are_unique(quotes):
    assert len({row["quote_id"] for row in quotes}) == len(quotes)


def test_common_themes_stand_on_five_rows_or_more(quotes):
    rows = Counter(tag for row in quotes for tag in set(json.loads(row["tags"])))
    assert {theme: rows[theme] for theme in COMMON_THEMES if rows[theme] < 5} == {}


def test_the_sample_holds_the_dirt_that_cleaning_is_for(quotes):
    texts = [row["quote"] for row in quotes]
    tags = [json.loads(row["tags"]) for row in quotes]
    everywhere = {tag for row in tags for tag in row}
    assert any("“" in text for text in texts)
    assert any("&amp;" in text for text in texts)
    assert any("<br" in text for text in texts)
    assert any(not text.strip() for text in texts)
    assert any(len(row) > 25 for row in tags)
    assert [] in tags
    assert {"humor", "humour", "love-quotes", "attributed-no-source", "orla-venn"} <= everywhere
    assert any(not row["author"] for row in quotes)
    assert any(not row["book"] for row in quotes)


def test_the_readme_names_each_dirty_row(root, quotes):
    readme = (root / "data" / "sample" / "README.md").read_text(encoding="utf-8")
    table = [
        line.split("|")[1] for line in readme.splitlines() if (line.startswith("| ") and "," in line) or "| " in line
    ]
    numbers = {number.strip() for cell in table for number in cell.split(",")}
    over_tagged = [row["quote_id"] for row in quotes if len(json.loads(row["tags"])) > 25]
    untagged = [row["quote_id"] for row in quotes if json.loads(row["tags"]) == []]
    assert {*over_tagged, *untagged} <= numbers


def test_the_sample_goes_through_cleaning(root):
    pytest.importorskip("pandas")
    from textthema.cleaning import clean
    from textthema.collection import QUOTES
    from textthema.labels import read_rules
    from textthema.raw import read_raw

    raw = read_raw(root / "data" / "sample" / "quotes.csv", QUOTES)
    cleaned = clean(raw, QUOTES, read_rules(), progress=False)
    assert len(cleaned.table) >= 350
    assert len(cleaned.labels) == 103
    assert "orla-venn" in cleaned.identity
    for reason in ("no text", "no tags", "over-tagged", "near-duplicate"):
        assert cleaned.dropped[reason] > 0


def test_texts_are_of_every_kind(root):
    texts = read_table(root / "data" / "sample" / "texts.csv")
    assert list(texts[0]) == ["text", "kind"]
    assert len(texts) == 24
    assert {row["kind"] for row in texts} == KINDS
    assert all(len(row["text"].split()) >= 30 for row in texts)
