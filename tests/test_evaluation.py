import csv
import json

import numpy as np
import pytest

from textthema.errors import InputError, MissingColumnError, NotEnoughDataError, NotTextError, UnknownFormatError
from textthema.evaluation import evaluate_file
from textthema.metrics import evaluate_scores

TEXTS = ["She kept the letter warm.", "We will plant it again.", "The clock forgave nobody.", "Bread, then talk."]


class KnowsLove:
    """Stands in for a classifier: it is sure of love where a text says letter, of hope otherwise."""

    collection = "quotes"
    labels = ("love", "hope", "time")
    thresholds = np.array([0.5, 0.5, 0.5], np.float32)

    def probabilities(self, texts, **_options):
        return np.array([[0.9, 0.2, 0.1] if "letter" in text else [0.1, 0.8, 0.2] for text in texts], np.float32)


def write_csv(path, rows, header=("text", "tags")):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def test_metrics_are_those_of_the_classifiers_scores(tmp_path):
    tags = [["love"], ["hope", "time"], ["time"], ["hope"]]
    path = write_csv(tmp_path / "rows.csv", zip(TEXTS, map(json.dumps, tags), strict=True))
    truth = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1], [0, 1, 0]], bool)
    clf = KnowsLove()
    report = evaluate_file(path, clf, n_bootstrap=20, seed=3)
    expected = evaluate_scores(truth, clf.probabilities(TEXTS), clf.thresholds, clf.labels, 20, 3)
    assert report.metrics == expected.metrics
    assert report.per_label == expected.per_label


def test_tags_are_brought_to_the_models_labels(tmp_path):
    path = write_csv(tmp_path / "rows.csv", [(TEXTS[0], '["Love-Quotes", "no-theme-of-this-model"]')])
    assert evaluate_file(path, KnowsLove()).metrics["p_at_1"].value == 1


def test_rows_that_say_nothing_are_left_out_and_counted(tmp_path):
    rows = [(TEXTS[0], '["love"]'), (TEXTS[1], "[]"), (TEXTS[2], ""), (TEXTS[3], '["spade"]'), ("  ", '["hope"]')]
    report = evaluate_file(write_csv(tmp_path / "rows.csv", rows), KnowsLove())
    assert report.counts["rows_in_file"] == 5
    assert report.counts["rows_without_text"] == 1
    assert report.counts["rows_without_theme"] == 3
    assert report.counts["rows"] == 1


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_other_formats_give_the_same_report(tmp_path, suffix):
    tags = [["love"], ["hope", "time"], None, ["hope"]]
    cells = [json.dumps(tag) if tag else "" for tag in tags]
    expected = evaluate_file(write_csv(tmp_path / "rows.csv", zip(TEXTS, cells, strict=True)), KnowsLove())
    path = tmp_path / f"rows.{suffix}"
    if suffix == "jsonl":
        lines = [json.dumps({"text": text, "tags": tag}) for text, tag in zip(TEXTS, tags, strict=True)]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table({"text": TEXTS, "tags": tags}), path)
    assert evaluate_file(path, KnowsLove()) == expected


def test_columns_may_have_other_names(tmp_path):
    path = write_csv(tmp_path / "rows.csv", [(TEXTS[0], '["love"]')], header=("quote", "shelves"))
    assert evaluate_file(path, KnowsLove(), "quote", "shelves").counts["rows"] == 1
    with pytest.raises(MissingColumnError, match="'text'"):
        evaluate_file(path, KnowsLove())


@pytest.mark.parametrize("cell", ["love, hope", '"love"', "[1]", '{"love": 1}', "['love']", "[" * 100_000])
def test_tags_that_are_no_json_list_are_named_with_their_row(tmp_path, cell):
    path = write_csv(tmp_path / "rows.csv", [(TEXTS[0], '["love"]'), (TEXTS[1], cell)])
    with pytest.raises(InputError, match="row 2"):
        evaluate_file(path, KnowsLove())


def test_a_cell_that_is_no_text_is_named_with_its_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": 7, "tags": ["love"]}', encoding="utf-8")
    with pytest.raises(NotTextError, match="row 1"):
        evaluate_file(path, KnowsLove())


def test_missing_values_are_rows_without_text(tmp_path):
    path = tmp_path / "rows.jsonl"
    lines = [
        '{"text": null, "tags": ["love"]}',
        '{"text": NaN, "tags": NaN}',
        '{"text": "A letter.", "tags": ["love"]}',
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert evaluate_file(path, KnowsLove()).counts["rows_without_text"] == 2


def test_a_file_without_any_theme_is_refused(tmp_path):
    path = write_csv(tmp_path / "rows.csv", [(TEXTS[0], '["spade"]'), ("", '["love"]')])
    with pytest.raises(NotEnoughDataError, match="none of the 2 rows"):
        evaluate_file(path, KnowsLove())


def test_wrong_suffix_is_refused(tmp_path):
    with pytest.raises(UnknownFormatError):
        evaluate_file(tmp_path / "rows.xlsx", KnowsLove())
