"""What other libraries make of our model directories: the same scores as ours."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from textthema.bundle import Bundle
from textthema.inference import OnnxEncoder

pytestmark = pytest.mark.train
HERE = Path(__file__).parent
SECONDS = 300
MOST = 1e-3
INT8, FLOAT = "model_quantized.onnx", "model.onnx"
LONG = "And the river went on, past the mill and the two willows, " * 40


def in_transformers(root):
    return [sys.executable, HERE / "in_transformers.py"]


def in_optimum(root):
    python = root / ".venv-optimum" / "bin" / "python"
    if not python.is_file():
        pytest.skip("Optimum has no environment: make test-ecosystem")
    return [python, HERE / "in_optimum.py"]


def in_node(root):
    if not shutil.which("node") or not (HERE / "node_modules").is_dir():
        pytest.skip("transformers.js or Node is missing: make test-ecosystem")
    return ["node", HERE / "in_node.mjs"]


def said_by(loader, folder, file, texts, bundle, tmp_path):
    """Give what a loader says of texts in a process of its own, without network, float (n, n_labels)."""
    done = subprocess.run(
        [*loader, folder, file],
        input=json.dumps(texts), capture_output=True, text=True, timeout=SECONDS, check=False, cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    by_label = [{theme["label"]: theme["score"] for theme in themes} for themes in json.loads(done.stdout)]
    return np.array([[scores[label] for label in bundle.labels] for scores in by_label])


def said_by_us(bundle, folder, file, texts):
    return OnnxEncoder(folder / "onnx" / file, folder / "tokenizer.json", bundle.max_length).encode(texts).probabilities


@pytest.mark.parametrize("loader", [in_optimum, in_node])
def test_the_model_that_comes_along_says_there_what_it_says_here(loader, root, bundle, texts, tmp_path):
    theirs = said_by(loader(root), bundle.root, INT8, texts, bundle, tmp_path)
    assert np.abs(theirs - said_by_us(bundle, bundle.root, INT8, texts)).max() < MOST


# transformers.js cuts the end mark off with the rest of a text that is too long, so that it is asked without one.
@pytest.mark.parametrize(("loader", "more"), [(in_transformers, [LONG]), (in_optimum, [LONG]), (in_node, [])])
def test_the_float_model_says_there_what_it_says_here(loader, more, root, float_model, texts, tmp_path):
    bundle, texts = Bundle.read(float_model), [*texts, *more]
    theirs = said_by(loader(root), float_model, FLOAT, texts, bundle, tmp_path)
    assert np.abs(theirs - said_by_us(bundle, float_model, FLOAT, texts)).max() < MOST


def test_int8_says_nearly_what_float_says(float_model, bundle, texts):
    differences = np.abs(said_by_us(bundle, float_model, FLOAT, texts) - said_by_us(bundle, float_model, INT8, texts))
    assert differences.mean() < 0.005
    assert differences.max() < 0.1
