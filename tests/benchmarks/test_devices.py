"""Two processes beside one: what is drawn, asked and written; tests/test_distributed.py really trains with two."""

import shutil
import subprocess

import devices
import pandas as pd
import pytest

from textthema.errors import InputError

pytestmark = pytest.mark.train


def test_all_three_runs_see_the_same_rows_and_are_compared(built, tmp_path, monkeypatch):
    asked = []

    def pretend(splits, run, processes, told):
        asked.append((processes, told[-1], len(pd.read_parquet(splits / "train.parquet"))))
        shutil.copytree(built / "run", run)

    monkeypatch.setattr(devices, "train", pretend)
    record = devices.measure(built / "splits", tmp_path, 40, ["--encoder", "tiny"])
    assert asked == [(1, "0", 40), (2, "0", 40), (1, "1", 40)]
    assert record["rows"] == {"train": 40, "validation": 10}
    page = devices.as_markdown(record)
    assert "LRAP with two processes is 0.00000 from that with one; another seed moves it by 0.00000" in page
    assert "16 texts a step of all processes together" in page
    assert page.count("| 0.000000 | 0.00000 |") == 3


@pytest.mark.parametrize("processes", [1, 2])
def test_more_than_one_process_is_launched(tmp_path, monkeypatch, processes):
    commands = []

    def pretend(command, **told):
        commands.append(command)
        assert told["env"]["OMP_NUM_THREADS"] == "1"
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(devices.subprocess, "run", pretend)
    devices.train(tmp_path, tmp_path / "run", processes, ["--seed", "0"])
    launcher = " ".join(commands[0][1 : commands[0].index("textthema") - 1])
    assert launcher.endswith("--num_processes 2" if processes == 2 else "")
    assert bool(launcher) == (processes == 2)
    assert commands[0][-2:] == ["--seed", "0"]


def test_a_run_that_fails_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"ended with 2: .*train\.parquet"):
        devices.train(tmp_path, tmp_path / "run", 1, [])
