import re

import pytest

from website import create_app
from website.settings import Settings

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.mark.parametrize(
    "path",
    ["/", "/api/docs", "/api/openapi.json", "/api/v1/themes", "/nowhere", "/livez", "/metrics", "/static/site.js"],
)
def test_every_answer_carries_the_headers(client, path):
    headers = client.get(path, buffered=True).headers
    assert {part.strip() for part in headers["Content-Security-Policy"].split(";")} == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "microphone=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", ["/", "/?kind=poetic", "/api/docs", "/nowhere"])
def test_pages_hold_nothing_that_the_policy_forbids(client, path):
    page = client.get(path, headers={"Accept": "text/html"}).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


def test_texts_are_kept_in_no_cache_and_assets_are(client):
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert client.post("/api/v1/analyze", json={"text": "a text"}).headers["Cache-Control"] == "no-store"
    asset = re.search(r'href="(/static/site.css[^"]+)"', client.get("/").text).group(1)
    assert "immutable" in client.get(asset, buffered=True).headers["Cache-Control"]
    assert client.get("/static/site.css", buffered=True).headers["Cache-Control"] == "no-cache"


def test_https_is_made_lasting_behind_a_trusted_proxy(stand_in):
    client = create_app(Settings(proxies=1), model=stand_in).test_client()
    # For this host only: its keeper may have others under the same name.
    assert client.get("/", headers={"X-Forwarded-Proto": "https"}).headers["Strict-Transport-Security"] == (
        "max-age=31536000"
    )
    assert "Strict-Transport-Security" not in client.get("/").headers
