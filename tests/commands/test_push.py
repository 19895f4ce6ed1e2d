"""Uploads to a hub on this machine, each in a process of its own: the client reads its settings when it is imported."""

import hashlib
import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("huggingface_hub", reason="uploading needs: pip install 'textthema[hub]'")

from tests.commands.hub_stub import SECONDS, TOKEN, Hub, serve_hub


@pytest.fixture
def hub():
    with serve_hub(Hub(held=["README.md", "outgrown.txt"])) as hub:
        yield hub


def push(root, tmp_path, hub, *arguments, token=TOKEN):
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": token,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "textthema", "push", *map(str, arguments)]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS * 3, check=False
    )


@pytest.fixture
def space(stand_in, tmp_path):
    folder = tmp_path / "space"
    (folder / "__pycache__").mkdir(parents=True)
    stand_in.rename(folder / "model")
    for name, content in (
        ("README.md", "---\ntitle: Thing\nsdk: gradio\n---\n"),
        ("app.py", "print('thing')"),
        ("requirements.txt", "gradio"),
        (".secret", "hidden"),
        ("__pycache__/app.pyc", "compiled"),
    ):
        (folder / name).write_text(content)
    return folder


def test_a_model_is_uploaded_whole_and_nothing_else_stays(root, tmp_path, hub, stand_in):
    done = push(root, tmp_path, hub, "model", stand_in, "me/thing", "--private")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{hub.address}/me/thing/commit/{'0' * 40}"
    names = {path.relative_to(stand_in).as_posix() for path in stand_in.rglob("*") if path.is_file()}
    assert set(hub.files) == names
    weights = (stand_in / "onnx" / "model_quantized.onnx").read_bytes()
    assert hub.stored[hub.files["onnx/model_quantized.onnx"]] == weights
    assert hub.files["onnx/model_quantized.onnx"] == hashlib.sha256(weights).hexdigest()
    assert hub.files["manifest.json"] == (stand_in / "manifest.json").read_bytes()
    assert hub.deleted == ["README.md", "outgrown.txt"]
    assert hub.created[0]["name"] == "thing"


def test_a_space_is_uploaded_without_what_is_hidden(root, tmp_path, hub, space):
    done = push(root, tmp_path, hub, "space", space, "me/thing")
    assert done.returncode == 0, done.stderr
    assert {"README.md", "app.py", "requirements.txt", "model/config.json"} <= set(hub.files)
    assert not {".secret", "__pycache__/app.pyc"} & set(hub.files)
    assert hub.deleted == ["outgrown.txt"]
    assert hub.created[0]["sdk"] == "gradio"


def test_a_damaged_model_is_not_uploaded(root, tmp_path, hub, stand_in):
    (stand_in / "thresholds.json").write_text("{}")
    done = push(root, tmp_path, hub, "model", stand_in, "me/thing")
    assert done.returncode == 4
    assert "thresholds.json" in done.stderr
    assert not hub.created


@pytest.mark.parametrize(("name", "code"), [("app.py", 4), ("README.md", 4)])
def test_a_space_that_is_not_whole_is_not_uploaded(root, tmp_path, hub, space, name, code):
    (space / name).unlink()
    done = push(root, tmp_path, hub, "space", space, "me/thing")
    assert done.returncode == code
    assert name in done.stderr
    assert not hub.created


def test_a_space_whose_second_model_is_damaged_is_not_uploaded(root, tmp_path, hub, space):
    shutil.copytree(space / "model", space / "genres")
    (space / "genres" / "thresholds.json").write_text("{}")
    done = push(root, tmp_path, hub, "space", space, "me/thing")
    assert done.returncode == 4
    assert "thresholds.json" in done.stderr
    assert not hub.created


def test_a_card_that_is_no_text_is_said_in_one_line(root, tmp_path, hub, space):
    (space / "README.md").write_bytes(b"---\n\xff\n---\n")
    done = push(root, tmp_path, hub, "space", space, "me/thing")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "README.md" in done.stderr
    assert not hub.created


def test_what_the_hub_refuses_is_said_in_one_line(root, tmp_path, hub, stand_in):
    done = push(root, tmp_path, hub, "model", stand_in, "me/thing", token="hf_wrong")  # noqa: S106
    assert done.returncode == 8
    assert done.stderr.startswith("error: the Hub did not take 'me/thing'")
    assert "hf auth login" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_can_not_be_is_the_callers_fault(root, tmp_path, hub, stand_in):
    done = push(root, tmp_path, hub, "model", stand_in, "me/my/thing")
    assert done.returncode == 2
    assert "'me/my/thing'" in done.stderr
