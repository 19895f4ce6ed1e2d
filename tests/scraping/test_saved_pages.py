import pytest

from tests.scraping.replica import markup
from tests.scraping.replica.content import GOODREADS, a_site, book_row, quote_row
from textthema.errors import (
    ChallengeError,
    LayoutChangedError,
    LoginWallError,
    ScrapingError,
    UnreachableError,
    UnreadableFileError,
)
from textthema.scraping.export import export_csv
from textthema.scraping.journal import Journal
from textthema.scraping.kinds import BOOK_DETAILS, BOOK_LIST, QUOTES
from textthema.scraping.saved_pages import read_saved_page, read_saved_pages

SITE = a_site()


@pytest.fixture
def save(tmp_path):
    def saved(name, html):
        path = tmp_path / name
        path.write_text(html, encoding="utf-8")
        return path

    return saved


@pytest.fixture
def table(tmp_path, read_csv):
    """Read saved pages into a table."""

    def read(kind, *paths):
        with Journal(tmp_path / f"{kind.name}.sqlite3", kind.name) as journal:
            journal.record_saved(read_saved_pages(paths, kind))
            export_csv(journal, kind.columns, tmp_path / "out.csv")
        return read_csv(tmp_path / "out.csv")

    return read


def quotes_page(number):
    return markup.quotes_page(SITE, "/quotes", number)


def test_quotes_of_two_pages(save, table, tmp_path):
    rows = table(QUOTES, save("a.html", quotes_page(1)), save("b.html", quotes_page(2)))
    places = {
        quote.number: str(tmp_path / ("b.html" if at >= 30 else "a.html"))
        for at, quote in reversed([*enumerate(SITE.quotes[:60])])
    }
    by_number = {quote.number: quote for quote in SITE.quotes}
    assert rows == [quote_row(by_number[n], [places[n]]) for n in dict.fromkeys(q.number for q in SITE.quotes[:60])]


def test_the_address_that_a_page_gives_itself_is_where_it_was_found(save, table):
    html = quotes_page(2).replace("<head>", "<head><link rel='canonical' href='/quotes'>")
    assert {row["found_on"] for row in table(QUOTES, save("x.html", html))} == {f'["{GOODREADS}/quotes?page=2"]'}


def test_the_same_page_twice_is_one(save, table):
    assert len(table(QUOTES, save("a.html", quotes_page(1)), save("b.html", quotes_page(1)))) == 29


def test_more_pages_join_what_is_there(save, table):
    table(QUOTES, save("a.html", quotes_page(1)))
    assert len(table(QUOTES, save("b.html", quotes_page(2)))) == 59


def test_lists_and_books(save, table):
    rows = table(BOOK_LIST, save("l.html", markup.list_page(SITE, "/list/show/1.Lamps", 1)))
    assert rows[0] == {
        "title": "The Lamp Ledger (Lamps, #1)",
        "author": "Odile Varga",
        "url": f"{GOODREADS}/book/show/1.the-lamp-ledger",
    }
    assert len(rows) == 100
    old, present = SITE.books[:2]
    pages = [
        save("o.html", markup.old_book_page(old)),
        save("p.html", markup.present_book_page(present, embedded=True)),
    ]
    assert table(BOOK_DETAILS, *pages) == [book_row(old), book_row(present)]


@pytest.mark.parametrize(
    ("html", "error"),
    [
        (markup.list_page(SITE, "/list/show/1.Lamps", 1), LayoutChangedError),
        (markup.page("Quotes", markup.NO_QUOTES), LayoutChangedError),
        (markup.CHALLENGE_PAGE, ChallengeError),
        (markup.SIGN_IN_PAGE, LoginWallError),
        ("", UnreachableError),
    ],
    ids=["list", "none", "challenge", "sign-in", "empty"],
)
def test_one_page_that_is_none_is_named(save, html, error):
    good, bad = save("good.html", quotes_page(1)), save("bad.html", html)
    with pytest.raises(error, match=r"bad\.html") as caught:
        read_saved_pages([good, bad], QUOTES)
    assert str(caught.value).count("bad.html") == 1
    assert str(caught.value).startswith(error.__name__.removesuffix("Error"))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableFileError, match="nowhere"):
        read_saved_page(tmp_path / "nowhere.html", QUOTES)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "x.html").write_bytes(bytes(range(256)) * 50)
    with pytest.raises(ScrapingError, match=r"x\.html"):
        read_saved_page(tmp_path / "x.html", QUOTES)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_the_encoding_is_found(tmp_path, encoding):
    html = '<html><head><meta charset="windows-1252"></head><div class="quoteText">“Café – no?”<br>― <span class="authorOrTitle">Zoë</span></div></html>'
    (tmp_path / "x.html").write_bytes(html.replace("―", "&#8213;").encode(encoding))
    [quote] = read_saved_page(tmp_path / "x.html", QUOTES).records
    assert (quote.quote, quote.author) == ("Café – no?", "Zoë")


def test_files_of_the_same_name_are_two_pages(tmp_path, table):
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "p.html").write_text(quotes_page(number), encoding="utf-8")
    rows = table(QUOTES, tmp_path / "1" / "p.html", tmp_path / "2" / "p.html")
    assert len({row["found_on"] for row in rows}) > 1


def test_a_byte_order_mark_is_no_text(save):
    assert len(read_saved_page(save("x.html", "\ufeff" + quotes_page(1)), QUOTES).records) == 30
