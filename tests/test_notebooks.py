"""The notebooks import TextThema, define nothing, hold nobody's text, and run from the first cell to the last."""

import ast
import os
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("textthema-data-processing", "quote-multi-classifier", "onnx-inference", "benchmark")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
# A sentence of somebody's would be longer than any message or name in the outputs, and has no figures in it.
_LONGEST_PROSE = 15


def read(name):
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def code_of(notebook):
    return [_MAGIC.sub("", cell.source) for cell in notebook.cells if cell.cell_type == "code"]


def outputs_of(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                yield output.text
            else:
                yield from (data for kind, data in output.get("data", {}).items() if kind.startswith("text/"))


def test_there_are_these_notebooks_and_no_others():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_imports_the_library_and_defines_nothing(name):
    tree = ast.parse("\n".join(code_of(read(name))))
    assert not [node for node in ast.walk(tree) if isinstance(node, _DEFINITIONS)]
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert any(module.startswith("textthema") for module in imported)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_stand_at_the_top(name):
    cells = read(name).cells
    tagged = [place for place, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", ())]
    assert tagged == [1]


@pytest.mark.parametrize("name", NAMES)
def test_stored_outputs_are_those_of_a_whole_run(name):
    code = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
    assert sum(any("image/png" in output.get("data", {}) for output in cell.outputs) for cell in code) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_stored_outputs_hold_no_prose(name):
    own = "\n".join(code_of(read(name)))
    for output in outputs_of(read(name)):
        shown = re.sub(r"<style>.*?</style>|<[^>]+>", "\n", output, flags=re.DOTALL)
        for line in shown.splitlines():
            words = re.findall(r"[a-z]{2,}", line)
            assert len(words) <= _LONGEST_PROSE or line.strip() in own, line


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_names_no_path_of_a_machine(name):
    written = (ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w./])/(?:home|root|work|tmp|Users)/", written)


@pytest.mark.parametrize("name", NAMES)
def test_stored_outputs_hold_no_quote_of_the_collection(name):
    if "TEXTTHEMA_DATA" not in os.environ:
        pytest.skip("TEXTTHEMA_DATA names no collection to compare with")
    pandas = pytest.importorskip("pandas")
    quotes = pandas.read_parquet(Path(os.environ["TEXTTHEMA_DATA"]) / "quotes.parquet", columns=["text"])["text"]
    shown = "\n".join(outputs_of(read(name)))
    assert not [quote for quote in quotes if len(quote) > 30 and quote[:60] in shown]


@pytest.mark.train
def test_the_notebooks_run_one_after_the_other_on_the_sample(tiny_roberta, tmp_path_factory, monkeypatch):
    papermill = pytest.importorskip("papermill")
    build = tmp_path_factory.mktemp("notebooks")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    parameters = {
        "textthema-data-processing": {"BUILD": str(build)},
        "quote-multi-classifier": {
            "BUILD": str(build),
            "ENCODER": str(tiny_roberta),
            "EPOCHS": 1,
            "TRAIN_OPTIONS": "--max-length 48",
        },
        "onnx-inference": {"BUILD": str(build)},
        "benchmark": {"BUILD": str(build), "RESULTS": str(build / "results")},
    }
    for name in NAMES:
        ran = papermill.execute_notebook(
            ROOT / "notebooks" / f"{name}.ipynb",
            build / f"{name}.ipynb",
            parameters[name],
            cwd=str(ROOT / "notebooks"),
            progress_bar=False,
            execution_timeout=600,
        )
        assert not [o for cell in ran.cells for o in cell.get("outputs", ()) if o.output_type == "error"]
