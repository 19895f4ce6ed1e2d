import json

import pytest

from textthema.cli import main
from textthema.stages import Report

pytest.importorskip("ray", reason="needs: pip install 'textthema[cluster]'")


@pytest.fixture(scope="module", autouse=True)
def running_ray():
    """A Ray of two workers that the commands of this module find started: a start takes as long as all else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100_000_000, log_to_driver=False)
        yield ray
        ray.shutdown()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,text\n" + "".join(f"{i},Wave {i} went home.\n" for i in range(200)), encoding="utf-8")
    return path


def classify(*arguments):
    return main(["classify", *map(str, arguments)])


def test_ray_writes_what_the_local_engine_does(source, tmp_path):
    assert classify(source, tmp_path / "local.csv") == 0
    for workers in (1, 2):
        target = tmp_path / f"ray{workers}.csv"
        assert classify(source, target, "--engine", "ray", "--workers", workers) == 0
        assert target.read_bytes() == (tmp_path / "local.csv").read_bytes()
    assert not list(tmp_path.glob("*.parts"))


def test_errors_come_out_as_they_do_locally(source, tmp_path, capsys):
    assert classify(source, tmp_path / "out.csv", "--engine", "ray", "--token-budget", 0) == 2
    assert capsys.readouterr().err == "error: the token budget must be 1 or more, not 0\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_damaged_model_is_refused_by_the_worker(source, tmp_path, model_copy, capsys):
    (model_copy / "tokenizer.json").write_text("{}")
    assert classify(source, tmp_path / "out.csv", "--engine", "ray", "--model", model_copy) == 4
    assert "tokenizer.json" in capsys.readouterr().err


def test_what_the_local_engine_left_is_gone_on_with(source, tmp_path, monkeypatch):
    target, report, written = tmp_path / "out.csv", tmp_path / "report.json", Report.write

    def no_space(self, path):
        if path.name == ".part-00002.json":
            raise OSError(28, "No space left on device")
        written(self, path)

    with monkeypatch.context() as patch:
        patch.setattr(Report, "write", no_space)
        assert classify(source, target, "--workers", 1) == 2
    assert classify(source, target, "--engine", "ray", "--report", report) == 0
    assert json.loads(report.read_text())["resumed_rows"] == 128
    assert classify(source, tmp_path / "whole.csv") == 0
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_an_address_where_nobody_answers(source, tmp_path, running_ray, monkeypatch, capsys):
    monkeypatch.setattr(running_ray, "is_initialized", lambda: False)
    target = tmp_path / "out.csv"
    assert classify(source, target, "--engine", "ray", "--address", "127.0.0.1:1") == 9
    assert "there is no Ray cluster at '127.0.0.1:1'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize("address", ["ray://head", "head:port"])
def test_an_address_that_is_none(source, tmp_path, running_ray, monkeypatch, capsys, address):
    monkeypatch.setattr(running_ray, "is_initialized", lambda: False)
    assert classify(source, tmp_path / "out.csv", "--engine", "ray", "--address", address) == 9
    assert f"there is no Ray cluster at '{address}'" in capsys.readouterr().err
