import json

import pytest

pytest.importorskip("psutil", reason="the benchmarks look at processes with psutil")

import cluster


def run(rate):
    return {"rows_per_s": rate, "start_up_seconds": 3.21, "peak_mb": 250}


def test_each_worker_should_add_as_much_as_the_first():
    assert cluster.efficiency({"1": run(100.0), "2": run(180.0)}) == pytest.approx(0.9)


@pytest.mark.parametrize(("equal", "words"), [(True, "the same, byte for byte"), (False, "**not the same**")])
def test_the_page_says_what_holds(equal, words):
    record = {
        "machine": {"cpu": "one", "python": "3"}, "rows": 6000, "seed": 0, "equal": equal,
        "runs": {engine: {"1": run(100.0), "2": run(160.0)} for engine in cluster.ENGINES},
        "efficiency": {"local": 0.86, "ray": 0.8},
    }  # fmt: skip
    page = cluster.as_markdown(record)
    assert "| Ray, 1 worker | 100.0 | 2.78 | 3.2 | 250 |" in page
    assert "local 0.86 (met), Ray 0.80 (not met)" in page
    assert words in page


def test_four_runs_make_two_pages(root, asked, tmp_path):
    quotes = root / "data" / "sample" / "quotes.csv"
    assert cluster.main(["--quotes", str(quotes), "--rows", "6", "--out", str(tmp_path)]) == 0
    assert [options[2:] for options in asked] == [
        ["--engine", engine, "--workers", str(workers)] for engine in ("local", "ray") for workers in (1, 2)
    ]
    record = json.loads((tmp_path / "cluster.json").read_text())
    assert record["equal"] is True
    assert record["plan"]["mean_tokens"] > 3
    assert "# What workers add" in (tmp_path / "cluster.md").read_text()
    assert "50 million passages" in (tmp_path / "scaling.md").read_text()
