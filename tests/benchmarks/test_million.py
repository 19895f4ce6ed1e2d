import json
import subprocess
import sys

import pytest

pytest.importorskip("psutil", reason="the benchmarks look at processes with psutil")

import million
from real_texts import write_texts


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


def test_progress_is_what_lies_beside_the_input(tmp_path):
    source = tmp_path / "texts.jsonl"
    source.write_bytes(b"x" * 70)
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "1.jsonl").write_bytes(b"x" * 30)
    assert million.share_done(source, 120) == 0.25


def test_the_page_says_what_holds(checked):
    memory = {"peak": 700, "first_quarter": 500, "last_quarter": 510, "growth": 0.02}
    record = {
        "machine": {"cpu": "one"}, "rows": 6, "longest": 60, "memory": memory,
        "kills": [{"killed": 0.1, "left_over": 0}, {"killed": 0.25, "left_over": 1}],
        "report": {"workers": 2, "resumed_rows": 3},
        "output": checked(lambda rows: rows),
    }  # fmt: skip
    page = million.as_markdown(record)
    assert "700 MB | below 600 MB: **not met**" in page
    assert "+2.0% | flat within 5%: met" in page
    assert "2 times, at 10%, 25% | processes left over: 1" in page
    assert "each once and in order: met" in page
    assert "6 of 6" in page
