import json

from analysis_speed import measure, write_results


def test_everything_is_timed(tmp_path, model_with_catalogue):
    record = measure(model_with_catalogue, repetitions=10, passages=70_000)
    write_results(tmp_path, record)
    assert record["ratio"] > 0
    assert json.loads((tmp_path / "analysis_speed.json").read_text())["search_ms"]["median"] > 0
    assert "search in 70,000 passages" in (tmp_path / "analysis_speed.md").read_text()
