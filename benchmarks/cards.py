"""The model card and the data card, written from the result files, so that no figure in them is typed by hand.

Example:
    python benchmarks/cards.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from textthema.bundle import replacing
from textthema.collection import QUOTES
from textthema.metrics import METRIC_TITLES

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
MODEL_CARD = ROOT / "deployment_hf" / "model" / "README.md"
DATA_CARD = ROOT / "data" / "DATA_CARD.md"
_RESULTS = ("quality", "speed", "data")
_BASE_MODELS = {"all-MiniLM-L6-v2": "sentence-transformers/all-MiniLM-L6-v2"}
_OURS, _BASELINE = "TextThema int8", "TF-IDF + logistic regression"
_HF_METRICS = {"micro_f1": "f1", "macro_f1": "f1", "map": "average_precision"}


def main() -> int:
    """Write both cards."""
    results = read_results(RESULTS)
    for path, content in ((MODEL_CARD, model_card(results)), (DATA_CARD, data_card(results))):
        with replacing(path) as partial:
            partial.write_text(content, encoding="utf-8")
    return 0


def read_results(folder: Path) -> dict[str, dict]:
    """Read the files that the cards stand on.

    Args:
        folder: Folder of the results.

    Returns:
        Name of the file to its content: the results, and the model's ``manifest`` and ``config``.
    """
    results = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in _RESULTS}
    for name in ("manifest", "config"):
        results[name] = json.loads((MODEL_CARD.parent / f"{name}.json").read_text(encoding="utf-8"))
    return results


def model_card(results: dict[str, dict]) -> str:
    """Write the model card.

    Args:
        results: What ``read_results`` gave.

    Returns:
        Markdown with Hugging Face's metadata at the top.

    Source:
        Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
    """
    quality, speed, data = (results[name] for name in _RESULTS)
    settings = next(stage for stage in results["manifest"]["lineage"]["stages"] if stage["stage"] == "train")[
        "settings"
    ]
    n_labels, tokens = len(results["config"]["id2label"]), results["config"]["textthema"]["max_length"]
    ours, baseline = (quality["models"][title]["metrics"] for title in (_OURS, _BASELINE))
    timing, rows = speed["models"]["ours"], quality["data"]["rows"]
    weakest = ", ".join(f"{weak['theme']} ({weak['f1']:.2f})" for weak in quality["weaknesses"]["weakest"])
    unseen, seen = (part["models"].get(_OURS) for part in quality["slices"]["author"].values())
    return f"""---
{_metadata(ours, settings["encoder"], n_labels).to_yaml()}
---

# TextThema: {n_labels} themes of quotes, poems, dialogue and synopses

Give it a text in English; it gives a probability for each of {n_labels} themes and says
which are over their own threshold. One ONNX graph in int8 for plain processors: `input_ids` and `attention_mask`
in, `logits` and `embedding` out.

## Use

```python
from textthema import ThemeClassifier

ThemeClassifier.from_pretrained()("A sentence of your own.").themes
```

For exploring, tagging and finding texts by what they are about. A theme is what readers would tag, not a judgement on
a text's worth, truth or author. Not for decisions about people, and not a filter for harmful content.

## How it was made

`{settings["encoder"]}` (weights under Apache-2.0), fine-tuned with fastai and blurr on {rows["train"]:,} quotes, \
{settings["epochs"]} epochs, {settings["max_length"]} tokens, loss `{settings["loss"]}`; head calibrated and \
thresholds tuned on {rows["validation"]:,} quotes of other authors; exported to ONNX and quantized to int8 behind \
gates. The data and its splits: `data/DATA_CARD.md` in the repository.

## How good it is

On {rows["test"]:,} quotes of authors that are neither in training nor in validation; 95 % intervals from \
{quality["bootstrap"]["replicates"]} bootstrap draws. The baseline had the same rows and the same tuning.

| | this model | {_BASELINE} |
|---|---|---|
{_metric_rows(ours, baseline)}

{timing["single_ms"]["median"]:.1f} ms a text of {speed["tokens"]} tokens, {timing["texts_per_second"]:.0f} texts a \
second, {timing["peak_mb"]:.0f} MB of memory, {timing["cold_start_s"]["median"]:.2f} s from a new process to the first \
answer, on {speed["machine"]["cpu"]}; {speed["bytes_total"] / 1e6:.1f} MB of files.

## Limits

- Readers tag two or three of the themes that fit. A theme that fits but was not tagged counts as an error in the
  figures above, for every model alike; and the model has learnt from such omissions.
- English only. Of a text, the first {tokens} tokens are read.
- Weakest themes by F1: {weakest}.
- LRAP is {seen["lrap"]:.3f} on texts by training authors that were kept out of training, and {unseen["lrap"]:.3f} on \
those by unseen authors of as many texts.
- Probabilities are calibrated to how often readers tagged a theme, which is less often than it fits.

## Whose voice it has learnt

{_bias(data)}

How well it does on texts about a belief that is rare here, or by authors of a kind that is rarely quoted, was not
measured.
"""


def data_card(results: dict[str, dict]) -> str:
    """Write the data card.

    Args:
        results: What ``read_results`` gave.

    Returns:
        Markdown.

    Source:
        Gebru et al., "Datasheets for Datasets", Communications of the ACM, 2021.
    """
    data = results["data"]
    cleaning = data["cleaning"]
    dropped = "\n".join(f"| {reason} | {rows:,} |" for reason, rows in cleaning["dropped"].items())
    splits = "\n".join(
        f"| {name.replace('_', ' ')} | {part['rows']:,} | {part['authors']:,} |"
        for name, part in data["splits"].items()
    )
    lengths = ", ".join(f"{share} of the texts up to {words}" for share, words in data["words"].items())
    return f"""# Data card: the quotes that the model learnt from

Quotes with the tags that readers of goodreads.com gave them, as the scraper in this repository collects them. They are
other people's texts: **none is in this repository**, only counts, scores, names of authors and the trained weights.

## From raw to clean

{cleaning["rows_in"]:,} rows collected, {cleaning["rows_out"]:,} left, by {cleaning["authors"]:,} authors; \
{cleaning["labels_a_row"]:.2f} themes a row. What each step does: `data/README.md`.

| dropped because of | rows |
|---|---|
{dropped}

## Splits

No author and no group of near-duplicates is in two of the first three. The last holds texts of training authors that
were kept out of training.

| | rows | authors |
|---|---|---|
{splits}

Words in a training text: {lengths}.

## What is over-represented

{_bias(data)}

Tags are readers' own: generous with what is popular (love, life, inspiration), sparing with the rest, and often only a
part of what fits. Nobody checked them.

## Use and removal

For training and measuring classifiers of themes. Whoever collects quotes is bound by the site's terms and by the
authors' rights; the scraper keeps to `robots.txt` and goes slowly.
"""


def _metadata(metrics: dict[str, dict], encoder: str, n_labels: int) -> ModelCardData:
    evaluated = [
        EvalResult(
            task_type="text-classification",
            task_name="multi-label classification of themes",
            dataset_type="textthema-quotes",
            dataset_name=f"quotes of unseen authors, {n_labels} themes",
            dataset_split="test",
            metric_type=_HF_METRICS.get(name, name),
            metric_name=title,
            metric_value=round(metrics[name]["value"], 4),
        )
        for name, title in METRIC_TITLES.items()
    ]
    return ModelCardData(
        model_name="textthema-quotes",
        language="en",
        license="apache-2.0",
        library_name="onnx",
        pipeline_tag="text-classification",
        base_model=_BASE_MODELS.get(encoder, encoder),
        tags=["multi-label-classification", "onnx", "int8", "quotes", "poetry", "fastai", "blurr"],
        eval_results=evaluated,
    )


def _metric_rows(ours: dict[str, dict], baseline: dict[str, dict]) -> str:
    return "\n".join(
        f"| {title} | {_interval(ours[name])} | {_interval(baseline[name])} |" for name, title in METRIC_TITLES.items()
    )


def _interval(estimate: dict) -> str:
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


def _bias(data: dict) -> str:
    authors, n_train = data["authors"], data["splits"]["train"]["rows"]
    most = ", ".join(f"{entry['author']} ({entry['rows']})" for entry in authors["most_quoted"][:12])
    beliefs = ", ".join(
        f"{belief} {rows:,}" for belief, rows in sorted(data["beliefs"].items(), key=lambda item: -item[1])
    )
    return (
        f"The most quoted hundredth of the authors wrote {authors['share_of_most_quoted_hundredth']:.0%} of the"
        f" {n_train:,} training texts, although nobody has more than {QUOTES.author_rows};"
        f" {authors['with_one_row']:,} authors have one text. Most quoted: {most}.\n\n"
        f"Texts whose tags name a belief: {beliefs}."
    )


if __name__ == "__main__":
    sys.exit(main())
