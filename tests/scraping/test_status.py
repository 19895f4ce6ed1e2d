from textthema.scraping.journal import Journal
from textthema.scraping.kinds import QUOTES
from textthema.scraping.records import Quote
from textthema.scraping.status import status


def a_quote(number):
    return Quote(f"Words {number}.", "A", "", [], 0, "", str(number))


def test_what_is_done_left_failed_and_skipped_and_how_long_it_takes(tmp_path):
    with Journal(tmp_path / "j", "quotes") as journal:
        journal.plan([("https://x.org/quotes", "popular"), ("https://x.org/quotes/tag/sea", "sea")])
        journal.record(journal.next_page(), [a_quote(1), a_quote(2)], last=5, popups=3, seconds=90)
        journal.fail(journal.next_page(), "Unreachable: the site answered 500")
        journal.skip(journal.next_page(), "the site answered 404")
        told = status(journal, QUOTES)
    lines = told.splitlines()
    assert lines[0] == "2 quotes, 0 duplicates, 3 pop-ups closed"
    assert [line.split() for line in lines[2:5]] == [
        ["1", "2", "1", "1", "2", "popular"],
        ["0", "1", "0", "0", "0", "sea"],
        ["1", "3", "1", "1", "2", "in", "all"],
    ]
    assert "failed: https://x.org/quotes?page=2: Unreachable: the site answered 500" in lines
    assert "skipped: https://x.org/quotes?page=3: the site answered 404" in lines
    assert lines[-1] == "3 pages are left, as far as is known: about 0:04:30 at 90.0 s a page"


def test_before_the_first_page_and_after_the_last(tmp_path):
    with Journal(tmp_path / "j", "quotes") as journal:
        assert status(journal, QUOTES).endswith("nothing is left to fetch")
        journal.plan([("https://x.org/quotes", "popular")])
        assert status(journal, QUOTES).endswith("1 pages are left, as far as is known")


def test_many_troubles_and_many_series_are_cut_short(tmp_path):
    with Journal(tmp_path / "j", "book-details") as journal:
        journal.plan([(f"https://x.org/book/show/{n}", f"book {n}") for n in range(60)])
        while page := journal.next_page():
            journal.fail(page, "Unreachable: no answer")
        lines = status(journal, QUOTES).splitlines()
    assert not [line for line in lines if line.endswith("book 1")]
    assert "… and 40 more" in lines
