"""Measure the heads for nuances and intents: labelled sets beside baselines and published scores, and read quotes.

    python benchmarks/nuances.py --labelled labelled/ --quotes quotes.parquet --run build/nuances

RUN is what `textthema nuances` wrote. Thresholds of the labelled sets are found on their own development rows;
on quotes the served ones count. Writes results/nuances/quality.json, quality.md and intents.png.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nuance_baselines as baselines
import numpy as np
from nuance_pages import as_markdown
from nuance_quotes import measure_quotes
from plots import plot_intents
from safetensors.torch import load_file
from scripts import exit_code
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from textthema.branch import Branch, branch_of
from textthema.bundle import Bundle, find_default
from textthema.inference import OnnxEncoder
from textthema.nuance_data import FOLDS, TEXT_HEADS, TOKEN_HEADS, Example, read_all
from textthema.nuance_training import cue_states, fit_last
from textthema.nuance_tuning import FIGURATIVE, IMAGES, best_threshold, cue_scores, text_scores
from textthema.similes import comparisons
from textthema.staging import make_folder, write_text
from textthema.trunk import Features, features_of

RESULTS = Path(__file__).parent / "results" / "nuances"
READINGS = Path(__file__).parents[1] / "data" / "readings"
# On each set's own test rows, as its papers give them.
PUBLISHED = {
    "humor_hahackathon": {"perceptron": 0.846, "ALBERT": 0.927, "RoBERTa-base": 0.950, "BERTweet": 0.954},
    "humor_oneliners_proverbs": {},
    "humor_puns": {"transformer": 0.931, "RoBERTa": 0.979},
    FOLDS: {"rule (every marker)": 0.497, "frozen MiniLM": 0.617},
    IMAGES: {"MelBERT (RoBERTa-base)": 0.785},
}
_HUMOR = ("humor_hahackathon", "humor_oneliners_proverbs", "humor_puns")
_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Measured:
    """What is measured, and with what.

    Attributes:
        examples: All texts.
        features: Theirs.
        encoder: The served graph.
        branch: The branch that was grafted onto it.
        trunk: The model as it was.
    """

    examples: list[Example]
    features: Features
    encoder: OnnxEncoder
    branch: Branch
    trunk: Bundle

    def rows(self, source: str, *splits: str) -> list[int]:
        """Number the texts of a set's splits."""
        return [row for row, e in enumerate(self.examples) if e.source == source and e.split in splits]

    def part(self, source: str, *splits: str) -> list[Example]:
        """Give the texts of a set's splits."""
        return [self.examples[row] for row in self.rows(source, *splits)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: The command line; the process's own by default.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labelled", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--quotes", type=Path, required=True, help="raw quotes with tags")
    parser.add_argument("--run", type=Path, required=True, help="folder that textthema nuances wrote")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results (%(default)s)")
    args = parser.parse_args(arguments)
    return exit_code(lambda: _measure(args))


def _measure(args: argparse.Namespace) -> None:
    make_folder(args.out)
    trunk = Bundle.read(find_default())
    served = Bundle.read(args.run / "model")
    examples = read_all(args.labelled, args.quotes, READINGS)
    features = features_of(trunk, [e.text for e in examples], args.run / "features", max_length=96)
    branch = branch_of(trunk.onnx_path, (len(TEXT_HEADS), len(TOKEN_HEADS))).eval()
    branch.load_state_dict(load_file(args.run / "branch.safetensors"))
    encoder = OnnxEncoder(served.onnx_path, served.tokenizer_path, served.max_length)
    measured = Measured(examples, features, encoder, branch, trunk)
    record = {
        "sets": {
            **{name: _humor(measured, name) for name in _HUMOR},
            FOLDS: _similes(measured),
            IMAGES: _images(measured),
        },
        "false_humour": _false_humour(measured, served),
        "quotes": measure_quotes(examples, encoder, served.heads, READINGS),
        "bytes_added": served.manifest["lineage"]["nuances"]["bytes_added"],
    }
    write_text(json.dumps(record, indent=1) + "\n", args.out / "quality.json")
    write_text(as_markdown(record), args.out / "quality.md")
    quotes = record["quotes"]
    plot_intents(args.out / "intents.png", quotes["intents"]["per_label"], quotes["agreement"]["kappa"])


def _humor(measured: Measured, name: str) -> dict:
    rows = {split: measured.rows(name, split) for split in ("train", "dev", "test")}
    truth = {
        split: np.array([measured.examples[row].known["humor"] >= 0.5 for row in some]) for split, some in rows.items()
    }
    texts = {split: [measured.examples[row].text for row in some] for split, some in rows.items()}
    pooled = {split: measured.features.pooled[some].astype(np.float32) for split, some in rows.items()}
    scores = {
        "TF-IDF + linear": baselines.tfidf(texts, truth["train"]),
        "frozen encoder + linear": baselines.linear(pooled, truth["train"]),
        "TextThema": {
            split: text_scores(measured.encoder.encode(texts[split], with_heads=True))[:, 0]
            for split in ("dev", "test")
        },
    }
    found = {"majority": float(f1_score(truth["test"], np.ones(len(truth["test"])), zero_division=0))}
    for title, said in scores.items():
        cut = best_threshold(truth["dev"], said["dev"])
        found[title] = float(f1_score(truth["test"], said["test"] >= cut))
    return _result(found, name, len(truth["test"]), "F1 of humour, test rows")


def _similes(measured: Measured) -> dict:
    rows = measured.rows(FOLDS, "folds")
    texts = [measured.examples[row].text for row in rows]
    # the set labels sentences; a marker has its sentence's label, and a sentence without one is literal
    truth = np.array([max((label for _, label in e.cues["simile"]), default=0) for e in measured.part(FOLDS, "folds")])
    states, labels, owners = cue_states(measured.branch, measured.examples, measured.features, rows, "simile")
    place = {row: number for number, row in enumerate(rows)}
    owners = np.array([place[row] for row in owners])
    pooled = measured.features.pooled[rows].astype(np.float32)
    scores = {title: np.zeros(len(rows)) for title in ("TF-IDF + linear", "frozen encoder + linear", "TextThema")}
    said = {title: np.zeros(len(rows), dtype=bool) for title in scores}
    splits = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0).split(texts, truth, texts)
    for train, test in splits:
        inside = np.isin(owners, train)
        last = fit_last(states[inside], labels[inside])
        by_cue = last.predict_proba(states)[:, 1]
        np.maximum.at(best := np.zeros(len(rows)), owners, by_cue)
        fitted = {
            "TF-IDF + linear": baselines.tfidf_all(texts, truth, train),
            "frozen encoder + linear": baselines.linear_all(pooled, truth, train),
            "TextThema": best,
        }
        for title, every in fitted.items():
            scores[title][test] = every[test]
            said[title][test] = every[test] >= 0.5
    found = {
        "majority": float(f1_score(truth, np.ones(len(truth)))),
        "rule (every marker)": float(f1_score(truth, [bool(comparisons(text)) for text in texts])),
    }
    found |= {title: float(f1_score(truth, every)) for title, every in said.items()}
    return _result(found, FOLDS, len(rows), "F1 of figurative sentences, five folds")


def _images(measured: Measured) -> dict:
    parts = {split: measured.part(IMAGES, split) for split in ("train", "dev", "test")}
    scores = {
        split: cue_scores(
            parts[split], measured.encoder.encode([e.text for e in parts[split]], with_heads=True), "image"
        )
        for split in ("dev", "test")
    }
    truth = scores["test"][0]
    found = {"majority": 0.0}
    found["TF-IDF + linear"] = baselines.words_in_context(parts)
    found["frozen encoder + linear"] = baselines.frozen_tokens(measured)
    found["TextThema"] = float(f1_score(truth, scores["test"][1] >= best_threshold(*scores["dev"])))
    return _result(found, IMAGES, len(truth), "F1 of metaphorical words, test rows")


def _false_humour(measured: Measured, served: Bundle) -> dict:
    part = [e for e in measured.part(FIGURATIVE, "test") if e.known.get("metaphor", 1)]
    scores = text_scores(measured.encoder.encode([e.text for e in part], with_heads=True))[:, 0]
    return {"share": float((scores >= served.heads.text["humor"]).mean()), "n": len(part)}


def _result(found: dict[str, float], name: str, n: int, metric: str) -> dict:
    scores = {title: round(value, 4) for title, value in found.items()}
    return {"metric": metric, "n": n, "scores": scores, "published": PUBLISHED[name]}


if __name__ == "__main__":
    sys.exit(main())
