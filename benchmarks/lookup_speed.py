"""What looking a text up costs: beside the classification, when a model starts, and among a million vectors.

Example:
    python benchmarks/lookup_speed.py --model deployment_hf/model

Keep the machine idle meanwhile. An approximate index (`pip install usearch`) is measured too where it is installed; it
is no part of TextThema, and its place here is to say whether it should be.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
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
from textthema.passages import BLOCK, PassageIndex
from textthema.recommender import Recommender
from textthema.vectors import quantize

# As wide as the embeddings of the model that comes along.
_DIM = 384
_TOP = 10
_WARM_UP = 5
_PACKAGES = ("numpy", "onnxruntime", "usearch")
_EXACT = "NumPy, float32 in memory"
_OURS = "TextThema's index of passages, int8 from a memory-mapped file"
_GRAPH = "usearch, int8 graph in memory (approximate)"
# What is asked for.
_MOST_LOAD_MS, _MOST_SEARCH_MS = 200, 50


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
        "machine": {"cpu": cpu_name(), "cores": _cores(), "system": platform.platform(terse=True)},
        "versions": {name: metadata.version(name) for name in _PACKAGES if importlib.util.find_spec(name)},
        "repetitions": repetitions,
        "catalogue": _catalogue_times(bundle, repetitions),
        "synthetic": {"vectors": n, "dim": _DIM, "top": _TOP} | _synthetic_times(n, repetitions),
    }


def _catalogue_times(bundle: Bundle, repetitions: int) -> dict:
    classifier = ThemeClassifier(bundle)
    recommender = Recommender(Catalogue.read(bundle))
    text = text_of_tokens()
    encoded = classifier.encode([text])
    embedding, probabilities = encoded.embeddings[0], encoded.probabilities[0]

    def look_up() -> None:
        found = recommender.catalogue.look_up(embedding, probabilities, text)
        recommender.choose(found)
        found.nearest("tag", _TOP)

    calls = {
        "load_ms": lambda: Catalogue.read(bundle),
        "classification_ms": lambda: classifier(text),
        "all_kinds_ms": look_up,
    }
    folder = bundle.root / "catalogue"
    return {
        "bytes": sum(file.stat().st_size for file in folder.iterdir()),
        "entities": {kind: last - first for kind, (first, last) in recommender.catalogue.kinds.items()},
        **{name: quartiles(times) for name, times in timed(calls, repetitions).items()},
    }


def _synthetic_times(n: int, repetitions: int) -> dict:
    rng = np.random.default_rng(0)
    vectors = np.empty((n, _DIM), np.float32)
    for start in range(0, n, BLOCK):
        some = rng.standard_normal((min(BLOCK, n - start), _DIM), np.float32)
        vectors[start : start + len(some)] = some / np.linalg.norm(some, axis=1, keepdims=True)
    queries = rng.standard_normal((repetitions + _WARM_UP, _DIM), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        ways = {_EXACT: lambda query: _best(vectors @ query), _OURS: _passage_index(vectors, Path(folder))}
        build_seconds = None
        if importlib.util.find_spec("usearch"):
            start = time.perf_counter()
            ways[_GRAPH] = _usearch(vectors)
            build_seconds = time.perf_counter() - start
        found: dict[str, list[np.ndarray]] = {title: [] for title in ways}
        turns = {
            title: lambda title=title, search=search: found[title].append(search(queries[len(found[title])]))
            for title, search in ways.items()
        }
        times = timed(turns, repetitions)
    return {
        "graph_build_seconds": build_seconds,
        "ways": {
            title: {"ms": quartiles(times[title]), "of_the_exact_ten": _agreement(found[title], found[_EXACT])}
            for title in ways
        },
    }


def _passage_index(vectors: np.ndarray, folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Lay the vectors down as ``textthema index`` does."""
    n = len(vectors)
    shape = (-(-n // BLOCK), _DIM, min(n, BLOCK))
    laid = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.int8, shape)
    scales = np.empty(n, np.float32)
    for block, start in enumerate(range(0, n, BLOCK)):
        columns, scales[start : start + BLOCK] = quantize(vectors[start : start + BLOCK])
        laid[block, :, : columns.shape[1]] = columns
    laid.flush()
    mapped = np.lib.format.open_memmap(folder / "vectors.npy", "r").view(np.ndarray)
    index = PassageIndex(folder, mapped, scales, np.arange(n))
    return lambda query: index.search(query, _TOP)[0]


def _usearch(vectors: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from usearch.index import Index  # noqa: PLC0415 - measured only where it is installed

    index = Index(ndim=vectors.shape[1], metric="ip", dtype="i8")
    index.add(np.arange(len(vectors)), vectors)
    return lambda query: index.search(query / np.linalg.norm(query), _TOP).keys


def _agreement(found: Sequence[np.ndarray], exact: Sequence[np.ndarray]) -> float:
    return round(float(np.mean([len(set(a) & set(b)) / _TOP for a, b in zip(found, exact, strict=True)])), 3)


def timed(calls: dict[str, Callable[[], object]], repetitions: int) -> dict[str, list[float]]:
    """Time calls in turn, so that whatever else the machine does meets all of them; the first rounds don't count.

    Args:
        calls: What to time.
        repetitions: How often each.

    Returns:
        Milliseconds of each call.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_WARM_UP + repetitions):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: each[_WARM_UP:] for name, each in times.items()}


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
        f"{record['machine']['cpu']}, {record['machine']['cores']} cores; medians of {record['repetitions']} calls"
        " in turn, quartiles in brackets.",
        "",
        f"The catalogue has {counts}; {catalogue['bytes'] / 1e6:.1f} MB.",
        "",
        "| | ms | asked for |",
        "|---|---|---|",
        f"| reading the catalogue | {_spread(catalogue['load_ms'])} | at most {_MOST_LOAD_MS} |",
        f"| classification of a text of {TOKENS} tokens | {_spread(catalogue['classification_ms'])} | |",
        f"| all five kinds for its embedding and words | {_spread(catalogue['all_kinds_ms'])} | |",
        "",
        f"Both together cost {ratio:.2f} times the classification alone.",
        "",
        f"## {synthetic['vectors']:,} synthetic vectors of {synthetic['dim']} numbers, the best {synthetic['top']}",
        "",
        f"Asked for: at most {_MOST_SEARCH_MS} ms. The vectors are drawn at random: nothing stands out among"
        " them, which is hard for rounding and for graphs.",
        "",
        "| | ms | of the exact ten |",
        "|---|---|---|",
        *(
            f"| {title} | {_spread(way['ms'])} | {way['of_the_exact_ten']:.0%} |"
            for title, way in synthetic["ways"].items()
        ),
    ]
    if synthetic["graph_build_seconds"] is not None:
        lines += ["", f"Building the graph took {synthetic['graph_build_seconds']:.0f} s."]
    return "\n".join(lines) + "\n"


def write_results(out: Path, record: dict) -> None:
    """Write JSON and Markdown.

    Args:
        out: The folder.
        record: What `measure` gave.
    """
    write_result(out, "speed", record, as_markdown(record))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
