"""What is read of a long text, and what each way measures on a tiny model."""

import json

import pytest
import reading

pytestmark = pytest.mark.train
TEXT = "one two three four five six seven eight"
ENDS = [(0, 3), (4, 7), (8, 13), (14, 18), (19, 23), (24, 27), (28, 33), (34, 39)]


def test_the_beginning_ends_where_the_room_does():
    assert reading.beginning(TEXT, ENDS, 3) == ["one two three"]


def test_beginning_and_end_share_the_room():
    assert reading.beginning_and_end(TEXT, ENDS, 4) == ["one two three eight"]


def test_windows_cover_the_text_and_fit():
    assert reading.windows(TEXT, ENDS, 3) == ["one two three", "four five six", "seven eight"]


def test_every_way_is_measured_at_every_limit(built, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_SHORTER", (16, 256))
    options = ["--splits", built / "splits", "--model", built / "model", "--out", tmp_path, "--rows", 12]
    assert reading.main([str(option) for option in options]) == 0
    record = json.loads((tmp_path / "reading.json").read_text(encoding="utf-8"))
    assert [(way["tokens"], way["way"]) for way in record["ways"]] == [
        (n, way) for n in (16, 48) for way in reading.WAYS
    ]
    assert record["rows"] == 12
    served = record["ways"][3]
    assert all(gain == {"value": 0, "low": 0, "high": 0} for gain in served["gains"].values())
    assert record["ways"][0]["texts_cut"] > record["ways"][-1]["texts_cut"]
    assert "| 16 | windows, logits averaged |" in (tmp_path / "reading.md").read_text(encoding="utf-8")
