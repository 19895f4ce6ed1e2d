import pytest

from tests.scraping.chaos import endure

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("seed", [3, 4])
def test_whatever_happens_each_quote_is_there_once(tmp_path, chromium_path, seed):
    report = endure(tmp_path, pages=10, kills=5, seed=seed, per_page=12)
    assert report.equals_truth
    assert report.each_once
    assert report.pages == 10
    assert report.quotes == 8 * 12 - 1
    assert report.kills_of_scraper + report.kills_of_browser >= 4
    assert report.refetched <= report.kills_of_scraper + report.kills_of_browser
    assert report.left_running == 0
