"""The Space's page for books; its API is served in test_space.py's way and asked here."""

import importlib
import json
import subprocess
import sys
from contextlib import closing

import pytest

pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")

from gradio_client import Client
from gradio_client.exceptions import AppError

from tests.browser.space_server import serve_space
from textthema.errors import EmptyTextError, NotTextError, TextTooLongError

TIMEOUT_SECONDS = 120


@pytest.fixture(scope="module")
def tab(root):
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(root / "deployment_hf"))
        yield importlib.import_module("genres_tab")


@pytest.fixture(scope="module")
def client(root, tmp_path_factory):
    log = tmp_path_factory.mktemp("books") / "log"
    with (
        serve_space(root / "deployment_hf" / "app.py", log) as address,
        closing(Client(address, verbose=False, analytics_enabled=False)) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("  ", EmptyTextError, "nothing to read yet"),
        ("w" * 20_001, TextTooLongError, "more than 20,000 characters"),
        (17, NotTextError, "can&#x27;t be read"),
    ],
)
def test_bad_text_is_a_typed_error_and_on_the_page_a_sentence(tab, text, error, said):
    with pytest.raises(error):
        tab.find_genres(text)
    assert said in tab.show_genres(text)


def test_the_example_has_genres_that_reach_their_thresholds(tab):
    found = tab.find_genres(tab.EXAMPLE)
    assert "mystery" in [genre["label"] for genre in found["genres"]]
    assert all(genre["probability"] >= genre["threshold"] for genre in found["genres"])
    assert not found["truncated"]
    json.dumps(found)


def test_the_page_shows_genres_and_what_came_near(tab):
    html = tab.show_genres(tab.EXAMPLE)
    assert '<span class="label">mystery</span>' in html
    assert "the genre’s threshold" in html
    assert html.index("mystery") < html.index("Also considered")


def test_a_long_description_is_said_to_be_cut(tab):
    assert "only its beginning was read" in tab.show_genres(tab.EXAMPLE * 8)


def test_the_model_is_loaded_once_and_not_before_it_is_asked(root, tab):
    assert tab.classifier() is tab.classifier()
    code = """
import sys
sys.path.insert(0, "deployment_hf")
import app
from textthema.classifier import ThemeClassifier
ThemeClassifier.from_pretrained = None
app.build_demo()
"""
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=TIMEOUT_SECONDS)


def test_the_api_answers_what_the_page_shows(client, tab):
    answer = client.submit(tab.EXAMPLE, api_name="/genres").result(timeout=TIMEOUT_SECONDS)
    assert answer == tab.find_genres(tab.EXAMPLE)
    with pytest.raises(AppError, match="empty"):
        client.submit(" ", api_name="/genres").result(timeout=TIMEOUT_SECONDS)
