import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from contextlib import closing

import pytest

pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")

import httpx
from gradio_client import Client
from gradio_client.exceptions import AppError

from tests.browser.space_server import serve_space
from textthema.errors import EmptyTextError, NotTextError, TextTooLongError

TIMEOUT_SECONDS = 120


def load_script(path):
    spec = importlib.util.spec_from_file_location(f"space_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def space(root):
    return root / "deployment_hf"


@pytest.fixture(scope="module")
def app(space):
    return load_script(space / "app.py")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("space") / "log"


@pytest.fixture(scope="module")
def address(space, log):
    with serve_space(space / "app.py", log) as address:
        yield address


@pytest.fixture(scope="module")
def client(address):
    with closing(Client(address, verbose=False, analytics_enabled=False)) as client:
        yield client


def ask(client, text, api_name="/themes"):
    return client.submit(text, api_name=api_name).result(timeout=TIMEOUT_SECONDS)


def score(label, probability=0.62, threshold=0.31):
    return {"label": label, "probability": probability, "threshold": threshold}


def found(themes=(), also=(), truncated=False, hashtags=()):
    return {"themes": list(themes), "also": list(also), "truncated": truncated, "hashtags": list(hashtags)}


def item(name="Osric Vale", shares=(), **more):
    return {"id": "author:osric-vale", "name": name, "score": 0.1, "shares": list(shares), **more}


# What the page shows


def test_a_bar_shows_percent_and_threshold_without_relying_on_colour(app):
    html = app.results_html("a text of five words", found([score("love")]))
    assert ">love<" in html
    assert ">62%<" in html
    assert ">31%<" in html
    assert 'aria-valuetext="62 percent, threshold 31 percent"' in html
    assert 'style="left:31%"' in html


def test_labels_are_escaped(app):
    html = app.results_html("a text of five words", found([score("<script>")], [score('"><img src=x>', 0.1)]))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_a_slug_is_shown_as_words(app):
    assert ">growing up<" in app.results_html("a text of five words", found([score("growing-up")]))


def test_what_came_near_stands_apart(app):
    html = app.results_html("a text of five words", found([score("love")], [score("loss", 0.2, 0.31)]))
    assert html.index("love") < html.index("Also considered") < html.index("loss")
    assert "20% of the 31% it needs" in html


def test_hashtags_come_with_a_button_that_copies_them(app):
    html = app.results_html("a text of five words", found([score("love")], hashtags=["#Love", "#LifeLessons"]))
    assert "<li>#Love</li> <li>#LifeLessons</li>" in html
    assert '<button type="button" class="copy">' in html
    assert "copy" not in app.results_html("a text of five words", found([score("love")]))


def test_cards_say_why(app):
    html = app.related_html(
        {
            "authors": [item(shares=["loneliness", "self-love"])],
            "books": [item("Tidebound", by="Osric Vale", franchise="The Tidebound", passage={"text": "Go slowly."})],
            "characters": [],
        }
    )
    assert "shares loneliness, self love" in html
    assert "by Osric Vale · The Tidebound" in html
    assert "<blockquote>Go slowly.</blockquote>" in html
    assert "Authors</h3>" in html and "Books</h3>" in html and "Characters" not in html


@pytest.mark.parametrize("related", [None, {}, {"authors": []}])
def test_nothing_related_leaves_no_trace(app, related):
    assert app.related_html(related) == ""


def test_names_and_passages_are_escaped(app):
    html = app.related_html({"authors": [item("<script>", by="<b>", passage={"text": "<img src=x>" * 99})]})
    assert "<script" not in html and "<b>" not in html and "<img" not in html
    assert len(html) < 2_000


def test_no_theme_over_its_threshold_is_said(app):
    html = app.results_html("a text of five words", found(also=[score("loss", 0.2)]))
    assert "No theme reached its threshold" in html


def test_a_short_text_comes_with_a_warning(app):
    assert "too short to judge" in app.results_html("Go home.", found([score("home")]))
    assert "too short to judge" not in app.results_html("Go home by the river.", found([score("home")]))


def test_truncation_is_said(app):
    assert "only its beginning was read" in app.results_html("word " * 500, found([score("home")], truncated=True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to read yet"),
        (" \n\t\u200b", "nothing to read yet"),
        ("w" * 20_001, "more than 20,000 characters"),
        ("\ud800 alone", "can&#x27;t be read"),
        (None, "can&#x27;t be read"),
    ],
)
def test_bad_text_becomes_a_sentence(app, text, message):
    html, *more = app.show(text)
    assert more == ["", ""]
    assert message in html
    assert "Traceback" not in html
    assert 'class="note"' in html


def test_markup_in_a_text_never_comes_back(app):
    assert "<script" not in "".join(app.show("<script>alert('the sea')</script> and then the sea went home"))


def test_nuances_are_marked_between_themes_and_what_to_explore(app, monkeypatch):
    said = {"score": 0.9, "threshold": 0.5, "present": True, "spans": []}
    simile = {**said, "spans": [{"start": 8, "end": 19, "text": "like a deer"}]}

    class Nuanced:
        def as_dict(self):
            heads = {"humor": said, "simile": simile, "metaphor": said}
            return found([score("love")]) | {"nuances": heads, "intents": {}, "intents_present": []}

    monkeypatch.setattr(app, "find_all", lambda _: Nuanced())
    results, nuances, explore = app.show("She ran like a deer.")
    assert ">like a deer</mark>" in nuances
    assert "<mark" not in results + explore


def test_a_model_without_heads_marks_nothing(app, monkeypatch):
    monkeypatch.setattr(app, "find_all", lambda _: type("Plain", (), {"as_dict": lambda _: found([score("love")])})())
    assert app.show("She ran like a deer.")[1] == ""


# What page and API share


@pytest.mark.parametrize(
    ("text", "error"), [("", EmptyTextError), ("w" * 20_001, TextTooLongError), (17, NotTextError)]
)
def test_bad_text_is_a_typed_error(app, text, error):
    with pytest.raises(error):
        app.find_all(text)


def test_themes_reach_their_thresholds_and_the_others_do_not(app):
    answer = app.themes(app.EXAMPLES["A poem"])
    assert set(answer) == {"themes", "also", "truncated"}
    assert all(theme["probability"] >= theme["threshold"] for theme in answer["themes"])
    assert all(theme["probability"] < theme["threshold"] for theme in answer["also"])
    json.dumps(answer)


def test_the_model_is_loaded_once(app):
    assert app.analyzer() is app.analyzer()


def test_every_example_has_a_theme(app):
    assert len(app.EXAMPLES) == 3
    for example in app.EXAMPLES.values():
        assert app.find_all(example).prediction.themes, example


# The API, served


def test_the_api_answers_what_the_page_shows(client, app):
    text = app.EXAMPLES["A synopsis"]
    assert ask(client, text) == app.themes(text)
    assert ask(client, text, "/analyze") == app.analyze(text)
    assert app.analyze(text)["hashtags"]


def test_the_api_names_what_is_wrong_with_a_text(client):
    with pytest.raises(AppError, match="empty"):
        ask(client, "  ")
    with pytest.raises(AppError, match="20,000 are the most"):
        ask(client, "w" * 20_001)
    with pytest.raises(AppError, match="empty"):
        ask(client, "  ", "/analyze")


def test_the_endpoints_are_tools_of_the_model_context_protocol(address):
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"Accept": "application/json, text/event-stream"}
    answer = httpx.post(
        f"{address}/gradio_api/mcp/", json=request, headers=accepted, timeout=TIMEOUT_SECONDS, trust_env=False
    )
    assert set(re.findall(r'"name":\s*"(\w+)"', answer.text)) == {"themes", "analyze", "genres"}


def test_only_the_named_endpoints_are_public(client):
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert list(named) == ["/themes", "/analyze", "/genres"]


def test_no_text_reaches_the_log(client, log):
    with pytest.raises(AppError):
        ask(client, "quillon" * 4_000)
    ask(client, "A quillon is the guard of a sword that has outlived its war.")
    assert "quillon" not in log.read_text(encoding="utf-8")


# The folder


def front_matter(space):
    lines = (space / "README.md").read_text(encoding="utf-8").split("---\n")[1].splitlines()
    return {key: value.strip(' "') for key, value in (line.split(":", 1) for line in lines if ":" in line)}


def pins(space):
    lines = (space / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ;")[0].split("==") for line in lines if line and not line.startswith("#"))


def test_front_matter_says_what_the_host_needs(space):
    matter = front_matter(space)
    assert matter["sdk"] == "gradio"
    assert matter["sdk_version"] == pins(space)["gradio"]
    assert matter["python_version"] == "3.11"
    assert matter["license"] == "apache-2.0"
    assert (space / matter["app_file"]).is_file()
    assert 0 < len(matter["short_description"]) <= 60
    assert matter["title"] and matter["emoji"] and matter["colorFrom"] and matter["colorTo"]


def test_requirements_are_pinned_and_only_for_serving(space):
    pinned = pins(space)
    assert all(re.fullmatch(r"\d[\w.]*", version) for version in pinned.values())
    assert {"gradio", "mcp", "numpy", "onnxruntime", "tokenizers", "tqdm"} <= set(pinned)
    assert not {"torch", "transformers", "fastai", "scikit-learn", "textthema"} & set(pinned)


def test_the_packed_library_is_the_sources(space):
    packer = load_script(space / "pack_library.py")
    with zipfile.ZipFile(space / "textthema.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    sources = packer.library_files()
    stale = sorted(name for name in packed.keys() | sources.keys() if packed.get(name) != sources.get(name))
    assert stale == [], "deployment_hf/textthema.zip is stale: make space-library"


def test_packing_twice_gives_the_same_file(space, tmp_path):
    packer = load_script(space / "pack_library.py")
    first, second = packer.pack(tmp_path / "first.zip"), packer.pack(tmp_path / "second.zip")
    assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.zip", "second.zip"]


def test_the_library_works_from_the_zip(space, tmp_path):
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import textthema; assert '.zip' in textthema.__file__, textthema.__file__\n"
        "classifier = textthema.ThemeClassifier.from_pretrained()\n"
        "assert classifier('The tide went home without its boats.').scores\n"
        "assert isinstance(textthema.themes_of(['humour']), list)\n"
    )
    command = [sys.executable, "-c", script, str(space / "textthema.zip")]
    subprocess.run(command, check=True, timeout=TIMEOUT_SECONDS, cwd=tmp_path)
