import json

import pytest

pytest.importorskip("psutil", reason="the benchmarks look at processes with psutil")

import scaling

CONFIG = {"hidden_size": 4, "intermediate_size": 8, "num_hidden_layers": 2, "vocab_size": 1000}
STAGES = {"read": 1.0, "tokenize": 4.0, "infer": 90.0, "write": 5.0}


def run(rate, megabytes):
    return {"rows_per_s": rate, "peak_mb": megabytes, "stages": STAGES, "bytes_read": 2_000, "bytes_written": 20_000}


@pytest.fixture
def record(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    runs = {engine: {"1": run(100.0, 150), "2": run(180.0, 250)} for engine in ("local", "ray")}
    efficiency = {"local": 0.9, "ray": 0.9}
    record = {"machine": {"cpu": "one"}, "rows": 10, "runs": runs, "efficiency": efficiency}
    return record | {"plan": scaling.plan(record, tmp_path, mean_tokens=50.0)}


def test_only_weights_that_are_multiplied_with_count(tmp_path, record):
    assert scaling.multiplied_weights(tmp_path) == 2 * (4 * 16 + 2 * 32)
    assert record["plan"]["flops_of_a_text"] == 2 * 256 * 50


def test_several_machines_add_what_a_second_worker_added(record):
    hours = record["plan"]["hours"]
    assert hours[1] == pytest.approx(50e6 / 180 / 3600)
    assert hours[4] == pytest.approx(50e6 / (4 * 0.9 * 180) / 3600)
    assert record["plan"]["hours_of_a_million"] == pytest.approx({"1": 1e6 / 100 / 3600, "2": 1e6 / 180 / 3600})


def test_what_feeds_a_gpu_is_all_but_inference(record):
    for gpu in record["plan"]["gpu"].values():
        assert gpu["cores_to_feed"] == pytest.approx(gpu["texts_per_s"] * 10 / 10)


def test_the_plan_names_bottlenecks_and_that_no_gpu_was_measured(record):
    page = scaling.as_plan(record)
    assert "| 64 |" in page
    assert "90% of the workers' time" in page
    assert "200 read and 2,000 written a text" in page
    assert "adds 100 MB" in page
    assert "not measured: there was no GPU here" in page
