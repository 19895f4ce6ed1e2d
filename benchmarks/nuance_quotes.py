"""Nuances and intents on quotes labelled by reading, which nothing was trained or tuned on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from nuance_baselines import tfidf
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from textthema.bundle import Heads
from textthema.inference import OnnxEncoder
from textthema.nuance_data import READ, TAGGED, TEXT_HEADS, Example
from textthema.nuance_tuning import best_threshold, known_of, text_scores
from textthema.nuances import Nuances, read_nuances
from textthema.thresholds import tune_thresholds
from textthema.weak_intents import INTENTS, weak_votes

_REPLICATES = 1_000


def measure_quotes(examples: Sequence[Example], encoder: OnnxEncoder, heads: Heads, readings: Path) -> dict:
    """Measure the served heads on the gold quotes, beside baselines and the readers' agreement.

    Args:
        examples: All texts.
        encoder: The served graph.
        heads: Its heads and thresholds.
        readings: Folder with the readers' labels.

    Returns:
        Figures for ``quality.json``.
    """
    parts = {
        split: [e for e in examples if e.source == READ and e.split == split] for split in ("train", "dev", "test")
    }
    said = encoder.encode([e.text for e in parts["test"]], with_heads=True)
    nuances = [read_nuances(row, heads, example.text) for row, example in zip(said.heads, parts["test"], strict=True)]
    lines = {name: _lines(readings / f"{name}.jsonl") for name in ("gold", "gold-a", "gold-b")}
    by_words = _words(examples, parts)
    return {
        "n": len(parts["test"]),
        "humor": _flag(parts["test"], nuances, by_words, "humor"),
        "metaphor": _flag(parts["test"], nuances, by_words, "metaphor"),
        "simile": _simile(parts["test"], nuances),
        "intents": _intents(parts, text_scores(said), heads, by_words),
        "agreement": _agreement(lines["gold-a"], lines["gold-b"]),
    }


def _flag(gold: Sequence[Example], nuances: Sequence[Nuances], by_words: np.ndarray, name: str) -> dict:
    truth = np.array([e.known[name] >= 0.5 for e in gold])
    said = np.array([getattr(found, name).present for found in nuances])
    return {
        "true": int(truth.sum()),
        "TextThema": _three(truth, said),
        "TF-IDF + linear": _three(truth, by_words[:, TEXT_HEADS.index(name)]),
        "always": _three(truth, np.ones(len(truth), dtype=bool)),
    }


def _simile(gold: Sequence[Example], nuances: Sequence[Nuances]) -> dict:
    truth = np.array([bool(e.similes) for e in gold])
    said = np.array([found.simile.present for found in nuances])
    hits = [
        any(span.start < end and start < span.end for span in found.simile.spans for start, end in e.similes)
        for e, found in zip(gold, nuances, strict=True)
        if e.similes and found.simile.present
    ]
    rule = np.array([bool(e.cues["simile"]) for e in gold])
    return {
        "true": int(truth.sum()),
        "TextThema": _three(truth, said),
        "rule (every marker)": _three(truth, rule),
        "overlap": round(float(np.mean(hits)), 4) if hits else 0.0,
    }


def _intents(parts: dict, scores: np.ndarray, heads: Heads, by_words: np.ndarray) -> dict:
    truth = {split: known_of(some)[:, 2:] for split, some in parts.items()}
    cuts = np.array([heads.text[intent] for intent in INTENTS])
    said = scores[:, 2:] >= cuts
    votes = {split: np.array([weak_votes(e.text, e.tags) for e in some]) for split, some in parts.items()}
    frequent = np.tile(truth["train"].mean(axis=0) >= np.sort(truth["train"].mean(axis=0))[-1], (len(said), 1))
    rules = votes["test"] >= tune_thresholds(truth["dev"], votes["dev"] / 1.6).per_label * 1.6
    return {
        "macro_f1": _macro(truth["test"], said),
        "most frequent": _macro(truth["test"], frequent),
        "all of them": _macro(truth["test"], np.ones_like(said)),
        "tags and turns of phrase": _macro(truth["test"], rules),
        "TF-IDF + linear": _macro(truth["test"], by_words[:, 2:]),
        "per_label": {
            intent: {"true": int(truth["test"][:, i].sum()), **_three(truth["test"][:, i], said[:, i])}
            for i, intent in enumerate(INTENTS)
        },
    }


def _words(examples: Sequence[Example], parts: dict) -> np.ndarray:
    """Let TF-IDF learn each text head from all quotes that say something of it, tuned as the heads are."""
    found = np.zeros((len(parts["test"]), len(TEXT_HEADS)), dtype=bool)
    dev = known_of(parts["dev"])
    for column, head in enumerate(TEXT_HEADS):
        learnt = [e for e in examples if e.split == "train" and e.source in (READ, TAGGED) and head in e.known]
        if head in INTENTS:
            learnt = parts["train"]
        texts = {"train": [e.text for e in learnt], **{s: [e.text for e in parts[s]] for s in ("dev", "test")}}
        scores = tfidf(texts, np.array([e.known[head] >= 0.5 for e in learnt]))
        found[:, column] = scores["test"] >= best_threshold(dev[:, column], scores["dev"])
    return found


def _agreement(first: dict[str, dict], second: dict[str, dict]) -> dict:
    ids = sorted(first)
    kappa = {
        name: _kappa([bool(first[i][key]) for i in ids], [bool(second[i][key]) for i in ids])
        for name, key in (("humor", "humor"), ("simile", "similes"), ("metaphor", "metaphor"))
    }
    one, other = (
        np.array([[intent in lines[i]["intents"] for intent in INTENTS] for i in ids]) for lines in (first, second)
    )
    kappa |= {intent: _kappa(one[:, i], other[:, i]) for i, intent in enumerate(INTENTS)}
    return {"kappa": kappa, "intents_macro_f1": round(float(f1_score(one, other, average="macro")), 4)}


def _kappa(one: Sequence[bool], other: Sequence[bool]) -> float:
    return round(float(cohen_kappa_score(one, other)), 3)


def _three(truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    measures: dict[str, Callable] = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
    return {name: round(float(measure(truth, said, zero_division=0)), 4) for name, measure in measures.items()}


def _macro(truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Give macro-F1 with the 95 % interval of bootstrap draws of texts."""
    rng = np.random.default_rng(0)
    draws = [
        f1_score(truth[rows], said[rows], average="macro", zero_division=0)
        for rows in rng.integers(0, len(truth), (_REPLICATES, len(truth)))
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    value = f1_score(truth, said, average="macro", zero_division=0)
    return {"value": round(float(value), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def _lines(path: Path) -> dict[str, dict]:
    return {line["id"]: line for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
