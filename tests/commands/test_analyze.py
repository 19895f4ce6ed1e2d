import io
import json
import sys

import pytest

from textthema.analysis import COLUMNS, Analyzer
from textthema.classifier import ThemeClassifier
from textthema.cli import main
from textthema.sources import read_table


class Stdin(io.TextIOWrapper):
    """Standard input that holds some bytes, or nothing and is a terminal."""

    def __init__(self, content, terminal=False):
        super().__init__(io.BytesIO(content), encoding="utf-8")
        self._terminal = terminal

    def isatty(self):
        return self._terminal


def fails(capsys, arguments, code, *words):
    assert main(["analyze", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    for word in words:
        assert word in captured.err


def test_themes_as_bars(capsys, classifier, texts):
    assert main(["analyze", texts[0]]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    prediction = classifier(texts[0])
    above, below = captured.out.split("Also considered")
    for part, scores in ((above, prediction.themes), (below, prediction.also)):
        lines = [line for line in part.splitlines() if line.endswith("%")]
        assert [line.split()[0] for line in lines] == [score.label for score in scores]
        assert [line.split()[-1] for line in lines] == [f"{score.probability:.0%}" for score in scores]
        bars = [line.split()[1] for line in lines]
        assert all(len(bar) == 31 and bar.count("│") == 1 for bar in bars)
    assert "tokens" not in captured.out


def test_json(capsys, classifier, texts):
    assert main(["analyze", "--json", texts[1]]) == 0
    answer = json.loads(capsys.readouterr().out)
    prediction = classifier(texts[1])
    assert list(answer)[:6] == ["themes", "also", "scores", "truncated", "n_tokens", "hashtags"]
    assert answer["hashtags"]
    assert [theme["label"] for theme in answer["themes"]] == [theme.label for theme in prediction.themes]
    assert [theme["label"] for theme in answer["also"]] == [theme.label for theme in prediction.also]
    assert answer["scores"] == pytest.approx(prediction.scores, abs=1e-6)
    assert answer["truncated"] is False
    for theme in answer["themes"]:
        assert theme["probability"] == pytest.approx(answer["scores"][theme["label"]])
        assert 0 <= theme["threshold"] <= 1


def test_hashtags_and_related_come_below(capsys, model_with_catalogue, texts):
    assert main(["analyze", texts[0], "--model", str(model_with_catalogue), "--top", "2"]) == 0
    out = capsys.readouterr().out
    parts = ["Themes", "Hashtags", "Related authors", "Related books", "Related characters", "Related franchises"]
    assert [line for line in out.splitlines() if line in parts] == parts
    assert "Tidebound" in out and "by Osric Vale" in out
    assert main(["analyze", texts[0], "--model", str(model_with_catalogue), "--json", "--top", "2"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [len(found) for found in answer["related"].values()] == [2, 2, 2, 1]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_file(tmp_path, capsys, model_with_catalogue, texts, suffix):
    source, target = tmp_path / "in.csv", tmp_path / f"out.{suffix}"
    source.write_text(f'id,poem\n1,"{texts[0]}"\n2,\n3,"{texts[4]}"\n', encoding="utf-8")
    options = ["--text-column", "poem", "--top", "2", "--allow-empty", "--model", str(model_with_catalogue)]
    assert main(["analyze", str(source), str(target), *options]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "note: 1 of 3 rows have no text; their results are empty (rows 2)\n"
    rows = [dict(zip(table.columns, row, strict=True)) for table in [read_table(target)] for row in table.rows()]
    assert [row["poem"] for row in rows][::2] == [texts[0], texts[4]]
    for row in rows:
        if suffix == "csv":
            row |= {name: json.loads(row[name] or "null") for name in ("themes", "hashtags", "related")}
    analyzer = Analyzer.from_pretrained(model_with_catalogue)
    for row, text in zip(rows[::2], (texts[0], texts[4]), strict=True):
        found = analyzer(text, top=2).as_dict()
        assert row["hashtags"] == found["hashtags"]
        assert [theme["label"] for theme in row["themes"]] == [theme["label"] for theme in found["themes"]]
        for kinds, hits in found["related"].items():
            assert [hit["id"] for hit in row["related"][kinds]] == [hit["id"] for hit in hits]
            assert [hit["score"] for hit in row["related"][kinds]] == pytest.approx([hit["score"] for hit in hits])
    assert (rows[1]["themes"], rows[1]["hashtags"], rows[1]["related"]) == ([], [], None)


def test_a_file_without_a_catalogue_has_no_related(tmp_path, texts, bundle_without_catalogue):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"text": texts[0]}) + "\n")
    assert main(["analyze", str(source), str(target), "--model", str(bundle_without_catalogue)]) == 0
    assert json.loads(target.read_text())["related"] is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("in.csv", b"poem\na\n", ["'text'"]),
        ("in.csv", b"id,text\n1,a\n2,\n", ["row 2", "--allow-empty"]),
        ("in.csv", b"text,hashtags\na,b\n", ["'hashtags'"]),
        ("in.csv", b"text\ncaf\xe9\n", ["UTF-8"]),
        ("in.jsonl", b'{"text": NaN}\n', ["row 1"]),
        ("in.jsonl", rb'{"text": "half \ud83d"}', ["row 1", "surrogate"]),
        ("gone.csv", None, ["gone.csv"]),
    ],
)
def test_files_that_can_not_be_analyzed(tmp_path, capsys, name, content, words):
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    fails(capsys, [str(source), str(tmp_path / "out.csv")], 2, *words)
    assert not (tmp_path / "out.csv").exists()


def test_out_needs_a_file_and_top_a_number(capsys, tmp_path):
    fails(capsys, ["-", str(tmp_path / "out.csv")], 2, "standard input")
    fails(capsys, ["A text.", "--top", "0"], 2, "--top")


def test_ctrl_c_leaves_nothing_behind(tmp_path, monkeypatch, texts):
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"text": texts[0]}) + "\n")

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(ThemeClassifier, "infer", interrupt)
    assert main(["analyze", str(source), str(tmp_path / "out.csv")]) == 130
    assert list(tmp_path.iterdir()) == [source]


def test_no_theme_over_its_threshold(capsys, monkeypatch):
    monkeypatch.setattr(ThemeClassifier, "labels_over", lambda *_: [])
    assert main(["analyze", "Anything."]) == 0
    out = capsys.readouterr().out
    assert out.startswith("No theme reaches its threshold.\n")
    assert "Also considered" in out


def test_truncation_is_noted(capsys, bundle):
    assert main(["analyze", "sea " * 400]) == 0
    assert f"has 402 tokens; the model read the first {bundle.max_length}" in capsys.readouterr().out
    assert main(["analyze", "--json", "sea " * 400]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["truncated"] is True
    assert answer["n_tokens"] == 402


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input(capsys, monkeypatch, arguments, texts):
    assert main(["analyze", "--json", texts[2]]) == 0
    expected = capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", Stdin(b"\xef\xbb\xbf" + texts[2].encode() + b"\r\n"))
    assert main(["analyze", "--json", *arguments]) == 0
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("text", ["Море молчит.", "夜の海は静かだった", "اللیل", "🌊"])
def test_other_scripts(capsys, text):
    assert main(["analyze", text]) == 0
    assert "%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        (" \u200b", ["empty"]),
        ("half \udce9", ["surrogate", "\\udce9"]),
        ("w" * 1_000_000, ["1,000,000 characters"]),
    ],
)
def test_texts_that_can_not_be_read(capsys, text, words):
    fails(capsys, [text], 2, *words)
    fails(capsys, ["--json", text], 2, *words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["empty"]),
        (b"\n\n", ["empty"]),
        (b"fine, then \xff\xfe", ["not UTF-8", "byte 12"]),
        (b"\x00\x01\x02", ["empty"]),
        (b"\x89PNG\r\n", ["not UTF-8"]),
        (b"w" * 1_000_000, ["100,000 characters"]),
    ],
)
def test_standard_input_that_can_not_be_read(capsys, monkeypatch, content, words):
    monkeypatch.setattr(sys, "stdin", Stdin(content))
    fails(capsys, [], 2, *words)


def test_a_terminal_is_not_waited_for(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Stdin(b"", terminal=True))
    fails(capsys, [], 2, "no text")


def test_another_model(capsys, model_copy, texts):
    assert main(["analyze", texts[0]]) == 0
    expected = capsys.readouterr().out
    assert main(["analyze", texts[0], "--model", str(model_copy)]) == 0
    assert capsys.readouterr().out == expected


def test_models_that_can_not_be_used(capsys, model_copy, tmp_path):
    fails(capsys, ["A text.", "--model", str(tmp_path / "nowhere")], 4, "nowhere")
    (model_copy / "tokenizer.json").unlink()
    fails(capsys, ["A text.", "--model", str(model_copy)], 4, "tokenizer.json", "missing")
    (model_copy / "config.json").write_text("{}")
    fails(capsys, ["A text.", "--model", str(model_copy)], 4, "config.json")


def test_the_help_names_every_column(capsys):
    with pytest.raises(SystemExit):
        main(["analyze", "--help"])
    shown = capsys.readouterr().out
    assert [name for name in COLUMNS if f"\n  {name} " not in shown] == []
