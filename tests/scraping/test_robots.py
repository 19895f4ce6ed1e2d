import pytest

from textthema.errors import ChallengeError, UnreachableError
from textthema.scraping.outcomes import Loaded
from textthema.scraping.robots import Robots

RULES = """
User-agent: *
Disallow: /admin
Disallow: /*/secret
Crawl-delay: 4

User-agent: other
Disallow: /
"""
DAY = 24 * 3600


class Site:
    def __init__(self, text=RULES, **answer):
        self.asked, self.answer = [], {"html": f"<html><pre>{text}</pre></html>", **answer}

    def load(self, url):
        self.asked.append(url)
        return Loaded(url, url, **self.answer)


@pytest.mark.parametrize(
    ("path", "allowed"), [("/quotes", True), ("/admin/x", False), ("/quotes/secret", False), ("/", True)]
)
def test_rules_are_obeyed(path, allowed):
    assert Robots(Site().load).allows(f"https://x.org{path}") is allowed


def test_a_section_of_our_own_comes_first():
    rules = Robots(Site("User-agent: TextThema\nDisallow: /quotes\nCrawl-delay: 9\n\nUser-agent: *\nDisallow:").load)
    assert not rules.allows("https://x.org/quotes")
    assert rules.crawl_delay("https://x.org/quotes") == 9


def test_the_crawl_delay():
    assert Robots(Site().load).crawl_delay("https://x.org/a") == 4
    assert Robots(Site("").load).crawl_delay("https://x.org/a") == 0


def test_rules_are_read_once_a_site_and_day():
    now, site = [100.0], Site()
    rules = Robots(site.load, clock=lambda: now[0])
    for url in ("https://x.org/a", "https://x.org/b?c=d", "http://y.org:81/a"):
        rules.allows(url)
    assert site.asked == ["https://x.org/robots.txt", "http://y.org:81/robots.txt"]
    now[0] += DAY + 1
    rules.allows("https://x.org/a")
    assert len(site.asked) == 3


def test_a_site_without_rules_allows_everything():
    assert Robots(Site(status=404).load).allows("https://x.org/admin")


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 429}, {"fault": "net::ERR_CONNECTION_RESET"}])
def test_without_an_answer_nothing_may_be_fetched(answer):
    with pytest.raises(UnreachableError, match=r"robots\.txt"):
        Robots(Site(**answer).load).allows("https://x.org/quotes")


@pytest.mark.parametrize("answer", [{"status": 202}, {"headers": {"x-amzn-waf-action": "challenge"}}])
def test_a_challenge_in_place_of_the_rules(answer):
    with pytest.raises(ChallengeError):
        Robots(Site(**answer).load).allows("https://x.org/quotes")
