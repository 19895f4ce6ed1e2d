import importlib.util
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def assemble(root):
    sys.path.insert(0, str(root / "deployment_hf"))
    try:
        spec = importlib.util.spec_from_file_location("assemble", root / "deployment_hf" / "assemble.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def test_the_folder_holds_what_the_space_needs_and_nothing_of_this_repository(assemble, tmp_path, root):
    names = assemble.assemble(tmp_path / "space")
    for needed in ("README.md", "app.py", "requirements.txt", "textthema.zip", "model/manifest.json"):
        assert needed in names
    assert not {name for name in names if "__pycache__" in name or name.startswith(".")}
    assert not assemble.ONLY_HERE & set(names)
    with zipfile.ZipFile(tmp_path / "space" / "textthema.zip") as archive:
        assert archive.read("textthema/analysis.py") == (root / "textthema" / "analysis.py").read_bytes()


def test_it_is_replaced_by_the_next_one(assemble, tmp_path):
    first = assemble.assemble(tmp_path / "space")
    (tmp_path / "space" / "left-over.txt").write_text("old")
    assert assemble.assemble(tmp_path / "space") == first
    assert [path.name for path in tmp_path.iterdir()] == ["space"]


def test_another_folder_is_not_touched(assemble, tmp_path, capsys):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("friend")
    assert assemble.main([str(tmp_path / "letters")]) == 2
    assert "something else" in capsys.readouterr().err
    assert (tmp_path / "letters" / "dear.txt").read_text() == "friend"
