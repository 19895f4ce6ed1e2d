"""Saving, and a round trip over a hub on this machine, in a process of its own: the client reads its settings once."""

import json
import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("huggingface_hub", reason="needs: pip install 'textthema[hub]'")

from tests.commands.hub_stub import SECONDS, TOKEN, Hub, serve_hub
from textthema.bundle import Bundle, write_manifest
from textthema.classifier import ThemeClassifier
from textthema.errors import BundleCorruptError, BundleNotFoundError, InputError
from textthema.hub import HubThemeClassifier

ROUND_TRIP = """
import json, sys
from textthema.hub import HubThemeClassifier
first = HubThemeClassifier.from_pretrained(sys.argv[1])
print(first.push_to_hub("me/thing", private=True, commit_message="From Python"))
second = HubThemeClassifier.from_pretrained("me/thing", revision="main", threads=1)
print(json.dumps([second(sys.argv[2]).scores, str(second.bundle.root)]))
"""


@pytest.fixture
def saved(bundle, tmp_path):
    folder = tmp_path / "saved"
    HubThemeClassifier(bundle).save_pretrained(folder)
    return folder


def test_it_is_a_classifier_like_the_other(classifier, texts):
    ours = HubThemeClassifier.from_pretrained(threads=1)
    assert isinstance(ours, ThemeClassifier)
    assert [theme.label for theme in ours(texts[0]).themes] == [theme.label for theme in classifier(texts[0]).themes]


def test_what_is_saved_is_the_model_whole(saved, bundle):
    assert Bundle.read(saved).manifest == bundle.manifest
    assert (saved / "README.md").read_bytes() == (bundle.root / "README.md").read_bytes()
    assert HubThemeClassifier.from_pretrained(saved).labels == bundle.labels


def test_what_lies_beside_the_model_is_not_saved(model_copy, tmp_path):
    (model_copy / ".cache").write_text("mine")
    (model_copy / "notes.txt").write_text("mine")
    HubThemeClassifier.from_pretrained(model_copy).save_pretrained(tmp_path / "saved")
    assert not {".cache", "notes.txt"} & {path.name for path in (tmp_path / "saved").iterdir()}


def test_a_model_without_a_card_gets_one(model_copy, tmp_path):
    (model_copy / "README.md").unlink()
    shutil.rmtree(model_copy / "catalogue")
    write_manifest(model_copy, {})
    HubThemeClassifier.from_pretrained(model_copy).save_pretrained(tmp_path / "saved")
    assert (tmp_path / "saved" / "README.md").read_text().startswith("---\n")
    Bundle.read(tmp_path / "saved")


def test_a_model_is_not_saved_over_itself(model_copy):
    with pytest.raises(InputError, match="elsewhere"):
        HubThemeClassifier.from_pretrained(model_copy).save_pretrained(model_copy)
    Bundle.read(model_copy)


def test_a_model_that_was_damaged_since_is_not_saved(model_copy, tmp_path):
    ours = HubThemeClassifier.from_pretrained(model_copy)
    (model_copy / "thresholds.json").write_text("{}")
    with pytest.raises(BundleCorruptError, match=r"thresholds\.json"):
        ours.save_pretrained(tmp_path / "saved", push_to_hub=True, repo_id="me/thing")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BundleNotFoundError, match="nowhere"):
        HubThemeClassifier.from_pretrained(tmp_path / "nowhere")


def test_up_to_the_hub_and_down_again(root, tmp_path, classifier, bundle_without_catalogue, texts):
    with serve_hub(Hub()) as hub:
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.address,
            "HF_TOKEN": TOKEN,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            [sys.executable, "-c", ROUND_TRIP, bundle_without_catalogue, texts[0]],
            cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS * 3, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    address, said = done.stdout.splitlines()
    scores, folder = json.loads(said)
    assert address == f"{hub.address}/me/thing/commit/{'0' * 40}"
    assert hub.created == [{"name": "thing", "organization": "me", "visibility": "private"}]
    assert folder.startswith(str(tmp_path / "hf"))
    assert scores == pytest.approx(classifier(texts[0]).scores, abs=1e-5)
