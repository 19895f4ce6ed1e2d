"""How a benchmark script ends."""

import json

import scripts

from textthema.errors import InputError


def test_a_result_is_written_as_json_and_as_a_page(tmp_path):
    scripts.write_result(tmp_path / "new", "speed", {"what": "naïve"}, "# Speed\n\nfast\n\n")
    assert json.loads((tmp_path / "new" / "speed.json").read_text(encoding="utf-8")) == {"what": "naïve"}
    assert (tmp_path / "new" / "speed.md").read_text(encoding="utf-8") == "# Speed\n\nfast\n"
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_an_error_ends_with_its_code_and_its_message(capsys):
    def work():
        raise InputError("the file is no table", value="x")

    assert scripts.exit_code(work) == InputError.exit_code
    assert capsys.readouterr().err == "error: the file is no table\n"
    assert scripts.exit_code(lambda: None) == 0
