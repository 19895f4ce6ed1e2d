"""Variants of the recipe, tried on the sample with a tiny encoder: what is written, not which is best."""

import json
from dataclasses import replace

import exploration
import pytest

from textthema.errors import InputError

pytestmark = pytest.mark.train


@pytest.fixture
def quick(monkeypatch, tiny_roberta):
    base = replace(
        exploration.BASE, encoder=str(tiny_roberta), precision="fp32", batch_size=16, frozen_rows=32, max_length=64
    )
    monkeypatch.setattr(exploration, "BASE", base)


def test_variants_are_measured_once_and_two_runs_are_averaged(built, quick, tmp_path, monkeypatch):
    exploration.explore(built / "splits", tmp_path, ["base", "seed"])
    monkeypatch.setattr(exploration, "train", lambda *_: pytest.fail("trained again"))
    exploration.explore(built / "splits", tmp_path, ["base", "seed"])
    exploration.write_results(tmp_path, tmp_path)
    found = json.loads((tmp_path / "exploration.json").read_text(encoding="utf-8"))["variants"]
    assert set(found) == {"base", "seed", "averaged"}
    assert all(0 < row["lrap"] <= 1 for row in found.values())
    page = (tmp_path / "exploration.md").read_text(encoding="utf-8")
    assert "| averaged | weights of base and seed averaged | " in page


def test_a_taught_variant_learns_from_base_and_runs_over_all_rows_are_listed(built, quick, tmp_path):
    exploration.explore(built / "splits", tmp_path, ["base", "taught"])
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "student").symlink_to(built / "run")
    exploration.write_results(tmp_path, tmp_path)
    found = json.loads((tmp_path / "exploration.json").read_text(encoding="utf-8"))
    assert found["variants"]["taught"]["settings"]["teacher"] == str(tmp_path / "base")
    assert found["variants"]["taught"]["lrap"] != found["variants"]["base"]["lrap"]
    assert [run["run"] for run in found["whole"]] == ["student"]
    assert "| student | " in (tmp_path / "exploration.md").read_text(encoding="utf-8")


def test_a_variant_that_is_not_there_is_named(built, tmp_path):
    with pytest.raises(InputError, match="'softer'"):
        exploration.explore(built / "splits", tmp_path, ["softer"])
