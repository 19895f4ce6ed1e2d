import asyncio
import csv
import importlib.util
import json
import sys

import pytest

pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")

import gradio as gr

from textthema.errors import InputError


@pytest.fixture(scope="module")
def file_tab(root):
    spec = importlib.util.spec_from_file_location("file_tab", root / "deployment_hf" / "file_tab.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["file_tab"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def write(path, texts, column="text"):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", column], *([str(i), text] for i, text in enumerate(texts))])
    return path


def test_a_file_is_tagged_row_by_row(file_tab, tmp_path, classifier, texts):
    tracked = []
    (tmp_path / "out").mkdir()
    tagged = file_tab.tag(
        write(tmp_path / "poems.csv", [texts[0], "", texts[1]]),
        "text",
        classifier,
        tmp_path / "out",
        lambda some: (tracked.append(text) or text for text in some),
    )
    with tagged.path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = [[theme.label for theme in prediction.themes] for prediction in classifier(texts[:2])]
    assert [json.loads(row["themes"]) for row in rows] == [expected[0], [], expected[1]]
    assert [row["id"] for row in rows] == ["0", "1", "2"]
    assert tracked == texts[:2]
    assert tagged.path.name == "poems-themes.csv"
    assert tagged.n_texts == 2
    assert sum(tagged.counts.values()) == sum(map(len, expected))
    assert "1 of 3 rows have no text" in tagged.notes[0]


def test_json_lines_stay_json_lines(file_tab, tmp_path, classifier, texts):
    source = tmp_path / "poems.JSONL"
    source.write_text(json.dumps({"poem": texts[0], "n": 1}) + "\n")
    tagged = file_tab.tag(source, "poem", classifier, tmp_path)
    record = json.loads(tagged.path.read_text())
    assert list(record) == ["poem", "n", "themes", "scores"]


@pytest.mark.parametrize(
    ("name", "texts", "column", "message"),
    [
        ("a.csv", ["one"], "poem", "no column 'poem'"),
        ("a.csv", ["one"] * 5_001, "text", "5,001 rows, 5,000 are the most"),
        ("a.csv", ["w" * 10_000_001], "text", "larger than 10 MB"),
        ("a.csv", ["", ""], "text", "empty in all 2 rows"),
        ("a.txt", ["one"], "text", "neither .csv nor .jsonl"),
    ],
)
def test_a_bad_file_is_a_sentence_that_hides_where_it_lies(
    file_tab, tmp_path, classifier, name, texts, column, message
):
    source = write(tmp_path / name, texts)
    with pytest.raises(InputError, match=message):
        file_tab.tag(source, column, classifier, tmp_path)
    html, update = file_tab._shown(str(source), column, lambda: classifier, tmp_path, iter)
    assert 'class="note"' in html
    assert str(tmp_path) not in html
    assert update["visible"] is False


def test_a_column_that_would_be_written_twice_is_refused(file_tab, tmp_path, classifier):
    with pytest.raises(InputError, match="already has a column 'themes'"):
        file_tab.tag(write(tmp_path / "a.csv", ["one"], column="themes"), "themes", classifier, tmp_path)


def test_no_file_is_a_friendly_sentence(file_tab, tmp_path):
    html, _ = file_tab._shown(None, "text", lambda: None, tmp_path, iter)
    assert "no file yet" in html


def test_the_chart_counts_rows_and_escapes_labels(file_tab, tmp_path):
    tagged = file_tab.Tagged(tmp_path, file_tab.Counter({"<b>": 1, "growing-up": 4}), 7, ["note: 1 of 8 rows"])
    html = file_tab.chart_html(tagged)
    assert "7 texts read; 2 themes found." in html
    assert html.index("growing up") < html.index("&lt;b&gt;")
    assert ">4<" in html
    assert "width:100.0%" in html
    assert "width:25.0%" in html


def test_the_page_is_added_to_an_app(file_tab, classifier):
    async def build():
        with gr.Blocks(analytics_enabled=False) as demo:
            gr.HTML("first page")
        file_tab.add_page(demo, lambda: classifier)
        return demo

    # In a loop of ours: the one that Gradio makes where there is none is never closed.
    assert "file" in [page[0] for page in asyncio.run(build()).pages]
