"""From a trained branch to a model directory: calibration, the grafted graph, and a threshold for each head.

All three are found on quotes that were labelled by reading and not trained on.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from textthema.branch import Branch
from textthema.bundle import MANIFEST, NUANCES, ONNX, TOKENIZER, Bundle, Heads, write_manifest
from textthema.calibration import fit_calibration
from textthema.errors import NotEnoughDataError
from textthema.grafting import check_unchanged, graft
from textthema.inference import Encoded, HeadScores, OnnxEncoder, sigmoid
from textthema.nuance_data import READ, TEXT_HEADS, TOKEN_HEADS, Example
from textthema.nuance_training import predict
from textthema.thresholds import best_of, cross_fit, tune_thresholds
from textthema.trunk import Features
from textthema.weak_intents import INTENTS

# Humour and metaphor are shown only where they are likely right; a simile stands or falls by its marker.
LEAST_PRECISION = {"humor": 0.82, "metaphor": 0.8, "simile": 0.75, "image": 0.6}
MOST_FALSE_HUMOUR = 0.08
FIGURATIVE = "figurative_figqa"
IMAGES = "metaphor_vua18_tokens"
_COMPARED_TEXTS = 64


def finish(
    branch: Branch, examples: Sequence[Example], features: Features, bundle: Bundle, out: Path, lineage: dict
) -> Heads:
    """Write a model directory whose graph has the branch's heads.

    Args:
        branch: A trained branch; its heads are calibrated in place.
        examples: n texts.
        features: Theirs.
        bundle: The model directory that the branch was made for.
        out: The new one; replaced if it exists.
        lineage: What the manifest says of the heads' making.

    Returns:
        The heads with their thresholds.

    Raises:
        GateError: The heads would change the model, or make it too large.
        NotEnoughDataError: No quote labelled by reading is there to tune on.
    """
    rows = [row for row, example in enumerate(examples) if example.source == READ and example.split == "dev"]
    if not rows:
        raise NotEnoughDataError("thresholds need quotes labelled by reading; none was found", value=0)
    calibrate(branch, [examples[row] for row in rows], predict(branch, features, rows)[0])
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".heads-") as folder:
        made = Path(shutil.copytree(bundle.root, Path(folder) / "model"))
        (made / NUANCES).unlink(missing_ok=True)
        added = graft(branch, bundle.onnx_path, made / ONNX)
        before, after = (
            OnnxEncoder(path, made / TOKENIZER, bundle.max_length) for path in (bundle.onnx_path, made / ONNX)
        )
        check_unchanged(before, after, [examples[row].text for row in rows[:_COMPARED_TEXTS]])
        heads = tune(after, examples)
        stored = {"format": 1} | asdict(heads)
        (made / NUANCES).write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        (made / MANIFEST).unlink()
        told = bundle.manifest["lineage"] | {"nuances": lineage | {"bytes_added": added}}
        write_manifest(made, told, encoder=bundle.encoder_id)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    return heads


def calibrate(branch: Branch, examples: Sequence[Example], logits: np.ndarray) -> None:
    """Put a calibration into the weights of a branch's text heads.

    Args:
        branch: The branch; changed in place.
        examples: n texts of which every text head is known.
        logits: What the branch says of them, float32 (n, n_text_heads).
    """
    calibration = fit_calibration(known_of(examples), logits)
    slope, offset = torch.from_numpy(calibration.slope), torch.from_numpy(calibration.offset)
    with torch.no_grad():
        branch.text_head.weight.mul_(slope[:, None])
        branch.text_head.bias.mul_(slope).add_(offset)


def tune(encoder: OnnxEncoder, examples: Sequence[Example]) -> Heads:
    """Find each head's threshold with the graph that will be served.

    Args:
        encoder: The grafted graph.
        examples: Texts, those of split ``dev`` among them.

    Returns:
        The heads with their thresholds.
    """
    read, figurative, images = (
        [example for example in examples if example.source == source and example.split == "dev"]
        for source in (READ, FIGURATIVE, IMAGES)
    )
    said, jokes, words = (
        encoder.encode([example.text for example in part], with_heads=True) for part in (read, figurative, images)
    )
    scores, truth = text_scores(said), known_of(read)
    text = {
        name: best_threshold(truth[:, column], scores[:, column], LEAST_PRECISION[name])
        for column, name in enumerate(TEXT_HEADS[:2])
    }
    of_figures = text_scores(jokes)[[bool(e.known.get("metaphor", 1)) for e in figurative], 0]
    if len(of_figures):
        text["humor"] = max(text["humor"], float(np.quantile(of_figures, 1 - MOST_FALSE_HUMOUR)))
    shrinkage = best_of(cross_fit(truth[:, 2:], scores[:, 2:])).shrinkage
    text |= dict(zip(INTENTS, tune_thresholds(truth[:, 2:], scores[:, 2:], shrinkage=shrinkage).per_label, strict=True))
    tokens = {
        name: best_threshold(*cue_scores(part, said_of, name), LEAST_PRECISION[name])
        for name, part, said_of in (("simile", read, said), ("image", images, words))
    }
    return Heads(*({name: round(float(cut), 4) for name, cut in kind.items()} for kind in (text, tokens)))


def best_threshold(truth: np.ndarray, scores: np.ndarray, least_precision: float = 0.0) -> float:
    """Find the threshold of the best F1 among those that are precise enough.

    Args:
        truth: Labels, bool (n,).
        scores: Probabilities, float (n,).
        least_precision: Share of true among the found that is asked for; where no threshold reaches it, the most
            precise one that finds a tenth is taken.

    Returns:
        The threshold, halfway between two scores.

    Raises:
        NotEnoughDataError: No label is true.
    """
    truth = np.asarray(truth, dtype=bool)
    if not truth.any():
        raise NotEnoughDataError("a threshold needs true labels; there is none", value=0)
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    found = np.arange(1, len(order) + 1)
    precision, recall = hits / found, hits / truth.sum()
    value = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    allowed = precision >= least_precision
    last = int(np.argmax(np.where(allowed, value, -1)) if allowed.any() else np.argmax(precision * (recall >= 0.1)))
    following = scores[order[last + 1]] if last + 1 < len(order) else 0.0
    return float((scores[order[last]] + following) / 2)


def text_scores(said: Encoded) -> np.ndarray:
    """Give the probabilities of the text heads.

    Args:
        said: What a model with heads said of n texts.

    Returns:
        float32 (n, n_text_heads).
    """
    return sigmoid(np.stack([heads.text for heads in said.heads]))


def cue_scores(examples: Sequence[Example], said: Encoded, head: str) -> tuple[np.ndarray, np.ndarray]:
    """Give labels and probabilities of one token head at the places where it is known.

    Args:
        examples: n texts.
        said: What a model with heads said of them.
        head: Name of the token head.

    Returns:
        Labels, bool (k,), and probabilities, float32 (k,); a place beyond what the model read has probability 0.
    """
    labels, scores = [], []
    for example, heads in zip(examples, said.heads, strict=True):
        for character, label in example.cues.get(head, ()):
            labels.append(bool(label))
            scores.append(_score_at(heads, character, TOKEN_HEADS.index(head)))
    return np.array(labels, dtype=bool), np.array(scores, dtype=np.float32)


def known_of(examples: Sequence[Example]) -> np.ndarray:
    """Write the labels of texts of which every text head is known.

    Args:
        examples: n texts.

    Returns:
        bool (n, n_text_heads).
    """
    return np.array([[example.known[head] >= 0.5 for head in TEXT_HEADS] for example in examples])


def _score_at(heads: HeadScores, character: int, head: int) -> float:
    place = np.flatnonzero(heads.starts == character)
    return float(sigmoid(heads.tokens[place[0], head])) if len(place) else 0.0
