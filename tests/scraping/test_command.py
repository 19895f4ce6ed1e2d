"""The three scripts as users start them."""

import json
import signal
import subprocess
import sys

import pytest

from tests.scraping.processes import ended
from tests.scraping.replica import markup
from tests.scraping.replica.content import a_site, book_row
from tests.scraping.replica.faults import Fault, first
from tests.scraping.replica.server import Replica

SCRIPTS = ("nlp_dataset_scraper", "book_url_scraper", "book_details_scraper")
QUICK = ("--delay", "0", "--backoff", "0.05", "--timeout", "20")
SECONDS = 120


@pytest.fixture
def replica(chromium_path):
    with Replica(a_site(), slow_seconds=20) as served:
        yield served


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_has_examples_and_defaults(run, script):
    done = run(script, "--help")
    assert done.returncode == 0
    assert f"python scraper/{script}.py --status" in done.stdout
    for option in ("--out", "--from-html", "--retry-failed", "--headed", "--grid", "--delay"):
        assert option in done.stdout
    assert "3.0" in done.stdout


def test_the_default_topics(run):
    topics = (
        "popular inspirational-quotes death wisdom life truth success time love science humor god motivational "
        "life-lessons happiness"
    )
    assert topics in " ".join(run(SCRIPTS[0], "--help").stdout.split())


@pytest.mark.parametrize(
    ("script", "arguments", "says"),
    [
        (SCRIPTS[0], ["--pages", "0"], "whole number"),
        (SCRIPTS[0], ["--delay", "-1"], "number of seconds"),
        (SCRIPTS[0], ["--delay", "nan"], "number of seconds"),
        (SCRIPTS[0], ["--site", "goodreads.com"], "web address"),
        (SCRIPTS[0], ["--site", "http://["], "web address"),
        (SCRIPTS[0], ["--grid", "127.0.0.1:4444"], "web address"),
        (SCRIPTS[0], ["--timeout", "1e15"], "number of seconds"),
        (SCRIPTS[0], ["--pages", "9" * 30], "whole number"),
        (SCRIPTS[0], ["--out", "."], "is a folder"),
        (SCRIPTS[0], ["--out", ""], "is a folder"),
        (SCRIPTS[0], ["--out", "/dev/null"], "choose another --out"),
        (SCRIPTS[0], ["--status", "--out", "none.csv"], "nothing was collected"),
        (SCRIPTS[0], ["--from-html", "none.html", "--out", "x.csv"], "none.html"),
        (SCRIPTS[0], ["--topics", " ", "--out", "x.csv"], "nothing to collect"),
        (SCRIPTS[2], ["--urls", "none.csv", "--out", "x.csv"], "book_url_scraper.py writes such a file"),
    ],
)
def test_bad_input_is_named(run, tmp_path, script, arguments, says):
    done = run(script, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("content", "says"), [("title\nA\n", "no column url"), ("url\nftp:x\n", "no web address")])
def test_a_list_of_books_that_is_none(run, tmp_path, content, says):
    (tmp_path / "urls.csv").write_text(content)
    done = run(SCRIPTS[2], "--urls", "urls.csv", "--out", "x.csv")
    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.parametrize("option", [["--from-html", "p.html"], ["--topics", "love"]])
def test_a_file_of_another_s_is_not_written_over(run, tmp_path, option):
    (tmp_path / "p.html").write_text(markup.quotes_page(a_site(), "/quotes", 1), encoding="utf-8")
    (tmp_path / "q.csv").write_text("mine\n")
    done = run(SCRIPTS[0], *option, "--out", "q.csv")
    assert done.returncode == 2
    assert "there is no journal beside it" in done.stderr
    assert (tmp_path / "q.csv").read_text() == "mine\n"


def test_nobody_reads_the_status_to_its_end(root, run, tmp_path):
    (tmp_path / "p.html").write_text(markup.quotes_page(a_site(), "/quotes", 1), encoding="utf-8")
    (tmp_path / "q.csv").touch()
    assert run(SCRIPTS[0], "--from-html", "p.html", "--out", "q.csv").returncode == 0
    command = [sys.executable, str(root / "scraper" / f"{SCRIPTS[0]}.py"), "--status", "--out", str(tmp_path / "q.csv")]
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)) as scraper:
        scraper.stdout.close()
        assert b"Traceback" not in scraper.stderr.read()


def test_saved_pages_need_no_browser(run, tmp_path, read_csv, monkeypatch):
    monkeypatch.setenv("CHROME_BIN", "/nowhere")
    site = a_site()
    (tmp_path / "p.html").write_text(markup.quotes_page(site, "/quotes", 1), encoding="utf-8")
    done = run(SCRIPTS[0], "--from-html", "p.html", "--out", "q.csv")
    assert done.returncode == 0, done.stderr
    assert "30 quotes in 1 pages; 29 are in q.csv" in done.stdout
    assert len(read_csv(tmp_path / "q.csv")) == 29


def test_a_saved_page_of_the_wrong_kind_is_an_error_and_no_table(run, tmp_path):
    (tmp_path / "p.html").write_text(markup.list_page(a_site(), "/list/show/1.Lamps", 1), encoding="utf-8")
    done = run(SCRIPTS[0], "--from-html", "p.html", "--out", "q.csv")
    assert done.returncode == 6
    assert "LayoutChanged" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["p.html"]


def test_a_missing_package_is_named(root, tmp_path):
    code = (
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'selenium' else find(name, *rest)\n"
        f"sys.argv = ['scraper', '--out', {str(tmp_path / 'q.csv')!r}]\n"
        f"runpy.run_path({str(root / 'scraper' / SCRIPTS[0])!r} + '.py', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 3
    assert "selenium" in done.stderr
    assert "pip install" in done.stderr


@pytest.mark.browser
def test_quotes_of_several_topics_then_the_status(run, replica, tmp_path, read_csv):
    topics = ["popular", "Sea", f"{replica.address}/quotes/tag/love"]
    arguments = ["--site", replica.address, "--topics", *topics, "--out", "q.csv"]
    done = run(SCRIPTS[0], *arguments, *QUICK)
    assert done.returncode == 0, done.stderr
    rows = read_csv(tmp_path / "q.csv")
    assert rows == replica.site.quote_rows(replica.address, ["/quotes", "/quotes/tag/sea", "/quotes/tag/love"])
    assert "duplicates" in done.stderr
    told = run(SCRIPTS[0], "--status", "--out", "q.csv").stdout
    assert f"{len(rows)} quotes" in told
    assert "nothing is left to fetch" in told
    visits = len(replica.visits)
    assert run(SCRIPTS[0], *arguments, *QUICK).returncode == 0
    assert len(replica.visits) == visits


@pytest.mark.browser
def test_from_a_list_to_the_details_of_its_books(run, replica, tmp_path, read_csv):
    replica.site.books = replica.site.books[:8]
    done = run(SCRIPTS[1], "--site", replica.address, "--lists", "1.Lamps", "--out", "urls.csv", *QUICK)
    assert done.returncode == 0, done.stderr
    listed = read_csv(tmp_path / "urls.csv")
    assert [row["title"] for row in listed] == [book.listed_title for book in replica.site.books]
    replica.schedule = first(Fault.POPUP_ON_SCROLL)
    done = run(SCRIPTS[2], "--urls", "urls.csv", "--out", "details.csv", *QUICK)
    assert done.returncode == 0, done.stderr
    assert read_csv(tmp_path / "details.csv") == [book_row(book) for book in replica.site.books]


@pytest.mark.browser
def test_a_challenge_ends_the_run_with_a_plain_message_and_failed_pages_can_be_retried(
    run, replica, tmp_path, read_csv
):
    arguments = ["--site", replica.address, "--topics", "popular", "--pages", "3", "--out", "q.csv", *QUICK]
    replica.schedule = lambda path, _: Fault.CHALLENGE if path.endswith("page=2") else None
    done = run(SCRIPTS[0], *arguments)
    assert done.returncode == 6
    assert "Challenge: the site answered 202" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(read_csv(tmp_path / "q.csv")) == 29
    replica.schedule = lambda path, _: Fault.RENAMED if path.endswith("page=2") else None
    done = run(SCRIPTS[0], *arguments)
    assert done.returncode == 6
    assert "--retry-failed" in done.stderr
    assert "failed: " in run(SCRIPTS[0], "--status", "--out", "q.csv").stdout
    replica.schedule = first()
    done = run(SCRIPTS[0], *arguments, "--retry-failed")
    assert done.returncode == 0, done.stderr
    assert len(read_csv(tmp_path / "q.csv")) == 89


@pytest.mark.browser
def test_robots_txt_is_obeyed(run, replica, tmp_path):
    replica.robots = "User-agent: *\nDisallow: /quotes"
    done = run(SCRIPTS[0], "--site", replica.address, "--topics", "popular", "--out", "q.csv", *QUICK)
    assert replica.visits == []
    assert done.returncode == 6
    assert "nothing was found" in done.stderr
    assert "robots.txt does not allow it" in run(SCRIPTS[0], "--status", "--out", "q.csv").stdout


@pytest.mark.browser
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_it_ends_cleanly_and_goes_on_later(root, replica, run, tmp_path, read_csv, name):
    arguments = ["--site", replica.address, "--topics", "popular", "--out", str(tmp_path / "q.csv"), *QUICK]
    command = [sys.executable, str(root / "scraper" / f"{SCRIPTS[0]}.py"), *arguments]
    with ended(subprocess.Popen(command, stderr=subprocess.PIPE, text=True)) as scraper:
        replica.on_visit = lambda number: scraper.send_signal(signal.Signals[name]) if number == 4 else None
        _, said = scraper.communicate(timeout=SECONDS)
    assert scraper.returncode == 130
    assert "the same command goes on from here" in said
    assert "Traceback" not in said
    assert len(read_csv(tmp_path / "q.csv")) >= 59
    assert not (tmp_path / "q.csv.browser").exists()
    replica.on_visit = lambda _: None
    assert run(SCRIPTS[0], *arguments).returncode == 0
    assert read_csv(tmp_path / "q.csv") == replica.site.quote_rows(replica.address, ["/quotes"])


@pytest.mark.browser
def test_what_was_scraped_goes_straight_into_cleaning(run, replica, tmp_path):
    pytest.importorskip("datasketch")
    from textthema.cli import main

    done = run(SCRIPTS[0], "--site", replica.address, "--topics", "popular", "--out", "q.csv", *QUICK)
    assert done.returncode == 0, done.stderr
    assert main(["clean", str(tmp_path / "q.csv"), str(tmp_path / "clean")]) == 0
    report = json.loads((tmp_path / "clean" / "report.json").read_text(encoding="utf-8"))
    assert report["rows_in"] == len({quote.number for quote in replica.site.quotes})
    assert report["rows_out"] > 300


def test_book_details_are_read_as_a_collection_s_raw_table(run, tmp_path):
    from textthema.collection import BOOKS
    from textthema.raw import read_raw

    site = a_site()
    (tmp_path / "b.html").write_text(markup.present_book_page(site.books[1], embedded=True), encoding="utf-8")
    assert run(SCRIPTS[2], "--from-html", "b.html", "--out", "details.csv").returncode == 0
    [row] = read_raw(tmp_path / "details.csv", BOOKS).to_dict("records")
    assert row["text"] == site.books[1].description
    assert row["tags"] == list(site.books[1].genres)
