import json
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from textthema.cli import main
from textthema.errors import InputError
from textthema.stages import STAGES, Stage

N_ROWS = 200
KILLED = Path(__file__).with_name("engine_killed.py")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,text\n" + "".join(f"{i},Wave {i} went home.\n" for i in range(N_ROWS)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What an undisturbed run of one worker writes."""
    folder = tmp_path_factory.mktemp("whole")
    path = folder / "in.csv"
    path.write_text("id,text\n" + "".join(f"{i},Wave {i} went home.\n" for i in range(N_ROWS)), encoding="utf-8")
    assert classify(path, folder / "out.csv", "--workers", 1) == 0
    return (folder / "out.csv").read_bytes()


def classify(*arguments):
    return main(["classify", *map(str, arguments)])


def die(*arguments):
    """Run the command until its third shard kills it."""
    command = [sys.executable, str(KILLED), "classify", *map(str, arguments), "--workers", "1"]
    done = subprocess.run(command, capture_output=True, timeout=120, cwd=KILLED.parents[1], check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture
def shards_read(monkeypatch):
    numbers, read = [], Stage.__call__

    def spy(self, number, *rest):
        numbers.append(number)
        return read(self, number, *rest)

    monkeypatch.setattr(Stage, "__call__", spy)
    return numbers


def test_workers_do_not_change_a_byte(source, tmp_path, whole):
    target = tmp_path / "out.csv"
    assert classify(source, target, "--workers", 2) == 0
    assert target.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_killed_and_given_again_the_command_redoes_nothing(source, tmp_path, whole, shards_read):
    target, report = tmp_path / "out.csv", tmp_path / "report.json"
    die(source, target)
    assert not target.exists()
    assert sorted(path.name for path in (tmp_path / "out.csv.parts").glob("part-*.csv")) == [
        "part-00000.csv",
        "part-00001.csv",
    ]
    assert classify(source, target, "--report", report) == 0
    assert sorted(shards_read) == [2, 3]
    assert target.read_bytes() == whole
    found = json.loads(report.read_text())
    assert (found["rows"], found["resumed_rows"]) == (N_ROWS - 128, 128)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "report.json"]


def test_notes_count_rows_from_before_the_stop_too(source, tmp_path, capsys):
    lines = source.read_text().splitlines()
    lines[5], lines[190] = "4,", "189,"
    source.write_text("\n".join(lines) + "\n")
    target = tmp_path / "out.csv"
    die(source, target, "--allow-empty")
    assert classify(source, target, "--allow-empty") == 0
    assert "2 of 200 rows have no text; their themes and scores are empty (rows 5, 190)" in capsys.readouterr().err


def test_another_job_is_refused_until_it_begins_anew(source, tmp_path, capsys, whole, shards_read):
    target = tmp_path / "out.csv"
    die(source, target, "--token-budget", 512)
    assert classify(source, target) == 2
    assert "had another token-budget; give the same command to finish it, or --restart" in capsys.readouterr().err
    assert shards_read == []
    source.write_text(source.read_text().replace("Wave 3 ", "Tide 3 "))
    assert classify(source, target, "--token-budget", 512) == 2
    assert "another input" in capsys.readouterr().err
    source.write_text(source.read_text().replace("Tide 3 ", "Wave 3 "))
    assert classify(source, target, "--restart") == 0
    assert sorted(shards_read) == [0, 1, 2, 3]
    assert target.read_bytes() == whole


def test_two_processes_do_not_write_one_file(source, tmp_path, capsys):
    target, parts = tmp_path / "out.csv", tmp_path / "out.csv.parts"
    parts.mkdir()
    with FileLock(parts / ".lock"):
        assert classify(source, target) == 2
    assert "another process is writing" in capsys.readouterr().err
    assert not target.exists()


def test_a_shard_at_fault_ends_the_command_and_keeps_the_others(source, tmp_path, monkeypatch, whole, capsys):
    target, read = tmp_path / "out.csv", Stage.__call__

    def fail_at_two(self, number, *rest):
        if number == 2:
            raise InputError("the disk is full", value=number)
        return read(self, number, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Stage, "__call__", fail_at_two)
        assert classify(source, target, "--workers", 1) == 2
    assert capsys.readouterr().err == "error: the disk is full\n"
    assert not target.exists()
    assert (tmp_path / "out.csv.parts" / "part-00001.csv").exists()
    assert classify(source, target) == 0
    assert target.read_bytes() == whole


def test_shards_stay_apart_in_a_folder(source, tmp_path, capsys):
    target = tmp_path / "out"
    assert classify(source, target, "--shards", "parquet") == 0
    assert sorted(path.name for path in target.iterdir()) == [f"part-0000{i}.parquet" for i in range(4)]
    assert pq.read_table(target).column("id").to_pylist() == [str(i) for i in range(N_ROWS)]
    assert classify(source, target, "--shards", "parquet") == 2
    assert "it is there already" in capsys.readouterr().err
    assert classify(source, target.with_name("csv"), "--shards", "csv") == 0
    first_lines = [path.read_text().split("\n")[0] for path in target.with_name("csv").iterdir()]
    assert first_lines == ["id,text,themes,scores"] * 4


def test_a_report_says_what_each_stage_took(source, tmp_path):
    report = tmp_path / "report.json"
    assert classify(source, tmp_path / "out.csv", "--report", report, "--workers", 1) == 0
    found = json.loads(report.read_text())
    assert (found["rows"], found["resumed_rows"], found["workers"]) == (N_ROWS, 0, 1)
    assert tuple(found["stages"]) == STAGES
    assert all(seconds > 0 for seconds in found["stages"].values())
    assert found["rows_per_s"] == pytest.approx(N_ROWS / found["seconds"])


def test_json_lines_become_parquet_of_one_type(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.parquet"
    rows = [{"text": f"Wave {i}.", "n": i if i < 150 else i + 0.5} for i in range(N_ROWS)]
    rows[180]["late"] = "here"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert classify(source, target) == 0
    table = pq.read_table(target)
    assert table.column("n").to_pylist() == [row["n"] for row in rows]
    assert table.column("late").to_pylist() == [row.get("late") for row in rows]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "--workers must be 1 or more, not 0"),
        (["--token-budget", "0"], "token budget must be 1 or more, not 0"),
        (["--address", "auto"], "needs --engine ray"),
    ],
)
def test_options_that_can_not_be(source, tmp_path, capsys, options, words):
    assert classify(source, tmp_path / "out.csv", *options) == 2
    assert words in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]
