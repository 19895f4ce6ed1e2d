"""What cleaning did, in figures and pictures; no text of any quote."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import numpy as np
from matplotlib import pyplot as plt

from textthema.cleaning import Cleaned

_INK, _QUIET = "#1f4e79", "#c8d3de"
_PAIRS_LISTED = 20
_IN_MATRIX = 40


def write_report(result: Cleaned, folder: Path, noun: str = "theme") -> None:
    """Write ``report.json``, ``report.md`` and three plots.

    Args:
        result: What cleaning left.
        folder: Gets the files.
        noun: What the collection's labels are called.
    """
    figures = report_figures(result)
    (folder / "report.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(_markdown(figures, noun), encoding="utf-8")
    _plot_rows(figures, folder / "rows.png")
    _plot_long_tail(figures, folder / "themes.png")
    _plot_together(result, folder / "co-occurrence.png", noun)


def report_figures(result: Cleaned) -> dict[str, object]:
    """Count what cleaning did.

    Args:
        result: What cleaning left.

    Returns:
        Rows in and out by reason, themes with their rows and votes, and the pairs most often together.
    """
    themes = result.table["themes"]
    rows = Counter(label for labels in themes for label in labels)
    pairs = Counter(pair for labels in themes for pair in combinations(sorted(labels), 2))
    return {
        "rows_in": result.rows_in,
        "dropped": result.dropped,
        "rows_out": len(result.table),
        "authors": int(result.table["author"].nunique()),
        "labels_a_row": round(float(themes.map(len).mean()), 3),
        "identity_tags": len(result.identity),
        "themes": [{"theme": label, "rows": rows[label], "votes": result.votes[label]} for label in result.labels],
        "next_candidates": [
            {"label": label, "votes": votes} for label, votes in result.votes.items() if label not in set(result.labels)
        ],
        "together": [{"pair": list(pair), "rows": count} for pair, count in pairs.most_common(_PAIRS_LISTED)],
    }


def _markdown(figures: dict[str, object], noun: str) -> str:
    lines = ["# Cleaning report", "", "| | rows |", "|---|---:|", f"| read | {figures['rows_in']:,} |"]
    lines += [f"| − {reason} | {count:,} |" for reason, count in figures["dropped"].items()]
    lines += [f"| **kept** | **{figures['rows_out']:,}** |", ""]
    lines += [
        f"{figures['authors']:,} authors; {figures['labels_a_row']} {noun}s a row; "
        f"{figures['identity_tags']:,} tags recognised as identity.",
        "",
        f"| {noun} | rows | votes |",
        "|---|---:|---:|",
    ]
    lines += [f"| {theme['theme']} | {theme['rows']:,} | {theme['votes']:,} |" for theme in figures["themes"]]
    lines += ["", "Next in line, not kept: "]
    lines += [
        ", ".join(f"{next_['label']} ({next_['votes']:,})" for next_ in figures["next_candidates"][:20]),
        "",
    ]
    return "\n".join(lines)


def _plot_rows(figures: dict[str, object], path: Path) -> None:
    steps = [("read", figures["rows_in"]), *figures["dropped"].items(), ("kept", figures["rows_out"])]
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    left = figures["rows_in"]
    for place, (name, count) in enumerate(steps):
        is_total = name in {"read", "kept"}
        left -= 0 if is_total else count
        axes.barh(place, count, left=0 if is_total else left, color=_INK if is_total else "#b5563c")
        axes.text((0 if is_total else left) + count, place, f" {count:,}", va="center", fontsize=9)
    axes.set_yticks(range(len(steps)), [name for name, _ in steps])
    axes.invert_yaxis()
    axes.set_xlim(0, figures["rows_in"] * 1.15)
    axes.set_xlabel("rows")
    axes.spines[["top", "right"]].set_visible(False)
    _save(figure, path)


def _plot_long_tail(figures: dict[str, object], path: Path) -> None:
    themes = sorted(figures["themes"], key=lambda theme: -theme["rows"])
    figure, axes = plt.subplots(figsize=(8, 15), layout="constrained")
    axes.barh(range(len(themes)), [theme["rows"] for theme in themes], color=_INK)
    axes.set_yticks(range(len(themes)), [theme["theme"] for theme in themes], fontsize=8)
    axes.set_ylim(len(themes) - 0.4, -0.6)
    axes.set_xscale("log")
    axes.set_xlabel("rows (logarithmic)")
    axes.grid(axis="x", color=_QUIET, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    _save(figure, path)


def _plot_together(result: Cleaned, path: Path, noun: str) -> None:
    rows = Counter(label for labels in result.table["themes"] for label in labels)
    names = [label for label, _ in rows.most_common(_IN_MATRIX)]
    place = {name: index for index, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for labels in result.table["themes"]:
        inside = [place[label] for label in labels if label in place]
        counts[np.ix_(inside, inside)] += 1
    share = counts / np.maximum(np.diag(counts)[:, None], 1)
    np.fill_diagonal(share, np.nan)
    figure, axes = plt.subplots(figsize=(9, 8), layout="constrained")
    image = axes.imshow(share, cmap="viridis")
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    figure.colorbar(image, label=f"share of the row's {noun} that also carries the column's")
    _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, dpi=110)
    plt.close(figure)
