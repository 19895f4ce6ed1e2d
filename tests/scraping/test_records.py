import pytest

from textthema.scraping.records import BookDetails, ListedBook, Quote, book_key, hashed_id


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.goodreads.com/book/show/5907.The_Hobbit", "5907"),
        ("https://www.goodreads.com/book/show/5907-the-hobbit", "5907"),
        ("https://www.goodreads.com/en/book/show/5907", "5907"),
        ("saved.html", "saved.html"),
    ],
)
def test_a_book_is_its_number(url, key):
    assert book_key(url) == ListedBook("t", "a", url).key == BookDetails("t", "a", "", "", url=url).key == key


def test_a_quote_is_its_number():
    assert Quote("w", "a", "", [], None, "", "17").key == "17"


def test_a_hash_tells_parts_apart():
    assert hashed_id("ab", "c") != hashed_id("a", "bc")
    assert len(hashed_id("\ud800")) == 16
