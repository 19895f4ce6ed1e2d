"""The Space's page for books; its API is served in test_space.py's way and asked here."""

import importlib.util
import json
import sys
from contextlib import closing

import pytest

pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")

from gradio_client import Client
from gradio_client.exceptions import AppError

from tests.browser.space_server import serve_space
from textthema.errors import EmptyTextError, NotTextError, TextTooLongError

TIMEOUT_SECONDS = 120


def bar(genre):
    return f"<li>{genre['label']}</li>"


def also(scores):
    return f"<p>near: {len(scores)}</p>"


def note(sentence):
    return f"<em>{sentence}</em>"


@pytest.fixture(scope="module")
def tab(root):
    spec = importlib.util.spec_from_file_location("genres_tab", root / "deployment_hf" / "genres_tab.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
        (17, NotTextError, "can't be read"),
    ],
)
def test_bad_text_is_a_typed_error_and_on_the_page_a_sentence(tab, text, error, said):
    with pytest.raises(error):
        tab.find_genres(text)
    assert said in tab.show_genres(text, bar, also, note)


def test_the_example_has_genres_that_reach_their_thresholds(tab):
    found = tab.find_genres(tab.EXAMPLE)
    assert "mystery" in [genre["label"] for genre in found["genres"]]
    assert all(genre["probability"] >= genre["threshold"] for genre in found["genres"])
    assert not found["truncated"]
    json.dumps(found)


def test_the_page_shows_genres_and_what_came_near(tab):
    html = tab.show_genres(tab.EXAMPLE, bar, also, note)
    assert "<li>mystery</li>" in html
    assert "near: 5" in html


def test_a_long_description_is_said_to_be_cut(tab):
    assert "only its beginning was read" in tab.show_genres(tab.EXAMPLE * 8, bar, also, note)


def test_the_model_is_loaded_once_and_not_before_it_is_asked(root, tab):
    assert tab.classifier() is tab.classifier()
    code = "import sys; sys.path.insert(0, 'deployment_hf'); import app, genres_tab; app.build_demo();"
    code += "assert genres_tab._load.cache_info().currsize == 0"
    import subprocess

    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=TIMEOUT_SECONDS)


def test_the_api_answers_what_the_page_shows(client, tab):
    answer = client.submit(tab.EXAMPLE, api_name="/genres").result(timeout=TIMEOUT_SECONDS)
    assert answer == tab.find_genres(tab.EXAMPLE)
    with pytest.raises(AppError, match="empty"):
        client.submit(" ", api_name="/genres").result(timeout=TIMEOUT_SECONDS)
