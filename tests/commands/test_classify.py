import csv
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textthema.classifier import ThemeClassifier
from textthema.cli import main


def write_csv(path, texts, column="text"):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", column], *([f"00{i}", text] for i, text in enumerate(texts))])
    return path


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def fails(capsys, folder, arguments, code, *words):
    """Check that a command says why it fails, in one line, and leaves the folder as it was."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["classify", *map(str, arguments)]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    for word in words:
        assert word in captured.err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_csv(tmp_path, capsys, classifier, texts):
    source, target = write_csv(tmp_path / "in.csv", texts), tmp_path / "out.csv"
    assert main(["classify", str(source), str(target)]) == 0
    assert capsys.readouterr() == ("", "")
    rows = read_csv(target)
    assert [row["text"] for row in rows] == texts
    assert [row["id"] for row in rows] == [f"00{i}" for i in range(len(texts))]
    for row, prediction in zip(rows, classifier(texts), strict=True):
        assert json.loads(row["themes"]) == [theme.label for theme in prediction.themes]
        assert json.loads(row["scores"]) == pytest.approx(prediction.scores, abs=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_jsonl(tmp_path, classifier, texts):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps({"n": i, "poem": text}) + "\n" for i, text in enumerate(texts)))
    assert main(["classify", str(source), str(target), "--text-column", "poem"]) == 0
    records = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [record["n"] for record in records] == list(range(len(texts)))
    for record, prediction in zip(records, classifier(texts), strict=True):
        assert list(record) == ["n", "poem", "themes", "scores"]
        assert record["themes"] == [theme.label for theme in prediction.themes]
        assert record["scores"] == pytest.approx(prediction.scores, abs=1e-6)


def test_parquet(tmp_path, classifier, texts):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    arrow = pa.table({"text": texts, "n": pa.array(range(len(texts)), pa.int8())})
    pq.write_table(arrow, source)
    assert main(["classify", str(source), str(target)]) == 0
    written = pq.read_table(target)
    assert written.select(["text", "n"]).equals(arrow)
    for row, prediction in zip(written.to_pylist(), classifier(texts), strict=True):
        assert row["themes"] == [theme.label for theme in prediction.themes]
        assert dict(row["scores"]) == pytest.approx(prediction.scores, abs=1e-6)


def test_from_one_format_to_another(tmp_path, texts):
    source, target = write_csv(tmp_path / "in.csv", texts), tmp_path / "out.jsonl"
    assert main(["classify", str(source), str(target)]) == 0
    assert [json.loads(line)["id"] for line in target.read_text().splitlines()] == [f"00{i}" for i in range(len(texts))]


def test_an_old_result_is_replaced(tmp_path, texts):
    source, target = write_csv(tmp_path / "in.csv", texts[:1]), tmp_path / "out.csv"
    target.write_text("old")
    assert main(["classify", str(source), str(target)]) == 0
    assert len(read_csv(target)) == 1


def test_larger_batches(tmp_path, texts):
    source, target = write_csv(tmp_path / "in.csv", texts), tmp_path / "out.csv"
    assert main(["classify", str(source), str(target), "--token-budget", "400"]) == 0
    assert [row["text"] for row in read_csv(target)] == texts


def test_a_table_without_rows(tmp_path, capsys):
    source, target = write_csv(tmp_path / "in.csv", []), tmp_path / "out.csv"
    assert main(["classify", str(source), str(target)]) == 0
    assert target.read_text() == "id,text,themes,scores\n"
    assert capsys.readouterr().err == ""


def test_rows_without_text_are_kept_and_counted(tmp_path, capsys, texts):
    source, target = write_csv(tmp_path / "in.csv", ["", texts[0], " \t", *[""] * 5]), tmp_path / "out.csv"
    fails(capsys, tmp_path, [source, target], 2, "row 1,", "'text'", "--allow-empty")
    assert main(["classify", str(source), str(target), "--allow-empty"]) == 0
    rows = read_csv(target)
    assert [row["text"] for row in rows] == ["", texts[0], " \t", *[""] * 5]
    assert [row["scores"] == "{}" for row in rows] == [True, False, *[True] * 6]
    assert [row["themes"] == "[]" for row in rows if row["scores"] == "{}"] == [True] * 7
    err = capsys.readouterr().err
    assert "note: 7 of 8 rows have no text" in err
    assert "(rows 1, 3, 4, 5, 6, …)" in err


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_null_and_nan_are_rows_without_text(tmp_path, capsys, suffix, texts):
    source, target = tmp_path / "in.jsonl", tmp_path / f"out.{suffix}"
    source.write_text(json.dumps({"text": texts[0]}) + '\n{"text": null}\n{"text": NaN}\n{}\n')
    fails(capsys, tmp_path, [source, target], 2, "row 2,", "None")
    assert main(["classify", str(source), str(tmp_path / "out.jsonl"), "--allow-empty"]) == 0
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [bool(record["scores"]) for record in records] == [True, False, False, False]
    assert "note: 3 of 4 rows have no text" in capsys.readouterr().err
    arrow = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": [None, texts[0]]}), arrow)
    fails(capsys, tmp_path, [arrow, target], 2, "row 1,", "None")
    assert main(["classify", str(arrow), str(target), "--allow-empty"]) == 0
    assert "note: 1 of 2 rows have no text" in capsys.readouterr().err


def test_truncated_rows_are_counted(tmp_path, capsys, texts, bundle):
    source, target = write_csv(tmp_path / "in.csv", [texts[0], "sea " * 400]), tmp_path / "out.csv"
    assert main(["classify", str(source), str(target)]) == 0
    err = capsys.readouterr().err
    assert f"note: 1 of 2 rows are longer than {bundle.max_length} tokens" in err
    assert "(rows 2)" in err


def test_a_column_without_any_text(tmp_path, capsys):
    source = write_csv(tmp_path / "in.csv", ["", ""])
    allowed = ["--allow-empty"]
    fails(capsys, tmp_path, [source, tmp_path / "out.csv", *allowed], 2, "empty in all 2 rows", "'text'")
    nan = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": [float("nan")]}), nan)
    fails(capsys, tmp_path, [nan, tmp_path / "out.csv", *allowed], 2, "empty in all 1 rows")
    fails(capsys, tmp_path, [nan, tmp_path / "out.csv"], 2, "row 1,", "nan")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("7", ["row 2", "'text'", "7"]),
        ('["a list"]', ["row 2", "list"]),
        (r'"half \ud83d of a pair"', ["row 2", "surrogate", r"\ud83d"]),
        (json.dumps("w" * 1_000_000), ["row 2", "1,000,000 characters"]),
    ],
)
def test_cells_that_are_no_text_are_errors(tmp_path, capsys, cell, words):
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "A good one."}\n{"text": ' + cell + "}\n")
    fails(capsys, tmp_path, [source, tmp_path / "out.jsonl"], 2, *words)


def test_a_number_column_of_parquet_is_an_error(tmp_path, capsys):
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": [1.5]}), source)
    fails(capsys, tmp_path, [source, tmp_path / "out.parquet"], 2, "row 1", "1.5", "float")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("in.csv", b"poem\na\n", ["'text'", "poem"]),
        ("in.csv", b"text\ncaf\xe9\n", ["UTF-8", "line 2"]),
        ("in.csv", b"text\na\x00b\n", ["NUL"]),
        ("in.csv", b'text\n"never closed\n', ["line 2"]),
        ("in.csv", b"", ["empty"]),
        ("in.csv", b"text,themes\na,b\n", ["'themes'"]),
        ("in.csv", b"text,scores\na,b\n", ["'scores'"]),
        ("in.jsonl", b'{"text": "a"}\n{"text": \n', ["line 2"]),
        ("in.jsonl", b'{"text": "a", "themes": []}\n', ["'themes'"]),
        ("in.jsonl", b"", ["'text'"]),
        ("in.parquet", b"text\na\n", ["Parquet"]),
        ("in.txt", b"text\na\n", [".txt", ".csv"]),
    ],
)
def test_files_that_can_not_be_classified(tmp_path, capsys, name, content, words):
    source = tmp_path / name
    source.write_bytes(content)
    fails(capsys, tmp_path, [source, tmp_path / "out.csv"], 2, name, *words)


def test_a_missing_file(tmp_path, capsys):
    fails(capsys, tmp_path, [tmp_path / "gone.csv", tmp_path / "out.csv"], 2, "gone.csv")


@pytest.mark.parametrize("name", ["out.txt", "out", "nowhere/out.csv", "in.csv/out.csv", "folder.csv"])
def test_targets_that_can_not_be_written(tmp_path, capsys, texts, name):
    source = write_csv(tmp_path / "in.csv", texts[:1])
    (tmp_path / "folder.csv").mkdir()
    fails(capsys, tmp_path, [source, tmp_path / name], 2, name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path, capsys, texts):
    source = write_csv(tmp_path / "in.csv", texts[:1])
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    fails(capsys, tmp_path, [source, closed / "out.csv"], 2, "closed")


def test_in_and_out_must_differ(tmp_path, capsys, texts):
    source = write_csv(tmp_path / "in.csv", texts[:1])
    (tmp_path / "link.csv").symlink_to(source)
    fails(capsys, tmp_path, [source, source], 2, "IN and OUT")
    fails(capsys, tmp_path, [source, tmp_path / "link.csv"], 2, "IN and OUT")


def test_no_batch_without_texts(tmp_path, capsys, texts):
    source = write_csv(tmp_path / "in.csv", texts[:1])
    fails(capsys, tmp_path, [source, tmp_path / "out.csv", "--token-budget", "0"], 2, "token budget")


def test_a_tampered_model(tmp_path, capsys, model_copy, texts):
    source = write_csv(tmp_path / "in.csv", texts[:1])
    with (model_copy / "onnx" / "model_quantized.onnx").open("ab") as file:
        file.write(b"x")
    fails(capsys, tmp_path, [source, tmp_path / "out.csv", "--model", model_copy], 4, "model_quantized.onnx")
    (model_copy / "onnx" / "model_quantized.onnx").unlink()
    fails(capsys, tmp_path, [source, tmp_path / "out.csv", "--model", model_copy], 4, "model_quantized.onnx")


@pytest.mark.parametrize("method", ["tokenize", "infer", "labels_over"])
def test_ctrl_c_leaves_nothing_behind(tmp_path, capsys, monkeypatch, texts, method):
    source = write_csv(tmp_path / "in.csv", texts)

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(ThemeClassifier, method, interrupt)
    assert main(["classify", str(source), str(tmp_path / "out.csv")]) == 130
    assert list(tmp_path.iterdir()) == [source]
