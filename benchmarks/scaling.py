"""The scaling plan: what was measured on one machine, carried over to many and to a GPU, and what stands in the way."""

from __future__ import annotations

import json
from pathlib import Path

from engine import STAGES

PASSAGES = 50_000_000
MACHINES = (1, 4, 16, 64)
# Dense half-precision TFLOP/s by the makers' data sheets.
GPUS = {"NVIDIA T4": 65, "NVIDIA L4": 121, "NVIDIA A100": 312}
# Of which so much is assumed to be reached by a small model on short texts.
GPU_SHARE = 0.2
# Sequential, of one disk, assumed.
DISK_MB_PER_S = 200
_TIERS = ("1", "2")


def plan(record: dict, model: Path, mean_tokens: float) -> dict:
    """Carry measured rates over to a library of fifty million passages.

    Args:
        record: What cluster.py measured.
        model: Model directory.
        mean_tokens: Tokens of a text on average, special ones included.

    Returns:
        The figures of the plan.
    """
    fastest, efficiency = record["runs"]["ray"]["2"], record["efficiency"]["ray"]
    local = record["runs"]["local"]
    flops = 2 * multiplied_weights(model) * mean_tokens
    seconds = {stage: local["2"]["stages"][stage] / record["rows"] for stage in STAGES}
    return {
        "passages": PASSAGES,
        "mean_tokens": mean_tokens,
        "hours_of_a_million": {n: 1e6 / local[n]["rows_per_s"] / 3600 for n in _TIERS},
        "hours": {n: hours(n, fastest["rows_per_s"], efficiency) for n in MACHINES},
        "worker_seconds_of_a_text": seconds,
        "bytes_read": local["2"]["bytes_read"] / record["rows"],
        "bytes_written": local["2"]["bytes_written"] / record["rows"],
        "mb_of_a_second_worker": local["2"]["peak_mb"] - local["1"]["peak_mb"],
        "flops_of_a_text": flops,
        "gpu": {
            name: {
                "texts_per_s": (rate := GPU_SHARE * tera * 1e12 / flops),
                "cores_to_feed": rate * sum(seconds[stage] for stage in STAGES if stage != "infer"),
            }
            for name, tera in GPUS.items()
        },
    }


def hours(machines: int, rows_per_s: float, efficiency: float) -> float:
    """Say how long fifty million passages take.

    Args:
        machines: How many.
        rows_per_s: Of one alone.
        efficiency: What each of several adds, as a share of that.

    Returns:
        Hours.
    """
    together = rows_per_s if machines == 1 else machines * efficiency * rows_per_s
    return PASSAGES / together / 3600


def multiplied_weights(model: Path) -> int:
    """Count the weights that every token is multiplied with; embeddings are only looked up.

    Args:
        model: Model directory of a BERT-like encoder.

    Returns:
        Weights of attention and feed-forward layers.
    """
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    width, inner = config["hidden_size"], config["intermediate_size"]
    return config["num_hidden_layers"] * (4 * width**2 + 2 * width * inner)


def as_plan(record: dict) -> str:
    """Write the plan.

    Args:
        record: What cluster.py measured, with the plan's figures.

    Returns:
        Markdown.
    """
    figures = record["plan"]
    one, two = (figures["hours_of_a_million"][n] for n in _TIERS)
    return "\n\n".join(
        [
            f"# From one machine to {PASSAGES // 10**6} million passages",
            f"> Measured: {record['rows']:,} quotes of {figures['mean_tokens']:.1f} tokens on average,"
            f" {record['machine']['cpu']}. A million such texts take {one:.2f} hours on one processor and {two:.2f} on"
            " two. A machine below has two of these processors. What follows is calculated from that, not measured.",
            _machines(record),
            "## What stands in the way",
            _bottlenecks(record),
            "## What a GPU changes",
            _gpus(figures),
        ]
    )


def _machines(record: dict) -> str:
    figures = record["plan"]
    rows = [f"| {n} | {hours:,.1f} | {hours / 24:.1f} |" for n, hours in figures["hours"].items()]
    return (
        "| machines | hours | days |\n|---|---|---|\n" + "\n".join(rows) + "\n\n> Ray, two workers a machine,"
        f" {record['runs']['ray']['2']['rows_per_s']:.1f} texts/s each; with several, each adds"
        f" {record['efficiency']['ray']:.2f} of that, the efficiency measured from one worker to two. Twice the tokens"
        " take about twice the time."
    )


def _bottlenecks(record: dict) -> str:
    figures = record["plan"]
    seconds = figures["worker_seconds_of_a_text"]
    infer = seconds["infer"] / sum(seconds.values())
    rate = PASSAGES / figures["hours"][MACHINES[-1]] / 3600
    traffic = rate * (figures["bytes_read"] + figures["bytes_written"]) / 1e6
    whole = PASSAGES * figures["bytes_written"] / 1e9
    joined = 2 * whole * 1e3 / DISK_MB_PER_S / 3600
    last, last_hours = MACHINES[-1], figures["hours"][MACHINES[-1]]
    points = [
        f"**Inference first**: {infer:.0%} of the workers' time. It needs nothing of other machines, so that more of"
        " them help until one of the next points is reached.",
        f"**Bytes**: {figures['bytes_read']:,.0f} read and {figures['bytes_written']:,.0f} written a text, every"
        f" label's score among them. {last} machines move {traffic:,.0f} MB/s together, to be borne by the disk or the"
        " storage that they share.",
        f"**The last step, on one machine**: the whole output is {whole:,.0f} GB as JSON lines. To read and write it"
        f" once more at an assumed {DISK_MB_PER_S} MB/s takes {joined:,.1f} hours, beside {last_hours:,.1f} for all"
        f" else on {last} machines. Split the input into files of a few million passages: each one's output is joined"
        " where it was made.",
        f"**Memory**: the second worker of a machine adds {figures['mb_of_a_second_worker']:,.0f} MB;"
        " it does not grow with the input.",
    ]
    return "\n".join(f"- {point}" for point in points)


def _gpus(figures: dict) -> str:
    rows = [
        f"| {name} | {GPUS[name]} | {gpu['texts_per_s']:,.0f} | {PASSAGES / gpu['texts_per_s'] / 3600:,.1f}"
        f" | {gpu['cores_to_feed']:,.1f} |"
        for name, gpu in figures["gpu"].items()
    ]
    return (
        "Reasoned, not measured: there was no GPU here. A text costs two operations for each weight that a token is"
        f" multiplied with, {figures['flops_of_a_text'] / 1e9:.2f} GFLOP; the rest of the weights is the table of"
        f" tokens, which is looked up. Assumed is that {GPU_SHARE:.0%} of the data sheet's dense half-precision peak is"
        " reached, with the float graph.\n\n"
        "| | peak, TFLOP/s | texts/s | hours for all | processors to feed it |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n\nA GPU takes inference away and leaves reading, tokenizing and writing, which then saturate first: the"
        " last column is what these cost here, at that rate."
    )
