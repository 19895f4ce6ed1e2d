import pytest

from tests.scraping.replica import markup
from tests.scraping.replica.content import PER_PAGE, STRANGE_QUOTES, SiteQuote, a_site
from textthema.errors import LayoutChangedError
from textthema.scraping.quote_pages import parse_quotes

SITE = a_site()


def parsed(html):
    return parse_quotes(html, "a page").records


def fields(quote):
    return (quote.quote, quote.author, quote.book, quote.tags, quote.likes, quote.url, quote.quote_id)


def expected(quote):
    url = f"https://www.goodreads.com{quote.path}"
    return (quote.text, quote.author, quote.book, list(quote.tags), quote.likes, url, str(quote.number))


def around(blocks, plain=True):
    return markup.page(
        "Quotes", "<div class='quotes'>" + "".join(markup.quote_block(b, plain) for b in blocks) + "</div>"
    )


@pytest.mark.parametrize("number", range(1, len(SITE.pages("/quotes")) + 1))
def test_every_field_of_every_quote_in_order(number):
    page = parse_quotes(markup.quotes_page(SITE, "/quotes", number), "a page")
    assert [fields(q) for q in page.records] == [expected(q) for q in SITE.pages("/quotes")[number - 1]]
    assert (page.number, page.last) == (number, len(SITE.pages("/quotes")))
    assert len(page.records) <= PER_PAGE


@pytest.mark.parametrize("quote", STRANGE_QUOTES, ids=lambda quote: str(quote.number))
@pytest.mark.parametrize("plain", [True, False], ids=["work page", "listing"])
def test_strange_quotes(quote, plain):
    assert [fields(q) for q in parsed(around([quote], plain))] == [expected(quote)]


def test_a_page_without_any_tag():
    untagged = [q for q in SITE.quotes if not q.tags]
    assert len(untagged) > 1
    assert [q.tags for q in parsed(around(untagged))] == [[]] * len(untagged)


def test_the_author_may_be_a_link_with_its_comma_outside():
    html = (
        '<div class="quote"><div class="quoteText">“A.”<br> ― <a class="authorOrTitle" href="/author/show/1.A">Ada Q.</a>,'
        '<span id=quote_book_link_6><a class="authorOrTitle" href="/work/quotes/3">Hinges</a></span></div></div>'
    )
    [quote] = parsed(html)
    assert (quote.quote, quote.author, quote.book) == ("A.", "Ada Q.", "Hinges")


def test_a_title_that_is_no_link():
    html = '<div class="quoteText">“A.”<br>―<span class="authorOrTitle">B,</span> <span class="authorOrTitle">C</span></div>'
    [quote] = parsed(html)
    assert (quote.author, quote.book) == ("B", "C")


def test_a_book_without_an_author():
    html = '<div class="quoteText">“A.”<br> ― <span id=quote_book_link_1><a class=authorOrTitle href="/work/quotes/1">C</a></span></div>'
    [quote] = parsed(html)
    assert (quote.quote, quote.author, quote.book) == ("A.", "", "C")


def test_an_author_in_plain_text():
    [quote] = parsed('<div class="quoteText">“One ― two.”<br>\n  ― Ada Quill\n</div>')
    assert (quote.quote, quote.author) == ("One ― two.", "Ada Quill")


def test_a_readers_list_has_its_own_frame():
    html = (
        '<li class="elementList"><div class="leftAlignedImage">#1</div><div class="quoteText">“A.”</div>'
        '<div class="quoteFooter"><div class="greyText smallText left">tags: <a href="/quotes/tag/x">x</a></div>'
        '<div class="right"><a href="/quotes/12-a">1 like</a></div></div></li>'
    )
    [quote] = parsed(html)
    assert (quote.tags, quote.likes, quote.quote_id) == (["x"], 1, "12")


def test_footers_that_stand_beside_their_quotes():
    footer = '<div class="quoteFooter"><a href="/quotes/{0}-a">{0} likes</a></div>'
    html = "".join(f'<div class="quoteText">“{n}.”</div>{footer.format(n)}' for n in (5, 6))
    assert [(q.quote, q.quote_id) for q in parsed(html)] == [("5.", "5"), ("6.", "6")]


def test_without_a_footer_the_frame_holds_tags_and_likes():
    html = (
        '<div class="quote"><div class="quoteText">“I had 7 likes.”</div><div class="greyText smallText left">tags: '
        '<a href="/quotes/tag/x">99 likes</a></div><div class="right"><a href="/quotes/12-a">5 likes</a></div></div>'
    )
    [quote] = parsed(html)
    assert (quote.tags, quote.likes, quote.quote_id) == (["99 likes"], 5, "12")


def test_other_links_are_not_the_quote_s_number():
    html = '<div class="quote"><div class="quoteText">“A.”<br>―<span class="authorOrTitle">B</span> <span id=quote_book_link_1><a class=authorOrTitle href="/work/quotes/77">C</a></span></div></div>'
    [quote] = parsed(html)
    assert (quote.url, quote.book) == ("", "C")


FOOTER = '<div class="quoteFooter"><a href="/quotes/tag/t{0}">t{0}</a> <a href="/quotes/{0}-a">{0} likes</a></div>'


@pytest.mark.parametrize(
    "html",
    [
        '<div class="quoteText">“1.”<br>―<span class="authorOrTitle">A1</span></div>{1}<div class="quoteText">“2.”<br>―<span class="authorOrTitle">A2</span></div>{2}',
        '<div class="quote"><div class="quoteText">“1.”<br>―<span class="authorOrTitle">A1</span>{1}<div class="quote"><div class="quoteText">“2.”<br>―<span class="authorOrTitle">A2</span>{2}',
        '<li><div class="quoteText">“1.”<br>―<span class="authorOrTitle">A1</span></div>{1}<div class="quoteText">“2.”<br>―<span class="authorOrTitle">A2</span></div>{2}</li>',
        '<div class="quoteText">“1.”<br>―<span class="authorOrTitle">A1</span>{1}<div class="quoteText">“2.”<br>―<span class="authorOrTitle">A2</span></div>{2}</div>',
    ],
    ids=["siblings", "unclosed", "one frame", "nested"],
)
def test_broken_markup_mixes_nothing(html):
    found = parsed(html.replace("{1}", FOOTER.format(1)).replace("{2}", FOOTER.format(2)))
    assert [(q.quote, q.author, q.book, q.tags, q.likes) for q in found] == [
        (f"{n}.", f"A{n}", "", [f"t{n}"], n) for n in (1, 2)
    ]


def test_the_footer_of_the_next_quote_is_not_this_one_s():
    one, two = parsed(f'<div class="quoteText">“1.”</div><div class="quoteText">“2.”</div>{FOOTER.format(2)}')
    assert (one.tags, one.url, two.quote_id) == ([], "", "2")


@pytest.mark.parametrize("tag", ["like-minded", "likes", "1000 likes", "top 10 like-minded"])
def test_tags_that_talk_of_likes(tag):
    quote = SiteQuote(1, "Words.", "A", tags=("love", tag), likes=5)
    assert fields(parsed(around([quote]))[0]) == expected(quote)


@pytest.mark.parametrize("href", ["http://[bad", "/quotes/12-a", "//[", "/quotes/" + "9" * 50])
def test_broken_links_cost_their_quote_nothing_else(href):
    [quote] = parsed(
        f'<div class="quoteText">“A.”</div><div class="quoteFooter"><a href="{href}">{"9" * 5000} likes</a></div>'
    )
    assert quote.quote == "A."


def test_a_quote_without_words_is_none():
    assert [q.quote for q in parsed('<div class="quoteText"> ““”” </div><div class="quoteText">“A.”</div>')][-1] == "A."
    assert len(parsed('<template><div class="quoteText"></div></template><div class="quoteText">“A.”</div>')) == 1


def test_two_thousand_unclosed_quotes_are_read_in_good_time():
    html = "".join(
        f'<div class="quote"><div class="quoteText">“{n}.”<br>―<span class="authorOrTitle">A' for n in range(2000)
    )
    assert len(parsed(html)) == 2000


def test_a_dash_inside_marks_of_its_own_is_no_attribution():
    [quote] = parsed('<div class="quoteText">“Say “stay” ― or go.”</div>')
    assert (quote.quote, quote.author) == ("Say “stay” ― or go.", "")


def test_a_work_page_shows_its_book_as_well():
    html = markup.page("Quotes", '<a class="bookTitle" href="/book/show/1">Hinges</a>' + around(STRANGE_QUOTES))
    assert len(parsed(html)) == len(STRANGE_QUOTES)


def test_links_start_from_where_the_page_is():
    html = markup.quotes_page(SITE, "/quotes", 1)
    [first, *_] = parse_quotes(html, "http://127.0.0.1:8000/quotes").records
    assert first.url == f"http://127.0.0.1:8000{SITE.quotes[0].path}"


def test_without_a_number_the_words_tell_quotes_apart():
    html = '<div class="quoteText">“{}.”<br>―<span class="authorOrTitle">B</span></div>'
    one, again, other = (parsed(html.format(text))[0] for text in ("x", "x", "y"))
    assert one.key == again.key != other.key
    assert (one.url, one.likes) == ("", None)


def test_saved_by_a_browser_with_whole_addresses():
    html = around(STRANGE_QUOTES).replace('href="/', 'href="https://www.goodreads.com/')
    assert [fields(q) for q in parsed(html)] == [expected(q) for q in STRANGE_QUOTES]


def test_a_page_may_say_that_it_has_none():
    assert parsed(markup.page("Quotes", markup.NO_QUOTES)) == ()


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html><body>Hello</body></html>",
        markup.list_page(SITE, "/list/show/1.Lamps", 1),
        markup.old_book_page(SITE.books[0]),
        markup.present_book_page(SITE.books[1]),
        markup.quotes_page(SITE, "/quotes", 1).replace("quoteText", "renamed"),
        markup.page(
            "A profile", '<div class="leftContainer"><div class="quotes"></div>Mo has 3 books (0 quotes)</div>'
        ),
        markup.page("An author", markup.quote_block(STRANGE_QUOTES[0]), canonical="/author/show/1.A"),
    ],
    ids=["empty", "another site", "list", "old book", "book", "renamed", "profile", "author"],
)
def test_other_pages_are_an_error(html):
    with pytest.raises(LayoutChangedError):
        parse_quotes(html, "a page")
