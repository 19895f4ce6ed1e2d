"""How well hashtags meet the tags that readers gave, on texts of authors that nothing has learnt from.

Example:
    python benchmarks/hashtags.py --splits build/splits --raw quotes.parquet --embeddings build/catalogue/embeddings \
        --model deployment_hf/model

The shipped catalogue knows the texts' authors, so tags are learnt anew for this, by the same functions, from the
training rows of the split.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from keywords import keybert_keywords, tfidf_keywords
from scripts import exit_code, write_result
from tqdm import tqdm
from unseen_tags import learn_tags

from textthema.bundle import Bundle, file_digest
from textthema.catalogue import Catalogue
from textthema.classifier import ThemeClassifier
from textthema.cleaning import text_id
from textthema.collection import QUOTES
from textthema.hashtags import choose_hashtags
from textthema.inference import Encoded
from textthema.labels import LabelRules, read_rules, slug
from textthema.raw import read_raw

ROWS = 5_000
# Training rows that TF-IDF weighs words by.
TFIDF_ROWS = 50_000
DRAWS = 200
METRICS = {
    "precision_at_5": "precision@5",
    "recall_at_10": "recall@10",
    "label_precision_at_5": "precision@5 by label",
    "label_recall_at_10": "recall@10 by label",
}
OURS, THEMES_ONLY = "TextThema", "themes only"
Answers = list[list[str]]


@dataclass(frozen=True)
class Texts:
    """The texts of the comparison.

    Args:
        texts: The texts.
        tags: Every tag that readers gave each, as slugs.
    """

    texts: list[str]
    tags: list[list[str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        bundle, raw = Bundle.read(args.model), read_raw(args.raw, QUOTES)
        known = learn_tags(raw, args.splits, args.embeddings, bundle, args.work)
        texts = draw_texts(args.splits / f"{args.part}.parquet", raw, args.rows, args.seed)
        answers = all_answers(texts.texts, args.splits / "train.parquet", bundle, known)
        record = measure(texts.tags, answers, args.seed)
        record |= {
            "rows": len(texts.texts),
            "seed": args.seed,
            "part": args.part,
            "texts_sha256": file_digest(args.splits / f"{args.part}.parquet"),
            "encoder": bundle.encoder_id,
            "tags_known": int(np.subtract(*reversed(known.kinds["tag"]))),
        }
        write_results(args.out, record)
        print(as_markdown(record))

    return exit_code(work)


def draw_texts(path: Path, raw: pd.DataFrame, rows: int, seed: int) -> Texts:
    """Draw texts and look up all of their tags, also those that cleaning leaves out.

    Args:
        path: Rows of a split.
        raw: The table that they come from, columns ``text, tags``.
        rows: How many to draw, at most.
        seed: Draws them.

    Returns:
        The texts.
    """
    table = pd.read_parquet(path, columns=["id", "text"])
    drawn = table.sample(min(rows, len(table)), random_state=seed)
    wanted = set(drawn["id"])
    tags: dict[str, list[str]] = {identity: [] for identity in wanted}
    for text, given in zip(tqdm(raw["text"], desc="tags", disable=None), raw["tags"], strict=True):
        identity = text_id(text) if text else ""
        if identity in wanted:
            tags[identity] += given
    slugs = {identity: list(dict.fromkeys(filter(None, map(slug, given)))) for identity, given in tags.items()}
    kept = drawn[drawn["id"].map(lambda identity: bool(slugs[identity]))]
    return Texts(kept["text"].tolist(), [slugs[identity] for identity in kept["id"]])


def all_answers(texts: list[str], train: Path, bundle: Bundle, known: Catalogue) -> dict[str, Answers]:
    """Let everyone name ten tags for each text.

    Args:
        texts: n texts.
        train: Rows that TF-IDF weighs words by.
        bundle: The model.
        known: A catalogue that does not know the texts' authors.

    Returns:
        Title → n lists of tags, the best first, without hyphens and in lower case.
    """
    classifier = ThemeClassifier(bundle)
    encoded = classifier.encode(texts, progress=True)
    training = pd.read_parquet(train, columns=["text"])["text"]
    weighed = training.sample(min(TFIDF_ROWS, len(training)), random_state=0).tolist()
    found = {
        OURS: _ours(texts, encoded, classifier, known),
        "tags of the catalogue only": _catalogue_only(texts, encoded, known),
        THEMES_ONLY: _themes_only(encoded, classifier),
        "TF-IDF keywords": tfidf_keywords(texts, weighed),
        "KeyBERT's way, the same encoder": keybert_keywords(texts, encoded.embeddings, classifier),
    }
    return {title: [[plain_tag(tag) for tag in tags] for tags in rows] for title, rows in found.items()}


def plain_tag(tag: str) -> str:
    """Write a tag so that ``#LifeLessons``, ``life lessons`` and ``life-lessons`` are the same.

    Args:
        tag: A tag, hashtag or keyword.

    Returns:
        Its letters and digits, in lower case.
    """
    return slug(tag).replace("-", "")


def measure(tags: list[list[str]], answers: dict[str, Answers], seed: int) -> dict:
    """Score everyone's answers.

    Args:
        tags: Each text's tags, as slugs.
        answers: Title → each text's tags as `plain_tag` writes them.
        seed: Draws the intervals.

    Returns:
        Title → metric → value with its interval, under ``methods``; and how much better ours is than each.
    """
    rules = read_rules()
    label_of = {plain_tag(tag): _label(tag, rules) for row in tags for tag in row}
    spelt = [{plain_tag(tag) for tag in row} for row in tags]
    labels = [{label_of[plain_tag(tag)] for tag in row} for row in tags]
    by_row = {}
    for title, rows in answers.items():
        as_labels = [[label_of.get(tag, _label(tag, rules)) for tag in row] for row in rows]
        by_row[title] = np.array(
            [
                [*_row_scores(row, truth), *_row_scores(label_row, label_truth)]
                for row, truth, label_row, label_truth in zip(rows, spelt, as_labels, labels, strict=True)
            ]
        )
    draws = np.random.default_rng(seed).integers(0, len(tags), (DRAWS, len(tags)))
    return {
        "tags_a_text": float(np.mean([len(row) for row in spelt])),
        "different_tags": len(set().union(*spelt)),
        "methods": {title: _with_intervals(scores, draws) for title, scores in by_row.items()},
        "difference": {
            title: _with_intervals(by_row[OURS] - scores, draws) for title, scores in by_row.items() if title != OURS
        },
    }


def write_results(out: Path, record: dict) -> None:
    """Write JSON and Markdown.

    Args:
        out: The folder.
        record: What was measured.
    """
    write_result(out, "hashtags", record, as_markdown(record))


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What was measured.

    Returns:
        Markdown.
    """
    lines = [
        "# Hashtags",
        "",
        f"> {record['rows']:,} {record['part']} texts of authors that neither the model nor the tags have learnt from,"
        f" with every tag that readers gave them: {record['tags_a_text']:.1f} a text, {record['different_tags']:,}"
        " different ones. Everyone names ten. In brackets: 95 % interval.",
        "",
        "| | " + " | ".join(METRICS.values()) + " |",
        "|---" * (len(METRICS) + 1) + "|",
        *(_markdown_row(title, scores) for title, scores in record["methods"].items()),
        _markdown_row(f"{OURS} − {THEMES_ONLY}", record["difference"][THEMES_ONLY], sign="+"),
        "",
        "A tag counts as it is spelt, but for hyphens; “by label” takes spelling twins and paraphrases for one, as the"
        " label rules do. Readers give a few of the tags that fit, so nobody can come near 1.",
    ]
    return "\n".join(lines) + "\n"


def _ours(texts: list[str], encoded: Encoded, classifier: ThemeClassifier, catalogue: Catalogue) -> Answers:
    answers = []
    for row, (text, prediction) in enumerate(zip(texts, classifier.predictions(encoded), strict=True)):
        found = catalogue.look_up(encoded.embeddings[row], encoded.probabilities[row], text)
        answers.append(list(choose_hashtags(text, prediction, found, fewest=10, most=10)))
    return answers


def _catalogue_only(texts: list[str], encoded: Encoded, catalogue: Catalogue) -> Answers:
    rows = zip(encoded.embeddings, encoded.probabilities, texts, strict=True)
    return [[hit.entity.name for hit in catalogue.nearest(*row[:2], "tag", 10, row[2])] for row in rows]


def _themes_only(encoded: Encoded, classifier: ThemeClassifier) -> Answers:
    best = np.argsort(-encoded.probabilities, axis=1, kind="stable")[:, :10]
    return [[classifier.labels[theme] for theme in row] for row in best]


def _label(tag: str, rules: LabelRules) -> str:
    return rules.canonical(tag) or tag


def _row_scores(answer: Iterable[str], truth: set[str]) -> tuple[float, float]:
    different = list(dict.fromkeys(answer))
    at_5, at_10 = (sum(tag in truth for tag in different[:k]) for k in (5, 10))
    return at_5 / 5, at_10 / len(truth)


def _with_intervals(scores: np.ndarray, draws: np.ndarray) -> dict[str, dict[str, float]]:
    drawn = np.array([scores[rows].mean(axis=0) for rows in draws])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    columns = zip(METRICS, scores.mean(axis=0), low, high, strict=True)
    return {name: {"value": float(value), "low": float(a), "high": float(b)} for name, value, a, b in columns}


def _markdown_row(title: str, scores: dict[str, dict[str, float]], sign: str = "") -> str:
    cells = [f"{s['value']:{sign}.3f} ({s['low']:{sign}.3f} … {s['high']:{sign}.3f})" for s in scores.values()]
    return f"| {title} | " + " | ".join(cells) + " |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Compare hashtags with the tags that readers gave.")
    parser.add_argument("--splits", type=Path, required=True, help="folder with the split; its authors are apart")
    parser.add_argument("--raw", type=Path, required=True, help="the table that it comes from, with all tags")
    parser.add_argument("--embeddings", type=Path, required=True, help="folder with embeddings of the raw rows")
    parser.add_argument("--part", choices=("validation", "test"), default="test", help="whose texts are drawn")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--work", type=Path, default=Path("build/hashtags"), help="folder that keeps the tags learnt")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--rows", type=int, default=ROWS, help="texts to draw")
    parser.add_argument("--seed", type=int, default=0, help="draws texts and intervals")
    return parser


if __name__ == "__main__":
    sys.exit(main())
