import json
import subprocess
import sys

import bare_session
import numpy as np
import pytest
from real_texts import write_texts

pytestmark = pytest.mark.train


@pytest.mark.parametrize(("budget", "sizes"), [(1, [1, 1, 1, 1, 1]), (10, [1, 1, 3]), (16, [2, 3]), (1000, [5])])
def test_batches_are_sorted_and_filled(budget, sizes):
    ids = [np.full(n, n, dtype=np.int64) for n in (3, 8, 2, 6, 3)]
    feeds = bare_session.full_batches(ids, budget)
    assert [len(feed["input_ids"]) for feed in feeds] == sizes
    lengths = np.concatenate([feed["attention_mask"].sum(axis=1) for feed in feeds])
    assert lengths.tolist() == [8, 6, 3, 3, 2]
    assert all((feed["input_ids"] > 0).sum() == feed["attention_mask"].sum() for feed in feeds)


def test_the_best_way_is_timed_on_all_texts(root, bundle, texts, tmp_path):
    from throughput import without_heads

    write_texts(tmp_path / "texts.jsonl", texts * 2)
    model = without_heads(bundle, tmp_path / "model")
    command = [sys.executable, root / "benchmarks" / "bare_session.py", model, tmp_path / "texts.jsonl", "12"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert found["rows"] == 12
    assert found["seconds"] > 0
    assert len(found["tried"]) == 2 * len(bare_session.BUDGETS)
    best = max(found["tried"], key=lambda way: way["rows_per_s"])
    assert {key: best[key] for key in ("budget", "sessions", "threads")}.items() <= found.items()
