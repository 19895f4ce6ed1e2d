"""The quality benchmark's record as pages."""

from __future__ import annotations

from contestants import CONTESTANTS

from textthema.bundle import ONNX
from textthema.collection import find_collection
from textthema.metrics import LOWER_IS_BETTER, METRIC_TITLES

OURS, BASELINE = CONTESTANTS["ours"].title, CONTESTANTS["tfidf"].title
FP32, TWO_HEADS = CONTESTANTS["ours_fp32"].title, CONTESTANTS["two_heads"].title
SECOND = f"{OURS}, another seed"
_MOST_LOST = 0.005


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What is in ``quality.json``.

    Returns:
        Markdown.
    """
    rows, models = record["data"]["rows"], record["models"]
    noun = find_collection(record["collection"]).label_noun
    gains = record["difference"]
    lines = [
        "# Quality",
        "",
        f"> {_whose(record)}, {len(models[OURS]['per_label'])} {noun}s."
        f" All models: {rows['train']:,} training rows; calibrated and thresholds tuned on {rows['validation']:,}"
        " validation rows, but for the earlier recipe, which keeps its fixed ones."
        f" In brackets: 95 % interval from {record['bootstrap']['replicates']} bootstrap draws of rows.",
        "",
        "| | " + " | ".join(METRIC_TITLES.values()) + " | weights, MB |",
        "|---" * (len(METRIC_TITLES) + 2) + "|",
        *(_markdown_row(title, model["metrics"], model["weights"]) for title, model in models.items()),
        *(
            _markdown_row(f"{OURS} − {title}", gains[title], sign="+")
            for title in (FP32, TWO_HEADS, BASELINE)
            if title in gains
        ),
        *(_published_row(title, figures) for title, figures in record["published"].items()),
        "",
        *_columns_lost(models),
        *_second_seed(models),
        *_int8_lost(gains),
        *_one_encoder(gains),
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


def _whose(record: dict) -> str:
    """Say what the split keeps apart: a row that names no author may still be by one of the training rows' authors."""
    rows, unnamed = record["data"]["rows"]["test"], record["data"]["rows_without_author"]["test"]
    if not unnamed:
        return f"{rows:,} test rows of authors that no model has seen"
    kept = "title, series or near-duplicate" if find_collection(record["collection"]).by_work else "near-duplicate"
    return (
        f"{rows:,} test rows ({rows - unnamed:,} by authors of whom no row is in training or validation;"
        f" {unnamed:,} name no author, so theirs may be; no {kept} of any is)"
    )


def _int8_lost(gains: dict[str, dict]) -> list[str]:
    """Say whether int8 is as good as fp32."""
    if FP32 not in gains:
        return []
    name = max(METRIC_TITLES, key=lambda metric: abs(gains[FP32][metric]["value"]))
    most = gains[FP32][name]["value"]
    within = "in every column" if abs(most) <= _MOST_LOST else "not in every column"
    return [
        ">",
        f"> int8 lies within {_MOST_LOST} of fp32 {within};"
        f" the largest difference is {most:+.4f} ({METRIC_TITLES[name]}).",
    ]


def _one_encoder(gains: dict[str, dict]) -> list[str]:
    """Say whether the other model's encoder, with a head for these labels, would do."""
    if TWO_HEADS not in gains:
        return []
    micro, macro = (gains[TWO_HEADS][metric] for metric in ("micro_f1", "macro_f1"))
    apart = min(micro["low"], macro["low"]) > 0
    decision = "so that each collection keeps an encoder of its own" if apart else "so that one encoder would do"
    return [
        ">",
        f"> An encoder of its own is worth {micro['value']:+.3f} micro-F1 and {macro['value']:+.3f} macro-F1"
        f" over a second head on the other model's encoder, {decision}.",
    ]


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
