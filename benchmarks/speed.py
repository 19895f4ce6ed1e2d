"""How fast and how small: one text, a new process, a file of texts, memory, all in one run.

Example:
    python benchmarks/speed.py --model deployment_hf/model

The comparison is a PyTorch model of roberta-base's size with random weights, built on the spot: speed doesn't
depend on what the weights are. It is given token ids, so its time leaves out its tokenizer; this project's time
is that of the whole call, from text to themes.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
from plots import plot_times

from textthema.bundle import Bundle, replacing
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError, TextThemaError

THREADS = 2
TOKENS = 40
_SENTENCE = (
    "the river keeps a slow account of every bridge and lamp we left behind in winter light while somebody"
    " at the far window sings about bread and rain and the patience of small boats under a very old moon"
)
WORDS = _SENTENCE.split()
_BLOCKS = 5
_PAUSE_SECONDS = 0.5
_CHILD_TIMEOUT_SECONDS = 120
_PACKAGES = ("numpy", "onnxruntime", "tokenizers", "torch", "transformers")
# The peak that getrusage reports is inherited from a parent that was larger; VmHWM is this program's own.
_CHILD = """
import sys
from textthema import ThemeClassifier
prediction = ThemeClassifier.from_pretrained(sys.argv[1])(sys.argv[2])
assert prediction.scores
try:
    lines = open("/proc/self/status", encoding="ascii").read().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    try:
        record = measure(args.model, args.repetitions, args.processes, args.texts)
        write_results(args.out, record)
    except TextThemaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(as_markdown(record))
    return 0


def measure(model: Path, repetitions: int, processes: int, n_texts: int) -> dict:
    """Measure everything in turn.

    Args:
        model: Model directory.
        repetitions: Calls of each model with a single text.
        processes: New processes to start.
        n_texts: Texts in the file-sized run.

    Returns:
        The record for ``speed.json``; times in milliseconds unless the name says otherwise.
    """
    bundle = Bundle.read(model)
    # New processes first, as long as this one is small and has loaded no second model.
    bare, new_process, peaks = measure_processes(model, processes)
    classifier = ThemeClassifier(bundle, threads=THREADS)
    text = text_of(TOKENS, classifier)
    transformer, n_parameters = build_transformer(len(bundle.labels))
    times = measure_alternately({"ours": lambda: classifier(text), "transformer": transformer}, repetitions)
    ours, theirs = (quartiles(times[name]) for name in ("ours", "transformer"))
    lengths, seconds = measure_many(classifier, n_texts)
    sizes = {file.relative_to(bundle.root).as_posix(): file.stat().st_size for file in _files(bundle.root)}
    return {
        "machine": {"cpu": cpu_name(), "system": platform.platform(terse=True), "threads": THREADS},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
        "single_text": {"tokens": TOKENS, "ours": ours, "transformer": theirs, "repetitions": repetitions},
        "transformer_parameters": n_parameters,
        "ratio": theirs["median"] / ours["median"],
        "new_process": {"ours": quartiles(new_process), "bare_python": quartiles(bare), "processes": processes},
        "peak_memory_mb": max(peaks) * 1024 / 1e6,
        "many_texts": {
            "texts": n_texts,
            "tokens_median": float(np.median(lengths)),
            "texts_per_second": n_texts / seconds,
        },
        "bytes": sizes,
        "bytes_total": sum(sizes.values()),
    }


def measure_processes(model: Path, n: int) -> tuple[list[float], list[float], list[int]]:
    """Start new Pythons that do nothing, and that import, load and answer, in turn.

    Args:
        model: Model directory.
        n: Number of processes of each kind, after one of each that warms the disk's cache.

    Returns:
        Milliseconds of the bare ones, of the answering ones, and the peak memory of those in KiB.
    """
    text = " ".join(WORDS[:30])
    bare, answering, peaks = [], [], []
    for _ in range(n + 1):
        bare.append(_timed(["-c", "pass"])[0])
        elapsed, output = _timed(["-c", _CHILD, str(model), text])
        answering.append(elapsed)
        peaks.append(int(output))
    return bare[1:], answering[1:], peaks[1:]


def measure_alternately(calls: dict[str, Callable[[], object]], repetitions: int) -> dict[str, list[float]]:
    """Time calls in alternating blocks, so that whatever else the machine does meets all of them.

    Args:
        calls: Name to call.
        repetitions: Number of timed calls of each.

    Returns:
        Name to milliseconds of each timed call.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    per_block = -(-repetitions // _BLOCKS)
    for _ in range(_BLOCKS):
        for name, call in calls.items():
            # Another library's threads may still spin for a moment after its last call.
            time.sleep(_PAUSE_SECONDS)
            for _ in range(max(per_block // 4, 2)):
                call()
            for _ in range(per_block):
                start = time.perf_counter()
                call()
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: values[:repetitions] for name, values in times.items()}


def measure_many(classifier: ThemeClassifier, n: int) -> tuple[list[int], float]:
    """Time one call with many texts of mixed length.

    Args:
        classifier: What to time, as it comes.
        n: Number of texts.

    Returns:
        Tokens of each text, and seconds.
    """
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, size=rng.integers(8, 90))) for _ in range(n)]
    classifier(texts[:10])
    start = time.perf_counter()
    predictions = classifier(texts)
    return [prediction.n_tokens for prediction in predictions], time.perf_counter() - start


def build_transformer(n_labels: int) -> tuple[Callable[[], object], int]:
    """Build a PyTorch model of roberta-base's size with random weights.

    Args:
        n_labels: Outputs of its head.

    Returns:
        A call that classifies one text of `TOKENS` token ids, and the number of parameters.
    """
    import torch  # noqa: PLC0415 - only now, so that the processes above start from a small one
    from transformers import RobertaConfig, RobertaForSequenceClassification  # noqa: PLC0415

    torch.set_num_threads(THREADS)
    config = RobertaConfig(
        vocab_size=50265,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=514,
        type_vocab_size=1,
        num_labels=n_labels,
    )
    model = RobertaForSequenceClassification(config).eval()
    ids = torch.randint(10, 50000, (1, TOKENS), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)

    def classify() -> object:
        with torch.inference_mode():
            return model(input_ids=ids, attention_mask=mask).logits

    return classify, sum(weights.numel() for weights in model.parameters())


def text_of(n_tokens: int, classifier: ThemeClassifier) -> str:
    """Write a text with a given number of tokens.

    Args:
        n_tokens: Special tokens included.
        classifier: Whose tokens.

    Returns:
        The text.

    Raises:
        InputError: If no beginning of the sample words has that many.
    """
    for n_words in range(1, 3 * len(WORDS)):
        text = " ".join((WORDS * 3)[:n_words])
        if classifier(text).n_tokens == n_tokens:
            return text
    raise InputError(f"no text of {n_tokens} tokens found for this tokenizer; change WORDS", value=n_tokens)


def quartiles(times: Sequence[float]) -> dict[str, float]:
    """Sum times up.

    Args:
        times: Any number of them.

    Returns:
        ``median``, ``q1`` and ``q3``.
    """
    q1, median, q3 = np.quantile(times, [0.25, 0.5, 0.75])
    return {"median": float(median), "q1": float(q1), "q3": float(q3)}


def cpu_name() -> str:
    """Name the processor.

    Returns:
        What the system calls it, and how many of its threads this machine has.
    """
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} × {len(names)}" if names else platform.processor() or platform.machine()


def write_results(out: Path, record: dict) -> None:
    """Write JSON, Markdown and the plot.

    Args:
        out: The folder.
        record: What `measure` gave.
    """
    out.mkdir(parents=True, exist_ok=True)
    titles = {"TextThema (int8 ONNX)": "ours", "roberta-base size (PyTorch)": "transformer"}
    times = {title: record["single_text"][name] for title, name in titles.items()}
    plot_times(out / "speed.png", times, record["ratio"])
    for name, content in (
        ("speed.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n"),
        ("speed.md", as_markdown(record)),
    ):
        with replacing(out / name) as temporary:
            temporary.write_text(content, encoding="utf-8")


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    single, new, many = record["single_text"], record["new_process"], record["many_texts"]
    onnx = record["bytes"]["onnx/model_quantized.onnx"]
    millions = record["transformer_parameters"] / 1e6
    lines = [
        "# Speed and size",
        "",
        f"{record['machine']['cpu']}, {THREADS} threads, Python {record['versions']['python']}."
        " Medians, quartiles in brackets; all figures from one run.",
        "",
        "| | |",
        "|---|---|",
        f"| one text of {TOKENS} tokens, TextThema int8 | {_spread(single['ours'])} ms |",
        f"| the same, PyTorch model of roberta-base's size ({millions:.0f} M) | {_spread(single['transformer'])} ms |",
        f"| ratio of the medians | {record['ratio']:.1f} |",
        f"| new process: import, load, answer | {_spread(new['ours'])} ms |",
        f"| new process: `python -c pass` | {_spread(new['bare_python'])} ms |",
        f"| peak memory of the answering process | {record['peak_memory_mb']:.0f} MB |",
        f"| {many['texts']} texts in one call (median {many['tokens_median']:.0f} tokens)"
        f" | {many['texts_per_second']:.0f} texts/s |",
        f"| model file (int8 ONNX) | {onnx / 1e6:.1f} MB |",
        f"| model directory | {record['bytes_total'] / 1e6:.1f} MB |",
        "",
        "![times](speed.png)",
        "",
        "TextThema's time is the whole call, from text to themes; the PyTorch model is given token ids."
        " Its weights are random, which makes no difference to its speed.",
    ]
    return "\n".join(lines) + "\n"


def _spread(times: dict[str, float]) -> str:
    return f"{times['median']:.1f} ({times['q1']:.1f} to {times['q3']:.1f})"


def _timed(arguments: list[str]) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=_CHILD_TIMEOUT_SECONDS
    )
    return (time.perf_counter() - start) * 1000, done.stdout


def _files(root: Path) -> list[Path]:
    return sorted(file for file in root.rglob("*") if file.is_file())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure speed, memory and size; keep the machine idle meanwhile.")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--repetitions", type=int, default=200, help="timed calls of each model")
    parser.add_argument("--processes", type=int, default=10, help="new processes to start")
    parser.add_argument("--texts", type=int, default=500, help="texts in the run with many")
    return parser


if __name__ == "__main__":
    sys.exit(main())
