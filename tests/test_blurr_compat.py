import importlib
import re
import subprocess
import sys

import pytest

from textthema.blurr_compat import INSTALL, load_blurr, require_training_packages
from textthema.errors import MissingDependencyError


def test_the_training_packages_are_here():
    require_training_packages()


def test_blurr_comes_with_what_training_uses():
    blurr = load_blurr()
    assert blurr.TextBlock.__module__ == "blurr.text.data.core"
    assert blurr.BaseModelWrapper.__module__ == "blurr.text.modeling.core"


def test_the_stand_in_for_datasets_says_what_is_missing():
    load_blurr()
    datasets = importlib.import_module("datasets")
    if not hasattr(datasets, "__file__"):
        with pytest.raises(MissingDependencyError, match="pip install datasets"):
            datasets.load_dataset("any")


def test_the_command_it_names_is_the_one_that_requirements_document(root):
    documented = (root / "requirements-blurr.txt").read_text(encoding="utf-8")
    assert "pip install --no-deps -r requirements-blurr.txt" in documented
    assert re.search(r"^ohmeow-blurr==1\.0\.5$", documented, re.MULTILINE)
    assert INSTALL.endswith("pip install --no-deps -r requirements-blurr.txt")


def test_a_torchvision_that_does_not_fit_is_hidden(tmp_path, monkeypatch):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    code = (
        "import importlib.util; from textthema.encoder import load_encoder;"
        "assert importlib.util.find_spec('torchvision') is None; from transformers import BertModel; print('loaded')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert ran.stdout == "loaded\n", ran.stderr
