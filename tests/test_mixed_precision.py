import pytest
import torch

from textthema.encoder import load_encoder
from textthema.errors import InputError
from textthema.mixed_precision import hold_bfloat16

pytestmark = pytest.mark.train


@pytest.mark.parametrize("has_amx", [True, False])
def test_only_a_machine_with_the_instructions_passes(monkeypatch, has_amx):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: has_amx)
    if has_amx:
        hold_bfloat16()
        return
    with pytest.raises(InputError, match="--precision fp32"):
        hold_bfloat16()


def test_only_the_forward_pass_is_in_bfloat16(tiny_roberta):
    model, _ = load_encoder(str(tiny_roberta), 3, dropout=0.0)
    ids = torch.tensor([[0, 9, 8, 2]])
    exact = model(ids, torch.ones_like(ids)).logits
    model.in_bfloat16 = True
    logits = model(ids, torch.ones_like(ids)).logits
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, exact)
    assert torch.allclose(logits, exact, atol=0.05)
    logits.sum().backward()
    assert {weights.dtype for weights in model.parameters()} == {torch.float32}


def test_an_error_in_the_forward_pass_leaves_no_bfloat16_behind(tiny_roberta):
    model, _ = load_encoder(str(tiny_roberta), 3)
    model.in_bfloat16 = True
    with pytest.raises(ValueError, match="input_ids"):
        model(None, None)
    assert not torch.is_autocast_enabled("cpu")
