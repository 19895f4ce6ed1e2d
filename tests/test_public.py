import subprocess
import sys

import pytest

import textthema

PUBLIC = {
    "Analysis": "textthema.analysis",
    "Analyzer": "textthema.analysis",
    "Prediction": "textthema.classifier",
    "TextThemaError": "textthema.errors",
    "ThemeClassifier": "textthema.classifier",
    "ThemeScore": "textthema.classifier",
    "analyze": "textthema.analysis",
    "labels_of": "textthema.labels",
    "themes_of": "textthema.labels",
}


def test_the_exported_names():
    assert textthema.__all__ == sorted([*PUBLIC, "__version__"])
    assert set(textthema.__all__) <= set(dir(textthema))


@pytest.mark.parametrize(("name", "home"), PUBLIC.items())
def test_each_name_is_what_it_says(name, home):
    assert getattr(textthema, name) is getattr(sys.modules[home], name)
    assert callable(getattr(textthema, name))


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = textthema.no_such_name


def test_the_version():
    assert textthema.__version__ == "0.1.0"


def test_types_are_marked(root):
    assert (root / "textthema" / "py.typed").is_file()


def test_importing_the_package_imports_nothing_else(root):
    code = (
        "import sys; before = set(sys.modules); import textthema;"
        "print(sorted(m for m in set(sys.modules) - before if m.split('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"['textthema']\n"


def test_types_reach_the_users_code(root, tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(
        "import textthema\n"
        "classifier = textthema.ThemeClassifier.from_pretrained(collection='books')\n"
        "reveal_type(classifier('one'))\n"
        "reveal_type(classifier(['one', 'two'])[0].themes[0].probability)\n"
        "reveal_type(textthema.analyze('one').related)\n"
        "classifier(7)\n"
    )
    # The checkout's cache: that of make lint.
    done = subprocess.run(
        [sys.executable, "-m", "mypy", tmp_path / "user.py"],
        cwd=root, capture_output=True, timeout=300, check=False, text=True,
    )  # fmt: skip
    told = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert told[:3] == [
        'note: Revealed type is "textthema.classifier.Prediction"',
        'note: Revealed type is "float"',
        'note: Revealed type is "textthema.recommender.Related | None"',
    ], done.stdout
    assert "No overload variant" in told[3]
