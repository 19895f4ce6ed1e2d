import json

import pytest

from textthema.analysis import Analyzer
from textthema.cli import main


def test_hashtags_on_a_line(capsys, texts, model_with_catalogue):
    model = ["--model", str(model_with_catalogue)]
    expected = Analyzer.from_pretrained(model_with_catalogue).hashtags(texts[0])
    assert main(["hashtags", texts[0], *model]) == 0
    assert capsys.readouterr().out.split() == list(expected)
    assert main(["hashtags", texts[0], "--json", "--top", "1", *model]) == 0
    assert json.loads(capsys.readouterr().out) == [expected[0]]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [([""], "empty"), (["w" * 1_000_000], "100,000"), (["A text.", "--top", "0"], "--top"), (["\udce9"], "surrogate")],
)
def test_bad_input(capsys, arguments, word):
    assert main(["hashtags", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and word in captured.err
