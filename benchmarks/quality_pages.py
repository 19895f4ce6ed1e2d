"""The quality benchmark's record as pages."""

from __future__ import annotations

from contestants import CONTESTANTS

from textthema.bundle import ONNX
from textthema.collection import find_collection
from textthema.metrics import LOWER_IS_BETTER, METRIC_TITLES

OURS, BASELINE = CONTESTANTS["ours"].title, CONTESTANTS["tfidf"].title
SECOND = f"{OURS}, another seed"


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What is in ``quality.json``.

    Returns:
        Markdown.
    """
    rows, models = record["data"]["rows"], record["models"]
    noun = find_collection(record["collection"]).label_noun
    lines = [
        "# Quality",
        "",
        f"> {rows['test']:,} test rows of authors that no model has seen, {len(models[OURS]['per_label'])} {noun}s."
        f" All models: {rows['train']:,} training rows; calibrated and thresholds tuned on {rows['validation']:,}"
        " validation rows, but for the earlier recipe, which keeps its fixed ones."
        f" In brackets: 95 % interval from {record['bootstrap']['replicates']} bootstrap draws of rows.",
        "",
        "| | " + " | ".join(METRIC_TITLES.values()) + " | weights, MB |",
        "|---" * (len(METRIC_TITLES) + 2) + "|",
        *(_markdown_row(title, model["metrics"], model["weights"]) for title, model in models.items()),
        _markdown_row(f"{OURS} − {BASELINE}", record["difference"][BASELINE], sign="+"),
        *(_published_row(title, figures) for title, figures in record["published"].items()),
        "",
        *_columns_lost(models),
        *_second_seed(models),
        "",
        "A tag that readers left out counts as wrong when a model finds it, so no model can come near 1.",
        "",
        "![metrics](quality_metrics.png)",
        "",
        "![F1 by support](quality_f1_by_support.png)",
        "",
        "![reliability](quality_reliability.png)",
        "",
        f"Model `{record['model_sha256'][ONNX][:16]}`, test split"
        f" `{record['data']['sha256']['test'][:16]}`. All figures, each {noun}'s too: `quality.json`.",
    ]
    return "\n".join(lines) + "\n"


def slices_markdown(record: dict) -> str:
    """Write slices and weaknesses as a page.

    Args:
        record: What is in ``quality.json``.

    Returns:
        Markdown.
    """
    noun = find_collection(record["collection"]).label_noun
    lines = ["# Where it is good and where not", ""]
    for kind, slices in record["slices"].items():
        lines += [
            f"## By {kind}",
            "",
            "| | rows | micro-F1 | macro-F1 | LRAP | TF-IDF: micro-F1 | macro-F1 | LRAP |",
            "|---" * 8 + "|",
            *(_slice_row(name, part) for name, part in slices.items()),
            "",
        ]
    weaknesses = record["weaknesses"]
    lines += [
        "## Most often confused",
        "",
        "Texts in which readers tagged one and the model said the other instead.",
        "",
        f"| {noun}s | test texts | training texts of the rarer that carry both |",
        "|---|---|---|",
        *(
            f"| {' / '.join(pair['themes'])} | {pair['texts']} | {pair['share_of_rarer_with_both_in_training']:.0%} |"
            for pair in weaknesses["confused"]
        ),
        "",
        f"## Weakest {noun}s",
        "",
        f"| {noun} | F1 | precision | recall | test texts | said instead | why |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {weak['theme']} | {weak['f1']:.2f} | {weak['precision']:.2f} | {weak['recall']:.2f} | {weak['support']}"
            f" | {', '.join(weak['said_instead'])} | {'; '.join(weak['reasons']) or 'no single reason'} |"
            for weak in weaknesses["weakest"]
        ),
    ]
    return "\n".join(lines) + "\n"


def _slice_row(name: str, part: dict) -> str:
    cells = [
        f"{part['models'][title][metric]:.3f}" if metric in part["models"].get(title, {}) else ""
        for title in (OURS, BASELINE)
        for metric in ("micro_f1", "macro_f1", "lrap")
    ]
    return f"| {name} | {part['rows']:,} | " + " | ".join(cells) + " |"


def _columns_lost(models: dict[str, dict]) -> list[str]:
    """Say in which columns some other model is better than the one that is served."""
    lost = []
    for name, title in METRIC_TITLES.items():
        values = {model: figures["metrics"][name]["value"] for model, figures in models.items() if model != SECOND}
        best = (min if name in LOWER_IS_BETTER else max)(values, key=values.__getitem__)
        if best != OURS and values[best] != values[OURS]:
            lost.append(f"{title} ({best}: {values[best]:.4f} against {values[OURS]:.4f})")
    if not lost:
        return [f"> {OURS} is best in every column."]
    return [f"> {OURS} is best in every column but: " + "; ".join(lost) + "."]


def _second_seed(models: dict[str, dict]) -> list[str]:
    """Say which figures of the run with another seed lie in the intervals of the one that is served."""
    if SECOND not in models:
        return []
    outside = []
    for name, title in METRIC_TITLES.items():
        value, reported = models[SECOND]["metrics"][name]["value"], models[OURS]["metrics"][name]
        if not reported["low"] <= value <= reported["high"]:
            outside.append(f"{title} ({value:.4f}, interval {reported['low']:.4f} to {reported['high']:.4f})")
    said = "in every column" if not outside else "in every column but: " + "; ".join(outside)
    return [">", f"> The same recipe with another seed lies within the interval {said}."]


def _published_row(title: str, figures: dict) -> str:
    cells = [f"{figures[name]:.3f}" if name in figures else "" for name in METRIC_TITLES]
    return f"| {title} | " + " | ".join(cells) + f" | {figures.get('megabytes', '')} |"


def _markdown_row(title: str, metrics: dict[str, dict], weights: int = 0, sign: str = "") -> str:
    cells = []
    for name in METRIC_TITLES:
        value, low, high = (metrics[name][part] for part in ("value", "low", "high"))
        interval = "" if low is None else f" ({low:{sign}.3f} … {high:{sign}.3f})"
        cells.append(f"{value:{sign}.3f}{interval}")
    return f"| {title} | " + " | ".join(cells) + (f" | {weights / 1e6:.1f} |" if weights else " | |")
