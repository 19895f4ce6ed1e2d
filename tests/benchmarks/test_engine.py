import os
import sys

import pytest

pytest.importorskip("psutil", reason="the benchmarks look at processes with psutil")

import engine
from real_texts import write_texts

from textthema.errors import InputError


def test_the_command_asks_for_a_report_beside_the_output(tmp_path):
    command = engine.command(tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--workers", 2)
    assert command[1:4] == ["-m", "textthema", "classify"]
    assert command[4:] == [
        *(str(tmp_path / name) for name in ("in.jsonl", "out.jsonl")),
        *("--report", str(tmp_path / "out.report.json"), "--workers", "2"),
    ]


def test_a_run_says_what_it_took(asked, texts, tmp_path):
    write_texts(tmp_path / "in.jsonl", texts)
    run = engine.run_engine(tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--workers", 2)
    assert asked == [["--workers", "2"]]
    assert run.report["rows"] == len(texts)
    assert run.peak_mb > 0
    assert run.start_up_seconds == pytest.approx(run.seconds - 0.01)
    assert run.shares == pytest.approx({"read": 0.01, "tokenize": 0.04, "infer": 0.9, "write": 0.05})


def test_a_run_that_fails_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(InputError, match="failed with code 3"):
        engine.run_engine(tmp_path / "in.jsonl", tmp_path / "out.jsonl")


def test_processors_are_given_back():
    before = os.sched_getaffinity(0)
    with engine.only_processors(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
