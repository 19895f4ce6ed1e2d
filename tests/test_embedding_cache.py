import json

import numpy as np
import pytest

from textthema.embedding_cache import EmbeddingCache
from textthema.errors import InputError, UnreadableFileError
from textthema.inference import OnnxEncoder


def test_rows_are_computed_once_and_kept(bundle, texts, tmp_path, monkeypatch):
    cache = EmbeddingCache.open(tmp_path, bundle, texts, 64)
    assert not cache.have.any()
    cache.fill(bundle, texts, np.array([0, 2]), 64, 1)
    encoded = OnnxEncoder(bundle.onnx_path, bundle.tokenizer_path, 64).encode([texts[0], texts[2]])
    assert cache.have.tolist() == [True, False, True, False, False, False]
    assert cache.embeddings[[0, 2]] == pytest.approx(encoded.embeddings, abs=0.01)
    assert cache.logits[[0, 2]] == pytest.approx(encoded.logits, abs=0.01)

    asked = []
    encode = OnnxEncoder.encode
    monkeypatch.setattr(
        OnnxEncoder, "encode", lambda self, some, *rest: asked.extend(some) or encode(self, some, *rest)
    )
    again = EmbeddingCache.open(tmp_path, bundle, texts, 64)
    again.fill(bundle, texts, np.arange(4), 64, 1)
    assert asked == [texts[1], texts[3]]
    again.fill(bundle, texts, np.arange(4), 64, 1)
    assert len(asked) == 2


def test_an_interrupted_run_goes_on(bundle, texts, tmp_path, monkeypatch):
    monkeypatch.setattr("textthema.embedding_cache._ROWS_AT_ONCE", 2)
    cache = EmbeddingCache.open(tmp_path, bundle, texts, 64)
    encode, calls = OnnxEncoder.encode, []

    def interrupted(self, some, *rest):
        calls.append(len(some))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return encode(self, some, *rest)

    monkeypatch.setattr(OnnxEncoder, "encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.fill(bundle, texts, np.arange(6), 64, 1)
    again = EmbeddingCache.open(tmp_path, bundle, texts, 64)
    assert again.have.tolist() == [True, True, False, False, False, False]
    again.fill(bundle, texts, np.arange(6), 64, 1)
    assert again.have.all()


def test_groups_are_found_once(bundle, texts, tmp_path):
    cache = EmbeddingCache.open(tmp_path, bundle, [*texts, texts[0] + " Yes."], 64)
    groups = cache.groups([*texts, texts[0] + " Yes."])
    assert groups[0] == groups[-1]
    assert len(set(groups.tolist())) == len(texts)
    assert cache.groups([]).tolist() == groups.tolist()


def test_the_cache_of_another_table_or_length_is_refused(bundle, texts, tmp_path):
    EmbeddingCache.open(tmp_path, bundle, texts, 64)
    with pytest.raises(InputError, match="another model or table"):
        EmbeddingCache.open(tmp_path, bundle, texts[1:], 64)
    with pytest.raises(InputError, match="another model or table"):
        EmbeddingCache.open(tmp_path, bundle, texts, 32)
    head = json.loads((tmp_path / "cache.json").read_text())
    (tmp_path / "cache.json").write_text(json.dumps(head | {"encoder": "another"}))
    with pytest.raises(InputError, match="another model or table"):
        EmbeddingCache.open(tmp_path, bundle, texts, 64)


@pytest.mark.parametrize("name", ["have.npy", "embeddings.npy", "cache.json"])
def test_a_broken_cache_is_refused(bundle, texts, tmp_path, name):
    EmbeddingCache.open(tmp_path, bundle, texts, 64)
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(UnreadableFileError, match="broken"):
        EmbeddingCache.open(tmp_path, bundle, texts, 64)
