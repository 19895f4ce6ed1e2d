"""``textthema nuances``, from readings of our own texts to a model that says them."""

import json

import pytest

from textthema.analysis import Analyzer
from textthema.bundle import Bundle, find_default
from textthema.cli import main
from textthema.nuance_data import READ, TAGGED, TEXT_HEADS, Example
from textthema.nuance_tuning import FIGURATIVE, IMAGES
from textthema.weak_intents import INTENTS

TEXT = "The tide came in like a slow clerk, and it stamped every stone."


def made_up():
    """Give examples of every kind; what they say of their texts is nonsense, but complete."""
    examples = []
    for row in range(66):
        text = f"{TEXT} Number {row} is like a clerk that nobody asked for."
        known = {head: float(row % len(TEXT_HEADS) == place) for place, head in enumerate(TEXT_HEADS)}
        cues = {"simile": [(text.index("like"), row % 2), (text.rindex("like"), 1)]}
        examples.append(Example(text, READ, "dev" if row % 2 else "train", known, cues))
    examples += [Example(TEXT, TAGGED, "train", dict.fromkeys(INTENTS, 0.1)) for _ in range(4)]
    examples += [Example(TEXT, FIGURATIVE, split, {"humor": 0.0}) for split in ("train", "dev")]
    examples += [Example(TEXT, IMAGES, split, {}, {"image": [(4, 0), (9, 1)]}) for split in ("train", "dev")]
    return examples


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nuances")
    readings = folder / "readings"
    readings.mkdir()
    for name in ("gold", "learn"):
        (readings / f"{name}.jsonl").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textthema.nuance_data.read_all", lambda *_: made_up())
        arguments = [folder, readings / "gold.jsonl", readings, folder / "out", "--batches", "2"]
        assert main(["nuances", *map(str, arguments)]) == 0
    return folder / "out"


def test_the_new_model_answers_with_nuances_and_intents(made):
    found = Analyzer.from_pretrained(made / "model")(TEXT).as_dict()
    assert set(found["nuances"]) == {"humor", "simile", "metaphor"}
    assert list(found["intents"]) == list(INTENTS)
    for nuance in found["nuances"].values():
        assert all(TEXT[span["start"] : span["end"]] == span["text"] for span in nuance["spans"])


def test_its_themes_are_the_old_models(made):
    before, after = (Analyzer.from_pretrained(path)(TEXT) for path in (None, made / "model"))
    assert after.prediction == before.prediction


def test_its_encoder_keeps_its_name_and_its_manifest_tells_of_the_heads(made):
    old, new = Bundle.read(find_default()), Bundle.read(made / "model")
    assert new.encoder_id == old.encoder_id
    assert new.manifest["lineage"]["nuances"]["settings"]["batches"] == 2
    assert tuple(new.heads.text) == TEXT_HEADS
    assert json.loads((made / "model" / "nuances.json").read_text())["format"] == 1


def test_sets_that_are_missing_are_named(tmp_path, capsys):
    arguments = [tmp_path, tmp_path / "none.parquet", tmp_path, tmp_path / "out"]
    assert main(["nuances", *map(str, arguments)]) == 2
    assert "none.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("batches", ["0", "-5"])
def test_no_batches_are_no_training(tmp_path, capsys, batches):
    arguments = [tmp_path, tmp_path / "quotes.parquet", tmp_path, tmp_path / "out", "--batches", batches]
    assert main(["nuances", *map(str, arguments)]) == 2
    assert "--batches must be 1 or more" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
