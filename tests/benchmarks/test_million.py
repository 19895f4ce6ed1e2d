import json
import subprocess
import sys

import pytest

pytest.importorskip("psutil", reason="the benchmarks look at processes with psutil")

import memory
import million
from real_texts import write_texts

from textthema.errors import InputError

# Stands in for the engine: it goes on until it is killed, three times, and ends the fourth time.
ENGINE = """
import json, pathlib, signal, sys
source, target, report = map(pathlib.Path, sys.argv[1:])
log = source.parent / "log.jsonl"
if not log.exists() or log.read_text().count("left_over") < 3:
    signal.pause()
from textthema import ThemeClassifier
classifier, rows = ThemeClassifier.from_pretrained(), map(json.loads, source.open())
answers = [row | {"scores": {k: round(v, 6) for k, v in classifier(row["text"]).scores.items()}} for row in rows]
target.write_text("".join(json.dumps(row) + chr(10) for row in answers))
report.write_text(json.dumps({"rows": len(answers), "workers": 1, "resumed_rows": 4}))
"""


def test_memory_is_that_of_the_longest_run_once_it_is_loaded():
    short, long = [10.0] * 5 + [400.0] * 4, [10.0] * 5 + [100.0] * 10 + [110.0] * 10
    memory = million.memory_of([(1, mb) for mb in short] + [(2, mb) for mb in long])
    assert memory["peak"] == 400
    assert (memory["first_quarter"], memory["last_quarter"]) == (100, 110)
    assert memory["growth"] == pytest.approx(0.1)
    assert memory["samples"] == 34


@pytest.fixture
def checked(classifier, texts, bundle, tmp_path):
    """Check an output that was made by hand from the classifier's answers."""
    write_texts(tmp_path / "texts.jsonl", texts)
    rows = [
        {"id": i, "scores": {k: round(v, 6) for k, v in classifier(text).scores.items()}}
        for i, text in enumerate(texts)
    ]

    def check(change):
        changed = change(rows)
        (tmp_path / "themes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
        return million.check(tmp_path / "texts.jsonl", tmp_path / "themes.jsonl", bundle.root)

    return check


def test_a_whole_output_is_found_whole(checked, texts):
    found = checked(lambda rows: rows)
    assert found.pop("mean_tokens") > 3
    assert found == {
        "rows": len(texts), "missing": 0, "doubles": 0, "in_order": True,
        "compared": len(texts), "equal": len(texts), "largest_difference": 0,
    }  # fmt: skip


def test_lost_and_doubled_rows_are_found(checked):
    found = checked(lambda rows: [rows[0], rows[1], rows[1], *rows[3:]])
    assert (found["missing"], found["doubles"], found["in_order"]) == (1, 1, False)


def test_another_text_s_scores_are_found(checked):
    found = checked(lambda rows: [rows[0] | {"scores": rows[1]["scores"]}, *rows[1:]])
    assert found["equal"] == found["rows"] - 1
    assert found["largest_difference"] > 0.01


def test_what_goes_on_after_the_kill_is_counted_and_ended():
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    assert million.kill(process, patience=0.1) == 1
    assert million.kill(process, patience=0.1) == 0
    process.communicate(timeout=60)


def test_the_page_says_what_holds(checked):
    memory = {"peak": 700, "first_quarter": 500, "last_quarter": 510, "growth": 0.02}
    record = {
        "machine": {"cpu": "one"}, "rows": 6, "longest": 60, "memory": memory,
        "kills": [{"seconds": 10.0, "left_over": 0}, {"seconds": 25.0, "left_over": 1}], "seconds": 100.0,
        "report": {"workers": 2, "resumed_rows": 3},
        "output": checked(lambda rows: rows),
    }  # fmt: skip
    page = million.as_markdown(record)
    assert "700 MB | below 600 MB: **not met**" in page
    assert "+2.0% | flat within 5%: met" in page
    assert "2 times, after 10, 25 of 100 s | 3 times, processes left over 1: **not met**" in page
    assert "each once and in order: met" in page
    assert "6 of 6" in page


@pytest.fixture
def stand_in_engine(monkeypatch):
    def command(source, target, *options):
        return [sys.executable, "-c", ENGINE, str(source), str(target), str(million.report_of(target))]

    monkeypatch.setattr(million, "command", command)
    monkeypatch.setattr(million, "seconds_of_a_row", lambda *_: 0.1)
    monkeypatch.setattr(memory, "EVERY_SECONDS", 0.02)


def test_the_engine_is_killed_and_started_again_until_it_is_through(root, stand_in_engine, tmp_path):
    quotes, work, out = root / "data" / "sample" / "quotes.csv", tmp_path / "work", tmp_path / "results"
    arguments = ["--quotes", quotes, "--rows", 6, "--longest", 90, "--work", work, "--out", out]
    assert million.main([str(argument) for argument in arguments]) == 0
    record = json.loads((out / "million.json").read_text())
    assert [kill["run"] for kill in record["kills"]] == [1, 2, 3]
    assert [kill["left_over"] for kill in record["kills"]] == [0, 0, 0]
    assert record["memory"]["peak"] > 10
    assert record["output"]["equal"] == record["output"]["rows"] == 6
    assert not work.exists()


def test_a_stopped_measurement_goes_on(root, stand_in_engine, tmp_path):
    log = tmp_path / "work" / "log.jsonl"
    log.parent.mkdir()
    with log.open("w") as file:
        for run in range(3):
            file.write(json.dumps({"run": run + 1, "seconds": 9.0, "left_over": 0}) + "\n")
    arguments = ["--quotes", root / "data" / "sample" / "quotes.csv", "--rows", 6, "--work", log.parent]
    record = million.measure(million._parser().parse_args([*map(str, arguments)]))
    assert len(record["kills"]) == 3
    assert record["seconds"] >= 9
    assert {line["run"] for line in million._read(log) if "mb" in line} == {4}


def test_an_engine_that_fails_is_an_error(tmp_path):
    with pytest.raises(InputError, match="failed with code 3"):
        million.run_once([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log", kill_at=None)
