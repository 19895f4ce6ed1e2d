import re

import pytest

from website.pages import FEWEST_WORDS
from website.samples import SAMPLES

TEXT = "We were young, and the river was older than it looked."
FETCH = {"X-Requested-With": "fetch"}


def read(client, text, **headers):
    return client.post("/", data={"text": text}, headers={"Accept": "text/html", **headers})


def test_the_page_comes_without_waiting_for_the_model(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "will appear here" in page.text
    assert "<textarea" in page.text


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
def test_a_sample_is_put_into_the_box(client, sample):
    assert sample.text.split("\n")[0] in client.get(f"/?kind={sample.kind}").text.split("</textarea>")[0]


def test_an_unknown_kind_is_an_empty_box(client):
    assert re.search(r"<textarea[^>]*>\s*</textarea>", client.get("/?kind=<script>").text)


def test_every_part_of_a_reading_is_shown(client):
    page = read(client, TEXT)
    assert page.status_code == 200
    for shown in (
        '<span class="label">growing up</span> <span class="share">41%</span>',
        "41 percent, threshold 30 percent",
        "22% of the 30% it needs",
        "#Love #GrowingUp #Patience",
        "70%",
        "<strong>consolation</strong> 60%",
        "Mara Quill",
        "by Mara Quill",
        "shares love, growing up",
        "The Lamp Road",
    ):
        assert shown in page.text, shown
    assert "metaphor" not in page.text
    assert TEXT in page.text  # still in the box


def test_parts_that_the_model_lacks_are_absent(client, stand_in):
    whole = stand_in.analyze
    stand_in.analyze = lambda text: {part: whole(text)[part] for part in ("themes", "also", "truncated")}
    page = read(client, TEXT).text
    assert "growing up" in page
    for absent in ("Hashtags", "How it speaks", "What it wants", "Near it"):
        assert absent not in page


def test_no_theme_over_its_threshold_is_said(client, stand_in):
    whole = stand_in.analyze
    stand_in.analyze = lambda text: {**whole(text), "themes": [], "truncated": True}
    page = read(client, TEXT).text
    assert "No theme reached its threshold" in page
    assert "only its beginning was read" in page


def test_the_script_gets_the_reading_alone(client):
    fragment = read(client, TEXT, **FETCH)
    assert "<html" not in fragment.text
    assert "growing up" in fragment.text


def test_a_short_text_comes_with_a_warning(client):
    assert "too short to judge" in read(client, "word " * (FEWEST_WORDS - 1)).text
    assert "too short to judge" not in read(client, "word " * FEWEST_WORDS).text


@pytest.mark.parametrize("headers", [{}, FETCH])
@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("", 422, "nothing to read yet"),
        (" \u200b\n", 422, "nothing to read yet"),
        ("w" * 20_001, 413, "more than 20,000"),
    ],
)
def test_bad_text_becomes_a_sentence(client, text, status, words, headers):
    page = read(client, text, **headers)
    assert page.status_code == status
    assert words in page.text


def test_twenty_thousand_characters_in_lines_are_read(client):
    lines = ("é" * 99 + "\r\n") * 200
    assert len(lines.replace("\r\n", "\n")) == 20_000
    assert read(client, lines).status_code == 200


def test_a_form_without_a_text_is_an_empty_one(client):
    assert client.post("/").status_code == 422


def test_too_large_a_form_is_a_page_that_says_so(client):
    page = read(client, "w" * 1_000_001)
    assert page.status_code == 413
    assert "<html" in page.text


@pytest.mark.parametrize("markup", ["<script>alert(1)</script> and more", '"><img src=x onerror=alert(1)> and more'])
@pytest.mark.parametrize("headers", [{}, FETCH])
def test_markup_stays_text(client, markup, headers):
    page = read(client, markup, **headers).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_an_unknown_address_is_a_page_for_who_asked_for_one(client):
    page = client.get("/nowhere", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<h1>Not Found</h1>" in page.text


def test_the_page_is_small(client):
    page = client.get("/").text
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(assets) == 3
    total = len(page.encode()) + sum(len(client.get(asset, buffered=True).data) for asset in assets)
    assert total < 150_000
    assert total < 40_000
