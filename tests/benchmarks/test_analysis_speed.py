import json

from analysis_speed import LENGTHS, measure, write_results


def test_everything_is_timed(tmp_path, model_with_catalogue):
    record = measure(model_with_catalogue, repetitions=2)
    write_results(tmp_path, record)
    written = json.loads((tmp_path / "analysis_speed.json").read_text())
    assert list(written["texts"]) == list(map(str, LENGTHS))
    assert min(found["ratio"] for found in written["texts"].values()) > 0
    assert "a text of 40 tokens, everything" in (tmp_path / "analysis_speed.md").read_text()
