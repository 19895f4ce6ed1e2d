"""Every stage by its command, one after the other, from the sample to a model that classifies."""

import importlib.util
import json

import numpy as np
import pandas as pd
import pytest

from textthema import blurr_compat
from textthema.bundle import Bundle
from textthema.cli import main

pytestmark = pytest.mark.train


def test_cleaning_leaves_the_table_the_themes_and_a_report(built):
    table = pd.read_parquet(built / "clean" / "table.parquet")
    report = json.loads((built / "clean" / "report.json").read_text(encoding="utf-8"))
    assert report["rows_in"] - sum(report["dropped"].values()) == report["rows_out"] == len(table)
    themes = json.loads((built / "clean" / "tag_types_encoded.json").read_text(encoding="utf-8"))
    assert list(themes.values()) == list(range(103))
    assert {theme for themes_of_row in table["themes"] for theme in themes_of_row} <= set(themes)
    for name in ("report.md", "rows.png", "themes.png", "co-occurrence.png"):
        assert (built / "clean" / name).stat().st_size > 500


def test_the_report_holds_no_text_of_any_quote(built):
    table = pd.read_parquet(built / "clean" / "table.parquet")
    report = (built / "clean" / "report.json").read_text(encoding="utf-8") + (built / "clean" / "report.md").read_text(
        encoding="utf-8"
    )
    assert not [text for text in table["text"] if text in report]


def test_the_split_keeps_every_row_once_and_parts_no_author(built):
    table = pd.read_parquet(built / "clean" / "table.parquet")
    parts = [
        pd.read_parquet(built / "splits" / f"{name}.parquet")
        for name in ("train", "validation", "test", "seen_authors")
    ]
    assert sorted(pd.concat(parts)["id"]) == sorted(table["id"])
    authors = [set(part["author"].dropna()) for part in parts[:3]]
    assert set(parts[3]["author"]) <= authors[0]
    assert not (authors[0] & authors[1] or authors[0] & authors[2] or authors[1] & authors[2])


def test_training_leaves_validation_scores_and_history(built):
    with np.load(built / "run" / "validation_scores.npz", allow_pickle=False) as stored:
        rows = len(pd.read_parquet(built / "splits" / "validation.parquet"))
        assert stored["logits"].shape == stored["truth"].shape == (rows, 103)
        assert len(stored["groups"]) == rows
        assert stored["truth"].any(axis=1).all()
    assert (built / "run" / "history.csv").read_text().startswith("stage,epoch,train_loss,valid_loss,lrap")


def test_the_manifest_tells_the_whole_way(built):
    lineage = Bundle.read(built / "model").manifest["lineage"]
    assert [line["stage"] for line in lineage["stages"]] == ["clean", "split", "train", "tune"]
    assert lineage["gates"]["logit_difference"] < 1e-4


def test_the_model_classifies_a_file(built):
    tagged = pd.read_csv(built / "tagged.csv")
    assert list(tagged.columns) == ["text", "kind", "themes", "scores"]
    assert set(json.loads(tagged["scores"][0])) == set(Bundle.read(built / "model").labels)


def test_the_model_is_evaluated_with_intervals(built, capsys):
    arguments = ["evaluate", str(built / "splits" / "test.parquet"), "--model", str(built / "model"), "--json"]
    assert main([*arguments, "--bootstrap", "20"]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert set(metrics) == {"micro_f1", "macro_f1", "lrap", "map", "p_at_1", "p_at_5", "ece"}


def test_training_without_its_packages_says_what_to_type(built, monkeypatch, tmp_path, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(blurr_compat.importlib.util, "find_spec", lambda name: None if name == "blurr" else find(name))
    assert main(["train", str(built / "splits"), str(tmp_path / "run")]) == 3
    said = capsys.readouterr().err
    assert "blurr" in said
    assert "pip install --no-deps -r requirements-blurr.txt" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["clean", "nowhere.csv", "out"], "nowhere.csv"),
        (["split", "nowhere", "out"], "textthema clean"),
        (["train", "nowhere", "out"], "textthema split"),
        (["export", "nowhere", "nowhere", "out"], "textthema split"),
    ],
)
def test_a_stage_without_its_input_names_what_to_do(command, named, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
