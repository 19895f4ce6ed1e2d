import json

import pytest

from textthema.cli import main


def test_lists_every_theme_once(capsys, bundle):
    assert main(["themes"]) == 0
    assert capsys.readouterr().out.splitlines() == list(bundle.labels)


def test_json_has_the_thresholds(capsys, bundle):
    assert main(["themes", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == list(bundle.labels)
    assert list(answer.values()) == pytest.approx(bundle.thresholds.tolist(), abs=1e-6)


def test_a_model_that_is_not_there(capsys, tmp_path):
    assert main(["themes", "--model", str(tmp_path / "nowhere")]) == 4
    assert "nowhere" in capsys.readouterr().err
