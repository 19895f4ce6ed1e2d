import sqlite3

import pytest

from textthema.errors import JournalError
from textthema.scraping.journal import DONE, FAILED, PENDING, SKIPPED, Journal
from textthema.scraping.markup import Reading
from textthema.scraping.records import Quote

LOVE, SEA = "https://x.org/quotes/tag/love", "https://x.org/quotes/tag/sea"
WAR = "https://x.org/quotes/tag/war"
SERIES = [(LOVE, "love"), (SEA, "sea")]


def quote(number, **fields):
    content = {"quote": f"Words {number}.", "author": "A", "book": "", "tags": ["t"], "likes": 1, "url": ""}
    return Quote(**content | fields, quote_id=str(number))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "x.journal.sqlite3"


@pytest.fixture
def journal(path):
    with Journal(path, "quotes") as opened:
        opened.plan(SERIES)
        yield opened


def settle_all(journal, *pages):
    for records, last in pages:
        journal.record(journal.next_page(), records, last)


def test_pages_come_in_the_order_of_the_plan_and_grow_by_discovery(journal):
    assert journal.next_page().url == LOVE
    assert journal.count(PENDING) == 2
    settle_all(journal, ([quote(1)], 3))
    assert journal.count(PENDING) == 3
    assert [journal.next_page().url for _ in range(2)] == [f"{LOVE}?page=2"] * 2
    settle_all(journal, ([quote(2)], 3), ([quote(3)], 3))
    assert journal.next_page().url == SEA
    settle_all(journal, ([quote(4)], 1))
    assert journal.next_page() is None
    assert journal.count(PENDING) == 0


def test_at_most_so_many_pages_of_each(journal):
    journal.plan(SERIES, last=2)
    settle_all(journal, ([quote(1)], 99), ([quote(2)], 99))
    assert journal.next_page().url == SEA
    assert journal.count(PENDING) == 1


def test_an_item_is_kept_once_with_the_pages_it_was_seen_on(journal):
    settle_all(journal, ([quote(1), quote(2), quote(1)], 2), ([quote(2), quote(3)], 2), ([quote(3), quote(1)], 1))
    assert [(fields["quote_id"], pages) for fields, pages in journal.records()] == [
        ("1", [LOVE, SEA]),
        ("2", [LOVE, f"{LOVE}?page=2"]),
        ("3", [f"{LOVE}?page=2", SEA]),
    ]
    assert len(journal) == 3
    love, sea = journal.counts()
    assert (love.done, love.items, love.new_items) == (2, 5, 3)
    assert (sea.done, sea.items, sea.new_items) == (1, 2, 0)


def test_the_table_follows_the_plan_not_the_order_of_the_run(journal):
    page = journal.next_page()
    journal.fail(page, "not now")
    journal.record(journal.next_page(), [quote(2)])
    assert journal.reopen_troubles() == 1
    journal.record(journal.next_page(), [quote(1)])
    assert [fields["quote_id"] for fields, _ in journal.records()] == ["1", "2"]


def test_the_newest_sight_of_an_item_counts_but_nothing_is_lost(journal):
    settle_all(journal, ([quote(1, book="B", likes=1)], 1), ([quote(1, book="", tags=[], likes=5)], 1))
    [(fields, _)] = journal.records()
    assert (fields["book"], fields["tags"], fields["likes"]) == ("B", ["t"], 5)


def test_failed_and_skipped_pages_are_told_with_their_reasons(journal):
    journal.fail(journal.next_page(), "Unreachable: no answer")
    journal.skip(journal.next_page(), "the site answered 404")
    assert journal.troubles() == [
        ("failed", LOVE, "Unreachable: no answer"),
        ("skipped", SEA, "the site answered 404"),
    ]
    assert [(page.url, page.reason) for page in journal.pages(FAILED)] == [(LOVE, "Unreachable: no answer")]
    assert journal.next_page() is None
    assert journal.reopen_troubles() == 2
    assert journal.next_page().url == LOVE


def test_troubles_outside_the_plan_are_left_alone(journal):
    journal.fail(journal.next_page(), "no answer")
    journal.plan([(SEA, "sea")])
    assert journal.pages(FAILED) == []
    assert journal.reopen_troubles() == 0
    assert len(journal.troubles()) == 1


def test_what_is_left_counts_as_far_as_the_plan_wants_it(journal):
    journal.plan(SERIES, last=2)
    settle_all(journal, ([quote(1)], 9), ([quote(2)], 9))
    assert [each.pending for each in journal.counts()] == [0, 1]
    assert (journal.count(DONE), journal.count(SKIPPED)) == (2, 0)
    journal.plan([(LOVE, "love")])
    assert [each.pending for each in journal.counts()] == [7, 0]


def test_another_run_goes_on_where_the_last_one_was(path, journal):
    settle_all(journal, ([quote(1)], 2))
    journal.close()
    with Journal(path, "quotes") as again:
        again.plan(SERIES)
        assert again.next_page().url == f"{LOVE}?page=2"
        assert len(again) == 1


def test_a_plan_with_other_series_leaves_the_rest_alone(path, journal):
    journal.close()
    with Journal(path, "quotes") as again:
        again.plan([(SEA, "sea")])
        assert again.next_page().url == SEA
        assert again.count(PENDING) == 1


def test_a_page_is_entered_whole_or_not_at_all(path, journal):
    page = journal.next_page()
    with pytest.raises(sqlite3.IntegrityError):
        journal.record(page, [quote(1), Quote("w", "a", "", [], 0, "", quote_id=None)], last=4)
    assert journal.next_page() == page
    assert len(journal) == 0
    assert journal.count(PENDING) == 2


def test_a_saved_page_needs_no_plan(journal):
    journal.record_saved([(WAR, Reading((quote(7),), number=3, last=4))])
    assert [pages for _, pages in journal.records()] == [[f"{WAR}?page=3"]]
    assert journal.count(PENDING) == 2
    assert journal.counts()[-1].pending == 0


def test_a_run_goes_on_from_a_saved_page(journal):
    journal.record_saved([(WAR, Reading((quote(7),), number=1, last=3))])
    journal.plan([(WAR, "war")])
    assert [page.number for page in journal.pages(PENDING)] == [2, 3]


def test_news_are_what_the_table_lacks(journal):
    journal.note_export()
    assert not journal.has_news()
    journal.record(journal.next_page(), [quote(1)])
    assert journal.has_news()
    journal.note_export()
    assert not journal.has_news()


def test_one_writer_at_a_time_but_readers_may_look_on(path, journal):
    with pytest.raises(JournalError, match="another run"):
        Journal(path, "quotes")
    with Journal(path, "quotes", writable=False) as reader:
        assert len(reader.counts()) == 2


def test_a_journal_holds_one_kind(path, journal):
    journal.close()
    with pytest.raises(JournalError, match="'quotes'"):
        Journal(path, "book-list")


def test_a_reader_finds_no_journal(tmp_path):
    with pytest.raises(JournalError, match="nothing was collected"):
        Journal(tmp_path / "none.sqlite3", "quotes", writable=False)
    assert not list(tmp_path.glob("none*"))


def test_a_file_that_is_no_journal(tmp_path):
    (tmp_path / "x").write_bytes(b"not a database, but long enough to be looked at " * 30)
    with pytest.raises(JournalError, match="no journal of ours"):
        Journal(tmp_path / "x", "quotes")


def test_a_journal_that_another_program_holds_is_not_to_be_moved_away(path, journal, monkeypatch):
    journal.close()
    monkeypatch.setattr("textthema.scraping.journal._BUSY_SECONDS", 0)
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="can't be used now: database is locked"):
        Journal(path, "quotes")
    other.close()


def test_a_folder_is_no_journal(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(JournalError, match="can't be used"):
        Journal(tmp_path / "x", "quotes")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="choose another"):
        Journal(tmp_path / "file" / "x", "quotes")


def test_lone_surrogates_can_be_kept(journal):
    journal.record(journal.next_page(), [quote(1, quote="half \ud83d a face")])
    [(fields, _)] = journal.records()
    assert fields["quote"] == "half ? a face"


def test_how_long_a_page_takes(journal):
    assert journal.seconds_a_page() is None
    journal.record(journal.next_page(), [quote(1)], last=1, seconds=2.0)
    journal.record(journal.next_page(), [quote(2)], last=1, seconds=4.0)
    assert journal.seconds_a_page() == 3.0
