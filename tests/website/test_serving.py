"""gunicorn and its workers: what becomes of the requests in hand when a process ends, and what the log holds."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

pytest.importorskip("gunicorn", reason="serving needs: pip install 'textthema[web]'")

from tests.website.server import serve_website

BATCH = {"texts": ["The kettle sang while the rain argued with the roof, and neither of them won. " * 12] * 12}
SECONDS = 120


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def ask(website):
    """Ask for a batch: its status, or None if the connection was lost."""
    try:
        return website.post("/api/v1/classify", BATCH).status_code
    except httpx.TransportError:
        return None


def test_no_text_reaches_the_log(log):
    with serve_website(log, workers=1, TEXTTHEMA_RATE_LIMIT="3 per minute") as website:
        for body in ({"text": "quillon"}, {"text": "quillon" * 4000}, {"texts": ["quillon", ""]}, {"text": "quillon"}):
            website.post("/api/v1/analyze", body)
        website.get("/?kind=quillon")
        httpx.post(website.address, data={"text": "quillon"}, timeout=SECONDS, trust_env=False)
        httpx.get(website.address, headers={"Referer": "quillon"}, timeout=SECONDS, trust_env=False)
    written = log.read_text()
    assert "/api/v1/analyze" in written
    assert "quillon" not in written


def test_a_stop_lets_the_requests_in_hand_finish(log):
    with serve_website(log) as website, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, website) for _ in range(4)]
        website.wait_until(lambda: sum(website.in_place().values()) == 4)
        website.process.send_signal(signal.SIGTERM)
        assert [answer.result(SECONDS) for answer in asked] == [200] * 4
        assert website.process.wait(SECONDS) == 0


def test_a_connection_is_kept_only_while_nobody_waits(log):
    # As kept connections stay with their worker, a line would be kept, too, beside a worker that is idle.
    with (
        serve_website(log, workers=1) as website,
        httpx.Client(base_url=website.address, timeout=SECONDS, trust_env=False) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        assert client.get("/livez").headers["Connection"] == "keep-alive"
        asked = pool.submit(ask, website)
        website.wait_until(lambda: sum(website.in_place().values()) == 1)
        assert client.get("/livez").headers["Connection"] == "close"
        assert asked.result(SECONDS) == 200
        assert client.get("/livez").headers["Connection"] == "keep-alive"


def test_a_worker_that_is_killed_loses_its_own_requests_only(log):
    with serve_website(log) as website, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, website) for _ in range(4)]
        website.wait_until(lambda: sum(website.in_place().values()) == 4)
        in_hand = website.in_place()
        victim = min(in_hand, key=in_hand.get)
        os.kill(victim, signal.SIGKILL)
        answers = [answer.result(SECONDS) for answer in asked]
        assert answers.count(None) <= in_hand[victim]
        assert answers.count(200) == 4 - answers.count(None)
        website.wait_until(lambda: "textthema_worker_ends_total 1.0" in website.get("/metrics").text)
        assert victim not in website.in_place()
        assert ask(website) == 200
    assert f"(pid:{victim})" in log.read_text()
