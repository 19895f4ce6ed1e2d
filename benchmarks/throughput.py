"""Texts per second from file to file, beside what others make of the same texts with the same weights, in one run.

Example:
    python benchmarks/throughput.py --quotes quotes.parquet --float build/float \
      --optimum-python .venv-optimum/bin/python

Every contestant is a process of its own on the same two processors, one after the other, warmed up before its clock
starts; ours is the command line, its start-up included. Keep the machine idle meanwhile. The two pipelines take most of
the time, more than half an hour for 20,000 texts: --slow-rows 10000 halves that. A contestant that can't run is named
as missing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from engine import environment, only_processors, run_engine
from piped import BATCH, COMPARED, GRAPH
from real_texts import draw_texts, read_texts, write_texts
from scripts import exit_code, write_result
from serving import machine

from textthema.bundle import Bundle, find_default
from textthema.grafting import without_branch

PROCESSORS = 2
# Tokens of a forward pass of ours where it packs.
PACKED = 256
# By so much ours is to be faster; of the bare session it is to reach that share.
AIMS = {"transformers": 3.0, "optimum": 2.0, "one_by_one": 1.3, "bare": 0.85}
TITLES = {
    "ours": "`textthema classify`, JSON lines in and out, start-up included",
    "packed": f"the same with `--token-budget {PACKED}`",
    "one_by_one": "ONNX Runtime, int8, one text a call, default options",
    "optimum": f"Optimum's pipeline, the same int8 graph, batches of {BATCH} as they come",
    "transformers": f"`transformers`' pipeline, PyTorch, float weights, batches of {BATCH} as they come",
    "bare": "the bare int8 session on ready-made, full, sorted batches",
}
_WARM_UP = 256
_QUIETLY = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
_HERE = Path(__file__).parent
_TIMEOUT_SECONDS = 2 * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        with only_processors(PROCESSORS):
            record = measure(args)
        write_result(args.out, "throughput", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work)


def measure(args: argparse.Namespace) -> dict:
    """Measure everyone, one after the other.

    Args:
        args: The command line.

    Returns:
        The record for ``throughput.json``.
    """
    bundle = Bundle.read(args.model)
    with tempfile.TemporaryDirectory() as name:
        folder, texts = Path(name), Path(name) / "texts.jsonl"
        write_texts(texts, draw_texts(args.quotes, args.rows, args.seed))
        quiet = without_heads(bundle, folder / "model")
        found, scores = {}, {}
        for key, options in (("ours", ()), ("packed", ("--token-budget", PACKED))):
            found[key], scores[key] = _ours(texts, folder / f"{key}.jsonl", "--model", args.model, *options)
            _tell(key, found[key])
        here = Path(sys.executable)
        for key, python, model, rows in (
            ("one_by_one", here, quiet, args.rows),
            ("bare", here, quiet, args.rows),
            ("optimum", args.optimum_python, quiet, args.slow_rows or args.rows),
            ("transformers", here, args.float_model, args.slow_rows or args.rows),
        ):
            found[key] = _other(key, python, model, texts, rows)
            scores[key] = found[key].pop("scores", [])
            _tell(key, found[key])
    for key in found.keys() - {"ours", "bare"}:
        found[key]["score_difference"] = mean_difference(scores["ours"], scores[key])
    return {
        "machine": machine(),
        "processors": PROCESSORS,
        "rows": args.rows,
        "seed": args.seed,
        "contestants": found,
        "aims": compared(found),
    }


def without_heads(bundle: Bundle, folder: Path) -> Path:
    """Copy a model without its further heads, as we leave them out here: nobody is timed with what nobody asks for.

    Args:
        bundle: A model directory.
        folder: The new one; the graph lies beside the tokenizer.

    Returns:
        The folder.
    """
    folder.mkdir()
    for file in bundle.root.glob("*.json"):
        shutil.copy(file, folder)
    onnx.save(without_branch(onnx.load(bundle.onnx_path)), folder / GRAPH)
    return folder


def compared(found: dict[str, dict]) -> dict[str, dict]:
    """Compare ours with everyone else.

    Args:
        found: Key → what was measured.

    Returns:
        Key → ``ratio`` of our texts per second to theirs, the ``aim``, and whether it is ``met``; ``None`` for one
        that is missing. The bare session packs its batches: it is compared with ours that does.
    """
    ours = {key: found["packed" if key == "bare" else "ours"]["rows_per_s"] for key in AIMS}
    ratios = {key: ours[key] / found[key]["rows_per_s"] if "rows_per_s" in found[key] else None for key in AIMS}
    return {
        key: {"ratio": ratio, "aim": AIMS[key], "met": None if ratio is None else ratio >= AIMS[key]}
        for key, ratio in ratios.items()
    }


def mean_difference(ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]]) -> float | None:
    """Compare scores of the same texts.

    Args:
        ours: Label → probability, a text each.
        theirs: The same of the other's first texts.

    Returns:
        The mean absolute difference; ``None`` where there is nothing to compare.
    """
    differences = [
        abs(our[label] - score) for our, their in zip(ours, theirs, strict=False) for label, score in their.items()
    ]
    return float(np.mean(differences)) if differences else None


def _ours(texts: Path, target: Path, *options: object) -> tuple[dict, list[dict]]:
    warm = target.with_name("warm.jsonl")
    write_texts(warm, read_texts(texts)[:_WARM_UP])
    run_engine(warm, target.with_name("warm.out.jsonl"), *options)
    run = run_engine(texts, target, *options)
    rows = run.report["rows"]
    with target.open(encoding="utf-8") as file:
        scores = [json.loads(next(file))["scores"] for _ in range(min(COMPARED, rows))]
    found = {
        "rows": rows,
        "seconds": run.seconds,
        "rows_per_s": rows / run.seconds,
        "start_up_seconds": run.start_up_seconds,
        "rows_per_s_without_start_up": rows / run.report["seconds"],
        "shares": run.shares,
        "report": run.report,
    }
    return found, scores


def _other(key: str, python: Path | None, model: Path, texts: Path, rows: int) -> dict:
    """Time a contestant in a process of its own, or say why it is missing."""
    if python is None or not python.is_file():
        return {"missing": "its Python is not there; make test-ecosystem sets it up"}
    if not (model / "config.json").is_file():
        return {"missing": "the float model is not there; textthema dequantize writes it"}
    script = [_HERE / "bare_session.py"] if key == "bare" else [_HERE / "piped.py", key]
    # Optimum's Python has no textthema, and needs none.
    own = environment() if python == Path(sys.executable) else dict(os.environ)
    command = [str(part) for part in (python, *script, model, texts, rows)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=False, timeout=_TIMEOUT_SECONDS, env={**own, **_QUIETLY}
    )
    if done.returncode:
        return {"missing": f"its process ended with code {done.returncode}"}
    found = json.loads(done.stdout.splitlines()[-1])
    return {**found, "rows_per_s": found["rows"] / found["seconds"]}


def _tell(key: str, found: dict) -> None:
    said = found.get("missing") or f"{found['rows_per_s']:.1f} texts/s"
    print(f"{key}: {said}", file=sys.stderr, flush=True)


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    found = record["contestants"]
    ours = found["ours"]
    cpu, rows, bare = record["machine"]["cpu"], record["rows"], found["bare"]
    tokens = f", {bare['mean_tokens']:.1f} tokens on average" if "mean_tokens" in bare else ""
    stages = ", ".join(f"{stage} {share:.1%}" for stage, share in ours["shares"].items())
    lines = [
        "# Throughput",
        "",
        f"> {cpu}, {record['processors']} processors of it, Python {record['machine']['python']}; {rows:,} quotes drawn"
        f" by seed {record['seed']}{tokens}. Everyone has the same weights and texts, a process of its own, one after"
        " the other, warmed up; of ours alone start-up, reading and writing are timed, too. The bare session packs its"
        " batches, so that it is compared with ours that packs; everyone else with ours as it is by default.",
        "",
        "| | texts | s | texts/s | ours to it | aim |",
        "|---|---|---|---|---|---|",
        *(_row(key, found[key], record["aims"].get(key)) for key in TITLES),
        "",
        f"> Ours without start-up ({ours['start_up_seconds']:.2f} s):"
        f" {ours['rows_per_s_without_start_up']:.1f} texts/s. Where its workers' time goes: {stages}.",
        "",
        f"> {_verdict(record['aims'])}{_by_default(ours, bare)}",
        "",
        *_notes(found),
    ]
    return "\n".join(lines) + "\n"


def _row(key: str, found: dict, aim: dict | None) -> str:
    if "missing" in found:
        return f"| {TITLES[key]} | missing | | | | at least {_form(key, aim['aim'])} |"
    ratio, asked = ("", "") if aim is None else (_form(key, aim["ratio"]), f"at least {_form(key, aim['aim'])}")
    took = f"{found['rows']:,} | {found['seconds']:.1f} | {found['rows_per_s']:.1f}"
    return f"| {TITLES[key]} | {took} | {ratio} | {asked} |"


def _form(key: str, ratio: float) -> str:
    return f"{ratio:.0%}" if key == "bare" else f"{ratio:.2f} ×"


def _verdict(aims: dict[str, dict]) -> str:
    named = {True: "met", False: "not met", None: "not measured"}
    return "Aims: " + ", ".join(f"{key.replace('_', ' ')} {named[aim['met']]}" for key, aim in aims.items()) + "."


def _by_default(ours: dict, bare: dict) -> str:
    if "missing" in bare:
        return ""
    return f" Without packing ours reaches {ours['rows_per_s'] / bare['rows_per_s']:.0%} of the bare session."


def _notes(found: dict[str, dict]) -> list[str]:
    notes = ["The int8 graph of the others is ours with the heads for nuances taken off, which ours leaves out, too."]
    if "missing" not in found["bare"]:
        bare = found["bare"]
        notes.append(
            f"The bare session is at its best with {bare['budget']} tokens a batch, {bare['sessions']} session(s) of"
            f" {bare['threads']} thread(s), found on some of the texts; only its runs are timed."
        )
    for key, contestant in found.items():
        if "missing" in contestant:
            notes.append(f"Missing: {TITLES[key]}: {contestant['missing']}.")
        elif contestant.get("score_difference") is not None:
            notes.append(
                f"Scores of {key.replace('_', ' ')} differ from ours by {contestant['score_difference']:.4f} on average"
                f" on the first {COMPARED} texts."
            )
    return [f"- {note}" for note in notes]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quotes", type=Path, required=True, help="raw quotes, .csv or .parquet")
    parser.add_argument("--model", type=Path, default=find_default(), help="model directory (default: %(default)s)")
    parser.add_argument(
        "--float", type=Path, dest="float_model", metavar="DIR", default=Path("build/float"),
        help="what textthema dequantize made of it (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--optimum-python", type=Path, metavar="FILE", default=Path(".venv-optimum/bin/python"),
        help="a Python that has Optimum (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--rows", type=int, default=20_000, help="quotes drawn (default: %(default)s)")
    parser.add_argument(
        "--slow-rows", type=int, help="the two pipelines are timed on the first so many (default: on all)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=_HERE / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
