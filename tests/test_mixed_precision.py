import pytest
import torch

from textthema.errors import InputError
from textthema.mixed_precision import BFloat16, hold_bfloat16


def test_a_machine_without_the_instructions_is_told_what_to_type(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("textthema.mixed_precision._has_instructions", lambda: False)
    with pytest.raises(InputError, match="--precision fp32"):
        hold_bfloat16()


def test_a_machine_with_the_instructions_passes(monkeypatch):
    monkeypatch.setattr("textthema.mixed_precision._has_instructions", lambda: True)
    hold_bfloat16()


def test_only_the_forward_pass_is_in_bfloat16():
    from types import SimpleNamespace

    callback = BFloat16()
    callback.learn = SimpleNamespace(dls=SimpleNamespace(device=torch.device("cpu")), pred=None)
    callback.before_batch()
    callback.learn.pred = torch.nn.functional.linear(torch.ones(2, 4), torch.ones(3, 4))
    assert callback.learn.pred.dtype == torch.bfloat16
    callback.after_pred()
    assert callback.learn.pred.dtype == torch.float32
    assert torch.nn.functional.linear(torch.ones(2, 4), torch.ones(3, 4)).dtype == torch.float32
