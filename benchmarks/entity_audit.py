"""How many of the characters and franchises that ``textthema entities`` finds are right, by reading a random sample.

``draw`` writes the sample with an empty verdict for each entity; whoever reads it fills in ``right``, ``wrong`` or
``unsure`` and why. ``count`` turns the judgements into a share with its interval; unsure counts as wrong.

Example:
    python benchmarks/entity_audit.py draw --entities build/entities --seed 5
    python benchmarks/entity_audit.py count
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import binomtest
from scripts import exit_code, write_result

from textthema.bundle import replacing
from textthema.errors import GateError, InputError, NotEnoughDataError, UnreadableFileError, shown

KINDS = ("character", "franchise")
VERDICTS = ("right", "wrong", "unsure")
COLUMNS = ("id", "name", "link", "verdict", "why")
RESULTS = Path(__file__).parent / "results" / "entities"
_LEAST_PRECISION = 0.9


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw a sample, or count its judgements.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    if args.work == "draw":
        return exit_code(lambda: write_sample(args.entities, args.out, size=args.size, seed=args.seed))
    return exit_code(lambda: write_audit(args.out))


def write_sample(entities: Path, out: Path, *, size: int, seed: int) -> None:
    """Draw a sample of each kind and write ``judgements.csv`` to be filled in.

    Args:
        entities: Folder that ``textthema entities`` wrote.
        out: Folder for the judgements and ``sample.json``, which says how they were drawn.
        size: Entities of each kind.
        seed: Another seed, another sample.

    Raises:
        InputError: If judgements are there already: reading them took longer than drawing does.
    """
    target = out / "judgements.csv"
    if target.exists():
        raise InputError(f"{target} is there already; move it away to draw again", value=str(target))
    known = _read_entities(entities / "entities.jsonl")
    rng = np.random.default_rng(seed)
    rows: list[dict[str, str]] = []
    for kind in KINDS:
        rows += draw([entity for entity in known.values() if entity["kind"] == kind], known, size, rng)
    out.mkdir(parents=True, exist_ok=True)
    with replacing(target) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    candidates = Counter(entity["kind"] for entity in known.values())
    sample = {"seed": seed, "size": size, "candidates": {kind: candidates[kind] for kind in KINDS}}
    with replacing(out / "sample.json") as partial:
        partial.write_text(json.dumps(sample, indent=1) + "\n", encoding="utf-8")


def draw(candidates: list[dict], known: dict[str, dict], size: int, rng: np.random.Generator) -> list[dict[str, str]]:
    """Draw entities of one kind, each as likely as any other.

    Args:
        candidates: All entities of the kind.
        known: All entities by id, for the links' names.
        size: How many to draw.
        rng: Random numbers.

    Returns:
        Rows of ``judgements.csv`` without verdict.

    Raises:
        NotEnoughDataError: If there are fewer.
    """
    if len(candidates) < size:
        raise NotEnoughDataError(f"{len(candidates)} candidates for a sample of {size}", value=len(candidates))
    chosen = [candidates[place] for place in sorted(rng.choice(len(candidates), size, replace=False))]
    return [
        {"id": entity["id"], "name": entity["name"], "link": _link(entity, known), "verdict": "", "why": ""}
        for entity in chosen
    ]


def write_audit(out: Path) -> None:
    """Count the judgements and write ``audit.json`` and ``audit.md``.

    Args:
        out: Folder of ``judgements.csv`` and ``sample.json``.

    Raises:
        GateError: After writing, if the precision of a kind is below 0.9.
    """
    rows = read_judgements(out / "judgements.csv")
    sample = json.loads((out / "sample.json").read_text(encoding="utf-8"))
    audit = {
        "judge": "a language model, by reading name and links and, in doubt, quotes that carry the tag",
        "judge_wrote_the_rules": True,
        "unsure_counts_as": "wrong",
        **sample,
        "kinds": {kind: precision([row for row in rows if row["id"].startswith(kind + ":")]) for kind in KINDS},
    }
    write_result(out, "audit", audit, _markdown(audit, rows))
    for kind, figures in audit["kinds"].items():
        print(f"{kind:<10} {figures['precision']:.3f}, 95 % interval {figures['low']:.3f} to {figures['high']:.3f}")
        if figures["precision"] < _LEAST_PRECISION:
            raise GateError(f"{figures['precision']:.3f} of the {kind}s are right, not 0.9", value=figures)


def precision(rows: Sequence[dict[str, str]]) -> dict[str, float | int]:
    """Count verdicts.

    Args:
        rows: Judged entities of one kind.

    Returns:
        Counts, the share that is right, and its 95 % interval.

    Raises:
        NotEnoughDataError: If there are none.

    Source:
        Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 1927, for the interval.
    """
    if not rows:
        raise NotEnoughDataError("there are no judgements of a kind", value=0)
    counts = Counter(row["verdict"] for row in rows)
    interval = binomtest(counts["right"], len(rows)).proportion_ci(method="wilson")
    share = counts["right"] / len(rows)
    low, high = round(interval.low, 4), round(interval.high, 4)
    figures = {"judged": len(rows), **{verdict: counts[verdict] for verdict in VERDICTS}}
    return figures | {"precision": round(share, 4), "low": low, "high": high}


def read_judgements(path: Path) -> list[dict[str, str]]:
    """Read the judged sample.

    Args:
        path: ``judgements.csv``.

    Returns:
        Its rows.

    Raises:
        UnreadableFileError: If it is not there, or a verdict is missing or none that counts.
    """
    if not path.is_file():
        raise UnreadableFileError(f"there is no {path}: type entity_audit.py draw first", value=str(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, start=2):
        if row.get("verdict") not in VERDICTS:
            raise UnreadableFileError(
                f"{path}, line {number}: the verdict {shown(row.get('verdict'))} is none of {', '.join(VERDICTS)}",
                value=row.get("verdict"),
            )
    return rows


def _read_entities(path: Path) -> dict[str, dict]:
    if not path.is_file():
        raise UnreadableFileError(f"there is no {path}: type textthema entities first", value=str(path))
    entities = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {entity["id"]: entity for entity in entities}


def _link(entity: dict, known: dict[str, dict]) -> str:
    linked = (entity.get(link) for link in ("franchise", "book", "author"))
    return " ← ".join(known[one]["name"] for one in linked if one)


def _markdown(audit: dict, rows: Sequence[dict[str, str]]) -> str:
    lines = [
        "# Audit of characters and franchises",
        "",
        f"{audit['size']} of each kind, drawn with seed {audit['seed']} after the rules were frozen. Judged by "
        f"{audit['judge']}; no person checked it, and the same model had read the whole list while the rules were "
        "written. Right means that the name and every link are. Unsure counts as wrong.",
        "",
        "| kind | candidates | judged | right | wrong | unsure | precision | 95 % interval (Wilson) |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for kind, one in audit["kinds"].items():
        counts = " | ".join(str(one[name]) for name in ("judged", *VERDICTS))
        lines.append(
            f"| {kind} | {audit['candidates'][kind]} | {counts} | **{one['precision']:.3f}** | "
            f"{one['low']:.3f} to {one['high']:.3f} |"
        )
    lines += ["", "Not right:", ""]
    lines += [
        f"- {row['name']} ({row['link']}): {row['verdict']}, {row['why']}" for row in rows if row["verdict"] != "right"
    ]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Judge a random sample of characters and franchises.")
    parser.add_argument("work", choices=("draw", "count"), help="draw a sample to be judged, or count its judgements")
    parser.add_argument("--entities", type=Path, default=Path("build/entities"), help="folder of textthema entities")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for judgements and result")
    parser.add_argument("--size", type=int, default=150, help="entities of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another sample")
    return parser


if __name__ == "__main__":
    sys.exit(main())
