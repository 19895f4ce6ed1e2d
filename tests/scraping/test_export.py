import json

import pytest

from textthema.errors import InputError
from textthema.scraping.export import export_csv
from textthema.scraping.journal import Journal
from textthema.scraping.kinds import KINDS, QUOTES
from textthema.scraping.markup import Reading
from textthema.scraping.records import Quote

AWKWARD = 'Commas, "quotes",\nline\nbreaks, \r alone and é 🍞'


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "j", "quotes") as opened:
        opened.record_saved(
            [("https://x.org/quotes", Reading((Quote(AWKWARD, "", "B", ["a,b", "é"], None, "", "7"),)))]
        )
        yield opened


def test_cells_come_back_as_they_were(journal, tmp_path, read_csv):
    export_csv(journal, QUOTES.columns, tmp_path / "out.csv")
    [row] = read_csv(tmp_path / "out.csv")
    assert list(row) == list(QUOTES.columns)
    assert row["quote"] == AWKWARD
    assert json.loads(row["tags"]) == ["a,b", "é"]
    assert json.loads(row["found_on"]) == ["https://x.org/quotes"]
    assert (row["author"], row["likes"]) == ("", "")


def test_rows_end_as_rfc_4180_says(journal, tmp_path):
    export_csv(journal, QUOTES.columns, tmp_path / "out.csv")
    written = (tmp_path / "out.csv").read_bytes()
    assert written.startswith(b"quote,author,book,tags,likes,url,quote_id,found_on\r\n")
    assert written.endswith(b"\r\n")
    assert "é".encode() in written


def test_nothing_is_half_written(journal, tmp_path, monkeypatch):
    out = tmp_path / "out.csv"
    out.write_text("as it was")

    def broken():
        yield from list(Journal.records(journal))
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "records", broken)
    with pytest.raises(KeyboardInterrupt):
        export_csv(journal, QUOTES.columns, out)
    assert out.read_text() == "as it was"
    assert [path.name for path in tmp_path.glob("*.csv")] == ["out.csv"]


def test_a_place_that_cannot_be_written(journal, tmp_path):
    with pytest.raises(InputError, match="choose another path"):
        export_csv(journal, QUOTES.columns, tmp_path / "no" / "out.csv")


def test_the_columns_of_each_kind():
    assert KINDS["quotes"].columns == ("quote", "author", "book", "tags", "likes", "url", "quote_id", "found_on")
    assert KINDS["book-list"].columns == ("title", "author", "url")
    assert KINDS["book-details"].columns == ("title", "author", "series", "description", "genres", "rating", "url")
