import json

from cold_start import as_markdown, main


def test_processes_are_timed_beside_bare_python(tmp_path, model_with_catalogue, capsys):
    assert main(["--model", str(model_with_catalogue), "--rounds", "1", "--out", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "cold_start.json").read_text())
    assert list(record["ms"]) == ["bare", "import", "themes", "analyze"]
    assert record["times_bare_python"]["bare"] == 1 < record["times_bare_python"]["import"]
    page = (tmp_path / "cold_start.md").read_text()
    assert page == as_markdown(record)
    assert "under 600 ms" in page
    assert page in capsys.readouterr().out


def test_a_process_that_fails_is_an_error(tmp_path, capsys):
    assert main(["--model", str(tmp_path / "none"), "--rounds", "1", "--out", str(tmp_path)]) == 2
    assert "there is no model directory" in capsys.readouterr().err
