import json

from lookup_speed import as_markdown, main, timed


def test_everything_is_timed_and_exactness_is_said(model_with_catalogue, tmp_path, capsys):
    options = ["--model", model_with_catalogue, "--vectors", 3000, "--repetitions", 4, "--out", tmp_path]
    assert main([str(option) for option in options]) == 0
    record = json.loads((tmp_path / "speed.json").read_text())
    assert record["catalogue"]["entities"] == {"author": 3, "book": 4, "franchise": 1, "character": 2, "tag": 2}
    ways = record["synthetic"]["ways"]
    assert ways["NumPy, float32 in memory"]["of_the_exact_ten"] == 1
    assert ways["TextThema's index of passages, int8 from a memory-mapped file"]["of_the_exact_ten"] > 0.8
    assert (tmp_path / "speed.md").read_text() == as_markdown(record)
    assert "times the classification alone" in capsys.readouterr().out


def test_a_model_without_catalogue_is_an_error(stand_in, tmp_path, capsys):
    assert main(["--model", str(stand_in), "--out", str(tmp_path)]) == 4
    assert capsys.readouterr().err.startswith("error: ")


def test_calls_take_turns_and_warming_up_does_not_count():
    calls = []
    times = timed({"one": lambda: calls.append("one"), "two": lambda: calls.append("two")}, 3)
    assert {name: len(each) for name, each in times.items()} == {"one": 3, "two": 3}
    assert calls[:4] == ["one", "two", "one", "two"] and len(calls) > 6
