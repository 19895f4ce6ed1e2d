import pytest
from hypothesis import given
from hypothesis import strategies as st

from textthema.scraping.markup import (
    BOOK,
    LIST,
    QUOTES,
    WrongPageError,
    address_of,
    line_of,
    page_numbers,
    refuse_other_kinds,
    soup_of,
    text_of,
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("one\n   two", "one two"),
        ("one<br>two<br/>three<br />  four", "one\ntwo\nthree\nfour"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<p>one</p> <p>two</p>three", "one\ntwo\nthree"),
        ("a<blockquote>b <i>c</i></blockquote>d<h3>e</h3>f", "a\nb c\nd\ne\nf"),
        ("a<ul><li>b</li><li>c</li></ul>d", "a\nb\nc\nd"),
        ("<div>" * 3000 + "deep" + "</div>" * 3000, "deep"),
        ("a <b>bold</b> <i>slant</i>ed", "a bold slanted"),
        ("Series<!-- --> #1<script>no()</script><style>p{}</style>", "Series #1"),
        ("&ldquo;salt &amp; &lt;pepper&gt;&rdquo; &#8213;", "“salt & <pepper>” ―"),
        ("no\u00a0break", "no\u00a0break"),
        ("", ""),
    ],
)
def test_text_is_what_a_browser_shows(html, text):
    assert text_of(soup_of(f"<span>{html}</span>").span) == text


def test_text_of_nothing_is_empty():
    assert (text_of(None), line_of(None)) == ("", "")


def test_a_line_has_single_spaces():
    assert line_of(soup_of("<h1>\n  The   Lamp<br>Ledger </h1>").h1) == "The Lamp Ledger"


@given(st.text())
def test_any_text_can_be_parsed(text):
    assert isinstance(text_of(soup_of(text)), str)


def test_the_canonical_address_comes_before_the_social_one():
    both = (
        "<link href='/book/show/1.A' rel='canonical'><meta property='og:url' content='https://x.org/work/best_book/2'>"
    )
    assert address_of(soup_of(both)) == "https://www.goodreads.com/book/show/1.A"
    assert address_of(soup_of(both.partition(">")[2])) == ""
    social = "<meta property='og:url' content='https://x.org/en/book/show/3-c'>"
    assert address_of(soup_of(social)) == "https://x.org/book/show/3-c"
    assert address_of(soup_of("<p>nothing</p>")) == ""


PAGER = (
    '<div><a class="previous_page" href="/q?page=1">« previous</a> <a href="/q?page=1">1</a> '
    '<em class="current">2</em> <a rel="next" href="/q?page=3">3</a> <a href="/q?page=41">41</a> '
    '<a class="next_page" href="/q?page=3">next »</a></div>'
)


def test_the_pager_tells_this_page_and_the_last():
    assert page_numbers(soup_of(PAGER)) == (2, 41)
    assert page_numbers(soup_of("<p>no pager</p>")) == (1, 1)


def test_a_pager_of_the_last_page():
    last = '<div><em class="current">9</em> <span class="next_page disabled">next »</span></div>'
    assert page_numbers(soup_of(last)) == (9, 9)


def test_the_pager_of_comments_is_another():
    comments = (
        '<div><a href="/list/comments/1?page=99">99</a><a class="next_page" href="/list/comments/1?page=2">n</a></div>'
    )
    assert page_numbers(soup_of(comments + PAGER)) == (2, 41)


@pytest.mark.parametrize(
    "strange", ["/q?page=x", "/q?page=", "/q?page=²", "/q", "http://[", "/q?page=8000000", "/q?page=" + "9" * 5000]
)
def test_a_pager_with_strange_links(strange):
    html = f'<div><em class="current">²</em><a class="next_page" href="{strange}">next</a></div>'
    assert page_numbers(soup_of(html)) == (1, 1)


@pytest.mark.parametrize(
    "address", ["https://x.org/quotes/tag/love", "https://x.org/work/quotes/1", "https://x.org/a", ""]
)
def test_a_page_of_its_own_kind_is_welcome(address):
    refuse_other_kinds(soup_of("<div class=quoteText>“A.”</div>"), address, QUOTES, "f")


@pytest.mark.parametrize(
    ("own", "address"),
    [
        (QUOTES, "https://x.org/author/show/1"),
        (QUOTES, "https://x.org/book/show/1"),
        (LIST, "https://x.org/quotes/tag/list"),
        (LIST, "https://x.org/search"),
        (BOOK, "https://x.org/list/show/1"),
    ],
)
def test_a_page_that_calls_itself_something_else_is_refused(own, address):
    with pytest.raises(WrongPageError, match="another kind"):
        refuse_other_kinds(soup_of("<div class=quoteText>“A.”</div>"), address, own, "f")


def test_a_page_with_other_items_only_is_refused():
    with pytest.raises(WrongPageError, match="a book list, not of quotes"):
        refuse_other_kinds(soup_of("<table><tr><td><a class=bookTitle>A</a></table>"), "", QUOTES, "f")
    refuse_other_kinds(soup_of("<a class=bookTitle>A</a><p>No quotes.</p>"), "", QUOTES, "f")
