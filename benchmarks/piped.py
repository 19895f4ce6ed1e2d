"""A file of texts through another library's pipeline, in a process of its own.

Started by throughput.py, with Optimum's own Python where Optimum is asked: what a contestant needs is imported when it
is loaded, and nothing of textthema. Prints a line of JSON with the seconds and the scores of the first texts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tqdm import tqdm

Scores = dict[str, float]
# Runs texts through a library and gives their scores one by one.
Read = Callable[[Iterable[str]], Iterator[Scores]]
BATCH = 32
WARM_UP = 64
COMPARED = 200
GRAPH = "model_quantized.onnx"


def main() -> int:
    """Load the contestant that the command line names, warm it up and time it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("rows", type=int)
    args = parser.parse_args()
    with args.texts.open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file][: args.rows]
    read = CONTESTANTS[args.contestant](args.folder)
    list(read(texts[-WARM_UP:]))
    start = time.perf_counter()
    scores = list(tqdm(read(texts), total=len(texts), unit="text", desc=args.contestant, disable=None))
    seconds = time.perf_counter() - start
    print(json.dumps({"rows": len(scores), "seconds": seconds, "scores": scores[:COMPARED]}), flush=True)
    return 0


def load_transformers(folder: Path) -> Read:
    """Load the float weights as a pipeline of transformers, batched as it comes."""
    from transformers import pipeline  # noqa: PLC0415

    return _piped(
        pipeline("text-classification", str(folder), top_k=None, trust_remote_code=True, device="cpu"), folder
    )


def load_optimum(folder: Path) -> Read:
    """Load the int8 graph as a pipeline of Optimum, batched as it comes."""
    from optimum.onnxruntime import ORTModelForSequenceClassification  # noqa: PLC0415
    from transformers import AutoTokenizer, pipeline  # noqa: PLC0415

    model = ORTModelForSequenceClassification.from_pretrained(folder, file_name=GRAPH)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return _piped(pipeline("text-classification", model, tokenizer=tokenizer, top_k=None), folder)


def load_one_by_one(folder: Path) -> Read:
    """Load the int8 graph as the earlier system did: transformers' tokenizer, one text a call."""
    from contestants import load_earlier  # noqa: PLC0415

    answer = load_earlier(folder)
    labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"].values()
    return lambda texts: (dict(zip(labels, answer([text])[0].tolist(), strict=True)) for text in texts)


def length_read(folder: Path) -> int:
    """Tell how many tokens of a text a model reads.

    Args:
        folder: Of the model.

    Returns:
        Tokens, special ones included.
    """
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))["textthema"]["max_length"]


def _piped(classify: Callable, folder: Path) -> Read:
    length = length_read(folder)

    def read(texts: Iterable[str]) -> Iterator[Scores]:
        # A generator goes through the same batches as a list, and answers come as they are ready.
        themes = classify((text for text in texts), batch_size=BATCH, truncation=True, max_length=length)
        return ({theme["label"]: theme["score"] for theme in of_text} for of_text in themes)

    return read


CONTESTANTS = {"transformers": load_transformers, "optimum": load_optimum, "one_by_one": load_one_by_one}

if __name__ == "__main__":
    sys.exit(main())
