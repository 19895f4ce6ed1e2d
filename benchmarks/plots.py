"""The benchmarks' plots: light background, colours that colour-blind readers can tell apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from textthema.bundle import replacing
from textthema.metrics import LOWER_IS_BETTER, METRIC_TITLES, Estimate, LabelScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette; shapes differ as well, so that the plots survive a grey printer.
COLOURS = ("#0072B2", "#E69F00", "#999999", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STYLE = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": "#666666",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titlepad": 12,
    "axes.labelcolor": "#333333",
    "font.size": 10,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "savefig.dpi": 150,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
}


def plot_metrics(path: Path, models: Mapping[str, Mapping[str, Estimate]]) -> None:
    """Draw every metric of every model as a point with its 95 % interval, one panel a metric.

    Args:
        path: The PNG to write.
        models: Title to metric name to estimate; the first is this project's.
    """
    titles = list(models)
    with mpl.rc_context(_STYLE):
        figure, panels = plt.subplots(
            1, len(METRIC_TITLES), figsize=(13, 0.9 + 0.34 * len(titles)), sharey=True, layout="constrained"
        )
        for axes, (name, metric) in zip(panels, METRIC_TITLES.items(), strict=True):
            for i, title in enumerate(titles):
                estimate = models[title][name]
                colour = COLOURS[0] if i == 0 else "#777777"
                axes.barh(i, estimate.value, 0.62, color=colour, alpha=1 if i == 0 else 0.55)
                axes.errorbar(estimate.value, i, xerr=_arms([estimate]), fmt="none", ecolor="#222222", elinewidth=1)
                end = estimate.value if estimate.high is None else estimate.high
                axes.annotate(
                    f"{estimate.value:.3f}".removeprefix("0"),
                    (end, i),
                    (4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                )
            axes.set_title(metric + ("\n(less is better)" if name in LOWER_IS_BETTER else ""), fontsize=9)
            axes.set_xlim(0, max(model[name].value for model in models.values()) * 1.3)
            axes.xaxis.set_major_locator(NullLocator())
            axes.grid(visible=False)
        panels[0].set_yticks(range(len(titles)), titles)
        panels[0].invert_yaxis()
        _save(figure, path)


def plot_f1_by_support(path: Path, models: Mapping[str, Mapping[str, LabelScore]]) -> None:
    """Draw each label's F1 against the number of test rows that carry it.

    Args:
        path: The PNG to write.
        models: Title to label to scores; the first model is joined to the second, label by label.
    """
    ours, other = models.values()
    with _axes(path, (9, 5.4)) as axes:
        for label, score in ours.items():
            axes.plot([score.support] * 2, [score.f1, other[label].f1], color="#cccccc", linewidth=0.8, zorder=1)
        for i, (title, scores) in enumerate(models.items()):
            supports = [score.support for score in scores.values()]
            face = COLOURS[i] if i == 0 else "white"
            f1s = [score.f1 for score in scores.values()]
            axes.scatter(supports, f1s, 22, face, MARKERS[i], edgecolors=COLOURS[i], label=title, zorder=2)
        for label in _labels_to_name(ours):
            point = (ours[label].support, ours[label].f1)
            above = ours[label].f1 >= other[label].f1
            offset = (0, 6 if above else -12)
            axes.annotate(label, point, offset, textcoords="offset points", ha="center", fontsize=8)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(bottom=0)
        axes.set_xlabel("test rows that carry the label (log scale)")
        axes.set_ylabel("F1")
        _head(axes, "F1 of each label against its support; a line joins the two models", 2)


def plot_reliability(path: Path, models: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Draw how often a label is true among those given a probability.

    Args:
        path: The PNG to write.
        models: Title to bins with ``predicted`` (mean probability), ``observed`` (share that is true), ``cells``.
    """
    with _axes(path, (5.4, 6.2)) as axes:
        axes.plot([0, 1], [0, 1], color="#666666", linestyle="--", linewidth=1, label="perfectly calibrated")
        for i, (title, bins) in enumerate(models.items()):
            predicted, observed = ([row[name] for row in bins] for name in ("predicted", "observed"))
            axes.plot(predicted, observed, color=COLOURS[i], marker=MARKERS[i], label=title, clip_on=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.set_xlabel("probability given")
        axes.set_ylabel("share that carries the label")
        _head(axes, "How far a probability can be taken at its word", 1)


def plot_times(path: Path, times: Mapping[str, Mapping[str, float]]) -> None:
    """Draw median times with their quartiles.

    Args:
        path: The PNG to write.
        times: Title to ``median``, ``q1`` and ``q3`` in milliseconds; the first is this project's.
    """
    with _axes(path, (9, 0.9 + 0.42 * len(times))) as axes:
        for i, (title, time) in enumerate(times.items()):
            arms = [[time["median"] - time["q1"]], [time["q3"] - time["median"]]]
            colour = COLOURS[0] if i == 0 else "#999999"
            axes.barh(title, time["median"], 0.6, xerr=arms, color=colour, ecolor="#333333")
            axes.annotate(f"{time['median']:.1f} ms", (time["q3"], i), (6, 0), textcoords="offset points", va="center")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlim(0, axes.get_xlim()[1] * 1.12)
        axes.set_xlabel("milliseconds for one text of 40 tokens: median and quartiles")
        axes.set_title("One text, from text to probabilities")


def plot_latency(path: Path, speeds: Iterable[Mapping], qualities: Mapping[str, Mapping]) -> None:
    """Draw quality against time, with the size of the files as the size of the points.

    Args:
        path: The PNG to write.
        speeds: ``title``, ``single_ms`` and ``megabytes`` of each model, this project's first.
        qualities: Title to ``metrics``; a title there may go on where the other ends, with a threshold, say.
    """
    with _axes(path, (8, 4.8)) as axes:
        for i, speed in enumerate(speeds):
            lraps = [
                model["metrics"]["lrap"]["value"] for t, model in qualities.items() if t.startswith(speed["title"])
            ]
            if not lraps:
                continue
            x, y = speed["single_ms"]["median"], lraps[0]
            size = 12 + 4 * speed["megabytes"]
            axes.scatter(x, y, size, COLOURS[0] if i == 0 else "#999999", alpha=0.55, edgecolors="#333333")
            label = f"{speed['title']}, {speed['megabytes']:.0f} MB"
            # Alternately above and below: int8 and fp32 of one model stand side by side.
            beside = (size**0.5 / 2 + 6) * (1 if i % 2 == 0 else -1)
            axes.annotate(label, (x, y), (0, beside), textcoords="offset points", fontsize=8, ha="center", va="center")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.margins(0.45, 0.2)
        axes.set_xlabel("milliseconds for one text (log scale)")
        axes.set_ylabel("LRAP on unseen authors")
        axes.set_title("Quality against time; the larger the point, the larger the files")


def plot_memory(path: Path, pages: Sequence[int], memory: Mapping[str, Sequence[float]]) -> None:
    """Draw how much memory processes took while pages were fetched.

    Args:
        path: The PNG to write.
        pages: Pages fetched so far, at each look.
        memory: Title to megabytes at each look.
    """
    with _axes(path, (8, 3.2)) as axes:
        for i, (title, megabytes) in enumerate(memory.items()):
            axes.plot(pages, megabytes, color=COLOURS[i], marker=MARKERS[i], markersize=3.5, label=title)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("pages fetched")
        axes.set_ylabel("resident memory, MB")
        _head(axes, "Memory of a run of a thousand pages", columns=2)


def plot_related(path: Path, kinds: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]) -> None:
    """Draw recall@10 and MRR of every way to find authors and books, one panel a kind.

    Args:
        path: The PNG to write.
        kinds: Kind to title to ``recall_at_10`` and ``mrr``, each with the ends of its interval.
    """
    with mpl.rc_context(_STYLE):
        figure, panels = plt.subplots(1, len(kinds), figsize=(11, 3.6), sharey=True, layout="constrained")
        for axes, (kind, contestants) in zip(panels, kinds.items(), strict=True):
            places = range(len(contestants))
            for shift, (name, title) in enumerate({"recall_at_10": "recall@10", "mrr": "MRR"}.items()):
                values, low, high = zip(*(metrics[name] for metrics in contestants.values()), strict=True)
                arms = [
                    [v - a for v, a in zip(values, low, strict=True)],
                    [b - v for v, b in zip(values, high, strict=True)],
                ]
                heights = [place + 0.4 * shift for place in places]
                axes.barh(heights, values, 0.38, xerr=arms, color=COLOURS[shift], label=title, ecolor="#333333")
            axes.set_yticks([place + 0.2 for place in places], list(contestants))
            axes.set(title=f"{kind}s", xlim=(0, None))
            axes.grid(axis="y", visible=False)
        panels[0].invert_yaxis()
        panels[-1].legend(loc="lower right")
        _save(figure, path)


@contextmanager
def _axes(path: Path, size: tuple[float, float]) -> Iterator[Axes]:
    with mpl.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=size, layout="constrained")
        try:
            yield axes
            _save(figure, path)
        finally:
            plt.close(figure)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
    plt.close(figure)


def _head(axes: Axes, title: str, columns: int) -> None:
    """Put title and legend above the axes, where they can't hide a point."""
    rows = math.ceil(len(axes.get_legend_handles_labels()[0]) / columns)
    axes.set_title(title, pad=12 + 18 * rows)
    axes.legend(ncols=columns, loc="lower left", bbox_to_anchor=(-0.02, 1.0), columnspacing=1.2)


def _arms(estimates: Sequence[Estimate]) -> list[list[float]]:
    ends = [(e.value, e.value if e.low is None else e.low, e.value if e.high is None else e.high) for e in estimates]
    # A percentile interval may leave the point just outside; an arm can't be negative.
    return [[max(v - low, 0) for v, low, _ in ends], [max(high - v, 0) for v, _, high in ends]]


def _labels_to_name(scores: Mapping[str, LabelScore], n: int = 8) -> list[str]:
    """Choose the best, the worst and the most frequent labels, without names that would overlap."""
    by_f1 = sorted(scores, key=lambda label: scores[label].f1)
    by_support = sorted(scores, key=lambda label: scores[label].support)
    named: list[str] = []
    for label in dict.fromkeys([*by_f1[: -n - 1 : -1], *by_f1[:n], *by_support[-n:]]):
        if scores[label].support and not any(_overlap(scores[label], scores[other]) for other in named):
            named.append(label)
    return named


def _overlap(one: LabelScore, other: LabelScore) -> bool:
    return abs(math.log10(one.support / other.support)) < 0.12 and abs(one.f1 - other.f1) < 0.03


def plot_intents(path: Path, per_label: Mapping[str, Mapping[str, float]], agreement: Mapping[str, float]) -> None:
    """Draw each intent's F1 on the quotes labelled by reading, beside the two readers' agreement.

    Args:
        path: The PNG to write.
        per_label: Intent to ``f1`` and ``true``.
        agreement: Intent to Cohen's kappa.
    """
    names = sorted(per_label, key=lambda name: per_label[name]["f1"])
    with mpl.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
        places = range(len(names))
        axes.barh(places, [per_label[name]["f1"] for name in names], color=COLOURS[0], label="F1 of the model")
        kappa = [agreement[name] for name in names]
        axes.plot(kappa, places, MARKERS[4], color=COLOURS[6], label="agreement of two readers (Cohen's κ)")
        axes.set_yticks(places, [f"{name.replace('_', ' ')} ({per_label[name]['true']})" for name in names])
        axes.set(xlim=(0, 1), title="Intents of quotes labelled by reading (in brackets: how many have it)")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)
        with replacing(path) as temporary:
            figure.savefig(temporary, format="png")
        plt.close(figure)
