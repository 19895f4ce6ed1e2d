"""What looking a text up costs: beside the classification, when a model starts, and among a million vectors.

Example:
    python benchmarks/lookup_speed.py --model deployment_hf/model

Keep the machine idle meanwhile. An approximate index (`pip install usearch`) is measured too where it is installed; it
is no part of TextThema, and its place here is to say whether it should be.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
from sample_texts import TOKENS, text_of_tokens
from scripts import exit_code, write_result
from speed import cpu_name, quartiles

from textthema.bundle import Bundle, find_default
from textthema.catalogue import KINDS, Catalogue
from textthema.classifier import ThemeClassifier
from textthema.recommender import Recommender
from textthema.vectors import products, quantize

_DIM = 128
_TOP = 10
_WARM_UP = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        record = measure(args.model or find_default(), args.vectors, args.repetitions)
        write_results(args.out, record)
        print(as_markdown(record))

    return exit_code(work)


def measure(model: Path, n: int, repetitions: int) -> dict:
    """Measure everything in turn.

    Args:
        model: A model directory with a catalogue.
        n: Synthetic vectors.
        repetitions: Timed calls of each kind.

    Returns:
        The record for ``speed.json``; times in milliseconds.
    """
    bundle = Bundle.read(model)
    return {
        "machine": {"cpu": cpu_name(), "system": platform.platform(terse=True)},
        "versions": {name: metadata.version(name) for name in ("numpy", "onnxruntime")},
        "repetitions": repetitions,
        "catalogue": _catalogue_times(bundle, repetitions),
        "synthetic": {"vectors": n, "dim": _DIM, "top": _TOP, "ways": _synthetic_times(n, repetitions)},
    }


def _catalogue_times(bundle: Bundle, repetitions: int) -> dict:
    classifier = ThemeClassifier(bundle)
    load = timed(lambda: Catalogue.read(bundle), repetitions)
    recommender = Recommender(Catalogue.read(bundle))
    text = text_of_tokens()
    encoded = classifier.encode([text])
    embedding, probabilities = encoded.embeddings[0], encoded.probabilities[0]

    def look_up() -> None:
        found = recommender.catalogue.look_up(embedding, probabilities, text)
        recommender.choose(found)
        found.nearest("tag", _TOP)

    folder = bundle.root / "catalogue"
    return {
        "bytes": sum(file.stat().st_size for file in folder.iterdir()),
        "entities": {kind: last - first for kind, (first, last) in recommender.catalogue.kinds.items()},
        "load_ms": quartiles(load),
        "classification_ms": quartiles(timed(lambda: classifier(text), repetitions)),
        "all_kinds_ms": quartiles(timed(look_up, repetitions)),
    }


def _synthetic_times(n: int, repetitions: int) -> dict[str, dict]:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(n, _DIM)).astype(np.float32)
    queries = rng.normal(size=(repetitions + _WARM_UP, _DIM)).astype(np.float32)
    exact = [set(_best(vectors @ query)) for query in queries[:20]]
    rounded, scales = quantize(vectors)
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "NumPy, float32 in memory": lambda query: _best(vectors @ query),
    }
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "vectors.npy", rounded)
        mapped = np.lib.format.open_memmap(Path(folder) / "vectors.npy", "r").view(np.ndarray)
        ways["TextThema, int8 from a memory-mapped file"] = lambda query: _best(products(query, mapped) * scales)
        if importlib.util.find_spec("usearch"):
            ways["usearch, int8 graph (approximate)"] = _usearch(vectors)
        return {title: _way(search, queries, exact) for title, search in ways.items()}


def _usearch(vectors: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from usearch.index import Index  # noqa: PLC0415 - measured only where it is installed

    index = Index(ndim=vectors.shape[1], metric="ip", dtype="i8")
    # its int8 holds -1 to 1
    index.add(np.arange(len(vectors)), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    return lambda query: index.search(query / np.linalg.norm(query), _TOP).keys


def _way(search: Callable[[np.ndarray], np.ndarray], queries: np.ndarray, exact: Sequence[set[int]]) -> dict:
    waiting = iter(queries)
    times = timed(lambda: search(next(waiting)), len(queries) - _WARM_UP)
    agreed = [len(set(search(query)) & best) / _TOP for query, best in zip(queries, exact, strict=False)]
    return {"ms": quartiles(times), "of_the_exact_ten": round(float(np.mean(agreed)), 3)}


def timed(call: Callable[[], object], repetitions: int) -> list[float]:
    """Time calls after a few that don't count.

    Args:
        call: What to time.
        repetitions: How often.

    Returns:
        Milliseconds of each.
    """
    for _ in range(_WARM_UP):
        call()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return times


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    catalogue, synthetic = record["catalogue"], record["synthetic"]
    counts = ", ".join(f"{catalogue['entities'].get(kind, 0):,} {kind}s" for kind in KINDS)
    ratio = 1 + catalogue["all_kinds_ms"]["median"] / catalogue["classification_ms"]["median"]
    lines = [
        "# What looking up costs",
        "",
        f"{record['machine']['cpu']}; medians of {record['repetitions']} calls, quartiles in brackets.",
        "",
        f"The catalogue has {counts}; {catalogue['bytes'] / 1e6:.1f} MB.",
        "",
        "| | ms |",
        "|---|---|",
        f"| reading the catalogue | {_spread(catalogue['load_ms'])} |",
        f"| classification of a text of {TOKENS} tokens | {_spread(catalogue['classification_ms'])} |",
        f"| all five kinds for its embedding and words | {_spread(catalogue['all_kinds_ms'])} |",
        "",
        f"Both together cost {ratio:.2f} times the classification alone.",
        "",
        f"## {synthetic['vectors']:,} synthetic vectors of {synthetic['dim']} numbers, the best {synthetic['top']}",
        "",
        "| | ms | of the exact ten |",
        "|---|---|---|",
        *(
            f"| {title} | {_spread(way['ms'])} | {way['of_the_exact_ten']:.0%} |"
            for title, way in synthetic["ways"].items()
        ),
    ]
    return "\n".join(lines) + "\n"


def write_results(out: Path, record: dict) -> None:
    """Write JSON and Markdown.

    Args:
        out: The folder.
        record: What `measure` gave.
    """
    write_result(out, "speed", record, as_markdown(record))


def _best(scores: np.ndarray) -> np.ndarray:
    top = np.argpartition(-scores, _TOP)[:_TOP]
    return top[np.argsort(-scores[top])]


def _spread(times: dict[str, float]) -> str:
    return f"{times['median']:.2f} ({times['q1']:.2f} to {times['q3']:.2f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what looking up costs; keep the machine idle meanwhile.")
    parser.add_argument("--model", type=Path, help="model directory (default: the one that comes with TextThema)")
    parser.add_argument("--vectors", type=int, default=1_000_000, help="synthetic vectors (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=60, help="timed calls of each kind")
    out = Path(__file__).parent / "results" / "related"
    parser.add_argument("--out", type=Path, default=out, help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
