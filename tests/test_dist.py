"""What pip installs: the wheel that is built from the source distribution, away from the checkout."""

import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes

import pytest

SECONDS = 300
ASK = """
import textthema
found = textthema.analyze("I have loved you all my life, and I will love you when we are old.")
genres = textthema.ThemeClassifier.from_pretrained(collection="books").labels
print(textthema.__file__, found.prediction.themes[0].label, bool(found.related.authors), len(genres) > 100)
"""


@pytest.fixture(scope="module")
def built(root, tmp_path_factory):
    if importlib.util.find_spec("build") is None:
        pytest.skip("building needs: pip install build hatchling")
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, root],
        capture_output=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    return out


@pytest.fixture(scope="module")
def wheel(built):
    return next(built.glob("*.whl"))


def test_the_wheel_holds_the_package_and_both_models(wheel, root):
    names = set(zipfile.ZipFile(wheel).namelist())
    package = root / "textthema"
    sources = {
        path.relative_to(root).as_posix()
        for pattern in ("*.py", "*.toml", "*.js", "*.onnx", "py.typed")
        for path in package.rglob(pattern)
    }
    models = {
        f"textthema/{model}/{path.relative_to(root / 'deployment_hf' / model).as_posix()}"
        for model in ("model", "genres")
        for path in (root / "deployment_hf" / model).rglob("*")
        if path.is_file()
    }
    assert {name for name in names if ".dist-info/" not in name} == sources | models


def test_the_source_distribution_holds_that_and_what_builds_it(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    tops = {name.partition("/")[0] for name in inside}
    assert tops == {"textthema", "deployment_hf", "README.md", "LICENSE", "pyproject.toml", "PKG-INFO", ".gitignore"}
    assert not [
        name for name in inside if name.startswith("deployment_hf/") and name.split("/")[1] not in ("model", "genres")
    ]


def test_it_asks_for_what_serving_needs_and_no_more(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        asked = message_from_bytes(archive.read(metadata)).get_all("Requires-Dist")
    required = {line.partition(">")[0] for line in asked if "extra ==" not in line}
    assert required == {"numpy", "onnxruntime", "tokenizers", "tqdm", "filelock"}


def test_it_runs_away_from_the_checkout(wheel, tmp_path):
    place = tmp_path / "site"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, *install, "--target", place, wheel], timeout=SECONDS, check=True)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}
    version, answer = (
        subprocess.check_output(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, timeout=SECONDS, text=True
        ).strip()
        for arguments in (["-m", "textthema", "--version"], ["-c", ASK])
    )
    assert version.startswith("textthema ")
    assert answer == f"{place / 'textthema' / '__init__.py'} love True True"
