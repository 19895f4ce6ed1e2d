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
