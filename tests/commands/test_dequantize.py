import pytest

from textthema.cli import main

pytestmark = pytest.mark.train


def test_a_model_that_is_not_there_is_said_in_one_line(tmp_path, capsys):
    assert main(["dequantize", str(tmp_path / "out"), "--model", str(tmp_path / "missing")]) == 4
    assert capsys.readouterr().err.startswith("error: ")
    assert not (tmp_path / "out").exists()


def test_the_folder_and_its_weight_are_named(tmp_path, capsys, monkeypatch):
    def write(bundle, out):
        out.mkdir()
        (out / "model.safetensors").write_bytes(bytes(3_000_000))
        assert bundle.collection == "books"

    monkeypatch.setattr("textthema.transformers_folder.write_transformers_folder", write)
    assert main(["dequantize", str(tmp_path / "out"), "--collection", "books"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out'}: model.safetensors, 3 MB, and all else of the model\n"
