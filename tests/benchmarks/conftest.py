"""The benchmarks are scripts that import each other by plain names, as they do when they are run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import pytest

_ENGINE = """
import json, sys
from textthema.cli import main
source, target, report = sys.argv[1:]
code = main(["classify", source, target])
rows = len(open(target, encoding="utf-8").read().splitlines())
stages = {"read": 0.1, "tokenize": 0.4, "infer": 9.0, "write": 0.5}
with open(report, "w") as file:
    json.dump({"rows": rows, "seconds": 0.01, "rows_per_s": 100 * rows, "workers": 1, "stages": stages}, file)
raise SystemExit(code)
"""


@pytest.fixture
def asked(monkeypatch):
    """Put a stand-in in the engine's place, and list the options that it is given; it knows none of them."""
    import engine

    lines = []

    def command(source, target, *options):
        lines.append(list(map(str, options)))
        return [sys.executable, "-c", _ENGINE, str(source), str(target), str(engine.report_of(target))]

    monkeypatch.setattr(engine, "command", command)
    return lines
