"""What the graph's kernels could read at most: ready-made, full, sorted batches, and only the runs are timed.

Started by throughput.py; prints a line of JSON. Every batch is made before the clock starts. How many tokens a batch
best has, and whether two threads share a session or have one each, is found on some of the texts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import onnxruntime
from piped import GRAPH, length_read
from real_texts import read_texts
from tokenizers import Tokenizer
from tqdm import tqdm

from textthema.text import plain

Feed = dict[str, np.ndarray]
# Tokens of a batch, padding included; 1 is a text a batch.
BUDGETS = (1, 128, 256, 512, 1024, 2048)
# Sessions and threads of each.
SHARED, APART = (1, 2), (2, 1)
SAMPLE = 1500
_WARM_UP = 3
_ERRORS_ONLY = 3


def main() -> int:
    """Find the best way on some of the texts and time it on all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("rows", type=int)
    args = parser.parse_args()
    ids = tokenized(args.folder, read_texts(args.texts)[: args.rows])
    some = ids[:: max(1, len(ids) // SAMPLE)]
    sessions = {way: [_session(args.folder / GRAPH, way[1]) for _ in range(way[0])] for way in (SHARED, APART)}
    tried = {}
    for budget, way in tqdm(list(product(BUDGETS, sessions)), unit="way", desc="bare", disable=None):
        tried[budget, way] = len(some) / seconds_of(sessions[way], full_batches(some, budget))
    budget, way = max(tried, key=tried.get)
    seconds = seconds_of(sessions[way], full_batches(ids, budget))
    best = {"rows": len(ids), "seconds": seconds, "budget": budget, "sessions": way[0], "threads": way[1]}
    rates = [
        {"budget": budget, "sessions": way[0], "threads": way[1], "rows_per_s": rate}
        for (budget, way), rate in tried.items()
    ]
    print(json.dumps({**best, "mean_tokens": float(np.mean([len(row) for row in ids])), "tried": rates}), flush=True)
    return 0


def tokenized(folder: Path, texts: Sequence[str]) -> list[np.ndarray]:
    """Tokenize texts as they are served.

    Args:
        folder: Of a model, with ``tokenizer.json`` and ``config.json``.
        texts: Any number of texts.

    Returns:
        Ids of each text, int64 (n_tokens,).
    """
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length_read(folder))
    encodings = tokenizer.encode_batch_fast([plain(text) for text in texts])
    return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]


def full_batches(ids: Sequence[np.ndarray], budget: int) -> list[Feed]:
    """Make batches of texts of about the same length, longest first.

    Args:
        ids: Of each text, int64 (n_tokens,).
        budget: Tokens of a batch, padding included; a longer text is a batch of its own.

    Returns:
        What a session is fed with.
    """
    batches: list[list[np.ndarray]] = []
    for row in sorted(ids, key=len, reverse=True):
        if batches and (len(batches[-1]) + 1) * len(batches[-1][0]) <= budget:
            batches[-1].append(row)
        else:
            batches.append([row])
    return [_padded(batch) for batch in batches]


def _padded(batch: list[np.ndarray]) -> Feed:
    input_ids = np.zeros((len(batch), len(batch[0])), dtype=np.int64)
    mask = np.zeros_like(input_ids)
    for i, row in enumerate(batch):
        input_ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return {"input_ids": input_ids, "attention_mask": mask}


def seconds_of(sessions: Sequence[onnxruntime.InferenceSession], feeds: Sequence[Feed]) -> float:
    """Time the runs of all batches, each session in a thread of its own taking the next.

    Args:
        sessions: Sessions on the same graph.
        feeds: What they are fed with.

    Returns:
        Wall time in seconds.
    """
    for session in sessions:
        for feed in feeds[:_WARM_UP]:
            session.run(["logits"], feed)
    waiting = iter(feeds)

    def work(session: onnxruntime.InferenceSession) -> None:
        # A list's iterator hands out each item once, whichever thread asks.
        for feed in waiting:
            session.run(["logits"], feed)

    with ThreadPoolExecutor(len(sessions)) as pool:
        start = time.perf_counter()
        list(pool.map(work, sessions))
        return time.perf_counter() - start


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    sys.exit(main())
