"""The README is true: its figures are the result files', its code does what it says."""

import importlib.util
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def filler(root):
    spec = importlib.util.spec_from_file_location("benchmarks_readme", root / "benchmarks" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_the_result_files(readme, filler, root):
    assert filler.filled(readme, root) == readme, "type: python benchmarks/readme.py"
    assert "micro-F1" in readme


def test_a_files_sections_come_whole_but_for_pictures(filler, tmp_path):
    page = "# Page\n\nBefore.\n\n## Ours: 7 rows\n\n| a |\n|---|\n\nTwice as good.\n\n![x](x.png)\n"
    (tmp_path / "page.md").write_text(page)
    tables, sections = (
        filler.filled(f"<!-- begin page.md{option} -->\nold\n<!-- end -->", tmp_path) for option in ("", " sections")
    )
    assert tables == "<!-- begin page.md -->\n| a |\n|---|\n<!-- end -->"
    assert sections == (
        "<!-- begin page.md sections -->\n**Ours: 7 rows**\n\n| a |\n|---|\n\nTwice as good.\n<!-- end -->"
    )


def test_the_python_example_prints_what_it_says(readme, root):
    code, said = re.search(r"```python\n(.*?)```\s+```text\n(.*?)```", readme, re.DOTALL).groups()
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=120
    )
    assert printed.stdout == said


def test_the_two_commands_are_there_and_are_targets(readme, root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for command in ("demo", "test"):
        assert re.search(rf"^make {command}\b", readme, re.MULTILINE)
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)


def test_every_file_that_the_readme_names_is_there(readme, root):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", readme)
    assert links
    assert not [link for link in links if not (root / link).exists()]
