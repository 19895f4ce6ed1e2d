import pytest

from textthema.scraping.addresses import first_page, is_address, page_url, plain_address

LOVE = "https://x.org/quotes/tag/love"


def test_addresses_of_pages():
    assert page_url(LOVE, 1) == LOVE
    assert page_url(LOVE, 3) == f"{LOVE}?page=3"
    assert page_url(f"{LOVE}?sort=new", 2) == f"{LOVE}?sort=new&page=2"


@pytest.mark.parametrize(
    ("text", "answer"), [("https://x", True), ("HTTP://x", True), ("love", False), ("a.csv", False)]
)
def test_addresses_are_told_from_names(text, answer):
    assert is_address(text) is answer


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://x.org/en/book/show/1-a?from=b#c", "https://x.org/book/show/1-a"),
        ("https://x.org/zh-TW/book/show/1-a", "https://x.org/book/show/1-a"),
        ("https://x.org/quotes/tag/en", "https://x.org/quotes/tag/en"),
        ("https://x.org/en", "https://x.org/en"),
    ],
)
def test_an_address_loses_language_query_and_fragment(url, plain):
    assert plain_address(url) == plain


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("https://x.org/quotes/tag/love?page=3#q", "https://x.org/quotes/tag/love"),
        ("https://x.org/quotes/search?q=old+sea&page=2", "https://x.org/quotes/search?q=old+sea"),
        ("https://x.org/quotes", "https://x.org/quotes"),
    ],
)
def test_any_page_of_a_series_may_be_named(address, first):
    assert first_page(address) == first
