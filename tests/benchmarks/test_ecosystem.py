"""The benchmark of other libraries' loaders: what it writes, and what it says of one that is missing."""

import json
import shutil

import ecosystem
import numpy as np
import pytest
from ecosystem import FLOAT, INT8

from textthema.errors import MissingDependencyError

pytestmark = pytest.mark.train


@pytest.fixture
def away_by_a_tenth(monkeypatch, bundle):
    """Loaders that say a tenth less than we do of float, and a float model that says what int8 says."""

    def write(bundle, out):
        shutil.copytree(bundle.root / "onnx", out / "onnx")
        shutil.copy(out / "onnx" / INT8, out / "onnx" / FLOAT)
        (out / "model.safetensors").write_bytes(bytes(2_000_000))

    monkeypatch.setattr(ecosystem, "write_transformers_folder", write)

    def said_by_us(_, __, texts):
        return np.full((len(texts), 103), 0.5)

    def said_by(_, __, file, texts):
        return np.full((len(texts), 103), 0.5 if file == INT8 else 0.4)

    for stand_in in (said_by_us, said_by):
        monkeypatch.setattr(ecosystem, stand_in.__name__, stand_in)


def test_every_loader_is_compared_on_every_form_it_reads(away_by_a_tenth, tmp_path):
    (tmp_path / "textthema-1-py3-none-any.whl").write_bytes(bytes(3_000_000))
    out = tmp_path / "results"
    assert ecosystem.main(["--rows", "3", "--dist", str(tmp_path), "--out", str(out)]) == 0
    record = json.loads((out / "ecosystem.json").read_text(encoding="utf-8"))
    assert [(row["loader"], row["file"], round(row["largest"], 3)) for row in record["loaders"]] == [
        *[(loader, FLOAT, 0.1) for loader in ("transformers", "Optimum", "transformers.js")],
        *[(loader, INT8, 0) for loader in ("Optimum", "transformers.js")],
    ]
    assert record["int8 beside float"]["decisions that differ"] == 0
    page = (out / "ecosystem.md").read_text(encoding="utf-8")
    assert "| Optimum | the model that comes along, int8 | 0e+00 |" in page
    assert "3 texts" in page and "3.0 MB of wheel" in page


def test_a_loader_that_is_not_set_up_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(ecosystem.LOADERS, "Optimum", (tmp_path / "python", "in_optimum.py"))
    assert not ecosystem.is_ready("Optimum")
    with pytest.raises(MissingDependencyError, match="make ecosystem"):
        ecosystem.said_by("Optimum", tmp_path, INT8, [])
