"""The size of an encoder that is built from its configuration."""

import json

import pytest
import sizes

pytestmark = pytest.mark.train
TINY = {
    "vocab_size": 2_000,
    "hidden_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "max_position_embeddings": 514,
    "type_vocab_size": 1,
}


def test_the_size_is_that_of_a_file_with_every_weight(stand_in, tmp_path):
    sizes.write_size(stand_in, tmp_path, TINY)
    record = json.loads((tmp_path / "sizes.json").read_text(encoding="utf-8"))
    ((title, figures),) = record.items()
    assert "3 labels" in title and "size only" in title
    weights = 2_000 * 64 + 514 * 64 + 4 * 64 * 64 + 2 * 64 * 128
    assert weights < figures["bytes"]["int8"] < 2 * weights
    assert 4 * weights < figures["bytes"]["fp32"]
    assert figures["configuration"] == TINY


def test_the_configuration_is_distilrobertas():
    assert sizes._DISTILROBERTA["num_hidden_layers"] == 6
    assert sizes._DISTILROBERTA["vocab_size"] == 50_265
