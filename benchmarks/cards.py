"""The model cards and the data card, written from the result files, so that no figure in them is typed by hand.

Example:
    python benchmarks/cards.py
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from textthema.bundle import replacing
from textthema.collection import BOOKS, QUOTES, Collection
from textthema.metrics import METRIC_TITLES

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DATA_CARD = ROOT / "data" / "DATA_CARD.md"
_RESULTS = ("quality", "speed", "data")
_COMPACT = "all-MiniLM-L6-v2"
_BASE_MODELS = dict.fromkeys((_COMPACT, "deployment_hf/model"), f"sentence-transformers/{_COMPACT}")
_OURS, _BASELINE = "TextThema int8", "TF-IDF + logistic regression"
_HF_METRICS = {"micro_f1": "f1", "macro_f1": "f1", "map": "average_precision"}


@dataclass(frozen=True)
class Subject:
    """What a model's card says that another's doesn't.

    Args:
        collection: What the model learnt from.
        results: Folder of its results.
        texts: What the collection's texts are called.
        title: What it finds in which texts.
        encoder: Where its training began.
        call: How it is called.
        purpose: What it is for and what it is not.
        unseen: What the split keeps apart, in few words.
        apart: The same in full, of the test texts.
        tuned: The same of the validation texts.
        schedule: What the settings don't tell of the training's schedule.
        tagging: What is known to be amiss with the labels and the split.
        data: Where the data are described.
        tags: For Hugging Face's metadata.
    """

    collection: Collection
    results: Path
    texts: str
    title: str
    encoder: str
    call: str
    purpose: str
    unseen: str
    apart: str
    tuned: str
    schedule: str
    tagging: str
    data: str
    tags: tuple[str, ...]

    @property
    def model(self) -> Path:
        """The model directory."""
        return ROOT / "deployment_hf" / self.collection.model_folder


THEMES = Subject(
    collection=QUOTES,
    results=RESULTS,
    texts="quotes",
    title="themes of quotes, poems, dialogue and synopses",
    encoder=f"`{_COMPACT}` (weights under Apache-2.0)",
    call='ThemeClassifier.from_pretrained()("A sentence of your own.").themes',
    purpose="""For exploring, tagging and finding texts by what they are about. A theme is what readers would tag, not a
judgement on a text's worth, truth or author. Not for decisions about people, and not a filter for harmful content.""",
    unseen="of unseen authors",
    apart="of authors that are neither in training nor in validation",
    tuned="of other authors",
    schedule="",
    tagging="Readers tag two or three of the themes that fit.",
    data="data/DATA_CARD.md",
    tags=("quotes", "poetry"),
)
GENRES = Subject(
    collection=BOOKS,
    results=RESULTS / "books",
    texts="descriptions of books",
    title="genres of books, from their descriptions",
    encoder=f"The encoder of the model for quotes (`{_COMPACT}`, weights under Apache-2.0, trained on quotes)",
    call='ThemeClassifier.from_pretrained(collection="books")("A synopsis of your own.").themes',
    purpose="""For exploring, shelving and finding books by what their blurbs say. A genre is the shelf on which readers
would put the book, and a blurb is an advertisement. Not for decisions about people.""",
    unseen="with no named author, title or series in training",
    apart="""that share no named author, title, series or near-duplicate with training or validation (half name no
author)""",
    tuned="kept apart in the same way",
    schedule=""" The schedule was planned for three epochs and ended after two: the first epoch ran at the rates of
a cycle of three epochs, the second, resumed, at those of the latter half of a cycle of two.""",
    tagging="""Half of the books name no author; one author's may then be in two parts of the split, unless title or
  series gives them away. Readers shelve a book under some of the genres that fit.""",
    data="data/README.md",
    tags=("books", "genres"),
)
SUBJECTS = (THEMES, GENRES)


def main() -> int:
    """Write all cards."""
    cards = {subject.model / "README.md": model_card(subject, read_results(subject)) for subject in SUBJECTS}
    for path, content in {**cards, DATA_CARD: data_card(read_results(THEMES))}.items():
        with replacing(path) as partial:
            partial.write_text(content, encoding="utf-8")
    return 0


def read_results(subject: Subject) -> dict[str, dict]:
    """Read the files that a card stands on.

    Args:
        subject: Which model.

    Returns:
        Name of the file to its content: the results, ``speed`` only where it was measured, and the model's
        ``manifest`` and ``config``.
    """
    files = {name: subject.results / f"{name}.json" for name in _RESULTS}
    files |= {name: subject.model / f"{name}.json" for name in ("manifest", "config")}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.is_file()}


def model_card(subject: Subject, results: dict[str, dict]) -> str:
    """Write a model card.

    Args:
        subject: Which model.
        results: What ``read_results`` gave.

    Returns:
        Markdown with Hugging Face's metadata at the top.

    Source:
        Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
    """
    quality, data, noun = results["quality"], results["data"], subject.collection.label_noun
    settings = next(stage for stage in results["manifest"]["lineage"]["stages"] if stage["stage"] == "train")[
        "settings"
    ]
    n_labels, tokens = len(results["config"]["id2label"]), results["config"]["textthema"]["max_length"]
    ours, baseline = (quality["models"][title]["metrics"] for title in (_OURS, _BASELINE))
    rows = quality["data"]["rows"]
    weakest = ", ".join(f"{weak['theme']} ({weak['f1']:.2f})" for weak in quality["weaknesses"]["weakest"])
    unseen, seen = (part["models"].get(_OURS) for part in quality["slices"]["author"].values())
    return f"""---
{_metadata(subject, ours, settings["encoder"], n_labels).to_yaml()}
---

# TextThema: {n_labels} {subject.title}

Give it a text in English; it gives a probability for each of {n_labels} {noun}s and says
which are over their own threshold. One ONNX graph in int8 for plain processors: `input_ids` and `attention_mask`
in, `logits` and `embedding` out.

## Use

```python
from textthema import ThemeClassifier

{subject.call}
```

{subject.purpose}

## How it was made

{subject.encoder}, fine-tuned with fastai and blurr on {rows["train"]:,} {subject.texts}, \
{settings["epochs"]} epochs, {settings["max_length"]} tokens, loss `{settings["loss"]}`; head calibrated and \
thresholds tuned on {rows["validation"]:,} {subject.texts} {subject.tuned}; exported to ONNX and quantized to int8 \
behind gates.{subject.schedule} The data and its splits: `{subject.data}` in the repository.

## How good it is

On {rows["test"]:,} {subject.texts} {subject.apart}; 95 % intervals from \
{quality["bootstrap"]["replicates"]} bootstrap draws. The baseline had the same rows and the same tuning.

| | this model | {_BASELINE} |
|---|---|---|
{_metric_rows(ours, baseline)}

{_costs(quality, results.get("speed"))}

## Limits

- {subject.tagging} A {noun} that fits but was not tagged counts as an error in the
  figures above, for every model alike; and the model has learnt from such omissions.
- English only. Of a text, the first {tokens} tokens are read.
- Weakest {noun}s by F1: {weakest}.
- LRAP is {seen["lrap"]:.3f} on texts by training authors that were kept out of training, and {unseen["lrap"]:.3f} on \
those by unseen authors of as many texts.
- Probabilities are calibrated to how often readers tagged a {noun}, which is less often than it fits.

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


def _costs(quality: dict, speed: dict | None) -> str:
    if speed is None:
        return f"{quality['models'][_OURS]['weights'] / 1e6:.1f} MB of weights."
    timing = speed["models"]["ours"]
    return (
        f"{timing['single_ms']['median']:.1f} ms a text of {speed['tokens']} tokens,"
        f" {timing['texts_per_second']:.0f} texts a second, {timing['peak_mb']:.0f} MB of memory,"
        f" {timing['cold_start_s']['median']:.2f} s from a new process to the first answer,"
        f" on {speed['machine']['cpu']}; {speed['bytes_total'] / 1e6:.1f} MB of files."
    )


def _metadata(subject: Subject, metrics: dict[str, dict], encoder: str, n_labels: int) -> ModelCardData:
    name, noun = subject.collection.name, subject.collection.label_noun
    evaluated = [
        EvalResult(
            task_type="text-classification",
            task_name=f"multi-label classification of {noun}s",
            dataset_type=f"textthema-{name}",
            dataset_name=f"{subject.texts} {subject.unseen}, {n_labels} {noun}s",
            dataset_split="test",
            metric_type=_HF_METRICS.get(metric, metric),
            metric_name=title,
            metric_value=round(metrics[metric]["value"], 4),
        )
        for metric, title in METRIC_TITLES.items()
    ]
    return ModelCardData(
        model_name=f"textthema-{name}",
        language="en",
        license="apache-2.0",
        library_name="onnx",
        pipeline_tag="text-classification",
        base_model=_BASE_MODELS.get(encoder, encoder),
        tags=["multi-label-classification", "onnx", "int8", *subject.tags, "fastai", "blurr"],
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
        f"The hundredth of the authors with most texts wrote {authors['share_of_most_quoted_hundredth']:.0%} of the"
        f" {n_train:,} training texts, although nobody has more than {QUOTES.author_rows};"
        f" {authors['with_one_row']:,} authors have one text. Most texts: {most}.\n\n"
        f"Texts whose tags name a belief: {beliefs}."
    )


if __name__ == "__main__":
    sys.exit(main())
