"""The layers that pyproject.toml draws, and what a serving process loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 120
HEAVY = {"torch", "transformers", "pandas", "sklearn", "matplotlib", "pyarrow", "huggingface_hub", "fastai", "onnx"}
SERVE = """
import json, sys
import textthema
prediction = textthema.ThemeClassifier.from_pretrained()("The harbour slept; the boats did not.")
status = open("/proc/self/status").read() if sys.platform == "linux" else ""
peak = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
print(json.dumps({"modules": sorted({name.split(".")[0] for name in sys.modules}), "peak_kb": peak}))
"""


@pytest.fixture(scope="module")
def serving(root):
    """What a fresh process that classifies one text loads and takes."""
    done = subprocess.run(
        [sys.executable, "-c", SERVE], cwd=root, capture_output=True, timeout=SECONDS, check=True, text=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_imports_keep_to_their_layers(root):
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root, capture_output=True, timeout=SECONDS, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_serving_loads_nothing_heavy(serving):
    assert not HEAVY & set(serving["modules"])
    assert {"numpy", "onnxruntime", "tokenizers"} <= set(serving["modules"])


def test_a_text_alone_waits_for_no_bar_and_no_database(root):
    code = (
        "import json, sys, textthema; textthema.analyze('Salt, and the gulls again.');print(json.dumps([*sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, timeout=SECONDS, check=True)
    assert not {"tqdm", "sqlite3", "textthema.passages", "textthema.tables"} & set(json.loads(done.stdout))


def test_serving_stays_small(serving):
    if not serving["peak_kb"]:
        pytest.skip("this system does not tell a process its peak memory")
    assert serving["peak_kb"][0] < 300_000
