"""The replica's pages, with the structure of the real ones: their classes, their odd quoting, their traps."""

from __future__ import annotations

import json
from html import escape

from tests.scraping.replica.content import GOODREADS, Site, SiteBook, SiteQuote, slug

# As long as a real quote's hidden tooltip, so that a page of thirty has a real page's size.
TOOLTIP = "var words = '<div class=\\'readable\\'>A description of no book in particular.<\\/div>';\n" * 45

# The real header always holds a drawer with a modal's classes; it is out of sight.
HEADER = """
<header><a href="/user/sign_in">Sign In</a> <a href="/user/new">Join</a>
<div class="modal modal--overlay modal--drawer" style="position: fixed; left: -2000px; width: 300px; height: 300px">
<div class="modal__close"><button type="button" class="gr-iconButton"><img alt="Dismiss" src="/x.svg" /></button></div>
<div class="modal__content">Sign up with Facebook. Already a member? Sign In</div></div></header>
"""
# Placed on every signed-out page of the old layout, empty until the pop-up comes.
INTERSTITIAL_HOLDER = """
<div data-react-class="ReactComponents.LoginInterstitial" data-react-props="{}"><noscript></noscript></div>
<div id="overlay" style="display:none"></div><div id="box" style="display:none"><div id="close"></div></div>
"""
POPUP = """
<script>
function showSignIn() {
  const holder = document.querySelector('[data-react-class="ReactComponents.LoginInterstitial"]');
  holder.innerHTML = '<div class="modal modal--overlay" style="position: fixed; inset: 0; background: #fffd">' +
    '<div class="modal__close"><button type="button"><img alt="Dismiss" width="20" height="20" src="/x.svg"></button></div>' +
    '<div class="modal__content"><h2>Discover &amp; read more</h2><a href="/user/sign_in">Sign in with email</a></div></div>';
  holder.querySelector('button').onclick = () => { holder.innerHTML = ''; fetch('/dismissed'); };
}
WHEN
</script>
"""
POPUP_AT_ONCE = POPUP.replace("WHEN", "showSignIn();")
POPUP_LATER = POPUP.replace("WHEN", "setTimeout(showSignIn, 120);")
POPUP_ON_SCROLL = POPUP.replace("WHEN", "addEventListener('scroll', showSignIn, {once: true});")
INTERSTITIAL_PAGE = """<!DOCTYPE html><html><head><title>Goodreads</title></head><body>
<div class="LoginInterstitial"><h1>Discover & read more</h1><a href="/user/sign_in">Sign in</a>
<button aria-label="Close" onclick="location.reload()">×</button></div></body></html>
"""
SIGN_IN_PAGE = """<!DOCTYPE html><html><head><title>Sign In</title></head><body><h1>Sign in with email</h1>
<form action="/ap/signin"><input id="ap_email"><input id="ap_password" type="password"><input id="signInSubmit" type="submit">
</form></body></html>
"""
CHALLENGE_PAGE = """<!DOCTYPE html><html lang="en"><head><title></title>
<script>window.awsWafCookieDomainList = []; window.gokuProps = {"key": "x"};</script></head>
<body><div id="challenge-container"></div><noscript><h1>JavaScript is disabled</h1>
In order to continue, we need to verify that you're not a robot.</noscript></body></html>
"""
CHALLENGE_THAT_GOES_ON = CHALLENGE_PAGE.replace("</body>", "<script>location.reload()</script></body>")
NO_QUOTES = '<div class="leftContainer"><h1>Quotes</h1><div class="quotes">No quotes found for this tag.</div></div>'


def page(title: str, body: str, canonical: str = "") -> str:
    link = f"<link href='{GOODREADS}{canonical}' rel='canonical'>" if canonical else ""
    # Normal pages load the firewall's script, too.
    return (
        f'<!DOCTYPE html>\n<html class="desktop withSiteHeaderTopFullImage\n">\n<head>\n<title>{escape(title)}</title>\n'
        f"{link}\n</head>\n<body>{HEADER}{body}{INTERSTITIAL_HOLDER}<footer>© 2026</footer></body>\n</html>\n"
        "<!-- This is a random-length HTML comment: pqrstuv -->\n"
    )


def quotes_page(site: Site, path: str, number: int) -> str:
    pages = site.pages(path)
    blocks = "".join(quote_block(quote) for quote in pages[number - 1])
    body = f'<div class="mainContent"><div class="leftContainer"><h1>Quotes</h1>\n<div class="quotes">{blocks}</div>\n'
    return page("Quotes", body + pager(path, number, len(pages)) + "</div></div>" + TAG_CLOUD)


TAG_CLOUD = '<div class="rightContainer">Browse by tag <a href="/quotes/tag/love">Love Quotes 1k</a></div>'


def quote_block(quote: SiteQuote, plain: bool = False) -> str:
    """A quote as listings show it, or (plain) as author and work pages do."""
    outer, details = ("'quote'", "'quoteDetails'") if plain else ('"quote mediumText "', '"quoteDetails "')
    avatar = (
        "" if plain else f'<a class="leftAlignedImage" href="/author/show/1"><img alt="{escape(quote.author)}" /></a>'
    )
    return f"""
<div class={outer}>
  <div class={details}>{avatar}
<div class="quoteText">
      &ldquo;{quote.inner_html}&rdquo;
  <br>  &#8213;
{attribution(quote)}
</div>


<div class="quoteFooter">
{tag_links(quote)}
   <div class="right">
     <a class="smallText" title="View this quote" href="{quote.path}">{likes(quote)}</a>
   </div>
</div>

  </div>
    <div class="action">
        <a class="gr-button gr-button--small" rel="nofollow" href="/user/new">Like</a>
    </div>
  <br class="clear"/>
</div>
"""


def attribution(quote: SiteQuote) -> str:
    author = f'  <span class="authorOrTitle">\n    {escape(quote.author)}{"," if quote.book else ""}\n  </span>\n'
    book = (
        f"    <span id=quote_book_link_{quote.number}>\n"
        f'      <a class="authorOrTitle" href="/work/quotes/{quote.number}">{escape(quote.book)}</a>\n    </span>\n'
        """<script>
//<![CDATA[
FILLER
var newTip = new Tip($('q'), "<h2><a class=\\"readable bookTitle\\" href=\\"https://www.goodreads.com/book/show/1\\">No<\\/a><\\/h2>"
 + "by <a class=\\"authorName\\">Nobody<\\/a> <div class=\\"quoteText\\">not a quote<\\/div>");
//]]>
</script>
"""
    )
    book = book.replace("FILLER", TOOLTIP)
    return (author if quote.author else "") + (book if quote.book else "")


def tag_links(quote: SiteQuote) -> str:
    if not quote.tags:
        return ""
    links = ",\n".join(f'       <a href="/quotes/tag/{slug(tag)}">{escape(tag)}</a>' for tag in quote.tags)
    return f'   <div class="greyText smallText left">\n     tags:\n{links}\n   </div>'


def likes(quote: SiteQuote) -> str:
    if quote.likes is None:
        return "View this quote"
    return f"{quote.likes:,} like{'' if quote.likes == 1 else 's'}"


def pager(path: str, number: int, last: int) -> str:
    if last < 2:
        return ""
    near = sorted({1, 2, *range(max(1, number - 2), min(last, number + 2) + 1), last - 1, last})
    numbers = " ".join(
        f'<em class="current">{n}</em>' if n == number else f'<a href="{path}?page={n}">{n}</a>' for n in near
    )
    before = '<span class="previous_page disabled">« previous</span>' if number == 1 else (
        f'<a class="previous_page" rel="prev" href="{path}?page={number - 1}">« previous</a>'
    )  # fmt: skip
    after = '<span class="next_page disabled">next »</span>' if number == last else (
        f'<a class="next_page" rel="next" href="{path}?page={number + 1}">next »</a>'
    )  # fmt: skip
    return f'<div style="text-align: right; width: 100%">\n<div>{before} {numbers} {after}</div>\n</div>'


def list_page(site: Site, path: str, number: int) -> str:
    pages = site.book_pages()
    rows = "".join(list_row(book, rank) for rank, book in enumerate(pages[number - 1], start=1))
    table = f'<table class="tableList js-dataTooltip">{rows}</table>'
    comments = (
        '<div class="normalText"><div><span class="previous_page disabled">« previous</span> <em class="current">1</em> '
        '<a href="/list/comments/1.Lamps?page=2">2</a> <a href="/list/comments/1.Lamps?page=99">99</a> '
        '<a class="next_page" rel="next" href="/list/comments/1.Lamps?page=2">next »</a></div></div>'
    )
    body = f'<div class="leftContainer">{table}<div class="pagination">{pager(path, number, len(pages))}</div>{comments}</div>'
    return page("Lamps", body, canonical=path)


def list_row(book: SiteBook, rank: int) -> str:
    return f"""
  <tr itemscope itemtype="http://schema.org/Book">
      <td valign="top" class="number">{rank}</td>
    <td width="5%" valign="top"><a title="{escape(book.title)}" href="{book.path}"><img alt="" class="bookCover" /></a></td>
    <td width="100%" valign="top">
      <a class="bookTitle" itemprop="url" href="{book.path}">
        <span itemprop='name' role='heading' aria-level='4'>{escape(book.listed_title)}</span>
</a>      <br/>
        <span class='by'>by</span>
<div class='authorName__container'>
<a class="authorName" itemprop="url" href="https://www.goodreads.com/author/show/1.X"><span itemprop="name">{escape(book.author)}</span></a> <span class="greyText">(Goodreads Author)</span>
</div>
    </td></tr>"""


def lines(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br />")


def old_book_page(book: SiteBook) -> str:
    short = f"{book.description[:60]}…" if len(book.description) > 100 else ""
    shown = f'<span id="freeTextContainer1">{lines(short or book.description)}</span>' if book.description else ""
    whole = (
        f'<span id="freeText1" style="display:none">{lines(book.description)}</span>'
        '<a data-text-id="1" href="#" onclick="document.querySelector(\'#freeTextContainer1\').remove();'
        "document.querySelector('#freeText1').style.display = ''; this.remove(); return false;\">...more</a>"
    )
    genres = "".join(
        f"""<div class="elementList "><div class="left">
    <a class="actionLinkLite bookPageGenreLink" href="/genres/{slug(genre)}">{escape(genre)}</a> &gt;
    <a class="actionLinkLite bookPageGenreLink" href="/genres/{slug(book.genres[0])}">{escape(book.genres[0])}</a>
  </div><div class="right">
    <a title="1234 people shelved this book as &#39;x&#39;" class="actionLinkLite greyText bookPageGenreLink" href="/shelf/x">1,234 users</a>
  </div></div>"""
        for genre in book.genres
    )
    series = f'<a class="greyText" href="/series/1-x">\n        ({escape(book.series)})\n</a>' if book.series else ""
    rating = f'<span itemprop="ratingValue">\n {book.rating}\n</span>' if book.rating else ""
    return page(
        book.title,
        f"""<h1 id="bookTitle" class="gr-h1 gr-h1--serif" itemprop="name">
      {escape(book.title)}
</h1>
<h2 id="bookSeries">{series}
</h2>
<div id="bookAuthors" class=""><span class='by'>by</span>
<div class='authorName__container'>
<a class="authorName" itemprop="url" href="https://www.goodreads.com/author/show/1.X"><span itemprop="name">{escape(book.author)}</span></a>
</div></div>
<div id="bookMeta" class="uitext stacked">{rating}</div>
<div id="descriptionContainer"><div id="description" class="readable stacked">{shown}{whole if short else ""}</div></div>
{genres}<div class="otherBooks"><a class="authorName" href="/x">Somebody Else</a></div>""",
        canonical=book.path,
    )


def present_book_page(book: SiteBook, embedded: bool = False) -> str:
    """A book in the present layout; what is hidden comes by a click, or (embedded) stands in the page's data."""
    long = len(book.description) > 100
    description = lines(book.description[:60] + "…" if long else book.description)
    more = '<div class="Button__container"><button type="button" aria-label="Book description, show more">Show more</button></div>'
    hidden = json.dumps(
        {"description": lines(book.description), "genres": [genre_button(each) for each in book.genres[7:]]}
    )
    section = f'<div class="TruncatedContent"><span class="Formatted">{description}</span>{more if long else ""}</div>'
    opener = f"""<script>
const hidden = {hidden.replace("<", chr(92) + "u003c")};
setTimeout(() => {{  // the page's own scripts get hold of its buttons a little later
document.querySelector('.TruncatedContent button')?.addEventListener('click', event => {{
  document.querySelector('.Formatted').innerHTML = hidden.description; event.target.textContent = 'Show less';
}});
document.querySelector('.CollapsableList button')?.addEventListener('click', event => {{
  event.target.closest('div').insertAdjacentHTML('beforebegin', hidden.genres.join('')); event.target.closest('div').remove();
}});
}}, 150);
</script>"""
    if embedded:
        opener = next_data(book)
    return present_layout(book, section, opener)


def genre_button(genre: str) -> str:
    return (
        f'<span class="BookPageMetadataSection__genreButton"><a href="{GOODREADS}/genres/{slug(genre)}" '
        f'class="Button Button--tag"><span class="Button__labelItem">{escape(genre)}</span></a></span>'
    )


def present_layout(book: SiteBook, description: str, scripts: str) -> str:
    name, _, number = book.series.partition(" #")
    series = (
        f'<h3 class="Text Text__title3 Text__italic"><a href="{GOODREADS}/series/1-x">{escape(name)}<!-- --> #{number}</a></h3>'
        if book.series
        else ""
    )
    more = (
        '<div class="Button__container"><button type="button" aria-label="Show all items in the list">'
        '<span class="Button__labelItem">...more</span></button></div>'
    )
    genres = (
        '<div data-testid="genresList" class="BookPageMetadataSection__genres"><ul class="CollapsableList">'
        '<span class="BookPageMetadataSection__genrePlainText">Genres</span>'
        + "".join(map(genre_button, book.genres[:7]))
        + (more if len(book.genres) > 7 else "")
        + "</ul></div>"
        if book.genres
        else ""
    )
    rating = f'<div class="RatingStatistics__rating" aria-hidden="true">{book.rating}</div>' if book.rating else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{escape(book.title)}</title>'
        f'<link href="{GOODREADS}/en{book.path}" rel="canonical"/>'
        f'<meta property="og:url" content="{GOODREADS}{book.path}"/></head><body><div id="__next">{HEADER}'
        f'<div class="BookPageTitleSection"><div class="BookPageTitleSection__title">{series}'
        f'<h1 class="Text Text__title1" data-testid="bookTitle">{escape(book.title)}</h1></div></div>'
        '<div class="BookPageMetadataSection"><div class="BookPageMetadataSection__contributor"><h3><div '
        'class="ContributorLinksList"><span><a class="ContributorLink" href="x"><span class="ContributorLink__name" '
        f'data-testid="name">{escape(book.author)}</span></a></span>, <span><a class="ContributorLink" href="y"><span '
        'class="ContributorLink__name">T. Ranslator</span> <span class="ContributorLink__role">(Translator)</span></a>'
        f"</span></div></h3></div>{rating}"
        f'<div data-testid="description" class="BookPageMetadataSection__description">{description}</div>{genres}</div>'
        '<div class="RelatedBooks"><span class="Formatted">Not this.</span><span class="ContributorLink__name">No One'
        f"</span></div></div>{INTERSTITIAL_HOLDER}{scripts}</body></html>"
    )


def next_data(book: SiteBook) -> str:
    state = {
        "ROOT_QUERY": {f'getBookByLegacyId({{"legacyId":"{book.number}"}})': {"__ref": "Book:kca://b"}},
        "Book:kca://a": {"title": "Another", "description": "Not this. " * 99, "bookGenres": []},
        "Book:kca://b": {
            "title": book.title,
            "description": lines(book.description),
            "bookGenres": [{"genre": {"name": genre}} for genre in book.genres],
        },
    }
    data = json.dumps({"props": {"pageProps": {"apolloState": state}}}).replace("</", "<\\/")
    return f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
